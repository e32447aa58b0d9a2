"""What is sent to and answered about plans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt

from stafett_contracts.vocabulary import Completion, PlanItemState, PlanState, PlanType, PlanVariant, Track
from stafett_plans.catalogue.schemas import ContentBody
from stafett_plans.fields import Body, LongText, Name, Question


class TemplateChoice(Body):
    """A template: code, and track and specialty where several have the code."""

    code: Question
    track: Track | None = None
    specialty: Question | None = None


class CreatePlan(Body):
    """A new plan: a competence plan by name, or a goal plan by template (PLN-242, PLN-249)."""

    type: PlanType
    variant: PlanVariant = PlanVariant.LOCAL
    """`central` plans are the region's, or the municipal site's (PLN-259, PLN-260)."""
    unit_id: UUID | None = None
    """Owner department; for goal plans the trust. Central plans need none."""
    name: Name | None = None
    """Competence plans only, and mandatory there."""
    completion: Completion | None = None
    """Competence plans only, and mandatory there."""
    description: LongText = ""
    time_frame: LongText = ""
    literature: LongText = ""
    template: TemplateChoice | None = None
    """Goal plans only, and mandatory there."""


class ChangePlan(Body):
    """What is left out stays as it is (PLN-261)."""

    name: Name | None = None
    completion: Completion | None = None
    description: LongText | None = None
    time_frame: LongText | None = None
    literature: LongText | None = None


class SectionBody(Body):
    """A section of a competence plan."""

    name: Name
    may_be_not_relevant: StrictBool = False
    """Whether employees may mark the whole section not relevant (PLN-278)."""


class ChangeSection(Body):
    """What is left out stays as it is."""

    name: Name | None = None
    may_be_not_relevant: StrictBool | None = None
    place: StrictInt | None = Field(default=None, ge=1, le=1_000)
    """Number in the order of the sections, from 1."""


class AddItems(Body):
    """A new requirement, or existing ones, into one section or under one goal (PLN-290)."""

    section_id: UUID | None = None
    goal_number: Question | None = None
    new: ContentBody | None = None
    requirement_ids: list[UUID] = Field(default=[], max_length=200)


class Approve(Body):
    """Which items to approve."""

    item_ids: list[UUID] | None = Field(default=None, max_length=5_000)
    """Left out: every item that awaits approval (PLN-327)."""


class DocumentRoles(Body):
    """Who owns the content and who entered the plan (PLN-350)."""

    document_owner_id: UUID
    document_responsible_id: UUID


class PublishTo(Body):
    """A department to publish to."""

    unit_id: UUID
    include_sub_units: StrictBool = False


class Publish(Body):
    """Departments to publish to; one that has the plan already is updated (PLN-356)."""

    units: list[PublishTo] = Field(min_length=1, max_length=500)


@dataclass(frozen=True, slots=True)
class PublicationView:
    """A department the plan is published to."""

    publication_id: UUID
    unit_id: UUID
    name: str
    include_sub_units: bool


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section."""

    section_id: UUID
    name: str
    place: int
    may_be_not_relevant: bool


@dataclass(frozen=True, slots=True)
class PlanGoalView:
    """A goal of a goal plan."""

    local_goal_id: UUID
    number: str
    key: str
    text: str
    theme_code: str
    theme_name: str
    carried_out_in: str
    effective_from: str | None
    withdrawn_from: str | None
    must_be_updated: bool
    training_setting: str | None


@dataclass(frozen=True, slots=True)
class PlanItemView:
    """A requirement in a section or an activity under a goal, in its published form."""

    item_id: UUID
    section_id: UUID | None
    local_goal_id: UUID | None
    requirement_id: UUID
    number: str
    kind: str
    level: str
    name: str
    state: PlanItemState
    has_draft: bool
    version: int | None
    learning_form: str | None
    documentation_form: str | None
    requires_signing: bool | None
    repetitions: int | None
    validity_days: int | None
    requirement_revision: int
    may_edit: bool


@dataclass(frozen=True, slots=True)
class PlanHead:
    """A plan in the list Administer plans."""

    plan_id: UUID
    type: PlanType
    variant: PlanVariant
    state: PlanState
    name: str
    description: str
    time_frame: str
    literature: str
    completion: Completion
    owner_unit_id: UUID | None
    owner_unit_name: str | None
    owner_closed: bool
    hf_id: UUID | None
    template_code: str | None
    track: Track | None
    specialty: str | None
    document_owner_id: UUID | None
    document_owner_name: str | None
    document_responsible_id: UUID | None
    document_responsible_name: str | None
    version: str | None
    """As `1.10`; none before the first."""
    publications: Sequence[PublicationView]
    changed_at: datetime
    may_edit: bool
    revision: int


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan with everything in it, as the plan editor shows it."""

    head: PlanHead
    sections: Sequence[SectionView]
    goals: Sequence[PlanGoalView]
    items: Sequence[PlanItemView]
    revision: int


@dataclass(frozen=True, slots=True)
class PlanList:
    """Some plans, how many there are in all, and where to go on."""

    items: Sequence[PlanHead]
    total: int
    next: str | None


@dataclass(frozen=True, slots=True)
class PublishedTo:
    """Where the plan is published now."""

    publications: Sequence[PublicationView]
    warnings: Sequence[str]
    """`plan_is_empty`: the plan has no active item (PLN-358)."""
    revision: int


@dataclass(frozen=True, slots=True)
class PendingItem:
    """An item that awaits approval, with what approving it does."""

    item_id: UUID
    requirement_id: UUID
    number: str
    name: str
    meaning: str
    """`activate_and_publish`, `publish`, `activate`, or `blocked` (another owner's draft)."""


@dataclass(frozen=True, slots=True)
class PendingItems:
    """Everything in the plan that awaits approval; send `revision` with the approval (PLN-331)."""

    items: Sequence[PendingItem]
    revision: int


@dataclass(frozen=True, slots=True)
class Approved:
    """What an approval did, and what it had to skip (PLN-329)."""

    activated: Sequence[UUID]
    published: Sequence[UUID]
    skipped: Sequence[PendingItem]
    version: str | None


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version in the list."""

    version: str
    major: int
    minor: int
    at: datetime
    by_person: UUID | None
    cause: str
    item_ids: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class WholeVersion:
    """A version with its frozen content (PLN-384)."""

    version: str
    at: datetime
    by_person: UUID | None
    cause: str
    item_ids: Sequence[UUID]
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A change: who did it, for whom, when, and before and after by field (PLN-008)."""

    log_id: int
    act: str
    at: datetime
    by_person: UUID | None
    by_name: str | None
    by_position: UUID | None
    on_behalf_of: UUID | None
    on_behalf_of_name: str | None
    run_id: UUID | None
    changes: Mapping[str, Any]
