"""Repetitions: registering, correcting, removing, sending; each judged on all of the round's (PLN-639 to PLN-648)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from stafett_chassis.problems import NotFound, StaleVersion
from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import ReopenCause, RepetitionState, WithdrawalCause
from stafett_plans.progress import asking, store, telling
from stafett_plans.progress import opened as opening
from stafett_plans.progress.actions import source, with_supervisor
from stafett_plans.progress.opened import Opened
from stafett_plans.progress.rules import repetitions as rules
from stafett_plans.progress.rules.registration import Entry, Registration
from stafett_plans.progress.rules.repetitions import Repetition
from stafett_plans.progress.views import RequirementView, view_of


async def register(
    work: Work,
    assignment_id: UUID,
    requirement_id: UUID,
    performed_on: date | None,
    count: int,
    comment: str | None,
    supervisor_id: UUID | None,
    *,
    quick: bool = False,
) -> RequirementView:
    """Register `count` repetitions of one day (none: today); where a signature is needed, send them in one request."""
    opened = await opening.for_change(work, assignment_id, requirement_id)
    day = performed_on or work.today
    rules.may_register(opened.demands, day, count, work.today, quick=quick)
    entry = Entry()
    if opened.demands.requires_signing:
        rules.needs_supervisor(supervisor_id, opened.registration.person_id)
        entry = await with_supervisor(work, Entry(supervisor_id=supervisor_id))
    request_id = new_id() if opened.demands.requires_signing else None
    state = RepetitionState.WAITING if request_id else RepetitionState.DONE
    added = [
        Repetition(
            repetition_id=new_id(),
            performed_on=day,
            state=state.value,
            comment=comment or None,
            supervisor_id=entry.supervisor_id,
            supervisor_name=entry.supervisor_name,
            request_id=request_id,
            item_id=new_id() if request_id else None,
        )
        for _ in range(count)
    ]
    act = "repetitions_sent" if request_id else "repetitions_registered"
    return await _stored(work, opened, added, act, send=added if request_id else ())


async def change(
    work: Work,
    assignment_id: UUID,
    requirement_id: UUID,
    repetition_id: UUID,
    performed_on: date,
    comment: str | None,
    supervisor_id: UUID | None,
    unlock: bool,
    version: int | None,
) -> RequirementView:
    """Correct a repetition that is not signed; a rejected one is sent again when a supervisor is given (PLN-645)."""
    opened, old = await _one(work, assignment_id, requirement_id, repetition_id, version)
    new = rules.change(old, performed_on, comment, work.today, unlock=unlock)
    if not opened.demands.requires_signing:
        if new == old:
            return await _view(work, opened, opened.registration)
        return await _stored(work, opened, [new], "repetition_changed")
    rules.needs_supervisor(supervisor_id, opened.registration.person_id)
    entry = await with_supervisor(work, Entry(supervisor_id=supervisor_id))
    sent = rules.sent_again(
        new,
        supervisor_id=entry.supervisor_id,
        supervisor_name=entry.supervisor_name,
        request_id=new_id(),
        item_id=new_id(),
    )
    return await _stored(work, opened, [sent], "repetitions_sent", send=[sent])


async def remove(
    work: Work,
    assignment_id: UUID,
    requirement_id: UUID,
    repetition_id: UUID,
    unlock: bool,
    version: int | None,
) -> RequirementView:
    """Remove a repetition that is not signed; one that waits is asked back from signing (PLN-646)."""
    opened, old = await _one(work, assignment_id, requirement_id, repetition_id, version)
    new = rules.remove(old, unlock=unlock)
    if new == old:
        return await _view(work, opened, opened.registration)
    if new.recalling:
        assert old.request_id is not None
        assert old.item_id is not None
        await telling.withdraw(work, old.request_id, WithdrawalCause.RECALLED, [old.item_id])
    return await _stored(work, opened, [new], "recall_asked" if new.recalling else "repetition_removed")


async def _one(
    work: Work, assignment_id: UUID, requirement_id: UUID, repetition_id: UUID, version: int | None
) -> tuple[Opened, Repetition]:
    opened = await opening.for_change(work, assignment_id, requirement_id)
    registration = opened.registration
    if version is not None and version != registration.revision:
        raise StaleVersion(await _view(work, opened, registration), version=registration.revision)
    for one in await store.repetitions(work, registration):
        if one.repetition_id == repetition_id:
            return opened, one
    raise NotFound()


async def _stored(
    work: Work,
    opened: Opened,
    changed: Sequence[Repetition],
    act: str,
    *,
    send: Sequence[Repetition] = (),
) -> RequirementView:
    """Save changed repetitions with what they make of the registration, and send what is to be signed."""
    old = opened.registration
    by_id = {one.repetition_id: one for one in await store.repetitions(work, old)} if old.revision else {}
    by_id.update((one.repetition_id, one) for one in changed)
    every = sorted(
        (one for one in by_id.values() if one.state != RepetitionState.REMOVED),
        key=lambda one: (one.performed_on, one.repetition_id),
    )
    foreign = await store.elsewhere(work, old.person_id, opened.row["external_key"])
    assert opened.demands.repetitions is not None
    judged = rules.judged(
        replace(old, source=source(opened).value),
        every,
        opened.demands.repetitions,
        store.counted_elsewhere(foreign),
    )
    if not old.revision:  # repetitions refer to the registration, which must be there before them
        await store.begin(work, judged, work.at)
    await store.save_repetitions(work, old, changed)
    saved, plans = await telling.store_change(
        work,
        telling.Subject.of(opened.row),
        old,
        judged,
        act,
        details={"count": len(changed), "performed_on": changed[0].performed_on.isoformat()},
        worked_in=opened.row["assignment_id"],
        reopened=ReopenCause.UNDONE,
        repetitions=every,
    )
    if send:
        assert send[0].request_id is not None
        await asking.ask(work, opened, saved, plans, send[0].request_id, send)
    return await _view(work, opened, saved)


async def _view(work: Work, opened: Opened, registration: Registration) -> RequirementView:
    return view_of(
        opened,
        registration,
        work.today,
        work.caller.person_id,
        await store.repetitions(work, registration),
        await store.elsewhere(work, registration.person_id, opened.row["external_key"]),
    )
