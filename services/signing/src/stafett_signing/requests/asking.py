"""Asking: what an owner sends becomes a request, or a refusal (SGN-001, SGN-013, SGN-121, SGN-164)."""

from dataclasses import replace
from typing import Any

from stafett_chassis.clock import oslo_date
from stafett_chassis.reactions import Later
from stafett_chassis.work import Work
from stafett_contracts import plans, training_time
from stafett_contracts.basis import content_hash
from stafett_contracts.ids import RequestItemId
from stafett_contracts.values import Person
from stafett_contracts.vocabulary import (
    AddresseeKind,
    LapseCause,
    RefusalCode,
    RequestKind,
    RequestStatus,
    WithdrawalCause,
)
from stafett_signing.counts import actions as counts
from stafett_signing.journal import actions as journal
from stafett_signing.journal.rules import Act, Actor, Entry
from stafett_signing.people import store as people
from stafett_signing.requests import actions, finding, store, telling
from stafett_signing.requests.actions import one_at_a_time
from stafett_signing.requests.rules.accepting import Known, refusal
from stafett_signing.requests.rules.ending import Ending, endings, lapsed
from stafett_signing.requests.rules.request import OPEN, Ended, Item, Request, WaitsFor

Asked = plans.SignatureRequested | plans.ApprovalRequested | training_time.SignatureRequested


async def ask(work: Work, event: Asked) -> None:
    """Make the request that the owner asks for, or refuse it with an event (SGN-001, SGN-013)."""
    await one_at_a_time(work, event.request_id)
    if await finding.is_known(work, event.request_id):  # SGN-163
        return
    if event.content_hash is not None and event.content_hash != content_hash(event.snapshot):
        # Fields of a newer version, or altered on the way: a basis not shown whole must not be signed.
        raise Later("the content hash is not that of the snapshot as it is understood here")
    employee = await people.find(work, event.employee.person_id, work.today)
    if employee is None:
        raise Later(f"employee {event.employee.person_id} is not known yet")
    new, known = await _new_request(work, event)
    code = refusal(new, known, oslo_date(new.asked_at)) or await _superseding(work, new)
    if isinstance(code, Request):
        await _refuse(work, event, new, RefusalCode.ALREADY_WAITING, employee.sort_key, code.waits_for.name)
    elif code is not None:
        await _refuse(work, event, new, code, employee.sort_key, None)
    else:
        await _accept(work, event, new, employee.sort_key)


async def _new_request(work: Work, event: Asked) -> tuple[Request, Known]:
    position_id = event.employee.position_id
    leader = await people.leader_of(work, position_id) if position_id else None
    if leader is None:
        raise Later(f"position {position_id} is not known yet")
    by_leader = event.addressee.kind is AddresseeKind.LEADER_OF
    led = (event.addressee.position_id or position_id) if by_leader else None
    waits_for, known = WaitsFor(), Known()
    if led is not None:
        found = leader if led == position_id else await people.leader_of(work, led)
        if found is None:
            raise Later(f"position {led} is not known yet")
        waits_for = found
    elif event.addressee.person_id is not None:
        person = await people.find(work, event.addressee.person_id, work.today)
        if person is None:
            raise Later(f"addressee {event.addressee.person_id} is not known yet")
        waits_for = WaitsFor(event.addressee.person_id, None, person.name)
        known = Known(addressee_exists=not person.erased, addressee_active=person.active)
    if event.kind is RequestKind.GOAL:
        approvers = await work.column(people.approvers(event.employee.person_id, position_id, work.today))
        known = replace(known, may_approve=waits_for.person_id in approvers, has_approver=bool(approvers))
    approval = event if isinstance(event, plans.ApprovalRequested) else None
    return Request(
        request_id=event.request_id,
        kind=event.kind,
        subject=event.subject,
        employee=event.employee,
        asked_by=event.asked_by,
        asked_at=telling.moment(work.cause.told_at or work.at),
        addressee_kind=event.addressee.kind,
        addressee_position_id=led,
        waits_for=waits_for,
        via_delegation_id=approval.via_delegation_id if approval else None,
        completed_on=event.completed_on,
        comment=event.comment,
        deviation=approval.deviation if approval else None,
        content_hash=content_hash(event.snapshot),
        items=tuple(
            Item(item_id=one.item_id, performed_on=one.performed_on, comment=one.comment)
            for one in event.items
        ),
    ), known


