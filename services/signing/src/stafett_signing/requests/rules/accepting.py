"""What signing cannot accept (SGN-013)."""

from dataclasses import dataclass
from datetime import date

from stafett_contracts.vocabulary import AddresseeKind, RefusalCode, RequestKind
from stafett_signing.requests.rules.request import LEADERS_TASKS, SIGNATURES, Request


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
