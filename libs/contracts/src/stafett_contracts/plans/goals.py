"""Goals of the national catalogue, goals as a trust offers them, and learning arenas."""

from datetime import date

from stafett_contracts.event import Event, UtcTime, Value
from stafett_contracts.ids import (
    ArenaId,
    GoalKey,
    GoalNumber,
    LocalGoalId,
    PlanId,
    RunId,
    SpecialtyCode,
    TemplateCode,
    UnitId,
)
from stafett_contracts.values import CountOf, NamedPlan
from stafett_contracts.vocabulary import (
    ArenaSide,
    CarriedOutIn,
    Demand,
    GoalType,
    Track,
    TrainingSetting,
)


class GoalTemplate(Value):
    """A template a goal lies in, and where."""

    code: TemplateCode
    name: str
    track: Track
    specialty: SpecialtyCode | None = None
    theme: str
    theme_order: int
    goal_order: int


class GoalData(Event):
    """A goal of the catalogue."""

    SUBJECT = "goal_key"

    goal_number: GoalNumber
    goal_key: GoalKey
    type: GoalType
    text: str
    catalogue_version: str | None = None
    templates: tuple[GoalTemplate, ...] = ()
    bound_to_template: bool = False
    """The number means this goal in one template only (SYN-051)."""
    effective_from: date | None = None
    withdrawn_from: date | None = None
    carried_out_in: CarriedOutIn = CarriedOutIn.ANY


class GoalAdded(GoalData):
    """A goal came into the catalogue."""

    TYPE = "plans.goal.added.v1"


class GoalChanged(GoalData):
    """A goal's text, templates or dates changed."""

    TYPE = "plans.goal.changed.v1"


class GoalWithdrawn(GoalData):
    """A goal goes out of force."""

    TYPE = "plans.goal.withdrawn.v1"


class GoalName(Value):
    """A goal by number and key."""

    goal_number: GoalNumber
    goal_key: GoalKey


class GoalReplaced(Event):
    """A goal took the place of others, in one trust or in all; revision counts the goal's replacements."""

    TYPE = "plans.goal.replaced.v1"
    SUBJECT = "goal_key"

    goal_number: GoalNumber
    goal_key: GoalKey
    replaced: tuple[GoalName, ...]
    demand: Demand
    takes_effect_at: UtcTime
    hf_id: UnitId | None = None


class ArenaCoupling(Value):
    """A learning arena of a goal."""

    arena_id: ArenaId
    name: str
    side: ArenaSide


class LocalGoalData(Event):
    """A goal in a trust's plan."""

    SUBJECT = "local_goal_id"

    local_goal_id: LocalGoalId
    plan_id: PlanId
    hf_id: UnitId
    goal_number: GoalNumber
    goal_key: GoalKey
    must_be_updated: bool = False
    effective_from: date | None = None
    training_setting: TrainingSetting | None = None
    instruction: str | None = None
    """For the approver."""
    arenas: tuple[ArenaCoupling, ...] = ()


class GoalMadeAvailable(LocalGoalData):
    """A trust made a new goal available in its plan."""

    TYPE = "plans.goal.made_available.v1"


class GoalTrainingSet(LocalGoalData):
    """A trust said what it offers for a goal, where, and how it is approved."""

    TYPE = "plans.goal.training_set.v1"


class GoalsToUpdateChanged(Event):
    """The number of goals a trust must update changed (PLN-456)."""

    TYPE = "plans.goals_to_update.changed.v1"
    SUBJECT = "hf_id"

    hf_id: UnitId
    waiting: int
    """0 when done."""
    plans: tuple[NamedPlan, ...] = ()


class ArenaData(Event):
    """A learning arena."""

    SUBJECT = "arena_id"

    arena_id: ArenaId
    hf_id: UnitId
    specialty: SpecialtyCode | None = None
    """None for «Delte læringsarena»."""
    name: str
    external_organisation: str | None = None


class ArenaCreated(ArenaData):
    """A learning arena was made."""

    TYPE = "plans.arena.created.v1"


class ArenaRenamed(ArenaData):
    """A learning arena got another name."""

    TYPE = "plans.arena.renamed.v1"


class ArenaDeleted(ArenaData):
    """A learning arena was deleted."""

    TYPE = "plans.arena.deleted.v1"


class CatalogueImported(Event):
    """A national catalogue was imported."""

    TYPE = "plans.catalogue.imported.v1"
    SUBJECT = "run_id"

    run_id: RunId
    template_code: TemplateCode
    counts: tuple[CountOf, ...] = ()
