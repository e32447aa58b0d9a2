"""Registering: drafts, fulfilment, undoing, renewing, and ticking checkpoints, each in one transaction."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from stafett_chassis.http import Reading
from stafett_chassis.problems import Fault, Invalid, NotFound, Problem, StaleVersion
from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import ItemStatus, ReopenCause, RoundSource, WithdrawalCause
from stafett_plans.progress import opened as opening
from stafett_plans.progress import store, telling
from stafett_plans.progress.opened import Opened
from stafett_plans.progress.rules import acts as rules
from stafett_plans.progress.rules.refusals import locked
from stafett_plans.progress.rules.registration import Entry, Registration
from stafett_plans.progress.views import RequirementView, view_of, without_comments


async def read(connection: Reading, assignment_id: UUID, requirement_id: UUID) -> RequirementView:
    """A requirement as the caller may see it; written in the access log when it is another person's (PLN-818)."""
    caller = connection.caller
    opened = await opening.for_reading(connection, caller, connection.today, assignment_id, requirement_id)
    if not opened.own:
        await opening.note_access(connection, caller, connection.at, opened)
    repetitions, elsewhere = [], []
    if opened.demands.repetitions:
        repetitions = await store.repetitions(connection, opened.registration)
        elsewhere = await store.elsewhere(connection, opened.row["person_id"], opened.row["external_key"])
    view = view_of(opened, opened.registration, connection.today, caller.person_id, repetitions, elsewhere)
    return view if opened.comments else without_comments(view)


async def save_draft(
    work: Work, assignment_id: UUID, requirement_id: UUID, entry: Entry, version: int | None
) -> RequirementView:
    """Store a draft (PLN-606)."""
    opened = await opening.for_change(work, assignment_id, requirement_id)
    entry = await with_supervisor(work, entry)
    old = opened.registration
    new = decide(
        work,
        opened,
        version,
        lambda: rules.save_draft(old, entry, opened.demands, work.today, new_round=new_id()),
    )
    if new is old:
        return view_of(opened, old, work.today, work.caller.person_id)
    undone = old.state == ItemStatus.FULFILLED and new.state != ItemStatus.FULFILLED
    return await stored(work, opened, new, "undone" if undone else "draft")


async def fulfil(
    work: Work, assignment_id: UUID, requirement_id: UUID, entry: Entry, version: int | None
) -> RequirementView:
    """Mark as fulfilled on a day (PLN-604)."""
    opened = await opening.for_change(work, assignment_id, requirement_id)
    old = opened.registration
    new = decide(
        work,
        opened,
        version,
        lambda: rules.fulfil(
            old, entry, opened.demands, work.today, new_round=new_id(), source=source(opened)
        ),
    )
    if new is old:
        return view_of(opened, old, work.today, work.caller.person_id)
    return await stored(
        work, opened, new, "date_changed" if old.state == ItemStatus.FULFILLED else "fulfilled"
    )


async def undo(
    work: Work, assignment_id: UUID, requirement_id: UUID, unlock: bool, version: int | None
) -> RequirementView:
    """Take a fulfilment back (PLN-608)."""
    opened = await opening.for_change(work, assignment_id, requirement_id)
    old = opened.registration
    new = decide(work, opened, version, lambda: rules.undo(old, opened.demands, unlock=unlock))
    if new is old:
        return view_of(opened, old, work.today, work.caller.person_id)
    return await stored(work, opened, new, "undone", withdrawal=WithdrawalCause.REMOVED)


async def renew(
    work: Work, assignment_id: UUID, requirement_id: UUID, version: int | None
) -> RequirementView:
    """Open a new round of what expires soon or has expired (PLN-612)."""
    opened = await opening.for_change(work, assignment_id, requirement_id)
    old = opened.registration
    new = decide(
        work, opened, version, lambda: rules.renew(old, opened.demands, work.today, new_round=new_id())
    )
    if new is old:
        return view_of(opened, old, work.today, work.caller.person_id)
    return await stored(work, opened, new, "renewed")


