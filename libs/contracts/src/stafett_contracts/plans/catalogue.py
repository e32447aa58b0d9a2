"""Requirements, plans and their items as defined."""

from stafett_contracts.event import Event, UtcTime
from stafett_contracts.ids import (
    CourseId,
    ExternalKey,
    FormId,
    GoalKey,
    GoalNumber,
    GrantId,
    PlanId,
    PlanItemId,
    RequirementId,
    SectionId,
    SpecialtyCode,
    TemplateCode,
    UnitId,
)
from stafett_contracts.values import NamedUnit, OwnedPlan, Person
from stafett_contracts.vocabulary import (
    Completion,
    DocumentationForm,
    LearningForm,
    PlanItemState,
    PlanState,
    PlanType,
    PlanVariant,
    RequirementKind,
    RequirementLevel,
    RequirementState,
    RoleEndCause,
    Track,
)


class RequirementData(Event):
    """A requirement or activity of the catalogue, in its published version."""

    SUBJECT = "requirement_id"

    requirement_id: RequirementId
    number: str
    """The generated ID users see and search for."""
    external_key: ExternalKey | None = None
    version: int
    kind: RequirementKind
    level: RequirementLevel
    state: RequirementState
    owner_unit_id: UnitId | None = None
    """Department, trust or region; none for national ones."""
    name: str
    learning_form: LearningForm | None = None
    documentation_form: DocumentationForm | None = None
    requires_signing: bool = False
    repetitions: int | None = None
    validity_days: int | None = None
    manual_expiry: bool = False
    comment_field: bool = False
    allow_attachments: bool = False
    recertification: bool = False
    must_be_done: bool = False
    allow_customisation: bool = False
    has_checklist: bool = False
    depends_on: tuple[RequirementId, ...] = ()
    course_ids: tuple[CourseId, ...] = ()
    conversation_form_id: FormId | None = None
    active_plan_ids: tuple[PlanId, ...] = ()


class RequirementPublished(RequirementData):
    """A requirement was published, for the first time or in a new version."""

    TYPE = "plans.requirement.published.v1"

    changed_fields: tuple[str, ...] = ()


class RequirementReset(RequirementData):
    """A requirement was reset: everybody does it anew."""

    TYPE = "plans.requirement.reset.v1"

    reset_at: UtcTime
    reason: str | None = None
    persons_affected: int


class RequirementArchived(RequirementData):
    """A requirement was archived."""

    TYPE = "plans.requirement.archived.v1"

    archived_at: UtcTime
    reason: str | None = None


class RequirementDeleted(RequirementData):
    """A requirement was deleted."""

    TYPE = "plans.requirement.deleted.v1"

    deleted_at: UtcTime
    reason: str | None = None


class RequirementCourseCoupled(RequirementData):
    """Courses were coupled to a requirement; passes of them fulfil it."""

    TYPE = "plans.requirement.course_coupled.v1"

    coupled: tuple[CourseId, ...]


class RequirementCourseUncoupled(RequirementData):
    """Courses no longer fulfil a requirement."""

    TYPE = "plans.requirement.course_uncoupled.v1"

    uncoupled: tuple[CourseId, ...]


class PlanPublication(NamedUnit):
    """A unit a plan is published to."""

    include_sub_units: bool


class PlanData(Event):
    """A plan, without its content."""

    SUBJECT = "plan_id"

    plan_id: PlanId
    type: PlanType
    variant: PlanVariant
    state: PlanState
    name: str
    template_code: TemplateCode | None = None
    """Goal plans only, as track and specialty."""
    track: Track | None = None
    specialty: SpecialtyCode | None = None
    owner_unit_id: UnitId | None = None
    owner_unit_name: str | None = None
    hf_id: UnitId | None = None
    completion: Completion = Completion.AUTOMATIC
    major: int = 0
    minor: int = 0
    document_owner: Person | None = None
    document_responsible: Person | None = None
    publications: tuple[PlanPublication, ...] = ()
    last_changed_at: UtcTime | None = None


class PlanCreated(PlanData):
    """A plan was made."""

    TYPE = "plans.plan.created.v1"


class PlanChanged(PlanData):
    """A plan's name, description or completion changed."""

    TYPE = "plans.plan.changed.v1"


class PlanOwnerChanged(PlanData):
    """A plan got another owner."""

    TYPE = "plans.plan.owner_changed.v1"

    old_owner_unit_id: UnitId | None = None


class PlanVersionCreated(PlanData):
    """A version of a plan was frozen."""

    TYPE = "plans.plan.version_created.v1"

    cause: str
    item_ids: tuple[PlanItemId, ...] = ()


class PlanPublished(PlanData):
    """A plan was published to a unit."""

    TYPE = "plans.plan.published.v1"

    unit_id: UnitId
    include_sub_units: bool


class PlanUnpublished(PlanData):
    """A plan is no longer published to a unit."""

    TYPE = "plans.plan.unpublished.v1"

    unit_id: UnitId
    include_sub_units: bool


class PlanDocumentRolesSet(PlanData):
    """A plan's document owner or responsible was set."""

    TYPE = "plans.plan.document_roles_set.v1"

    new_owner: bool
    new_responsible: bool


class PlanArchived(PlanData):
    """A plan was archived for good."""

    TYPE = "plans.plan.archived.v1"

    archived_at: UtcTime
    reason: str | None = None


class PlanItemData(Event):
    """A requirement in a plan; the revision is the item's own."""

    SUBJECT = "item_id"

    item_id: PlanItemId
    plan_id: PlanId
    plan_name: str
    section_id: SectionId | None = None
    section_name: str | None = None
    goal_number: GoalNumber | None = None
    goal_key: GoalKey | None = None
    requirement_id: RequirementId
    requirement_name: str
    external_key: ExternalKey | None = None
    """Of national activities, the same at every site (PLN-257)."""
    recertification: bool = False
    state: PlanItemState
    changed_at: UtcTime
    validity_days: int | None = None
    """As customised in this plan; none when the requirement's own validity holds."""


class PlanItemActivated(PlanItemData):
    """A requirement became active in a plan."""

    TYPE = "plans.plan.item_activated.v1"


class PlanItemDeactivated(PlanItemData):
    """A requirement was deactivated in a plan."""

    TYPE = "plans.plan.item_deactivated.v1"

    reason: str | None = None


class PlanItemReactivated(PlanItemData):
    """A deactivated requirement is active in a plan again."""

    TYPE = "plans.plan.item_reactivated.v1"


class PlanItemDeleted(PlanItemData):
    """A requirement was taken out of a plan."""

    TYPE = "plans.plan.item_deleted.v1"


class PlanValidityCustomised(PlanItemData):
    """A requirement's validity was customised in a plan, or is its own again."""

    TYPE = "plans.plan.validity_customised.v1"


class PlanStewardRemoved(Event):
    """A plan steward left or changed position; the document owners are to be told."""

    TYPE = "plans.plan_steward.removed.v1"
    SUBJECT = "grant_id"

    grant_id: GrantId
    person: Person
    cause: RoleEndCause
    plans: tuple[OwnedPlan, ...] = ()


class TrainingLeadRemoved(Event):
    """A training lead left or changed position; the document owners are to be told."""

    TYPE = "plans.training_lead.removed.v1"
    SUBJECT = "grant_id"

    grant_id: GrantId
    person: Person
    cause: RoleEndCause
    specialty: SpecialtyCode
    specialty_name: str
    unit_id: UnitId
    unit_name: str
    cost_centre: str
    plans: tuple[OwnedPlan, ...] = ()
