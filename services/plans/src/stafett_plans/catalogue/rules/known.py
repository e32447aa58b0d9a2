"""What the catalogue holds already, as far as one file concerns it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from stafett_contracts.ids import ExternalKey, GoalKey, GoalNumber, RequirementId
from stafett_contracts.vocabulary import (
    CarriedOutIn,
    Demand,
    DocumentationForm,
    GoalType,
    LearningForm,
    PlanType,
    RequirementLevel,
)


@dataclass(frozen=True, slots=True)
class KnownTheme:
    """A theme of the template."""

    theme_id: UUID
    name: str
    place: int


@dataclass(frozen=True, slots=True)
class KnownTemplate:
    """The template, if there is one of this code, track and specialty."""

    template_id: UUID
    name: str
    plan_type: PlanType
    in_use: bool  # PLN-219
    themes: Mapping[str, KnownTheme]


@dataclass(frozen=True, slots=True)
class KnownGoal:
    """A goal of the catalogue; `theme`, `place` and `activities` are those in this template."""

    key: GoalKey
    number: GoalNumber
    type: GoalType
    text: str
    carried_out_in: CarriedOutIn
    effective_from: date | None
    withdrawn_from: date | None
    replaces: Mapping[GoalKey, Demand]
    replaced: bool
    theme: str | None
    place: int | None
    activities: Sequence[ExternalKey]
    in_local_plan: bool


@dataclass(frozen=True, slots=True)
class KnownActivity:
    """A national or regional activity of the catalogue, in its published version."""

    requirement_id: RequirementId
    key: ExternalKey
    version: int
    level: RequirementLevel
    name: str
    learning_form: LearningForm
    documentation_form: DocumentationForm
    description: str
    repetitions: int | None
    requires_signing: bool
    category: str


@dataclass(frozen=True, slots=True)
class Known:
    """Everything a file is compared with."""

    today: date
    template: KnownTemplate | None = None
    goals: Mapping[GoalKey, KnownGoal] = field(default_factory=dict)
    activities: Mapping[ExternalKey, KnownActivity] = field(default_factory=dict)
    categories: Mapping[str, Sequence[UUID]] = field(default_factory=dict)  # by name
    begun: frozenset[GoalKey] = frozenset()
    replacements: Mapping[GoalKey, Sequence[GoalKey]] = field(default_factory=dict)  # of the whole catalogue

    def in_template(self) -> Sequence[KnownGoal]:
        """The goals of the template, in order."""
        return [goal for goal in self.goals.values() if goal.theme is not None]
