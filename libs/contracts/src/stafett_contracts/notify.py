"""Events of notify."""

from pydantic import Field

from stafett_contracts.event import Event, UtcTime
from stafett_contracts.ids import EventId, MailId, MailingId, MessageId, PersonId, SubjectId
from stafett_contracts.vocabulary import MailSource, UndeliveredReason


class EmailUndelivered(Event):
    """An e-mail did not arrive; tells the service whose event asked for it."""

    TYPE = "notify.email.undelivered.v1"
    SUBJECT = "mail_id"

    mail_id: MailId
    source_event_id: EventId
    source_kind: MailSource
    source_id: SubjectId
    recipient_person_id: PersonId | None = None
    reason: UndeliveredReason


class AddressData(Event):
    """Whether mail to a person's address arrives."""

    SUBJECT = "person_id"

    person_id: PersonId
    address: str
    reason: str | None = None


class EmailBounced(AddressData):
    """Mail to a person's address comes back; nothing more is sent there."""

    TYPE = "notify.email.bounced.v1"


class EmailRestored(AddressData):
    """A person's address is in use again."""

    TYPE = "notify.email.restored.v1"


class MessageData(Event):
    """A system message, without its text."""

    SUBJECT = "message_id"

    message_id: MessageId
    recipients: int = Field(ge=0)


class MessageSent(MessageData):
    """A system message was sent."""

    TYPE = "notify.message.sent.v1"


class MessageWithdrawn(MessageData):
    """A system message was withdrawn."""

    TYPE = "notify.message.withdrawn.v1"


class MailingSent(Event):
    """An e-mail a user wrote was sent; no text."""

    TYPE = "notify.mailing.sent.v1"
    SUBJECT = "mailing_id"

    mailing_id: MailingId
    sender_id: PersonId
    recipients: tuple[PersonId, ...]
    sent_at: UtcTime
