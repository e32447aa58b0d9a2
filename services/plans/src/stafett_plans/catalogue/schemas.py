"""What is sent to and answered by the catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt

from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import (
    CarriedOutIn,
    Demand,
    DocumentationForm,
    GoalType,
    LearningForm,
    PlanType,
    RequirementKind,
    RequirementLevel,
    RequirementState,
    Track,
)
from stafett_plans.catalogue.rules import forms
from stafett_plans.catalogue.rules.content import Checkpoint, Content, Link
from stafett_plans.fields import Body, LongText, Name, WebAddress


class CheckpointBody(Body):
    """A point of a checklist."""

    checkpoint_id: UUID | None = None
    """Of one that is there already, so that ticks survive; none for a new one."""
    name: Name
    url: WebAddress | None = None
    must_be_done: StrictBool = True


class LinkBody(Body):
    """A relevant link."""

    title: Name
    url: WebAddress


class ContentBody(Body):
    """What a requirement says; it may be saved unfinished (PLN-087)."""

    name: Name
    learning_form: LearningForm | None = None
    documentation_form: DocumentationForm | None = None
    description: LongText = ""
    category_id: UUID | None = None
    requires_signing: StrictBool | None = None
    """Left out: as the documentation form needs (PLN-025)."""
    repetitions: StrictInt | None = Field(default=None, ge=2, le=999)
    """Times to be done; left out: once (PLN-058)."""
    validity_days: StrictInt | None = Field(default=None, ge=1, le=9999)
    """Left out: never expires (PLN-045)."""
    manual_expiry: StrictBool = False
    comment_field: StrictBool = False
    allow_attachments: StrictBool | None = None
    """Left out: as the documentation form needs (PLN-024)."""
    recertification: StrictBool = False
    must_be_done: StrictBool = False
    allow_customisation: StrictBool = False
    checklist: list[CheckpointBody] = Field(default=[], max_length=100)
    links: list[LinkBody] = Field(default=[], max_length=50)

    def content(self) -> Content:
        """As the rules know it, with what the forms tick by themselves."""
        form = self.documentation_form
        return Content(
            name=self.name,
            learning_form=self.learning_form,
            documentation_form=form,
            description=self.description,
            category_id=self.category_id,
            requires_signing=form in forms.SIGNED if self.requires_signing is None else self.requires_signing,
            repetitions=self.repetitions,
            validity_days=self.validity_days,
            manual_expiry=self.manual_expiry,
            comment_field=self.comment_field,
            allow_attachments=form in forms.WITH_FILE
            if self.allow_attachments is None
            else self.allow_attachments,
            recertification=self.recertification,
            must_be_done=self.must_be_done,
            allow_customisation=self.allow_customisation,
            checklist=tuple(
                Checkpoint(point.checkpoint_id or new_id(), point.name, point.url, point.must_be_done)
                for point in self.checklist
            ),
            links=tuple(Link(link.title, link.url) for link in self.links),
        )


@dataclass(frozen=True, slots=True)
class RequirementView:
    """A requirement with what is in force, and the draft for those who may edit it (PLN-093)."""

    requirement_id: UUID
    number: str
    kind: RequirementKind
    level: RequirementLevel
    state: RequirementState
    owner_unit_id: UUID | None
    external_key: str | None
    version: int | None
    published: Mapping[str, Any] | None
    draft: Mapping[str, Any] | None
    changed_fields: Sequence[str]
    draft_by: UUID | None
    draft_at: datetime | None
    may_edit: bool
    revision: int


class CategoryBody(Body):
    """A new category."""

    name: Name
    scope: Literal["region", "trust"] = "region"
    hf_id: UUID | None = None
    """The trust whose tree it belongs to; for scope `trust` only."""
    parent_id: UUID | None = None
    specialty: Name | None = None
    """For folders of a specialty's activities."""


@dataclass(frozen=True, slots=True)
class CategoryView:
    """A category of the tree."""

    category_id: UUID
    parent_id: UUID | None
    name: str
    scope: str
    hf_id: UUID | None
    specialty: str | None
    revision: int


@dataclass(frozen=True, slots=True)
class TemplateView:
    """A template in the list."""

    template_id: UUID
    code: str
    name: str
    plan_type: PlanType
    track: Track
    specialty: str | None
    goals: int
    in_use: bool
    revision: int


@dataclass(frozen=True, slots=True)
class TemplateGoal:
    """A goal of a template with its national and regional activities."""

    number: str
    key: str
    text: str
    order: int
    carried_out_in: CarriedOutIn
    effective_from: date | None
    withdrawn_from: date | None
    activities: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class TemplateTheme:
    """A theme with its goals, in order."""

    code: str
    name: str
    order: int
    goals: Sequence[TemplateGoal]


@dataclass(frozen=True, slots=True)
class WholeTemplate:
    """A template with everything in it."""

    template_id: UUID
    code: str
    name: str
    plan_type: PlanType
    track: Track
    specialty: str | None
    themes: Sequence[TemplateTheme]
    revision: int


@dataclass(frozen=True, slots=True)
class ReplacedGoal:
    """A goal that took, or gave, the place."""

    number: str
    key: str
    demand: Demand


@dataclass(frozen=True, slots=True)
class GoalView:
    """A goal with its templates, what it replaces and what it said before."""

    number: str
    key: str
    type: GoalType
    text: str
    carried_out_in: CarriedOutIn
    effective_from: date | None
    withdrawn_from: date | None
    templates: Sequence[Mapping[str, Any]]
    replaces: Sequence[ReplacedGoal]
    replaced_by: Sequence[ReplacedGoal]
    earlier_texts: Sequence[Mapping[str, Any]]
    revision: int


@dataclass(frozen=True, slots=True)
class ImportView:
    """An import: its state, its report and whether it has been applied."""

    run_id: UUID
    state: str
    """`refused` (nothing could be read), `errors` (cannot be applied), `ready`, `applied`."""
    format: str
    template_code: str | None
    files: Sequence[Mapping[str, Any]]
    report: Mapping[str, Any] | None
    """Left out in lists: `outcome`, `counts`, `errors`, `warnings`, and what becomes of template, themes, goals, activities."""
    started_by: UUID
    started_at: datetime
    applied_by: UUID | None
    applied_at: datetime | None
    revision: int
