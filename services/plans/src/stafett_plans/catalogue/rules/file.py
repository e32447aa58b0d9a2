"""A goal catalogue as a file says it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from stafett_contracts.ids import ExternalKey, GoalKey, GoalNumber
from stafett_contracts.vocabulary import (
    CarriedOutIn,
    Demand,
    DocumentationForm,
    LearningForm,
    PlanType,
    RequirementLevel,
    Track,
)

FORMAT = "goal-catalogue/1"


@dataclass(frozen=True, slots=True)
class FileTemplate:
    """The template the file is about."""

    code: str
    name: str
    plan_type: PlanType
    track: Track
    specialty: str | None


@dataclass(frozen=True, slots=True)
class FileTheme:
    """A theme of the template; `place` is none when the file leaves it open."""

    code: str
    name: str
    place: int | None


@dataclass(frozen=True, slots=True)
class FileActivity:
    """A national or regional activity under a goal; the same key under several goals is one activity."""

    row: int
    key: ExternalKey
    level: RequirementLevel
    name: str
    learning_form: LearningForm
    documentation_form: DocumentationForm
    description: str
    repetitions: int | None
    requires_signing: bool
    category: str

    def content(self) -> tuple[Any, ...]:
        """Everything but where it stands."""
        return (
            self.level,
            self.name,
            self.learning_form,
            self.documentation_form,
            self.description,
            self.repetitions,
            self.requires_signing,
            self.category,
        )


@dataclass(frozen=True, slots=True)
class FileReplacement:
    """An older goal that a goal takes the place of."""

    number: GoalNumber
    key: GoalKey
    demand: Demand


@dataclass(frozen=True, slots=True)
class FileGoal:
    """A goal with its activities."""

    row: int
    number: GoalNumber
    key: GoalKey
    theme: str
    text: str
    place: int | None
    carried_out_in: CarriedOutIn
    effective_from: date | None
    withdrawn_from: date | None
    replaces: Sequence[FileReplacement]
    activities: Sequence[FileActivity]


@dataclass(frozen=True, slots=True)
class Columns:
    """What this kind of file calls its columns, in findings."""

    number: str
    text: str
    theme: str
    order: str


JSON_COLUMNS = Columns("number", "text", "theme", "order")
CSV_COLUMNS = Columns("goal_number", "goal_text", "theme_code", "goal_order")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a file holds, as far as it could be read; only complete when there were no errors."""

    template: FileTemplate | None
    themes: Sequence[FileTheme]
    goals: Sequence[FileGoal]
    columns: Columns = JSON_COLUMNS
