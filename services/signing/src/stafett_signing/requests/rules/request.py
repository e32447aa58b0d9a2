"""What a request is, and which changes of its items are allowed (SGN-031)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid5

from stafett_chassis.problems import Conflict, Fault, Invalid
from stafett_contracts.ids import (
    DecisionId,
    DelegationId,
    PersonId,
    PositionId,
    RequestId,
    RequestItemId,
)
from stafett_contracts.values import Decider, Party, RequestSubject
from stafett_contracts.vocabulary import (
    AddresseeKind,
    Outcome,
    RefusalCode,
    RequestKind,
    RequestStatus,
    SigningList,
)

SIGNATURES = frozenset({RequestKind.REQUIREMENT, RequestKind.ACTIVITY, RequestKind.REPETITIONS})
LEADERS_TASKS = frozenset({RequestKind.PLAN, RequestKind.TRAINING_TIME})
"""Kinds addressed to the leader function, not to a person (SGN-042)."""
OPEN = frozenset({RequestStatus.WAITING, RequestStatus.PREAPPROVED})
DECIDED = frozenset({RequestStatus.SIGNED, RequestStatus.REJECTED})
TRANSITIONS: Mapping[RequestStatus, frozenset[RequestStatus]] = {
    RequestStatus.WAITING: frozenset(RequestStatus) - {RequestStatus.WAITING},
    RequestStatus.PREAPPROVED: DECIDED | {RequestStatus.RECALLED, RequestStatus.LAPSED},
    RequestStatus.SIGNED: frozenset({RequestStatus.WAITING, RequestStatus.LAPSED}),
    RequestStatus.REJECTED: frozenset({RequestStatus.WAITING, RequestStatus.LAPSED}),
    RequestStatus.RECALLED: frozenset(),
    RequestStatus.LAPSED: frozenset(),
}
"""SGN-031; whatever is not here is refused."""


def list_of(kind: RequestKind) -> SigningList:
    """The list a request of this kind stands in (SGN-130)."""
    if kind in SIGNATURES:
        return SigningList.SIGNATURES
    return {
        RequestKind.GOAL: SigningList.GOALS,
        RequestKind.PLAN: SigningList.PLANS,
        RequestKind.TRAINING_TIME: SigningList.TRAINING_TIME,
    }[kind]


@dataclass(frozen=True, slots=True)
class InForce:
    """The decision in force on an item."""

    decision_id: DecisionId
    outcome: Outcome
    decider: Decider
    authority: PersonId
    """The leader for what a deputy decided, else the decider (SGN-101)."""
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """Why, when and by whom an item was recalled or lapsed."""

    cause: str
    at: datetime
    by: str | None = None
    was: RequestStatus = RequestStatus.WAITING


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to decide: the subject itself, or one repetition of it."""

    item_id: RequestItemId
    status: RequestStatus = RequestStatus.WAITING
    performed_on: date | None = None
    comment: str | None = None
    decision: InForce | None = None
    ended: Ended | None = None


