"""Who may decide and cancel, in which capacity, and what a decision must hold (SGN-040 to SGN-059, SGN-100 to SGN-105)."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from stafett_chassis.problems import Conflict, Fault, Forbidden, Invalid, Problem
from stafett_contracts.ids import PersonId, PositionId, RequestItemId, UnitId
from stafett_contracts.values import Decider, Person
from stafett_contracts.vocabulary import (
    APPROVAL_LABELS,
    AddresseeKind,
    Capacity,
    LapseCause,
    Outcome,
    RejectionReason,
    RequestKind,
    RequestStatus,
)
from stafett_signing.requests.rules import (
    DECIDED,
    LEADERS_TASKS,
    OPEN,
    SIGNATURES,
    Item,
    Request,
    Who,
    chosen,
    may_recall,
    must_be_in_force,
    not_allowed,
    not_possible,
)

_COMMON = (
    RejectionReason.NOT_DONE,
    RejectionReason.NOT_SUFFICIENT,
    RejectionReason.DOCUMENTATION_MISSING,
    RejectionReason.WRONG_FACTS,
    RejectionReason.WRONG_PERSON,
)
_SIGNATURE_REASONS = (*_COMMON, RejectionReason.NOT_OBSERVED, RejectionReason.OTHER)
REASONS: Mapping[RequestKind, tuple[RejectionReason, ...]] = {
    **dict.fromkeys(sorted(SIGNATURES), _SIGNATURE_REASONS),
    RequestKind.GOAL: (*_COMMON, RejectionReason.ACTIVITIES_MISSING, RejectionReason.OTHER),
    RequestKind.PLAN: (),
    RequestKind.TRAINING_TIME: (
        RejectionReason.WRONG_PERIOD,
        RejectionReason.WRONG_PERCENTAGE,
        RejectionReason.WRONG_ABSENCE,
        RejectionReason.WRONG_EMPLOYER,
        RejectionReason.WRONG_SUPERVISION,
        RejectionReason.OTHER,
    ),
}
"""The reasons to choose from (SGN-055, SGN-056); plans are not rejected (SGN-058)."""
RETIRED: frozenset[RejectionReason] = frozenset()
"""Reasons no longer to be chosen; old decisions keep them and their labels (SGN-057)."""


def reasons_for(kind: RequestKind) -> tuple[RejectionReason, ...]:
    """The reasons a rejection of this kind may give today."""
    return tuple(reason for reason in REASONS[kind] if reason not in RETIRED)


@dataclass(frozen=True, slots=True)
class Standing:
    """The caller as the directory has them at this moment, and what ties them to a request."""

    who: Who
    name: str
    position_id: PositionId | None = None
    title: str | None = None
    unit_id: UnitId | None = None
    unit_name: str | None = None
    hf_id: UnitId | None = None
    hf_name: str | None = None
    leader_name: str | None = None
    """In a deputy session."""
    leads_employee: bool = False
    """The caller leads one of the employee's active positions."""
    newer_items: frozenset[UUID] = frozenset()
    """Items that a newer request covers: repetitions sent anew, or all when the subject was."""


@dataclass(frozen=True, slots=True)
class Right:
    """By what right somebody decides, and on whose authority (SGN-046)."""

    capacity: Capacity
    authority: PersonId
    on_behalf_of: Person | None = None


def right_to_decide(request: Request, standing: Standing) -> Right:
    """The right by which the caller decides. Raises 403 `own_request` or `not_allowed` (SGN-009, SGN-040 to SGN-047)."""
    who = standing.who
    if who.person_id == request.employee.person_id:
        raise Forbidden(
            "own_request", "Du kan ikke avgjøre din egen forespørsel.", "Nobody decides his own request."
        )
    must_be_in_force(who)
    if not waits_for(request, who):
        raise not_allowed()
    if who.leader_person_id is not None:
        behalf = Person(person_id=who.leader_person_id, name=standing.leader_name or "")
        return Right(Capacity.DEPUTY, who.leader_person_id, behalf)
    if request.kind in SIGNATURES:
        return Right(Capacity.SUPERVISOR, who.person_id)
    if request.kind is RequestKind.GOAL and not standing.leads_employee:
        # SGN-123: whoever it was sent to decides it, also when no longer the leader.
        return Right(Capacity.EARLIER_LEADER, who.person_id)
    return Right(Capacity.LEADER, who.person_id)


def waits_for(request: Request, who: Who) -> bool:
    """Whether the request waits for the caller, or for the leader the caller acts for (SGN-043, SGN-135)."""
    if request.waits_for.person_id != who.acts_for:
        return False
    in_person = request.addressee_kind is AddresseeKind.PERSON
    return not who.as_deputy or in_person or request.waits_for.position_id == who.leader_position_id


