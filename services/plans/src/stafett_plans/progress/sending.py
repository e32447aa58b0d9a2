"""Sending a requirement to signing, and asking for it back (PLN-626 to PLN-631)."""

from uuid import UUID

from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import ReopenCause, WithdrawalCause
from stafett_plans.progress import asking, telling
from stafett_plans.progress import opened as opening
from stafett_plans.progress.actions import decide, source, with_supervisor
from stafett_plans.progress.rules import acts as rules
from stafett_plans.progress.rules.registration import Entry
from stafett_plans.progress.views import RequirementView, view_of


async def send(
    work: Work, assignment_id: UUID, requirement_id: UUID, entry: Entry, version: int | None
) -> RequirementView:
    """Send to one supervisor for signing (PLN-626)."""
    opened = await opening.for_change(work, assignment_id, requirement_id)
    entry = await with_supervisor(work, entry)
    old, request_id = opened.registration, new_id()
    new = decide(
        work,
        opened,
        version,
        lambda: rules.send(
            old,
            entry,
            opened.demands,
            work.today,
            request_id=request_id,
            new_round=new_id(),
            source=source(opened),
        ),
    )
    saved, plans = await telling.store_change(
        work,
        telling.Subject.of(opened.row),
        old,
        new,
        "sent",
        comment=new.comment,
        details={"supervisor": new.supervisor_name, "request_id": str(request_id)},
        worked_in=assignment_id,
        reopened=ReopenCause.UNDONE,
    )
    await asking.ask(work, opened, saved, plans, request_id)
    return view_of(opened, saved, work.today, work.caller.person_id)


async def recall(
    work: Work, assignment_id: UUID, requirement_id: UUID, version: int | None
) -> RequirementView:
    """Ask for what was sent back; «Trekkes tilbake …» until signing has answered (PLN-630, PLN-631)."""
    opened = await opening.for_change(work, assignment_id, requirement_id)
    old = opened.registration
    new = decide(work, opened, version, lambda: rules.recall(old))
    if new is old:
        return view_of(opened, old, work.today, work.caller.person_id)
    assert old.request_id is not None
    await telling.withdraw(work, old.request_id, WithdrawalCause.RECALLED)
    saved, _ = await telling.store_change(
        work,
        telling.Subject.of(opened.row),
        old,
        new,
        "recall_asked",
        details={"supervisor": old.supervisor_name},
        worked_in=assignment_id,
    )
    return view_of(opened, saved, work.today, work.caller.person_id)
