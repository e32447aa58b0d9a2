"""Comments and files on goals and activities, and the person's own documents."""

from stafett_contracts.event import Event, UtcTime, Value
from stafett_contracts.ids import (
    AttachmentId,
    CommentId,
    DocumentId,
    PersonId,
    RegistrationId,
    RequirementId,
    UnitId,
)
from stafett_contracts.values import NamedGoal, Person, StoredFile
from stafett_contracts.vocabulary import (
    CommentRole,
    TargetKind,
)


class Target(Value):
    """What a comment or attachment is about: a goal, or an activity by its registration."""

    kind: TargetKind
    goal: NamedGoal | None = None
    registration_id: RegistrationId | None = None
    requirement_id: RequirementId | None = None
    name: str | None = None
    hf_id: UnitId | None = None


class GoalCommentAdded(Event):
    """A comment was written on a goal or activity."""

    TYPE = "plans.goal.comment_added.v1"
    SUBJECT = "comment_id"

    comment_id: CommentId
    person_id: PersonId
    target: Target
    author: Person
    author_role: CommentRole
    text: str
    created_at: UtcTime


class GoalCommentErased(Event):
    """A comment was erased by duty."""

    TYPE = "plans.goal.comment_erased.v1"
    SUBJECT = "comment_id"

    comment_id: CommentId
    person_id: PersonId
    target: Target


class AttachmentData(Event):
    """A file on a goal or activity."""

    SUBJECT = "attachment_id"

    attachment_id: AttachmentId
    person_id: PersonId
    target: Target
    file: StoredFile
    uploader: Person
    uploader_role: CommentRole
    uploaded_at: UtcTime


class GoalAttachmentAdded(AttachmentData):
    """A file was added to a goal or activity."""

    TYPE = "plans.goal.attachment_added.v1"


class GoalAttachmentChanged(AttachmentData):
    """A file's description changed."""

    TYPE = "plans.goal.attachment_changed.v1"


class GoalAttachmentRemoved(Event):
    """A file was removed from a goal or activity."""

    TYPE = "plans.goal.attachment_removed.v1"
    SUBJECT = "attachment_id"

    attachment_id: AttachmentId
    person_id: PersonId
    target: Target
    erased: bool = False


class DocumentData(Event):
    """A document in a person's archive, without its content."""

    SUBJECT = "document_id"

    document_id: DocumentId
    person_id: PersonId
    file: StoredFile


class DocumentAdded(DocumentData):
    """A person put a document in the archive."""

    TYPE = "plans.document.added.v1"


class DocumentRemoved(DocumentData):
    """A document was removed from a person's archive."""

    TYPE = "plans.document.removed.v1"