def decider(standing: Standing, right: Right) -> Decider:
    """The caller as events and evidence name them, with the current position beside the capacity (SGN-046)."""
    return Decider(
        person_id=standing.who.person_id,
        position_id=standing.position_id,
        name=standing.name,
        title=standing.title,
        hf_id=standing.hf_id,
        hf_name=standing.hf_name,
        capacity=right.capacity,
        on_behalf_of=right.on_behalf_of,
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller wants decided, as sent."""

    outcome: Outcome
    comment: str | None = None
    reason: RejectionReason | None = None
    content_hash: str | None = None
    item_ids: Sequence[UUID] | None = None


def check_content(request: Request, content_hash: str | None) -> None:
    """One signs what one saw (SGN-026): raises 422 when the hash is missing, 409 when it is another's."""
    if not content_hash:
        raise Invalid(
            [
                Fault(
                    "content_hash",
                    "content_hash_required",
                    "Avgjørelsen må si hvilket grunnlag den bygger på.",
                    "A decision must name the content it was based on.",
                )
            ],
            code="content_hash_required",
        )
    if content_hash != request.content_hash:
        raise Conflict(
            "content_changed",
            "Grunnlaget er et annet enn det du så. Åpne forespørselen på nytt.",
            "The content is not what you saw. Open the request again.",
            content_hash=request.content_hash,
        )


def check_words(request: Request, right: Right, wanted: Wanted) -> None:
    """Comment and reason as the outcome asks for (SGN-044, SGN-052, SGN-058); every fault at once."""
    if wanted.outcome is Outcome.REJECTED and request.kind is RequestKind.PLAN:
        raise Conflict("plans_are_not_rejected", "Planer kan ikke avvises.", "Plans are not rejected.")
    faults = []
    if not visible(wanted.comment) and (wanted.outcome is Outcome.REJECTED or comment_needed(request, right)):
        faults.append(Fault("comment", "comment_required", "Skriv en kommentar.", "Write a comment."))
    if wanted.outcome is Outcome.REJECTED and wanted.reason is None:
        faults.append(Fault("reason", "reason_required", "Velg en årsak.", "Choose a reason."))
    elif wanted.outcome is Outcome.REJECTED and wanted.reason not in reasons_for(request.kind):
        faults.append(
            Fault("reason", "reason_unknown", "Årsaken kan ikke brukes her.", "Not a reason to use here.")
        )
    if faults:
        raise Invalid(faults, code=faults[0].code)


def comment_needed(request: Request, right: Right) -> bool:
    """Whether signing too needs a comment: a deputy did not observe what a supervisor signs for (SGN-044)."""
    return right.capacity is Capacity.DEPUTY and request.kind in SIGNATURES


def visible(text: str | None) -> bool:
    """Whether `text` has a character one can see."""
    return any(
        not char.isspace() and not unicodedata.category(char).startswith("C")
        for char in unicodedata.normalize("NFC", text or "")
    )


@dataclass(frozen=True, slots=True)
class Sorted:
    """The chosen items of a command: to be decided now, decided so already by the caller, and in the way."""

    now: tuple[RequestItemId, ...]
    same: tuple[Item, ...]
    late: tuple[Item, ...]


def sort_items(request: Request, standing: Standing, wanted: Wanted) -> Sorted:
    """What of the chosen can be decided (SGN-066). Raises 409 when nothing can and nothing was (SGN-160, SGN-161)."""
    now, same, late = [], [], []
    for item in chosen(request, wanted.item_ids, *OPEN):
        if item.status in OPEN:
            now.append(item.item_id)
        elif _decided_so(item, standing.who, wanted.outcome):
            same.append(item)
        else:
            late.append(item)
    if late and not now and not same:
        raise not_possible(late[0])
    return Sorted(tuple(now), tuple(same), tuple(late))


def _decided_so(item: Item, who: Who, outcome: Outcome) -> bool:
    decision = item.decision
    return (
        decision is not None and decision.decider.person_id == who.person_id and decision.outcome is outcome
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
            status=item.status,
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


@dataclass(frozen=True, slots=True)
class Shown:
    """A status as a reader sees it: the word and the colour (SGN-030)."""

    status: RequestStatus
    label_nb: str
    label_en: str
    colour: str


def shown(request: Request, *, to_decider: bool) -> Shown:
    """The status of the whole request; what waits is red to whom it waits for, else yellow (SGN-032)."""
    counts = {status: len(request.item_ids(status)) for status in RequestStatus}
    status = next(status for status in _WEIGHT if counts[status])
    ended = next((item.ended for item in request.items if item.status is status and item.ended), None)
    nb, en = label(request.kind, status, ended.cause if ended else None)
    signed, rejected = counts[RequestStatus.SIGNED], counts[RequestStatus.REJECTED]
    if request.kind is RequestKind.REPETITIONS and status in DECIDED:
        nb, en = f"{signed} signert, {rejected} avvist", f"{signed} signed, {rejected} rejected"  # SGN-067
    return Shown(status, nb, en, colour(status, to_decider=to_decider))


# A request reads as waiting while anything in it waits, then as what was decided.
_WEIGHT = (
    RequestStatus.WAITING,
    RequestStatus.PREAPPROVED,
    RequestStatus.SIGNED,
    RequestStatus.REJECTED,
    RequestStatus.LAPSED,
    RequestStatus.RECALLED,
)


def label(kind: RequestKind, status: RequestStatus, cause: str | None = None) -> tuple[str, str]:
    """The words for a status, in bokmål and English; with the cause when it lapsed."""
    if kind in (RequestKind.GOAL, RequestKind.PLAN) and status in APPROVAL_LABELS:
        return APPROVAL_LABELS[status]
    if status is RequestStatus.LAPSED and cause in set(LapseCause):
        why = LapseCause(cause)
        if why is not LapseCause.SYSTEM:
            return f"{status.label_nb}: {why.label_nb}", f"{status.label_en}: {why.label_en}"
    return status.label_nb, status.label_en


def colour(status: RequestStatus, *, to_decider: bool) -> str:
    """The colour of a status for its reader."""
    if status is RequestStatus.WAITING:
        return "red" if to_decider else "yellow"
    return {
        RequestStatus.PREAPPROVED: "yellow",
        RequestStatus.SIGNED: "green",
        RequestStatus.REJECTED: "red",
        RequestStatus.RECALLED: "yellow",
        RequestStatus.LAPSED: "grey",
    }[status]
