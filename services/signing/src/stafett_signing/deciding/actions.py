"""Signing, rejecting and cancelling: one transaction each, conditional on the items' status (SGN-160)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from stafett_chassis.problems import check_version
from stafett_chassis.work import Work
from stafett_contracts.ids import DecisionId, RequestItemId, new_id
from stafett_contracts.values import Decider
from stafett_contracts.vocabulary import Capacity, Outcome, RequestStatus
from stafett_signing.access import store as access
from stafett_signing.counts import actions as counts
from stafett_signing.deciding import store
from stafett_signing.deciding.rules.cancelling import cancellable, cancelling_right
from stafett_signing.deciding.rules.deciding import (
    Standing,
    Wanted,
    check_content,
    check_words,
    decider,
    right_to_decide,
    sort_items,
    visible,
)
from stafett_signing.journal import actions as journal
from stafett_signing.journal.rules import Act, Actor, actor_of, decision_entry
from stafett_signing.requests import telling
from stafett_signing.requests.actions import ItemAnswer, answer_of, state_of
from stafett_signing.requests.rules.request import InForce, Item, Request, list_of, moved

_STATUS = {Outcome.SIGNED: RequestStatus.SIGNED, Outcome.REJECTED: RequestStatus.REJECTED}


@dataclass(frozen=True, slots=True)
class DecisionAnswer:
    """What was decided: enough for the confirmation (SGN-051) and for what to show next (SGN-066)."""

    request_id: UUID
    revision: int
    decision_id: UUID
    outcome: Outcome
    decided_at: datetime
    decider: str
    capacity: Capacity
    on_behalf_of: str | None
    employee: str
    subject: str
    items: list[ItemAnswer]


@dataclass(frozen=True, slots=True)
class CancelAnswer:
    """The request after a decision on it was cancelled."""

    request_id: UUID
    revision: int
    items: list[ItemAnswer]


async def decide(work: Work, request_id: UUID, wanted: Wanted, version: int | None) -> DecisionAnswer:
    """Sign or reject the chosen items (SGN-050 to SGN-066)."""
    found = await access.opened(work, request_id)
    request, standing = found.request, found.standing
    right = right_to_decide(request, standing)
    check_content(request, wanted.content_hash)
    check_words(request, right, wanted)
    chosen = sort_items(request, standing, wanted)
    if not chosen.now:  # SGN-161: the same again is the same decision
        decision = chosen.same[0].decision
        assert decision is not None
        return _answer(request, decision, tuple(item.item_id for item in chosen.same), chosen.late)
    check_version(version, request.version, state_of(request))
    decision = InForce(
        decision_id=DecisionId(new_id()),
        outcome=wanted.outcome,
        decider=decider(standing, right),
        authority=right.authority,
        decided_at=telling.moment(work.at),
    )
    after = moved(request, chosen.now, _STATUS[wanted.outcome], decision=decision)
    await _store(work, request, after, standing, wanted, decision, chosen.now)
    done = (*chosen.now, *(item.item_id for item in chosen.same))
    return _answer(after, decision, done, chosen.late)


async def _store(
    work: Work,
    before: Request,
    after: Request,
    standing: Standing,
    wanted: Wanted,
    decision: InForce,
    item_ids: tuple[RequestItemId, ...],
) -> None:
    session = journal.session_of(work.caller)
    reason = wanted.reason if wanted.outcome is Outcome.REJECTED else None
    comment = wanted.comment if visible(wanted.comment) else None
    await store.add(
        work,
        decision,
        after.request_id,
        item_ids,
        comment=comment,
        reason=reason,
        content_hash=after.content_hash,
        session=session,
    )
    entry = decision_entry(
        Act(wanted.outcome.value),
        decision.decided_at,
        item_ids,
        decision,
        _actor(standing, decision.decider),
        session,
        comment=comment,
        reason=reason.value if reason else None,
        reason_nb=reason.label_nb if reason else None,
        reason_en=reason.label_en if reason else None,
    )
    event = telling.decided(after, item_ids, decision, comment, reason)
    await journal.change(work, before, after, entry, event)
    counts.handled(work, decision.authority, list_of(after.kind))


async def cancel(
    work: Work, request_id: UUID, item_ids: list[UUID] | None, comment: str | None, version: int | None
) -> CancelAnswer:
    """Take decisions out of force; their items wait again (SGN-100 to SGN-106)."""
    found = await access.opened(work, request_id)
    request, standing = found.request, found.standing
    items = cancellable(request, standing, item_ids, comment)
    check_version(version, request.version, state_of(request))
    session = journal.session_of(work.caller)
    said = comment if visible(comment) else None
    for decision in {item.decision.decision_id: item.decision for item in items if item.decision}.values():
        theirs = tuple(item for item in items if item.decision == decision)
        ids = tuple(item.item_id for item in theirs)
        by = decider(standing, cancelling_right(standing, theirs[0]))
        after = moved(request, ids, RequestStatus.WAITING)
        entry = decision_entry(
            Act.CANCELLED, telling.moment(work.at), ids, decision, _actor(standing, by), session, comment=said
        )
        event = telling.reopened(after, ids, decision, by, said)
        await journal.change(work, request, after, entry, event)
        request = after
    return CancelAnswer(
        request_id, request.version, [answer_of(request, item.item_id, True) for item in items]
    )


def _answer(
    request: Request, decision: InForce, done: tuple[UUID, ...], late: tuple[Item, ...]
) -> DecisionAnswer:
    behalf = decision.decider.on_behalf_of
    return DecisionAnswer(
        request_id=request.request_id,
        revision=request.version,
        decision_id=decision.decision_id,
        outcome=decision.outcome,
        decided_at=decision.decided_at,
        decider=decision.decider.name,
        capacity=decision.decider.capacity,
        on_behalf_of=behalf.name if behalf else None,
        employee=request.employee.name,
        subject=request.subject.name,
        items=[
            *(answer_of(request, item_id, True) for item_id in done),
            *(answer_of(request, item.item_id, False) for item in late),
        ],
    )


def _actor(standing: Standing, decider: Decider) -> Actor:
    return actor_of(decider, unit_id=standing.unit_id, unit=standing.unit_name)
