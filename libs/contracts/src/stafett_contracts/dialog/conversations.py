"""Conversation forms and conversations; no answers travel, only who, when and how far."""

from datetime import date, time

from stafett_contracts.event import Event, UtcTime, Value
from stafett_contracts.ids import (
    ConversationId,
    FormId,
    MailingId,
    PersonId,
    PositionId,
    RegistrationId,
    RequirementId,
    RunId,
    UnitId,
)
from stafett_contracts.values import Person
from stafett_contracts.vocabulary import (
    ConversationLock,
    ConversationState,
    FormState,
    FormType,
    Side,
)


class FormData(Event):
    """A conversation form."""

    SUBJECT = "form_id"

    form_id: FormId
    name: str
    type: FormType
    version: int
    state: FormState
    owner_hf_id: UnitId


class FormPublished(FormData):
    """A conversation form was published, for the first time or in a new version."""

    TYPE = "dialog.form.published.v1"


class FormArchived(FormData):
    """A conversation form was archived."""

    TYPE = "dialog.form.archived.v1"


class FormDeleted(FormData):
    """A conversation form was deleted with the conversations held by it."""

    TYPE = "dialog.form.deleted.v1"

    affected_owners: tuple[PersonId, ...] = ()


class Participant(Value):
    """One who takes part in a conversation."""

    person_id: PersonId
    position_id: PositionId | None = None
    name: str
    side: Side
    may_complete: bool = False
    has_access: bool = True


class RequirementRef(Value):
    """The requirement a conversation fulfils when completed."""

    requirement_id: RequirementId
    registration_id: RegistrationId | None = None
    name: str | None = None


class ConversationData(Event):
    """A conversation, with all who take part in it now."""

    SUBJECT = "conversation_id"

    conversation_id: ConversationId
    type: FormType
    form_id: FormId | None = None
    form_name: str
    state: ConversationState
    lock: ConversationLock | None = None
    created_by: Person
    owner_person_id: PersonId
    owner_position_id: PositionId | None = None
    participants: tuple[Participant, ...]
    planned_date: date | None = None
    planned_time: time | None = None
    """Local time in Norway."""
    planned_place: str | None = None
    email_notice: bool = False
    calendar_invitation: bool = False
    requirement_ref: RequirementRef | None = None


class ConversationCreated(ConversationData):
    """A conversation was started or assigned."""

    TYPE = "dialog.conversation.created.v1"


class ConversationRescheduled(ConversationData):
    """The planned date, time or place of a conversation changed."""

    TYPE = "dialog.conversation.rescheduled.v1"


class ConversationLocked(ConversationData):
    """A conversation was locked since somebody in it changed."""

    TYPE = "dialog.conversation.locked.v1"


class ConversationUnlocked(ConversationData):
    """A locked conversation is open again."""

    TYPE = "dialog.conversation.unlocked.v1"


class ConversationTransferred(ConversationData):
    """A conversation went over to another participant."""

    TYPE = "dialog.conversation.transferred.v1"

    automatic: bool
    former_participant: Participant
    new_participant: Participant
    calendar_was_live: bool = False


class ConversationCompleted(ConversationData):
    """A conversation was completed."""

    TYPE = "dialog.conversation.completed.v1"

    completed_by: Person
    completed_at: UtcTime


class ConversationDeleted(ConversationData):
    """A conversation was deleted; `participants` are those there were."""

    TYPE = "dialog.conversation.deleted.v1"

    former_leader: Participant | None = None
    deleted_by: Person


class ConversationReminder(ConversationData):
    """A planned conversation, as a nightly run saw it."""

    run_id: RunId | None = None


class ConversationApproaching(ConversationReminder):
    """A planned conversation is near."""

    TYPE = "dialog.conversation.approaching.v1"


class ConversationOverdue(ConversationReminder):
    """The planned date of a conversation passed and it is not completed."""

    TYPE = "dialog.conversation.overdue.v1"


class FormMessageSent(Event):
    """Somebody pressed «send» on a message in a form; for notify only."""

    TYPE = "dialog.form_message.sent.v1"
    SUBJECT = "press_id"

    press_id: MailingId
    conversation_id: ConversationId | None = None
    sender: Person
    recipients: tuple[PersonId, ...]
    text: str
