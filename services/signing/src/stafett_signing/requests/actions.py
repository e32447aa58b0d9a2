"""Asking, withdrawing, recalling, handing on: what happens to a request beside the decision on it."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from stafett_chassis.clock import oslo_date
from stafett_chassis.problems import check_version
from stafett_chassis.reactions import Later
from stafett_chassis.work import Work
from stafett_contracts import plans, training_time
from stafett_contracts.basis import content_hash
from stafett_contracts.ids import PersonId, PositionId, RequestItemId
from stafett_contracts.requests import Withdrawal
from stafett_contracts.values import Person
from stafett_contracts.vocabulary import (
    AddresseeKind,
    LapseCause,
    ReassignmentCause,
    RefusalCode,
    RequestKind,
    RequestStatus,
    WithdrawalCause,
)
from stafett_signing.access import store as access
from stafett_signing.counts import actions as counts
from stafett_signing.journal import actions as journal
from stafett_signing.journal.rules import Act, Actor, Entry
from stafett_signing.people import store as people
from stafett_signing.requests import rules, store, telling
from stafett_signing.requests.rules import Ended, Ending, Item, Known, Request, WaitsFor

Asked = plans.SignatureRequested | plans.ApprovalRequested | training_time.SignatureRequested


async def ask(work: Work, event: Asked) -> None:
    """Make the request that the owner asks for, or refuse it with an event (SGN-001, SGN-013)."""
    await _one_at_a_time(work, event.request_id)
    if await store.is_known(work, event.request_id):  # SGN-163
        return
    if event.content_hash is not None and event.content_hash != content_hash(event.snapshot):
        # Fields of a newer version, or altered on the way: a basis not shown whole must not be signed.
        raise Later("the content hash is not that of the snapshot as it is understood here")
    employee = await people.find(work, event.employee.person_id, work.today)
    if employee is None:
        raise Later(f"employee {event.employee.person_id} is not known yet")
    new, known = await _new_request(work, event)
    code = rules.refusal(new, known, oslo_date(new.asked_at)) or await _superseding(work, new)
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
    for request_id in await store.open_ones(work, new):
        other = await store.load(work, request_id)
        if other is not None and other.asked_at > new.asked_at:
            return other
        older.append(other)
    for other in older:
        if other is not None:
            covered = [item.item_id for item in new.items] if new.kind is RequestKind.REPETITIONS else []
            open_ids = other.item_ids(*rules.OPEN)
            ids = tuple(item_id for item_id in open_ids if not covered or item_id in covered)
            await lapse(
                work, other, Ending(ids, RequestStatus.WAITING, None), LapseCause.SUPERSEDED,
                replaced_by=new.request_id,
            )  # fmt: skip
    return None


async def _accept(work: Work, event: Asked, new: Request, employee_sort: str) -> None:
    early = await store.take_withdrawals(work, new.request_id)
    asked = replace(new)
    for row in early:
        item_ids, cause, withdrawn_by = store.withdrawal_of(row)
        for ending in rules.endings(new, item_ids, cause):
            new = rules.lapsed(new, ending, cause, work.at, withdrawn_by)
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


async def _refuse(
    work: Work, event: Asked, new: Request, code: RefusalCode, employee_sort: str, waits_for: str | None
) -> None:
    ended = Ended(code.value, work.at)
    items = tuple(replace(item, status=RequestStatus.LAPSED, ended=ended) for item in new.items)
    await store.take_withdrawals(work, new.request_id)
    refused = replace(new, refused=code, items=items)
    await store.add(work, refused, basis=_basis(event), employee_sort=employee_sort)
    work.emit(telling.refused(refused, code, waits_for))


def _basis(event: Asked) -> dict[str, Any]:
    return event.snapshot.model_dump(mode="json", exclude_none=True)


async def withdraw(work: Work, event: Withdrawal) -> None:
    """Carry out the owner's withdrawal, or remember it for a request still to come (SGN-116, SGN-164)."""
    await _one_at_a_time(work, event.request_id)
    request = await store.load(work, event.request_id)
    if request is None:
        await store.remember_withdrawal(work, event)
        return
    if request.refused is not None:
        return
    if event.cause is WithdrawalCause.RECALLED:
        await _recall_heard(work, request, event)
        return
    for ending in rules.endings(request, event.item_ids, event.cause):
        request = await lapse(
            work, request, ending, LapseCause(event.cause.value), by=event.by, explanation=event.explanation
        )