async def _superseding(work: Work, new: Request) -> Request | None:
    """End what `new` replaces (SGN-121); or the open request that was asked after it, which stands (SGN-011)."""
    older = []
    for request_id in await finding.open_ones(work, new):
        other = await store.load(work, request_id)
        if other is not None and other.asked_at > new.asked_at:
            return other
        older.append(other)
    for other in older:
        if other is not None:
            covered = [item.item_id for item in new.items] if new.kind is RequestKind.REPETITIONS else []
            open_ids = other.item_ids(*OPEN)
            ids = tuple(item_id for item_id in open_ids if not covered or item_id in covered)
            await actions.lapse(
                work, other, Ending(ids, RequestStatus.WAITING, None), LapseCause.SUPERSEDED,
                replaced_by=new.request_id,
            )  # fmt: skip
    return None


async def _accept(work: Work, event: Asked, new: Request, employee_sort: str) -> None:
    early = await finding.take_withdrawals(work, new.request_id)
    asked = replace(new)
    taken_back: list[tuple[tuple[RequestItemId, ...], Person | None]] = []
    for row in early:
        item_ids, cause, withdrawn_by = finding.withdrawal_of(row)
        for ending in endings(new, item_ids, cause):
            new = lapsed(new, ending, cause, work.at, withdrawn_by)
            if cause is WithdrawalCause.RECALLED:
                taken_back.append((ending.item_ids, withdrawn_by))
    new = replace(new, version=1)
    await store.add(work, new, basis=_basis(event), employee_sort=employee_sort)
    by = event.asked_by
    await journal.keep(
        work,
        asked,
        Entry(
            Act.ASKED,
            new.asked_at,
            tuple(item.item_id for item in new.items),
            Actor(by.person_id, by.name, by.position_id, by.title, by.unit_id, by.unit_name) if by else None,
            comment=new.comment,
            waits_for=new.waits_for.name,
        ),
    )
    gone = new.item_ids(RequestStatus.LAPSED)
    if gone:
        cause_of = next(item.ended for item in new.items if item.ended)
        await journal.keep(work, new, Entry(Act.LAPSED, telling.moment(work.at), gone, cause=cause_of.cause))
    if len(gone) < len(new.items):  # SGN-164: what came withdrawn is never told of
        work.emit(telling.created(new))
        counts.changed(work, new.waits_for.person_id)
    for number, (item_ids, withdrawn_by) in enumerate(taken_back):
        # The owner waits for the recall to be confirmed (SGN-036). All taken back: nobody has been told of version 1.
        if number or len(gone) < len(new.items):
            before, new = new, replace(new, version=new.version + 1)
            await store.save(work, before, new)
        work.emit(telling.recalled(new, item_ids, withdrawn_by))


async def _refuse(
    work: Work, event: Asked, new: Request, code: RefusalCode, employee_sort: str, waits_for: str | None
) -> None:
    ended = Ended(code.value, work.at)
    items = tuple(replace(item, status=RequestStatus.LAPSED, ended=ended) for item in new.items)
    await finding.take_withdrawals(work, new.request_id)
    refused = replace(new, refused=code, items=items)
    await store.add(work, refused, basis=_basis(event), employee_sort=employee_sort)
    work.emit(telling.refused(refused, code, waits_for))


def _basis(event: Asked) -> dict[str, Any]:
    return event.snapshot.model_dump(mode="json", exclude_none=True)
