"""The basis for a decision: what is to be signed or approved, frozen when asked (SGN-020 to SGN-024)."""

import hashlib
import json
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from stafett_contracts.event import UtcTime, Value
from stafett_contracts.ids import PeriodId, RequirementId, TemplateCode
from stafett_contracts.values import AttachedFile, Comment, NamedGoal
from stafett_contracts.vocabulary import (
    DocumentationForm,
    ItemStatus,
    LearningForm,
    RequirementLevel,
    TrainingTrack,
)


class BasisCheckpoint(Value):
    """A checkpoint with its answer."""

    name: str
    url: str | None = None
    must_be_done: bool = True
    done: bool = False
    not_relevant: bool = False
    comment: str | None = None


class BasisRepetition(Value):
    """A repetition as sent."""

    performed_on: date
    comment: str | None = None


class BasisPlan(Value):
    """A plan something is shown under."""

    name: str
    section_or_theme: str | None = None
    goal: NamedGoal | None = None


class RequirementBasis(Value):
    """A requirement or activity, or repetitions of one (SGN-021)."""

    kind: Literal["requirement"] = "requirement"
    requirement_id: RequirementId
    number: str
    version: int
    name: str
    description: str | None = None
    learning_form: LearningForm | None = None
    documentation_form: DocumentationForm | None = None
    plans: tuple[BasisPlan, ...] = ()
    completed_on: date | None = None
    repetitions: tuple[BasisRepetition, ...] = ()
    repetitions_done: int | None = None
    repetitions_required: int | None = None
    checkpoints: tuple[BasisCheckpoint, ...] = ()
    manual_expiry: date | None = None
    comment: str | None = None
    attachments: tuple[AttachedFile, ...] = ()


class BasisActivity(Value):
    """An activity of a goal, done here or at an earlier workplace."""

    name: str
    level: RequirementLevel | None = None
    workplace: str | None = None
    """Trust and site, for «Tidligere arbeidssted»."""
    status: ItemStatus
    signed: bool = False
    fulfilled_on: date | None = None
    done: int | None = None
    required: int | None = None
    signer: str | None = None


class GoalBasis(Value):
    """A learning goal or competence goal (SGN-022)."""

    kind: Literal["goal"] = "goal"
    goal: NamedGoal
    catalogue_version: str | None = None
    plan: str
    template_code: TemplateCode | None = None
    theme: str | None = None
    arenas: tuple[str, ...] = ()
    completed_on: date
    comment: str | None = None
    missing_prerequisites: tuple[str, ...] = ()
    comments: tuple[Comment, ...] = ()
    attachments: tuple[AttachedFile, ...] = ()
    converted_cohort: bool = False
    instruction: str | None = None
    activities: tuple[BasisActivity, ...] = ()


class BasisRequirement(Value):
    """A requirement of a plan with its status."""

    name: str
    number: str | None = None
    status: ItemStatus
    signed: bool = False
    fulfilled_on: date | None = None
    signer: str | None = None
    expires_on: date | None = None
    not_relevant_comment: str | None = None


class BasisSection(Value):
    """A section of a plan."""

    name: str
    not_relevant_comment: str | None = None
    requirements: tuple[BasisRequirement, ...] = ()


class PlanBasis(Value):
    """A completed plan (SGN-023)."""

    kind: Literal["plan"] = "plan"
    name: str
    version: str
    owner: str
    sections: tuple[BasisSection, ...] = ()


class ServicePeriod(Value):
    """A service period (tjenesteperiode), both days included."""

    period_id: PeriodId
    first_day: date
    last_day: date
    percentage: Decimal | None = None
    practice_percentage: Decimal | None = None
    """Open unselected practice; general practice only, as the two below."""
    arena_percentage: Decimal | None = None
    arenas: tuple[str, ...] = ()


class AbsencePeriod(Value):
    """A period of absence, both days included."""

    first_day: date
    last_day: date
    percentage: Decimal


class UnsupervisedPeriod(Value):
    """A day from which supervision was lacking, and why."""

    day: date
    reason: str


class CountedTime(Value):
    """What a registration counts, in days, with the explanation shown."""

    counted_days: Decimal
    gross_days: Decimal
    lost_days: Decimal
    counted_text: str | None = None
    """In years, months and days, as shown."""
    rule_version: str
    explanation: tuple[str, ...] = ()


class TrainingTimeBasis(Value):
    """A registration of training time (SGN-024)."""

    kind: Literal["training_time"] = "training_time"
    track: TrainingTrack
    employer: str
    position_title: str | None = None
    periods: tuple[ServicePeriod, ...]
    absences: tuple[AbsencePeriod, ...] = ()
    supervised: bool
    unsupervised: tuple[UnsupervisedPeriod, ...] = ()
    result: CountedTime
    warnings: tuple[str, ...] = ()
    registered_at: UtcTime | None = None


Basis = Annotated[
    RequirementBasis | GoalBasis | PlanBasis | TrainingTimeBasis,
    Field(discriminator="kind"),
]


def content_hash(basis: RequirementBasis | GoalBasis | PlanBasis | TrainingTimeBasis) -> str:
    """SHA-256, in hex, of the basis in RFC 8785 canonical form; fields that are null are left out.

    Only strings, whole numbers, booleans, lists and objects with ASCII names occur in a basis, for which
    sorted compact JSON is the canonical form.
    """
    plain = basis.model_dump(mode="json", exclude_none=True)
    canonical = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