async def tick(
    work: Work, assignment_id: UUID, requirement_id: UUID, checkpoint_id: UUID, ticked: bool
) -> RequirementView:
    """Tick a checkpoint, or take the tick away; it counts in every plan (PLN-651, PLN-653)."""
    opened = await opening.for_change(work, assignment_id, requirement_id)
    old, key = opened.registration, str(checkpoint_id)
    if key not in {point["checkpoint_id"] for point in opened.row["checklist"]}:
        raise NotFound()
    if (key in old.ticks) == ticked:
        return view_of(opened, old, work.today, work.caller.person_id)
    if old.state in (ItemStatus.FULFILLED, ItemStatus.WAITING):
        raise locked()
    ticks = {name: value for name, value in old.ticks.items() if name != key}
    if ticked:
        ticks[key] = {"by": str(work.caller.person_id), "at": work.at.isoformat()}
    new = replace(old, ticks=ticks)
    if old.state in (ItemStatus.NOT_BEGUN, ItemStatus.BEGUN):
        state = ItemStatus.BEGUN if new.has_content else ItemStatus.NOT_BEGUN
        new = replace(new, state=state.value)
    return await stored(work, opened, new, "ticked" if ticked else "unticked")


def source(opened: Opened) -> RoundSource:
    """Whether the person registers, or somebody on the person's behalf (PLN-699)."""
    return RoundSource.SELF if opened.own else RoundSource.ON_BEHALF


def decide(
    work: Work, opened: Opened, version: int | None, decision: Callable[[], Registration]
) -> Registration:
    """The outcome of `decision`, unless it was based on another version than the stored one (PLN-613).

    A repeated command that would change nothing succeeds whatever version it names (PLN-614).
    """
    old = opened.registration
    if version is None or version == old.revision:
        return decision()
    try:
        new: Registration | None = decision()
    except Problem:
        new = None
    if new is old:
        return old
    raise StaleVersion(view_of(opened, old, work.today, work.caller.person_id), version=old.revision)


async def stored(
    work: Work,
    opened: Opened,
    new: Registration,
    act: str,
    *,
    withdrawal: WithdrawalCause = WithdrawalCause.CHANGED,
) -> RequirementView:
    """Save a change made through an opened plan, and answer with what it became."""
    saved, _ = await telling.store_change(
        work,
        telling.Subject.of(opened.row),
        opened.registration,
        new,
        act,
        comment=new.comment,
        worked_in=opened.row["assignment_id"],
        reopened=ReopenCause.UNDONE,
        withdrawal=withdrawal,
    )
    refreshed = replace(opened, demands=opening.demands_of(opened.row, saved, work.today))
    return view_of(refreshed, saved, work.today, work.caller.person_id)


_PERSON = """
select d.given_name || ' ' || d.family_name as name,
    exists (
        select from directory_position p where p.person_id = d.person_id and p.status = 'active'
            and (p.access_until is null or p.access_until >= $2)
    ) and not exists (
        select from directory_account a where a.person_id = d.person_id and a.state = 'deactivated'
    ) as active
from directory_person d where d.person_id = $1 and not d.erased
"""


async def with_supervisor(work: Work, entry: Entry) -> Entry:
    """`entry` with the supervisor's name; refused when nobody active bears the id (PLN-627)."""
    if entry.supervisor_id is None:
        return entry
    found = await work.raw.fetchrow(_PERSON, entry.supervisor_id, work.today)
    if found is None:
        raise Invalid(
            [
                Fault(
                    "supervisor_id", "addressee_unknown", "Mottakeren er ukjent.", "The addressee is unknown."
                )
            ]
        )
    if not found["active"]:
        raise Invalid(
            [
                Fault(
                    "supervisor_id",
                    "addressee_inactive",
                    f"{found['name']} er ikke lenger aktiv. Velg en annen instruktør/supervisør.",
                    f"{found['name']} is no longer active. Choose another supervisor.",
                )
            ]
        )
    return replace(entry, supervisor_name=found["name"])
