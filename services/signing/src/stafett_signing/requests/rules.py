"""The life of a request: what it is, which changes are allowed, and what signing cannot accept (SGN-001 to SGN-037)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid5

from stafett_chassis.problems import Conflict, Fault, Forbidden, Invalid
from stafett_contracts.ids import (
    DecisionId,
    DelegationId,
    PersonId,
    PositionId,
    RequestId,
    RequestItemId,
)
from stafett_contracts.values import Decider, Party, Person, RequestSubject
from stafett_contracts.vocabulary import (
    AddresseeKind,
    LapseCause,
    Outcome,
    RefusalCode,
    RequestKind,
    RequestStatus,
    SigningList,
    WithdrawalCause,
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
_VOIDING = frozenset({WithdrawalCause.CHANGED, WithdrawalCause.REMOVED, WithdrawalCause.RESET})
"""Causes that also take decisions out of force (SGN-117)."""


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


@dataclass(frozen=True, slots=True)
class Known:
    """What the directory says of those a new request names."""

    addressee_exists: bool = True
    """False: erased."""
    addressee_active: bool = True
    may_approve: bool = True
    """The addressee is on the approver list of SGN-070; goals only."""
    has_approver: bool = True
    """Somebody is; goals only."""
    leader: WaitsFor = WaitsFor()
    """Effective leader of the position named; the leader function only."""


def refusal(request: Request, known: Known, today: date) -> RefusalCode | None:
    """Why signing cannot accept a request asked on `today`; none when it can (SGN-013)."""
    return _addressee_refusal(request, known) or _date_refusal(request, today)


def _addressee_refusal(request: Request, known: Known) -> RefusalCode | None:
    person = request.waits_for.person_id
    if (request.addressee_kind is AddresseeKind.LEADER_OF) is not (request.kind in LEADERS_TASKS):
        return (
            RefusalCode.SUPERVISOR_MISSING
            if request.kind in SIGNATURES
            else RefusalCode.ADDRESSEE_NOT_ALLOWED
        )
    if person == request.employee.person_id:
        return RefusalCode.OWN_REQUEST
    if request.kind in LEADERS_TASKS:
        # Plan approvals wait for a leader to come (SGN-126); nobody could correct a request the system made.
        missing = person is None and request.kind is RequestKind.TRAINING_TIME
        return RefusalCode.NO_LEADER if missing else None
    if person is None:
        if request.kind in SIGNATURES:
            return RefusalCode.SUPERVISOR_MISSING
        return RefusalCode.ADDRESSEE_UNKNOWN if known.has_approver else RefusalCode.NO_LEADER
    if not known.addressee_exists:
        return RefusalCode.ADDRESSEE_UNKNOWN
    if not known.addressee_active:
        return RefusalCode.ADDRESSEE_INACTIVE
    if request.kind is RequestKind.GOAL and not known.may_approve:
        return RefusalCode.ADDRESSEE_NOT_ALLOWED if known.has_approver else RefusalCode.NO_LEADER
    return None


def _date_refusal(request: Request, today: date) -> RefusalCode | None:
    dates = [item.performed_on for item in request.items] if request.kind is RequestKind.REPETITIONS else []
    if request.kind not in (RequestKind.REPETITIONS, *LEADERS_TASKS):
        dates.append(request.completed_on)
    if None in dates:
        return RefusalCode.DATE_MISSING
    given = [day for day in (*dates, request.completed_on) if day is not None]
    return RefusalCode.DATE_IN_FUTURE if any(day > today for day in given) else None


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
            "status": item.status,
            "outcome": item.decision.outcome,
            "decision_id": item.decision.decision_id,
            "by": item.decision.decider.name,
            "at": item.decision.decided_at,
        }
    ended = item.ended
    return {
        "item_id": item.item_id,
        "status": item.status,
        "cause": ended.cause if ended else None,
        "by": ended.by if ended else None,
        "at": ended.at if ended else None,
    }


def _outcome_nb(outcome: Outcome) -> str:
    return {Outcome.SIGNED: "signert", Outcome.REJECTED: "avvist"}.get(outcome, "forhåndsgodkjent")


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
