"""Requests and the decisions on them. Revision is the request's version; every event holds the full request."""

from datetime import date

from stafett_contracts.event import Event, UtcTime, Value
from stafett_contracts.ids import DecisionId, DelegationId, RequestId, RequestItemId
from stafett_contracts.values import Addressee, Decider, Party, Person, RequestSubject
from stafett_contracts.vocabulary import (
    LapseCause,
    Outcome,
    ReassignmentCause,
    RefusalCode,
    RejectionReason,
    RequestKind,
    RequestStatus,
)


class RequestItem(Value):
    """One thing to decide, with its status and the decision in force."""

    item_id: RequestItemId
    status: RequestStatus
    performed_on: date | None = None
    decision_id: DecisionId | None = None


class RequestData(Event):
    """A request as it stands."""

    SUBJECT = "request_id"

    request_id: RequestId
    kind: RequestKind
    subject: RequestSubject
    employee: Party
    asked_by: Party | None = None
    """None when the system asked, for a completed plan."""
    asked_at: UtcTime
    addressee: Addressee
    via_delegation_id: DelegationId | None = None
    completed_on: date | None = None
    items: tuple[RequestItem, ...]
    content_hash: str | None = None


class RequestCreated(RequestData):
    """A request waits for the addressee."""

    TYPE = "signing.request.created.v1"


class RequestRefused(RequestData):
    """Signing could not accept a request; the subject goes back to the status it had."""

    TYPE = "signing.request.refused.v1"

    code: RefusalCode
    text_nb: str
    text_en: str


class RequestItemsChange(RequestData):
    """Something happened to the items named."""

    item_ids: tuple[RequestItemId, ...]


class RequestDecided(RequestItemsChange):
    """A decision on the items named."""

    decision_id: DecisionId
    decider: Decider
    decided_at: UtcTime
    comment: str | None = None
    statement: str | None = None
    """The signed evidence, a compact JWS."""


class RequestSigned(RequestDecided):
    """Items were signed or approved."""

    TYPE = "signing.request.signed.v1"


class RequestRejected(RequestDecided):
    """Items were rejected, with comment and reason."""

    TYPE = "signing.request.rejected.v1"

    reason: RejectionReason
    reason_label: str


class RequestPreapproved(RequestDecided):
    """A delegate preapproved a goal; it now waits for the leader, the new addressee."""

    TYPE = "signing.request.preapproved.v1"


class RequestReopened(RequestItemsChange):
    """A decision was cancelled; the items wait again."""

    TYPE = "signing.request.reopened.v1"

    cancelled_decision_id: DecisionId
    was: Outcome
    by: Decider
    comment: str | None = None


class RequestRecalled(RequestItemsChange):
    """The asker or the employee took items back."""

    TYPE = "signing.request.recalled.v1"

    by: Person | None = None


class RequestRecallRefused(RequestItemsChange):
    """A recall came after the decision, which stands."""

    TYPE = "signing.request.recall_refused.v1"

    decision_id: DecisionId
    outcome: Outcome
    decider: Decider
    decided_at: UtcTime


class RequestLapsed(RequestItemsChange):
    """Items are no longer to be decided, or their decision is out of force."""

    TYPE = "signing.request.lapsed.v1"

    cause: LapseCause
    explanation: str | None = None
    was: RequestStatus
    by: Person | None = None
    replaced_by: RequestId | None = None
    decider: Decider | None = None
    """Who had decided, when it was decided."""


class RequestReassigned(RequestData):
    """A request waits for another than before."""

    TYPE = "signing.request.reassigned.v1"

    old_addressee: Addressee
    cause: ReassignmentCause
