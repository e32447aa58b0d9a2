"""What may be done with a registration: drafts, fulfilling, undoing, sending, recalling, renewing."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from stafett_chassis.problems import Conflict, Fault, Invalid
from stafett_contracts.vocabulary import ItemStatus, RoundSource
from stafett_plans.progress.rules.refusals import (
    already_waiting,
    date_faults,
    locked,
    refuse_course,
    refuse_future,
    refuse_incomplete,
    refuse_missing,
    refuse_repeating,
)
from stafett_plans.progress.rules.registration import Demands, Entry, Registration
from stafett_plans.progress.rules.status import shown

_FULFILLED = ItemStatus.FULFILLED.value
_WAITING = ItemStatus.WAITING.value
_BEGUN = ItemStatus.BEGUN.value
_NOT_BEGUN = ItemStatus.NOT_BEGUN.value


def save_draft(
    old: Registration, entry: Entry, demands: Demands, today: date, *, new_round: UUID
) -> Registration:
    """Store any of the fields without fulfilling (PLN-606); unlocked and without a date it undoes (PLN-608).

    Of what is repeated the repetitions alone decide status and date (PLN-641); only the rest is stored.
    """
    refuse_future(entry.fulfilled_on, today)
    base = _opened(old, entry, demands, today, new_round)
    if demands.repetitions:
        noted = replace(base, manual_expiry=entry.manual_expiry, comment=entry.comment or None, note=None)
        if noted.state in (_BEGUN, _NOT_BEGUN):
            noted = replace(noted, state=_BEGUN if noted.has_content else _NOT_BEGUN)
        return old if noted == old else noted
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
    refuse_course(demands)
    refuse_repeating(demands)
    refuse_incomplete(entry, demands, today)
    if old.state == _FULFILLED and _same(old, entry):
        return old
    base = _opened(old, entry, demands, today, new_round)
    refuse_missing(demands)
    done = _filled(base, entry, source=source)
    return replace(done, state=_FULFILLED, **_UNDECIDED, request_id=None, note=None)


def undo(old: Registration, demands: Demands, *, unlock: bool) -> Registration:
    """Take the fulfilled date away (PLN-608); a request is withdrawn by whoever saves."""
    if old.state not in (_FULFILLED, _WAITING):
        return old
    refuse_repeating(demands)
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
    refuse_repeating(demands)
    if old.state == _WAITING:
        raise already_waiting(old.supervisor_name)
    faults = date_faults(entry, demands, today)
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
    refuse_missing(demands)
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
