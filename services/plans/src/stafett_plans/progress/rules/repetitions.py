"""Repetitions of a requirement: which count, and what that makes of the requirement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from stafett_chassis.problems import Conflict, Fault, Invalid
from stafett_contracts.vocabulary import ItemStatus, Outcome, RepetitionState
from stafett_plans.progress.rules.decisions import Decision
from stafett_plans.progress.rules.refusals import future_date, locked, refuse_prerequisites
from stafett_plans.progress.rules.registration import Demands, Registration

MOST_AT_A_TIME = 100
"""PLN-644."""

COUNTED = frozenset({RepetitionState.DONE.value, RepetitionState.SIGNED.value})
"""PLN-640: where a signature is needed, only signed ones are ever in one of these."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """One carrying-out; `item_id` is what signing knows it by in the request it was last sent with."""

    repetition_id: UUID
    performed_on: date
    state: str
    comment: str | None = None
    supervisor_id: UUID | None = None
    supervisor_name: str | None = None
    request_id: UUID | None = None
    item_id: UUID | None = None
    recalling: bool = False
    signer: Mapping[str, Any] | None = None
    signed_at: datetime | None = None
    decision_comment: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Repetitions of a national procedure list done at another trust or site (PLN-568)."""

    performed_on: date
    number: int


def may_register(
    demands: Demands, performed_on: date, count: int, today: date, *, quick: bool = False
) -> None:
    """Refuse repetitions that cannot be registered (PLN-639, PLN-644, PLN-647, PLN-658)."""
    if not demands.repetitions:
        raise Conflict(
            "not_repeating",
            "Kravet skal ikke gjentas.",
            "The requirement is not to be repeated.",
        )
    if quick and demands.requires_signing:
        raise Conflict(
            "signature_required",
            "Hurtigregistrering brukes ikke der det trengs signatur.",
            "Quick registration is not for what needs a signature.",
        )
    refuse_prerequisites(demands)
    faults = []
    if performed_on > today:
        faults.append(future_date("performed_on"))
    if not 1 <= count <= MOST_AT_A_TIME:
        faults.append(
            Fault("count", "bad_count", "Antallet må være 1–100.", "The number must be from 1 to 100.")
        )
    if faults:
        raise Invalid(faults)


def needs_supervisor(supervisor_id: UUID | None, person_id: UUID) -> None:
    """Repetitions that need a signature need one supervisor, who is another (PLN-639, PLN-697)."""
    if supervisor_id is None:
        raise Invalid(
            [
                Fault(
                    "supervisor_id",
                    "supervisor_missing",
                    "Velg instruktør/supervisør.",
                    "Choose a supervisor.",
                )
            ]
        )
    if supervisor_id == person_id:
        raise Invalid(
            [
                Fault(
                    "supervisor_id",
                    "own_request",
                    "Du kan ikke signere for deg selv.",
                    "Nobody signs for himself.",
                )
            ]
        )


def counted(repetitions: Iterable[Repetition], elsewhere: Iterable[Elsewhere] = ()) -> list[date]:
    """The days of everything that counts, in order of date."""
    days = [one.performed_on for one in repetitions if one.state in COUNTED]
    for other in elsewhere:
        days.extend([other.performed_on] * other.number)
    return sorted(days)


def judged(
    old: Registration,
    repetitions: Sequence[Repetition],
    required: int,
    elsewhere: Sequence[Elsewhere] = (),
) -> Registration:
    """The registration with these repetitions in its present round (PLN-641, PLN-642, PLN-646)."""
    days = counted(repetitions, elsewhere)
    waiting = sum(1 for one in repetitions if one.state == RepetitionState.WAITING)
    rejected = sum(1 for one in repetitions if one.state == RepetitionState.REJECTED)
    own_done = sum(1 for one in repetitions if one.state in COUNTED)
    # PLN-649: whoever had reached the number asked for then stays fulfilled when it is raised.
    needed = min(required, old.demanded) if old.demanded else required
    new = replace(old, done=own_done, waiting=waiting, rejected=rejected)
    if len(days) >= needed:
        return replace(
            new,
            state=ItemStatus.FULFILLED.value,
            fulfilled_on=days[needed - 1],
            demanded=needed,
            signed=any(one.state == RepetitionState.SIGNED for one in repetitions),
        )
    if repetitions and len(days) + waiting >= required:
        state = ItemStatus.WAITING
    elif repetitions and rejected == len(repetitions) and not days:
        state = ItemStatus.REJECTED
    elif repetitions or days or replace(new, fulfilled_on=None).has_content:
        state = ItemStatus.BEGUN
    else:
        state = ItemStatus.NOT_BEGUN
    return replace(new, state=state.value, fulfilled_on=None, demanded=None, signed=False)