async def _recall_heard(work: Work, request: Request, event: Withdrawal) -> None:
    """SGN-036: the first to commit wins, also when the recall comes as an event."""
    named = request.of(event.item_ids) if event.item_ids else request.items
    taken = tuple(item.item_id for item in named if item.status in rules.OPEN)
    if taken:
        ended = Ended(WithdrawalCause.RECALLED.value, work.at, event.by.name if event.by else None)
        after = rules.moved(request, taken, RequestStatus.RECALLED, ended=ended)
        await _tell_recalled(work, request, after, taken, event.by, _named(event.by))
        request = after
    if taken and not event.item_ids:
        return  # all of what waited: what was decided before was not meant
    decided = {item.decision.decision_id: item.decision for item in named if item.decision}
    for decision_id, decision in decided.items():
        ids = tuple(
            item.item_id for item in named if item.decision and item.decision.decision_id == decision_id
        )
        # A version of its own, or the owner would take it for old news.
        after = replace(request, version=request.version + 1)
        await store.save(work, request, after)
        work.emit(telling.recall_refused(after, ids, decision))
        request = after


async def _tell_recalled(
    work: Work,
    before: Request,
    after: Request,
    item_ids: tuple[RequestItemId, ...],
    by: Person | None,
    actor: Actor | None,
) -> None:
    entry = Entry(Act.RECALLED, telling.moment(work.at), item_ids, actor)
    await journal.change(work, before, after, entry, telling.recalled(after, item_ids, by))


async def lapse(
    work: Work,
    request: Request,
    ending: Ending,
    cause: LapseCause,
    *,
    by: Person | None = None,
    explanation: str | None = None,
    replaced_by: Any = None,
) -> Request:
    """End items and tell of it; the request as it is then."""
    after = rules.lapsed(request, ending, cause, work.at, by)
    entry = Entry(
        Act.LAPSED,
        telling.moment(work.at),
        ending.item_ids,
        _named(by),
        decision_id=ending.decision.decision_id if ending.decision else None,
        outcome=ending.decision.outcome.value if ending.decision else None,
        cause=cause.value,
        explanation=explanation,
    )
    event = telling.lapsed(after, ending, cause, by=by, explanation=explanation, replaced_by=replaced_by)
    await journal.change(work, request, after, entry, event)
    return after


async def hand_on(
    work: Work,
    request: Request,
    to: WaitsFor,
    cause: ReassignmentCause,
    position_id: PositionId | None = None,
) -> Request:
    """Let a request wait for another; told, and kept in the history, when something in it is still open (SGN-122)."""
    after = rules.handed_on(request, to, position_id)
    if not request.item_ids(*rules.OPEN):
        after = replace(after, version=request.version)
        await store.save(work, request, after)
        return after
    entry = Entry(
        Act.REASSIGNED,
        telling.moment(work.at),
        request.item_ids(*rules.OPEN),
        waited_for=request.waits_for.name,
        waits_for=to.name,
        cause=cause.value,
    )
    await journal.change(work, request, after, entry, telling.reassigned(after, request, cause))
    return after


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """What a command did to one item."""

    item_id: UUID
    done: bool
    status: RequestStatus
    code: str | None = None
    """Why it was not done: `already_decided` or `not_possible_in_status`."""
    by: str | None = None
    """Who decided or ended it before."""
    at: Any = None


@dataclass(frozen=True, slots=True)
class RecallAnswer:
    """The request after a recall."""

    request_id: UUID
    revision: int
    items: list[ItemAnswer]


async def recall(
    work: Work, request_id: UUID, item_ids: list[UUID] | None, version: int | None
) -> RecallAnswer:
    """Take back what the caller asked, or somebody asked for the caller (SGN-034 to SGN-036)."""
    found = await access.opened(work, request_id)
    before, standing = found.request, found.standing
    after, taken = rules.recalled(before, item_ids, standing.who, standing.name, work.at)
    check_version(version, before.version)
    actor = Actor(
        standing.who.person_id, standing.name, standing.position_id, standing.title,
        standing.unit_id, standing.unit_name, standing.hf_name,
    )  # fmt: skip
    by = Person(person_id=PersonId(standing.who.person_id), name=standing.name)
    await _tell_recalled(work, before, after, taken, by, actor)
    named = rules.chosen(before, item_ids, *rules.OPEN)
    return RecallAnswer(
        request_id, after.version, [answer_of(after, item.item_id, item.item_id in taken) for item in named]
    )


def answer_of(request: Request, item_id: UUID, done: bool) -> ItemAnswer:
    """What became of one item."""
    [item] = request.of([item_id])
    if done:
        return ItemAnswer(item_id, True, item.status)
    refusal = rules.not_possible(item)
    return ItemAnswer(
        item_id, False, item.status, refusal.code, refusal.extra.get("by"), refusal.extra.get("at")
    )


def _named(by: Person | None) -> Actor | None:
    return Actor(by.person_id, by.name) if by else None


async def _one_at_a_time(work: Work, request_id: UUID) -> None:
    # A request and its withdrawal may be handled side by side; neither must miss the other.
    await work.raw.execute("select pg_advisory_xact_lock(hashtextextended($1::text, 0))", str(request_id))
