"""A person's registration of one requirement, and what may be done with it.

Every decision takes the registration as it is and gives the one it becomes; times and new ids are passed in. The
revision is counted by whoever saves. A decision that would leave everything as it is gives the same object back,
so that nothing is stored or told (PLN-614).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from stafett_chassis.problems import Conflict, Fault, Invalid
from stafett_contracts.vocabulary import ItemStatus, RoundSource
from stafett_plans.progress.rules.status import shown

SITE_WIDE = UUID(int=0)
"""Stands for the trust in a registration that holds in the whole site (PLN-565)."""

_FULFILLED = ItemStatus.FULFILLED.value
_WAITING = ItemStatus.WAITING.value
_BEGUN = ItemStatus.BEGUN.value
_NOT_BEGUN = ItemStatus.NOT_BEGUN.value
_REJECTED = ItemStatus.REJECTED.value


@dataclass(frozen=True, slots=True)
class Registration:
    """One person's progress on one requirement: the present round, and the earlier one that still counts.

    `kept` is the fulfilled round before this one; it is what is shown until this one is fulfilled (PLN-595).
    `before` is the state a sent registration had (PLN-637). `done`, `waiting` and `rejected` count the round's
    repetitions; `demanded` is how many there had to be when it was fulfilled (PLN-649).
    """

    registration_id: UUID
    person_id: UUID
    requirement_id: UUID
    hf_id: UUID
    round_id: UUID
    round_number: int = 1
    revision: int = 0
    state: str = _NOT_BEGUN
    fulfilled_on: date | None = None
    manual_expiry: date | None = None
    comment: str | None = None
    supervisor_id: UUID | None = None
    supervisor_name: str | None = None
    request_id: UUID | None = None
    recalling: bool = False
    before: str | None = None
    source: str | None = None
    signed: bool = False
    signer: Mapping[str, Any] | None = None
    signed_at: datetime | None = None
    decision_comment: str | None = None
    reason: str | None = None
    note: str | None = None
    ticks: Mapping[str, Any] = field(default_factory=dict)
    done: int = 0
    waiting: int = 0
    rejected: int = 0
    demanded: int | None = None
    kept: Mapping[str, Any] | None = None
    kept_fulfilled_on: date | None = None
    kept_manual_expiry: date | None = None
    last_assignment_id: UUID | None = None

    @property
    def has_content(self) -> bool:
        """Whether something is stored that makes the round begun without being complete (PLN-594)."""
        return bool(
            self.fulfilled_on
            or self.manual_expiry
            or self.comment
            or self.supervisor_id
            or self.ticks
            or self.done
            or self.waiting
            or self.rejected
        )


@dataclass(frozen=True, slots=True)
class Missing:
    """A prerequisite or checkpoint that is not done."""

    id: UUID
    name: str
    status: str | None = None
    """None: the person has it in no plan, «Ikke tildelt» (PLN-657)."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What the published requirement asks, and what is missing before it can be fulfilled or sent."""

    requires_signing: bool = False
    repetitions: int | None = None
    manual_expiry: bool = False
    course_coupled: bool = False
    validity_days: int | None = None
    prerequisites: Sequence[Missing] = ()
    checkpoints: Sequence[Missing] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """What is filled in on a requirement. `unlock`: the form was unlocked for change (PLN-607)."""

    fulfilled_on: date | None = None
    manual_expiry: date | None = None
    comment: str | None = None
    supervisor_id: UUID | None = None
    supervisor_name: str | None = None
    unlock: bool = False


def save_draft(
    old: Registration, entry: Entry, demands: Demands, today: date, *, new_round: UUID
) -> Registration:
    """Store any of the fields without fulfilling (PLN-606); unlocked and without a date it undoes (PLN-608)."""
    _refuse_future(entry.fulfilled_on, today)
    base = _opened(old, entry, demands, today, new_round)
    draft = _filled(base, entry, source=None)
    draft = replace(
        draft, state=_BEGUN if draft.has_content else _NOT_BEGUN, **_UNDECIDED, request_id=None, note=None
    )
    return old if draft == old else draft


def fulfil(
    old: Registration, entry: Entry, demands: Demands, today: date, *, new_round: UUID, source: RoundSource
) -> Registration:
    """Mark as fulfilled on a day (PLN-604, PLN-605), or change that day (PLN-609)."""
    if demands.requires_signing:
        raise Conflict(
            "signature_required",
            "Kravet må sendes til signering.",
            "The requirement must be sent for signing.",
        )
    _refuse_course(demands)
    _refuse_repeating(demands)
    _complete(entry, demands, today)
    if old.state == _FULFILLED and _same(old, entry):
        return old
    base = _opened(old, entry, demands, today, new_round)
    _refuse_missing(demands)
    done = _filled(base, entry, source=source)
    return replace(done, state=_FULFILLED, **_UNDECIDED, request_id=None, note=None)


