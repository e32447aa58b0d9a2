"""Cancelling a decision (SGN-100 to SGN-105), and all that a reader may do with a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from stafett_chassis.problems import Conflict, Fault, Forbidden, Invalid, Problem
from stafett_contracts.values import Person
from stafett_contracts.vocabulary import Capacity, LapseCause, RequestKind, RequestStatus
from stafett_signing.deciding.rules.deciding import (
    Right,
    Standing,
    comment_needed,
    reasons_for,
    right_to_decide,
    visible,
    waits_for,
)
from stafett_signing.requests.rules.ending import Who, may_recall, must_be_in_force, not_allowed
from stafett_signing.requests.rules.request import (
    DECIDED,
    LEADERS_TASKS,
    OPEN,
    Item,
    Request,
    chosen,
    not_possible,
)


def may_cancel(request: Request, item: Item, who: Who) -> bool:
    """Whether the caller may cancel the decision on `item` (SGN-101)."""
    if item.decision is None:
        return False
    if request.kind in LEADERS_TASKS:
        return waits_for(request, who)
    return item.decision.authority == who.acts_for


def cancelling_right(standing: Standing, item: Item) -> Right:
    """The capacity in which the caller cancels: as deputy, or as it was decided."""
    who = standing.who
    assert item.decision is not None
    if who.leader_person_id is not None:
        behalf = Person(person_id=who.leader_person_id, name=standing.leader_name or "")
        return Right(Capacity.DEPUTY, who.leader_person_id, behalf)
    capacity = item.decision.decider.capacity
    return Right(Capacity.LEADER if capacity is Capacity.DEPUTY else capacity, who.person_id)


def cancellable(
    request: Request, standing: Standing, item_ids: Sequence[UUID] | None, comment: str | None
) -> tuple[Item, ...]:
    """The chosen items whose decision is to be cancelled.

    Raises 403 without the right, 409 `superseded` or `not_possible_in_status`, 422 `comment_required`.
    """
    who = standing.who
    if who.person_id == request.employee.person_id:
        raise Forbidden(
            "own_request", "Du kan ikke avgjøre din egen forespørsel.", "Nobody decides his own request."
        )
    must_be_in_force(who)
    items = chosen(request, item_ids, *DECIDED)
    for item in items:
        if item.status in DECIDED and not may_cancel(request, item, who):
            raise not_allowed()
        late = overtaken(item, standing)
        if late is not None:
            raise late
    needs = request.kind in (RequestKind.GOAL, RequestKind.TRAINING_TIME)
    if needs and not visible(comment) and any(item.status is RequestStatus.SIGNED for item in items):
        fault = Fault("comment", "comment_required", "Skriv en kommentar.", "Write a comment.")
        raise Invalid([fault], code=fault.code)
    return items


def overtaken(item: Item, standing: Standing) -> Problem | None:
    """Why the decision on `item` cannot be cancelled any more; none when it can (SGN-105)."""
    newer = item.item_id in standing.newer_items
    voided = item.ended is not None and item.status is RequestStatus.LAPSED and item.ended.was in DECIDED
    if newer or voided:
        cause = item.ended.cause if item.ended else LapseCause.SUPERSEDED.value
        return Conflict(
            "superseded",
            "Det som ble avgjort, er siden endret eller sendt på nytt.",
            "What was decided has since been changed or sent anew.",
            item_id=item.item_id,
            item_status=item.status,
            cause=cause,
        )
    return None if item.status in DECIDED else not_possible(item)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the reader may do with a request now (SGN-134), and whether signing needs a comment."""

    sign: bool
    reject: bool
    cancel: bool
    recall: bool
    comment_required: bool


def allowed(request: Request, standing: Standing) -> Allowed:
    """The actions open to the caller."""
    try:
        right: Right | None = right_to_decide(request, standing)
    except Problem:
        right = None
    who = standing.who
    in_force = who.active and (not who.as_deputy or who.deputy_in_force)
    waiting = bool(request.item_ids(*OPEN))
    return Allowed(
        sign=right is not None and waiting,
        reject=right is not None and waiting and bool(reasons_for(request.kind)),
        cancel=in_force
        and who.person_id != request.employee.person_id
        and any(
            may_cancel(request, item, who) and overtaken(item, standing) is None for item in request.items
        ),
        recall=in_force and waiting and may_recall(request, who),
        comment_required=right is not None and comment_needed(request, right),
    )