@dataclass(frozen=True, slots=True)
class WaitsFor:
    """Who has to decide: a person, for the leader function from a position; nobody when there is no leader."""

    person_id: PersonId | None = None
    position_id: PositionId | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request and its items, as they stand."""

    request_id: RequestId
    kind: RequestKind
    subject: RequestSubject
    employee: Party
    asked_by: Party | None
    asked_at: datetime
    addressee_kind: AddresseeKind
    addressee_position_id: PositionId | None
    """The position whose leader decides; only for the leader function."""
    waits_for: WaitsFor
    via_delegation_id: DelegationId | None
    completed_on: date | None
    comment: str | None
    deviation: str | None
    content_hash: str
    items: tuple[Item, ...]
    version: int = 1
    refused: RefusalCode | None = None
    waited_for: tuple[UUID, ...] = ()

    def item_ids(self, *statuses: RequestStatus) -> tuple[RequestItemId, ...]:
        """Ids of the items in one of `statuses`."""
        return tuple(item.item_id for item in self.items if item.status in statuses)

    def of(self, item_ids: Iterable[UUID]) -> tuple[Item, ...]:
        """The items with these ids."""
        wanted = set(item_ids)
        return tuple(item for item in self.items if item.item_id in wanted)


def chosen(request: Request, item_ids: Sequence[UUID] | None, *statuses: RequestStatus) -> tuple[Item, ...]:
    """The items a command names; all that are in `statuses` when it names none, or all when none is.

    Raises 422 `unknown_item` for an id that is not of this request.
    """
    if item_ids is None:
        return request.of(request.item_ids(*statuses)) or request.items
    known = {item.item_id for item in request.items}
    faults = [
        Fault(f"item_ids.{place}", "unknown_item", "Hører ikke til forespørselen.", "Not of this request.")
        for place, item_id in enumerate(item_ids)
        if item_id not in known
    ]
    if faults:
        raise Invalid(faults)
    return request.of(item_ids)


def moved(
    request: Request,
    item_ids: Iterable[UUID],
    to: RequestStatus,
    *,
    decision: InForce | None = None,
    ended: Ended | None = None,
) -> Request:
    """The request with these items in status `to`, one version on. Raises 409 for a transition not in SGN-031."""
    wanted = set(item_ids)
    items = []
    for item in request.items:
        if item.item_id in wanted:
            if to not in TRANSITIONS[item.status]:
                raise not_possible(item)
            item = replace(item, status=to, decision=decision, ended=ended)
        items.append(item)
    return replace(request, items=tuple(items), version=request.version + 1)


def not_possible(item: Item) -> Conflict:
    """The refusal of a command that came after another: what is in force, by whom, since when (SGN-160)."""
    if item.decision is not None:
        return Conflict(
            "already_decided",
            f"Allerede {_outcome_nb(item.decision.outcome)} av {item.decision.decider.name}.",
            f"Already {item.decision.outcome.value} by {item.decision.decider.name}.",
            **conflict_facts(item),
        )
    return Conflict(
        "not_possible_in_status",
        f"Ikke mulig: {item.status.label_nb.lower()}.",
        f"Not possible: {item.status.label_en.lower()}.",
        **conflict_facts(item),
    )


def conflict_facts(item: Item) -> dict[str, object]:
    """Status, actor and time of what stands in the way."""
    if item.decision is not None:
        return {
            "item_id": item.item_id,
            "item_status": item.status,
            "outcome": item.decision.outcome,
            "decision_id": item.decision.decision_id,
            "by": item.decision.decider.name,
            "at": item.decision.decided_at,
        }
    ended = item.ended
    return {
        "item_id": item.item_id,
        "item_status": item.status,
        "cause": ended.cause if ended else None,
        "by": ended.by if ended else None,
        "at": ended.at if ended else None,
    }


def _outcome_nb(outcome: Outcome) -> str:
    return {Outcome.SIGNED: "signert", Outcome.REJECTED: "avvist"}.get(outcome, "forhåndsgodkjent")


def handed_on(request: Request, to: WaitsFor, position_id: PositionId | None = None) -> Request:
    """The request waiting for another, as leader of `position_id` when that changed; one version on."""
    before = request.waits_for.person_id
    waited_for = request.waited_for
    if before is not None and before != to.person_id and before not in waited_for:
        waited_for = (*waited_for, before)
    return replace(
        request,
        waits_for=to,
        waited_for=waited_for,
        addressee_position_id=position_id or request.addressee_position_id,
        version=request.version + 1,
    )


def row_key(request: Request) -> UUID:
    """What collects all sendings of one repeated activity of one employee into one row (SGN-061)."""
    if request.kind is not RequestKind.REPETITIONS:
        return request.request_id
    return uuid5(request.employee.person_id, str(request.subject.requirement_id or request.subject.id))


_NORWEGIAN_LAST = str.maketrans("æøå", "{|}")


def sort_text(text: str) -> str:
    """`text` for sorting bytewise and searching, without regard to case; Æ Ø Å after Z."""
    return text.lower().translate(_NORWEGIAN_LAST)