def undo(old: Registration, *, unlock: bool) -> Registration:
    """Take the fulfilled date away (PLN-608); a request is withdrawn by whoever saves."""
    if old.state not in (_FULFILLED, _WAITING):
        return old
    if not unlock:
        raise locked()
    undone = replace(old, fulfilled_on=None, manual_expiry=None, supervisor_id=None, supervisor_name=None)
    return replace(
        undone,
        state=_BEGUN if undone.has_content else _NOT_BEGUN,
        request_id=None,
        source=None,
        note=None,
        **_UNDECIDED,
    )


def send(
    old: Registration,
    entry: Entry,
    demands: Demands,
    today: date,
    *,
    request_id: UUID,
    new_round: UUID,
    source: RoundSource,
) -> Registration:
    """Send to one supervisor for signing (PLN-626); refused with everything that is missing (PLN-628)."""
    if not demands.requires_signing:
        raise Conflict(
            "signature_not_required",
            "Kravet trenger ingen signatur.",
            "The requirement needs no signature.",
        )
    _refuse_repeating(demands)
    if old.state == _WAITING:
        raise already_waiting(old.supervisor_name)
    faults = _faults(entry, demands, today)
    if entry.supervisor_id is None:
        faults.append(
            Fault(
                "supervisor_id",
                "supervisor_missing",
                "Velg instruktør/supervisør.",
                "Choose a supervisor.",
            )
        )
    if faults:
        raise Invalid(faults)
    if entry.supervisor_id == old.person_id:
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
    base = _opened(old, entry, demands, today, new_round)
    _refuse_missing(demands)
    sent = _filled(base, entry, source=source)
    undecided = {**_UNDECIDED, "before": base.state}
    return replace(sent, state=_WAITING, **undecided, request_id=request_id, note=None)


def recall(old: Registration) -> Registration:
    """Ask for a sent registration back; it waits until signing has confirmed (PLN-630, PLN-631)."""
    if old.state != _WAITING or old.request_id is None:
        raise Conflict(
            "not_waiting",
            "Kravet venter ikke på signatur.",
            "The requirement does not wait for a signature.",
            status_now=old.state,
        )
    return old if old.recalling else replace(old, recalling=True)


def renew(old: Registration, demands: Demands, today: date, *, new_round: UUID) -> Registration:
    """Open a new round from 30 days before expiry; the old fulfilment goes on counting (PLN-612)."""
    now = _status(old, demands, today)
    if old.state != _FULFILLED:
        if old.kept_fulfilled_on is not None:
            return old
        raise Conflict(
            "not_fulfilled",
            "Kravet er ikke innfridd.",
            "The requirement is not fulfilled.",
            status_now=old.state,
        )
    if now not in (ItemStatus.EXPIRING, ItemStatus.EXPIRED):
        raise Conflict(
            "renewal_too_early",
            "Kravet kan registreres på nytt fra 30 dager før det utløper.",
            "The requirement can be registered anew from 30 days before it expires.",
        )
    return _next_round(old, new_round)


def locked() -> Conflict:
    """PLN-607."""
    return Conflict(
        "locked",
        "Registreringen er låst. Lås opp for endring først.",
        "The registration is locked. Unlock it first.",
    )


def already_waiting(name: str | None) -> Conflict:
    """SGN-011: names who it waits for."""
    return Conflict(
        "already_waiting",
        f"Venter allerede på {name or 'signatur'}.",
        f"Waits already for {name or 'a signature'}.",
        waits_for=name,
    )


_UNDECIDED: dict[str, Any] = {
    "signed": False,
    "signer": None,
    "signed_at": None,
    "decision_comment": None,
    "reason": None,
    "recalling": False,
    "before": None,
}


def _status(old: Registration, demands: Demands, today: date) -> ItemStatus:
    return shown(
        old.state,
        old.fulfilled_on,
        old.manual_expiry,
        old.kept_fulfilled_on,
        old.kept_manual_expiry,
        demands.validity_days,
        today,
    ).status


def _opened(old: Registration, entry: Entry, demands: Demands, today: date, new_round: UUID) -> Registration:
    """The round that `entry` is written in: a new one on what has expired, else the present one if not locked."""
    if old.state == _FULFILLED and _status(old, demands, today) is ItemStatus.EXPIRED:
        return _next_round(old, new_round)  # PLN-612
    if old.state in (_FULFILLED, _WAITING) and not entry.unlock:
        raise locked()
    return old