def change(
    old: Repetition, performed_on: date, comment: str | None, today: date, *, unlock: bool
) -> Repetition:
    """Correct an own unsigned repetition (PLN-646); one that waits must be recalled first."""
    _changeable(old, unlock=unlock)
    if old.state == RepetitionState.WAITING:
        raise Conflict(
            "repetition_waiting",
            "Repetisjonen venter på signatur. Kall den tilbake først.",
            "The repetition waits for a signature. Recall it first.",
        )
    if performed_on > today:
        raise Invalid([future_date("performed_on")])
    return replace(old, performed_on=performed_on, comment=comment or None)


def sent_again(
    old: Repetition,
    *,
    supervisor_id: UUID | None,
    supervisor_name: str | None,
    request_id: UUID,
    item_id: UUID,
) -> Repetition:
    """Waiting in a new request (PLN-645)."""
    return replace(
        old,
        state=RepetitionState.WAITING.value,
        supervisor_id=supervisor_id,
        supervisor_name=supervisor_name,
        request_id=request_id,
        item_id=item_id,
        signer=None,
        signed_at=None,
        decision_comment=None,
        reason=None,
    )


def remove(old: Repetition, *, unlock: bool) -> Repetition:
    """Remove an own unsigned repetition; one that waits is asked back (PLN-646)."""
    _changeable(old, unlock=unlock)
    if old.state == RepetitionState.WAITING:
        return replace(old, recalling=True)
    return replace(old, state=RepetitionState.REMOVED.value)


def _changeable(old: Repetition, *, unlock: bool) -> None:
    if old.state == RepetitionState.SIGNED:
        raise Conflict(
            "repetition_signed",
            "En signert repetisjon endres bare ved at supervisøren avbryter signeringen.",
            "A signed repetition changes only when the supervisor undoes the signing.",
        )
    if not unlock:
        raise locked()


def decided(old: Repetition, state: RepetitionState, decision: Decision) -> Repetition:
    """A decision on this repetition (PLN-645)."""
    return replace(
        old,
        state=state.value,
        signer=decision.signer,
        signed_at=decision.decided_at,
        decision_comment=decision.comment,
        reason=decision.reason,
        recalling=False,
    )


def waits_again(old: Repetition) -> Repetition:
    """The decision on this repetition was undone (PLN-634)."""
    return replace(
        old,
        state=RepetitionState.WAITING.value,
        signer=None,
        signed_at=None,
        decision_comment=None,
        reason=None,
    )


def taken_back(old: Repetition) -> Repetition:
    """The recall is confirmed: it is out of the list (PLN-646)."""
    return replace(old, state=RepetitionState.REMOVED.value, recalling=False)


def recall_refused(old: Repetition, outcome: str, decision: Decision) -> Repetition:
    """The decision was first and stands, whichever of the two events comes first (PLN-631)."""
    if old.state == RepetitionState.WAITING:
        state = RepetitionState.SIGNED if outcome == Outcome.SIGNED else RepetitionState.REJECTED
        return decided(old, state, decision)
    return replace(old, recalling=False)


def sent_back(old: Repetition, text: str) -> Repetition:
    """Signing could not take it, or nobody is left to decide: kept with the cause, to be sent again (PLN-637)."""
    return replace(old, state=RepetitionState.REJECTED.value, recalling=False, reason=text)
