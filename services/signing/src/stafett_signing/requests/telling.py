"""The events that tell of a request, each with its full state (README of the service: Events out)."""

from datetime import datetime
from typing import Any

from stafett_contracts.event import Event
from stafett_contracts.ids import RequestId, RequestItemId
from stafett_contracts.signing import (
    RequestCreated,
    RequestItem,
    RequestLapsed,
    RequestReassigned,
    RequestRecalled,
    RequestRecallRefused,
    RequestRefused,
    RequestRejected,
    RequestReopened,
    RequestSigned,
)
from stafett_contracts.values import Addressee, Decider, Person
from stafett_contracts.vocabulary import (
    AddresseeKind,
    LapseCause,
    Outcome,
    ReassignmentCause,
    RefusalCode,
    RejectionReason,
)
from stafett_signing.requests.rules.ending import Ending
from stafett_signing.requests.rules.request import InForce, Request


def addressee(request: Request) -> Addressee:
    """Whom the request waits for."""
    leads = request.addressee_kind is AddresseeKind.LEADER_OF
    return Addressee(
        kind=request.addressee_kind,
        person_id=request.waits_for.person_id,
        position_id=request.addressee_position_id if leads else None,
        name=request.waits_for.name,
    )


def state(request: Request) -> dict[str, Any]:
    """What every event of a request holds."""
    return {
        "revision": request.version,
        "request_id": request.request_id,
        "kind": request.kind,
        "subject": request.subject,
        "employee": request.employee,
        "asked_by": request.asked_by,
        "asked_at": request.asked_at,
        "addressee": addressee(request),
        "via_delegation_id": request.via_delegation_id,
        "completed_on": request.completed_on,
        "items": tuple(
            RequestItem(
                item_id=item.item_id,
                status=item.status,
                performed_on=item.performed_on,
                decision_id=item.decision.decision_id if item.decision else None,
            )
            for item in request.items
        ),
        "content_hash": request.content_hash,
    }


def created(request: Request) -> Event:
    """It waits for the addressee."""
    return RequestCreated(**state(request))


def refused(request: Request, code: RefusalCode, waits_for: str | None) -> Event:
    """Signing could not accept it; `waits_for` names who has the one that waits already (SGN-011)."""
    nb, en = code.label_nb, code.label_en
    if waits_for:
        nb, en = f"{nb} hos {waits_for}", f"{en} for {waits_for}"
    return RequestRefused(**state(request), code=code, text_nb=nb, text_en=en)


def decided(
    request: Request,
    item_ids: tuple[RequestItemId, ...],
    decision: InForce,
    comment: str | None,
    reason: RejectionReason | None,
) -> Event:
    """Items were signed or rejected."""
    told = {
        **state(request),
        "item_ids": item_ids,
        "decision_id": decision.decision_id,
        "decider": decision.decider,
        "decided_at": decision.decided_at,
        "comment": comment,
    }
    if decision.outcome is Outcome.SIGNED:
        return RequestSigned(**told)
    assert reason is not None
    return RequestRejected(**told, reason=reason, reason_label=reason.label_nb)


def reopened(
    request: Request,
    item_ids: tuple[RequestItemId, ...],
    cancelled: InForce,
    by: Decider,
    comment: str | None,
) -> Event:
    """A decision was cancelled."""
    return RequestReopened(
        **state(request),
        item_ids=item_ids,
        cancelled_decision_id=cancelled.decision_id,
        was=cancelled.outcome,
        by=by,
        comment=comment,
    )


def recalled(request: Request, item_ids: tuple[RequestItemId, ...], by: Person | None) -> Event:
    """Items were taken back."""
    return RequestRecalled(**state(request), item_ids=item_ids, by=by)


def recall_refused(request: Request, item_ids: tuple[RequestItemId, ...], decision: InForce) -> Event:
    """A recall came after the decision."""
    return RequestRecallRefused(
        **state(request),
        item_ids=item_ids,
        decision_id=decision.decision_id,
        outcome=decision.outcome,
        decider=decision.decider,
        decided_at=decision.decided_at,
    )


def lapsed(
    request: Request,
    ending: Ending,
    cause: LapseCause,
    *,
    by: Person | None = None,
    explanation: str | None = None,
    replaced_by: RequestId | None = None,
) -> Event:
    """Items are no longer to be decided, or their decision is out of force."""
    return RequestLapsed(
        **state(request),
        item_ids=ending.item_ids,
        cause=cause,
        explanation=explanation,
        was=ending.was,
        by=by,
        replaced_by=replaced_by,
        decider=ending.decision.decider if ending.decision else None,
    )


def reassigned(request: Request, before: Request, cause: ReassignmentCause) -> Event:
    """It waits for another than before."""
    return RequestReassigned(**state(request), old_addressee=addressee(before), cause=cause)


def moment(at: datetime) -> datetime:
    """`at` in whole milliseconds, as evidence states time (SGN-170)."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
