"""Withdrawing, recalling, handing on: what happens to a request beside the decision on it."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from stafett_chassis.problems import check_version
from stafett_chassis.work import Work
from stafett_contracts.ids import PersonId, PositionId, RequestItemId
from stafett_contracts.requests import Withdrawal
from stafett_contracts.values import Person
from stafett_contracts.vocabulary import (
    LapseCause,
    ReassignmentCause,
    RequestStatus,
    WithdrawalCause,
)
from stafett_signing.access import store as access
from stafett_signing.journal import actions as journal
from stafett_signing.journal.rules import Act, Actor, Entry
from stafett_signing.requests import finding, store, telling
from stafett_signing.requests.rules.ending import Ending, endings, lapsed, recalled
from stafett_signing.requests.rules.request import (
    OPEN,
    Ended,
    Request,
    WaitsFor,
    chosen,
    handed_on,
    moved,
    not_possible,
)


async def withdraw(work: Work, event: Withdrawal) -> None:
    """Carry out the owner's withdrawal, or remember it for a request still to come (SGN-116, SGN-164)."""
    await one_at_a_time(work, event.request_id)
    request = await store.load(work, event.request_id)
    if request is None:
        await finding.remember_withdrawal(work, event)
        return
    if request.refused is not None:
        return
    if event.cause is WithdrawalCause.RECALLED:
        await _recall_heard(work, request, event)
        return
    for ending in endings(request, event.item_ids, event.cause):
        request = await lapse(
            work, request, ending, LapseCause(event.cause.value), by=event.by, explanation=event.explanation
        )


async def _recall_heard(work: Work, request: Request, event: Withdrawal) -> None:
    """SGN-036: the first to commit wins, also when the recall comes as an event."""
    named = request.of(event.item_ids) if event.item_ids else request.items
    taken = tuple(item.item_id for item in named if item.status in OPEN)
    if taken:
        ended = Ended(WithdrawalCause.RECALLED.value, work.at, event.by.name if event.by else None)
        after = moved(request, taken, RequestStatus.RECALLED, ended=ended)
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
    after = lapsed(request, ending, cause, work.at, by)
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
    after = handed_on(request, to, position_id)
    if not request.item_ids(*OPEN):
        after = replace(after, version=request.version)
        await store.save(work, request, after)
        return after
    entry = Entry(
        Act.REASSIGNED,
        telling.moment(work.at),
        request.item_ids(*OPEN),
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
    after, taken = recalled(before, item_ids, standing.who, standing.name, work.at)
    check_version(version, before.version, state_of(before))
    actor = Actor(
        standing.who.person_id, standing.name, standing.position_id, standing.title,
        standing.unit_id, standing.unit_name, standing.hf_name,
    )  # fmt: skip
    by = Person(person_id=PersonId(standing.who.person_id), name=standing.name)
    await _tell_recalled(work, before, after, taken, by, actor)
    named = chosen(before, item_ids, *OPEN)
    return RecallAnswer(
        request_id, after.version, [answer_of(after, item.item_id, item.item_id in taken) for item in named]
    )


def answer_of(request: Request, item_id: UUID, done: bool) -> ItemAnswer:
    """What became of one item."""
    [item] = request.of([item_id])
    if done:
        return ItemAnswer(item_id, True, item.status)
    refusal = not_possible(item)
    return ItemAnswer(
        item_id, False, item.status, refusal.code, refusal.extra.get("by"), refusal.extra.get("at")
    )


def state_of(request: Request) -> dict[str, object]:
    """The present state, for a command that was based on an older one (SGN-162)."""
    return {
        "revision": request.version,
        "items": [{"item_id": item.item_id, "status": item.status} for item in request.items],
    }


def _named(by: Person | None) -> Actor | None:
    return Actor(by.person_id, by.name) if by else None


async def one_at_a_time(work: Work, request_id: UUID) -> None:
    """Wait for whoever handles an event about this request, and make others wait."""
    # A request and its withdrawal may be handled side by side; neither must miss the other.
    await work.raw.execute("select pg_advisory_xact_lock(hashtextextended($1::text, 0))", str(request_id))
