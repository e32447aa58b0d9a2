"""What other sites' statements amount to for a person here; each event holds the full effective value."""

from datetime import date

from stafett_contracts.event import Event, UtcTime, Value
from stafett_contracts.ids import (
    AttachmentId,
    CommentId,
    ExternalKey,
    GoalKey,
    GoalNumber,
    PersonId,
    SiteId,
    SpecialtyCode,
    TemplateCode,
)
from stafett_contracts.values import StoredFile
from stafett_contracts.vocabulary import (
    ActivityLevel,
    Capacity,
    CohortKind,
    DocumentationForm,
    FactType,
    ForeignDropCause,
    GoalStatus,
    ItemStatus,
    LearningForm,
    LinkState,
    PeerAnswer,
    RepetitionState,
    Role,
    SetBy,
    TargetKind,
    Term,
    Track,
    TransferState,
)


class PersonFact(Event):
    """A value about a person, from other sites; revision is sync's own, per person and subject."""

    SUBJECT = "fact_key"

    fact_key: str
    """`<person id>/<fact type>/<subject>`."""
    person_id: PersonId


class ForeignApprover(Value):
    """Who approved, as the origin says."""

    name: str
    title: str | None = None
    capacity: Capacity | None = None
    trust: str | None = None


class GoalContribution(Value):
    """What one site says of the goal."""

    site: SiteId
    trust: str | None = None
    status: GoalStatus
    status_at: UtcTime
    completed_on: date | None = None
    decided_at: UtcTime | None = None
    approver: ForeignApprover | None = None
    reason_label: str | None = None
    directorate: bool = False
    case_number: str | None = None
    imported: bool = False
    carried_from: GoalKey | None = None
    """The replaced goal the approval was given on."""
    withdrawn_at: UtcTime | None = None


class GoalResolved(PersonFact):
    """The effective status of a person's goal, from all sites (SYN-085)."""

    TYPE = "sync.goal.resolved.v1"

    goal_key: GoalKey
    goal_number: GoalNumber
    status: GoalStatus
    label: str
    completed_on: date | None = None
    decided_at: UtcTime | None = None
    approver: ForeignApprover | None = None
    source_site: SiteId | None = None
    source_trust: str | None = None
    imported: bool = False
    unconfirmed: bool = False
    directorate: bool = False
    withdrawn_at: UtcTime | None = None
    contributions: tuple[GoalContribution, ...] = ()
    only_own: bool = False
    """This site is the only source."""


class ForeignRepetition(Value):
    """Repetitions done elsewhere."""

    id: str
    """The origin's."""
    site: SiteId
    trust: str | None = None
    performed_on: date
    number: int
    state: RepetitionState
    signer: str | None = None
    comment: str | None = None


class ProcedureCountResolved(PersonFact):
    """What a person has done elsewhere on a national procedure list."""

    TYPE = "sync.procedure_count.resolved.v1"

    external_key: ExternalKey
    name: str | None = None
    entries: tuple[ForeignRepetition, ...] = ()
    total: int
    """Sum of the entries that count, without this site's own."""


class ForeignActivityId(PersonFact):
    """An activity of another trust or site, by the origin's id."""

    site: SiteId
    trust: str
    activity_id: str


class ForeignActivityChanged(ForeignActivityId):
    """An activity done elsewhere came or changed."""

    TYPE = "sync.foreign_activity.changed.v1"

    name: str
    level: ActivityLevel
    external_key: ExternalKey | None = None
    learning_form: LearningForm | None = None
    documentation_form: DocumentationForm | None = None
    goal_keys: tuple[GoalKey, ...] = ()
    """Of this site."""
    status: ItemStatus
    signed: bool = False
    fulfilled_on: date | None = None
    valid_until: date | None = None
    signer: str | None = None
    done: int | None = None
    required: int | None = None
    comment: str | None = None


class ForeignActivityRemoved(ForeignActivityId):
    """An activity done elsewhere is no longer stated."""

    TYPE = "sync.foreign_activity.removed.v1"