def _next_round(old: Registration, new_round: UUID) -> Registration:
    kept = {
        "round_id": old.round_id,
        "round_number": old.round_number,
        "fulfilled_on": old.fulfilled_on,
        "manual_expiry": old.manual_expiry,
        "comment": old.comment,
        "signed": old.signed,
        "signer": old.signer,
        "signed_at": old.signed_at,
        "request_id": old.request_id,
        "done": old.done,
    }
    return Registration(
        registration_id=old.registration_id,
        person_id=old.person_id,
        requirement_id=old.requirement_id,
        hf_id=old.hf_id,
        revision=old.revision,
        round_id=new_round,
        round_number=old.round_number + 1,
        last_assignment_id=old.last_assignment_id,
        kept=kept,
        kept_fulfilled_on=old.fulfilled_on,
        kept_manual_expiry=old.manual_expiry,
    )


def closed_round(old: Registration, new: Registration) -> Mapping[str, Any] | None:
    """The earlier fulfilment that stops counting because the round after it made way for yet another."""
    return old.kept if old.kept is not None and new.round_id != old.round_id else None


def _filled(base: Registration, entry: Entry, *, source: RoundSource | None) -> Registration:
    return replace(
        base,
        fulfilled_on=entry.fulfilled_on,
        manual_expiry=entry.manual_expiry,
        comment=entry.comment or None,
        supervisor_id=entry.supervisor_id,
        supervisor_name=entry.supervisor_name,
        source=source.value if source else base.source,
    )


def _same(old: Registration, entry: Entry) -> bool:
    return (old.fulfilled_on, old.manual_expiry, old.comment) == (
        entry.fulfilled_on,
        entry.manual_expiry,
        entry.comment or None,
    )


def _complete(entry: Entry, demands: Demands, today: date) -> None:
    faults = _faults(entry, demands, today)
    if faults:
        raise Invalid(faults)


def _faults(entry: Entry, demands: Demands, today: date) -> list[Fault]:
    """What is wrong with the dates (PLN-605, PLN-674)."""
    faults = []
    if entry.fulfilled_on is None:
        faults.append(Fault("fulfilled_on", "date_missing", "Dato mangler.", "The date is missing."))
    elif entry.fulfilled_on > today:
        faults.append(future_date("fulfilled_on"))
    if demands.manual_expiry:
        if entry.manual_expiry is None:
            faults.append(
                Fault("manual_expiry", "expiry_missing", "Utløpsdato mangler.", "The expiry date is missing.")
            )
        elif entry.fulfilled_on and entry.manual_expiry <= entry.fulfilled_on:
            faults.append(
                Fault(
                    "manual_expiry",
                    "expiry_not_later",
                    "Utløpsdatoen må være senere enn datoen kravet ble innfridd.",
                    "The expiry date must be later than the day of fulfilment.",
                )
            )
    elif entry.manual_expiry is not None:
        faults.append(
            Fault(
                "manual_expiry",
                "expiry_not_asked",
                "Kravet har ikke manuell utløpsdato.",
                "The requirement has no manual expiry date.",
            )
        )
    return faults


def future_date(name: str) -> Fault:
    """PLN-605."""
    return Fault(
        name, "date_in_future", "Datoen kan ikke være frem i tid.", "The date may not be in the future."
    )


def _refuse_future(day: date | None, today: date) -> None:
    if day is not None and day > today:
        raise Invalid([future_date("fulfilled_on")])


def _refuse_course(demands: Demands) -> None:
    if demands.course_coupled:
        raise Conflict(
            "course_decides",
            "Kravet innfris av kurset i Læringsportalen.",
            "The requirement is fulfilled by the course in the course portal.",
        )


def _refuse_repeating(demands: Demands) -> None:
    if demands.repetitions:
        raise Conflict(
            "repetitions_required",
            "Kravet innfris av repetisjonene.",
            "The requirement is fulfilled by its repetitions.",
            repetitions=demands.repetitions,
        )


def refuse_prerequisites(demands: Demands) -> None:
    """PLN-656: refused with the list of prerequisites that are not done."""
    if demands.prerequisites:
        raise Conflict(
            "dependencies_missing",
            "Følgende aktiviteter må være fullført først.",
            "These activities must be completed first.",
            missing=[asdict(one) for one in demands.prerequisites],
        )


def _refuse_missing(demands: Demands) -> None:
    refuse_prerequisites(demands)
    if demands.checkpoints:
        raise Conflict(
            "checkpoints_missing",
            "Alle sjekkpunkt må være utført eller ikke relevante.",
            "Every checkpoint must be done or not relevant.",
            missing=[asdict(one) for one in demands.checkpoints],
        )
