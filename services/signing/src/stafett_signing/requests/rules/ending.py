"""Recall and withdrawal: what ends, who may, and what stands (SGN-034 to SGN-037, SGN-116 to SGN-120)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from stafett_chassis.problems import Forbidden
from stafett_contracts.ids import DecisionId, PersonId, PositionId, RequestItemId
from stafett_contracts.values import Person
from stafett_contracts.vocabulary import LapseCause, RequestKind, RequestStatus, WithdrawalCause
from stafett_signing.requests.rules.request import (
    DECIDED,
    OPEN,
    Ended,
    InForce,
    Item,
    Request,
    chosen,
    moved,
    not_possible,
)

_VOIDING = frozenset({WithdrawalCause.CHANGED, WithdrawalCause.REMOVED, WithdrawalCause.RESET})
"""Causes that also take decisions out of force (SGN-117)."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who commands, and whether the right they act by holds at this moment (SGN-047)."""

    person_id: PersonId
    leader_person_id: PersonId | None = None
    leader_position_id: PositionId | None = None
    """The two are given in a deputy session only."""
    active: bool = True
    deputy_in_force: bool = False

    @property
    def as_deputy(self) -> bool:
        """Whether this is a deputy session."""
        return self.leader_person_id is not None

    @property
    def acts_for(self) -> PersonId:
        """The leader in a deputy session, else the person."""
        return self.leader_person_id or self.person_id


def must_be_in_force(who: Who) -> None:
    """Refuse whom a deactivated account or an ended deputy period has left without rights (SGN-047)."""
    if not who.active or (who.as_deputy and not who.deputy_in_force):
        raise not_allowed()


def not_allowed() -> Forbidden:
    """403 `not_allowed`."""
    return Forbidden("not_allowed", "Du har ikke rett til å gjøre dette.", "You have no right to do this.")


def may_recall(request: Request, who: Who) -> bool:
    """Whether `who` may recall: the employee or the asker, and never a plan approval (SGN-034, SGN-007)."""
    if request.kind is RequestKind.PLAN:
        return False
    asker = request.asked_by.person_id if request.asked_by else None
    if asker in (who.person_id, who.acts_for):
        return True
    return request.employee.person_id == who.person_id and not who.as_deputy


def recalled(
    request: Request, item_ids: Sequence[UUID] | None, who: Who, name: str, now: datetime
) -> tuple[Request, tuple[RequestItemId, ...]]:
    """The request with the chosen open items recalled, and which; decided ones stay (SGN-034, SGN-035).

    Raises 409 when none of the chosen is open (SGN-036).
    """
    must_be_in_force(who)
    if not may_recall(request, who):
        raise not_allowed()
    items = chosen(request, item_ids, *OPEN)
    taken = tuple(item.item_id for item in items if item.status in OPEN)
    if not taken:
        raise not_possible(items[0])
    return moved(request, taken, RequestStatus.RECALLED, ended=Ended("recalled", now, name)), taken


@dataclass(frozen=True, slots=True)
class Ending:
    """Items that a withdrawal ends together: they had one status and one decision."""

    item_ids: tuple[RequestItemId, ...]
    was: RequestStatus
    decision: InForce | None


def endings(request: Request, item_ids: Sequence[UUID], cause: WithdrawalCause) -> list[Ending]:
    """What a withdrawal ends: open items, and for some causes decided ones too (SGN-117); nothing twice (SGN-120)."""
    groups: dict[tuple[RequestStatus, DecisionId | None], list[Item]] = {}
    for item in request.of(item_ids) if item_ids else request.items:
        if item.status in OPEN or (item.status in DECIDED and cause in _VOIDING):
            key = (item.status, item.decision.decision_id if item.decision else None)
            groups.setdefault(key, []).append(item)
    return [
        Ending(tuple(item.item_id for item in items), items[0].status, items[0].decision)
        for items in groups.values()
    ]


def lapsed(
    request: Request, ending: Ending, cause: LapseCause | WithdrawalCause, now: datetime, by: Person | None
) -> Request:
    """The request after `ending`."""
    ended = Ended(cause.value, now, by.name if by else None, ending.was)
    return moved(request, ending.item_ids, RequestStatus.LAPSED, ended=ended)