class ForeignTarget(Value):
    """What a comment or file from elsewhere is about."""

    kind: TargetKind
    goal_key: GoalKey | None = None
    activity: str | None = None
    """`<trust>/<activity id>` of the origin, or an external key."""


class ForeignElement(PersonFact):
    """A comment or file from another site."""

    site: SiteId
    trust: str | None = None
    target: ForeignTarget


class ForeignCommentReceived(ForeignElement):
    """A comment written at another site."""

    TYPE = "sync.foreign_comment.received.v1"

    comment_id: CommentId
    text: str
    author: str
    author_role: str | None = None
    created_at: UtcTime


class ForeignCommentRemoved(ForeignElement):
    """A comment of another site is gone."""

    TYPE = "sync.foreign_comment.removed.v1"

    comment_id: CommentId


class ForeignAttachmentChanged(ForeignElement):
    """A file of another site came, changed or was fetched."""

    TYPE = "sync.foreign_attachment.changed.v1"

    attachment_id: AttachmentId
    file: StoredFile
    uploader: str | None = None
    uploaded_at: UtcTime
    transfer: TransferState
    link: str | None = None
    """Where sync serves it, once available."""


class ForeignAttachmentRemoved(ForeignElement):
    """A file of another site is gone."""

    TYPE = "sync.foreign_attachment.removed.v1"

    attachment_id: AttachmentId


class EarlierPlanId(PersonFact):
    """A goal plan of another trust or site."""

    site: SiteId
    trust: str
    template_code: TemplateCode


class EarlierPlanChanged(EarlierPlanId):
    """A goal plan a person has or had elsewhere came or changed."""

    TYPE = "sync.earlier_plan.changed.v1"

    name: str
    track: Track | None = None
    specialty: SpecialtyCode | None = None
    active: bool = False
    assigned_on: date | None = None
    ended_on: date | None = None
    shown: bool
    """Listed under «Tidligere utdanning» (SYN-213)."""


class EarlierPlanRemoved(EarlierPlanId):
    """A goal plan elsewhere is no longer stated."""

    TYPE = "sync.earlier_plan.removed.v1"


class ResolvedOriginal(Value):
    """The effective original cohort."""

    kind: CohortKind
    term: Term | None = None
    year: int | None = None
    assigned_at: UtcTime
    site: SiteId


class ResolvedCurrent(Value):
    """The effective current cohort."""

    term: Term | None = None
    year: int | None = None
    set_by: SetBy
    set_by_role: Role | None = None
    set_at: UtcTime
    site: SiteId


class CohortResolved(PersonFact):
    """A person's effective cohorts, from all sites."""

    TYPE = "sync.cohort.resolved.v1"

    original: ResolvedOriginal | None = None
    current: ResolvedCurrent | None = None


class PeerView(Value):
    """How a peer stands to a person."""

    site: SiteId
    name: str
    answer: PeerAnswer
    last_heard: UtcTime | None = None


class PersonLinkChanged(Event):
    """How a trainee stands with other sites changed (SYN-020)."""

    TYPE = "sync.person.link_changed.v1"
    SUBJECT = "person_id"

    person_id: PersonId
    state: LinkState
    text_nb: str
    text_en: str
    since: UtcTime
    synchronised_at: UtcTime | None = None
    peers: tuple[PeerView, ...] = ()


class PersonForeignDataDropped(Event):
    """Everything received about a person was deleted; copies go too, without alerts."""

    TYPE = "sync.person.foreign_data_dropped.v1"
    SUBJECT = "person_id"

    person_id: PersonId
    cause: ForeignDropCause
    site: SiteId | None = None
    """Only what came from this site; none: all."""


class OwnFactRecovered(PersonFact):
    """A statement this site once made and no longer had came back from a peer (SYN-902)."""

    TYPE = "sync.own_fact.recovered.v1"

    fact_type: FactType
    fact_subject: str
    epoch: int
    sequence: int
    statement: str
    """The statement as made, a compact JWS."""
