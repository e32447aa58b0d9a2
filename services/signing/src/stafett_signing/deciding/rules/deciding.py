"""Who may decide and cancel, in which capacity, and what a decision must hold (SGN-040 to SGN-059, SGN-100 to SGN-105)."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from stafett_chassis.problems import Conflict, Fault, Forbidden, Invalid
from stafett_contracts.ids import PersonId, PositionId, RequestItemId, UnitId
from stafett_contracts.values import Decider, Person
from stafett_contracts.vocabulary import (
    AddresseeKind,
    Capacity,
    Outcome,
    RejectionReason,
    RequestKind,
)
from stafett_signing.requests.rules.ending import Who, must_be_in_force, not_allowed
from stafett_signing.requests.rules.request import OPEN, SIGNATURES, Item, Request, chosen, not_possible

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


def reasons_for(
    kind: RequestKind, retired: frozenset[RejectionReason] = RETIRED
) -> tuple[RejectionReason, ...]:
    """The reasons a rejection of this kind may give today."""
    return tuple(reason for reason in REASONS[kind] if reason not in retired)


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
