"""What an owner asks of signing: the common form of plans' and training-time's requests."""

from datetime import date

from pydantic import Field

from stafett_contracts.event import Event, Value
from stafett_contracts.ids import RequestId, RequestItemId
from stafett_contracts.values import Addressee, Party, Person, RequestSubject
from stafett_contracts.vocabulary import RequestKind, WithdrawalCause


class AskedItem(Value):
    """One thing to decide: the subject itself, or one repetition of it."""

    item_id: RequestItemId
    performed_on: date | None = None
    comment: str | None = None


class Asking(Event):
    """A subject sent for signature or approval; the request id is the owner's choice, and the key."""

    SUBJECT = "request_id"

    request_id: RequestId
    kind: RequestKind
    subject: RequestSubject
    employee: Party
    asked_by: Party | None = None
    """None when the system asks, for a completed plan."""
    addressee: Addressee
    completed_on: date | None = None
    comment: str | None = None
    items: tuple[AskedItem, ...] = Field(min_length=1)
    content_hash: str | None = None
    """Of the snapshot, as `content_hash()` makes it."""


class Withdrawal(Event):
    """The owner takes a request back, or some items of it; revision is higher than the request's."""

    SUBJECT = "request_id"

    request_id: RequestId
    item_ids: tuple[RequestItemId, ...] = ()
    """Empty: all of them."""
    cause: WithdrawalCause
    explanation: str | None = None
    """The owner's, for the cause `system`."""
    by: Person | None = None
