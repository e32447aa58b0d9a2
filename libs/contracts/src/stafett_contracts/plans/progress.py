"""A person's progress: statuses, validity, deadlines."""

from datetime import date

from stafett_contracts.event import Event, UtcTime, Value
from stafett_contracts.ids import (
    DeadlineId,
    ExternalKey,
    GoalKey,
    GoalNumber,
    GoalProgressId,
    PersonId,
    PositionId,
    RegistrationId,
    RepetitionId,
    RequestId,
    RequirementId,
    RoundId,
    SiteId,
    TemplateCode,
    UnitId,
)
from stafett_contracts.values import AssignedPlan, Decider, NamedGoal, Person
from stafett_contracts.vocabulary import (
    DocumentationForm,
    GoalSource,
    GoalStatus,
    ItemStatus,
    LearningForm,
    RepetitionState,
    RequirementKind,
    RequirementLevel,
    RoundSource,
    Scope,
)


class OwnRepetition(Value):
    """A repetition registered at this site."""

    repetition_id: RepetitionId
    performed_on: date
    state: RepetitionState
    count: int = 1
    signer: Person | None = None
    comment: str | None = None


class ItemInPlan(AssignedPlan):
    """A plan of the person that holds the item, and whether it is relevant there."""

    relevant: bool = True


class ItemStatusChanged(Event):
    """A person's status, dates, repetitions or relevance of a requirement changed."""

    TYPE = "plans.item.status_changed.v1"
    SUBJECT = "registration_id"

    registration_id: RegistrationId
    person_id: PersonId
    person_name: str
    requirement_id: RequirementId
    requirement_number: str
    requirement_name: str
    kind: RequirementKind
    level: RequirementLevel
    external_key: ExternalKey | None = None
    learning_form: LearningForm | None = None
    documentation_form: DocumentationForm | None = None
    scope: Scope
    hf_id: UnitId | None = None
    """Where the registration holds, or was made."""
    round_id: RoundId | None = None
    round_number: int | None = None
    status_before: ItemStatus | None = None
    status: ItemStatus
    signed: bool = False
    """Fulfilled by signature: shown «Signert»."""
    under_way: ItemStatus | None = None
    """Status of a new round while an earlier one is shown (PLN-595)."""
    source: RoundSource | None = None
    fulfilled_on: date | None = None
    valid_until: date | None = None
    """Last valid day."""
    done: int | None = None
    required: int | None = None
    signer: Person | None = None
    comment: str | None = None
    repetitions: tuple[OwnRepetition, ...] = ()
    plans: tuple[ItemInPlan, ...] = ()
    goals: tuple[NamedGoal, ...] = ()


class GoalStatusChanged(Event):
    """A person's status of a goal changed."""

    TYPE = "plans.goal.status_changed.v1"
    SUBJECT = "goal_progress_id"

    goal_progress_id: GoalProgressId
    person_id: PersonId
    person_name: str
    goal_number: GoalNumber
    goal_key: GoalKey
    goal_text: str
    template_codes: tuple[TemplateCode, ...] = ()
    catalogue_version: str | None = None
    hf_id: UnitId | None = None
    status_before: GoalStatus | None = None
    status: GoalStatus
    status_at: UtcTime
    completed_on: date | None = None
    decided_by: Decider | None = None
    decided_at: UtcTime | None = None
    withdrawn_at: UtcTime | None = None
    source: GoalSource = GoalSource.OWN
    source_site: SiteId | None = None
    imported: bool = False
    request_id: RequestId | None = None


class LedPosition(Value):
    """A position the person holds and whoever leads it."""

    position_id: PositionId
    leader_person_id: PersonId | None = None


class ValidityChange(Event):
    """A fulfilled requirement's last valid day is near or past; revision of the registration."""

    SUBJECT = "registration_id"

    registration_id: RegistrationId
    person_id: PersonId
    person_name: str
    requirement_id: RequirementId
    requirement_name: str
    round_id: RoundId
    valid_until: date
    assignments: tuple[AssignedPlan, ...] = ()
    leaders: tuple[LedPosition, ...] = ()


class ValidityExpiring(ValidityChange):
    """A fulfilled requirement expires soon."""

    TYPE = "plans.validity.expiring.v1"


class ValidityExpired(ValidityChange):
    """A fulfilled requirement expired."""

    TYPE = "plans.validity.expired.v1"


class DeadlineData(Event):
    """A deadline for a requirement, on a position."""

    SUBJECT = "deadline_id"

    deadline_id: DeadlineId
    position_id: PositionId
    person_id: PersonId
    person_name: str
    requirement_id: RequirementId
    requirement_name: str
    deadline: date | None = None
    """Last day in time; none once removed."""
    old_deadline: date | None = None
    set_by: Person | None = None
    assignments: tuple[AssignedPlan, ...] = ()
    leader_person_id: PersonId | None = None


class DeadlineSet(DeadlineData):
    """A deadline was set or changed."""

    TYPE = "plans.deadline.set.v1"


class DeadlineRemoved(DeadlineData):
    """A deadline was removed."""

    TYPE = "plans.deadline.removed.v1"


class DeadlineApproaching(DeadlineData):
    """A deadline is near."""

    TYPE = "plans.deadline.approaching.v1"


class DeadlinePassed(DeadlineData):
    """A deadline passed and the requirement is not fulfilled."""

    TYPE = "plans.deadline.passed.v1"
