"""Values that several services' events hold."""

from datetime import date

from stafett_contracts.event import UtcTime, Value
from stafett_contracts.ids import (
    AssignmentId,
    AttachmentId,
    GoalKey,
    GoalNumber,
    PersonId,
    PlanId,
    PositionId,
    RequirementId,
    SubjectId,
    UnitId,
)
from stafett_contracts.vocabulary import AddresseeKind, Capacity, RequestKind


class Person(Value):
    """A person with the name shown."""

    person_id: PersonId
    name: str


class Party(Value):
    """A person acting from or seen in a position, with names and title as they were."""

    person_id: PersonId
    position_id: PositionId | None = None
    name: str
    title: str | None = None
    unit_id: UnitId | None = None
    unit_name: str | None = None


class Affected(Value):
    """One of the many an event reaches."""

    person_id: PersonId
    position_id: PositionId | None = None
    assignment_id: AssignmentId | None = None


class Part(Value):
    """Which part of a long list this is; a part holds at most 500."""

    number: int = 1
    of: int = 1


class NamedUnit(Value):
    """An organisation unit with the name shown."""

    unit_id: UnitId
    name: str


class NamedRequirement(Value):
    """A requirement or activity with the name and number shown."""

    requirement_id: RequirementId
    number: str | None = None
    name: str


class NamedPlan(Value):
    """A plan with the name shown."""

    plan_id: PlanId
    name: str


class OwnedPlan(NamedPlan):
    """A plan with its document owner."""

    document_owner: Person | None = None


class NamedGoal(Value):
    """A goal with the number and text shown."""

    goal_number: GoalNumber
    goal_key: GoalKey
    text: str | None = None


class AssignedPlan(NamedPlan):
    """A plan as assigned to a position."""

    assignment_id: AssignmentId
    position_id: PositionId | None = None


class StoredFile(Value):
    """A file, without its content."""

    name: str
    media_type: str | None = None
    size: int
    """Bytes."""
    sha256: str
    description: str | None = None


class AttachedFile(StoredFile):
    """A file attached to something."""

    attachment_id: AttachmentId


class Decider(Value):
    """Who decided, by what right, and for whom."""

    person_id: PersonId
    position_id: PositionId | None = None
    name: str
    title: str | None = None
    hf_id: UnitId | None = None
    hf_name: str | None = None
    capacity: Capacity
    on_behalf_of: Person | None = None


class Addressee(Value):
    """Whom a request waits for: a named person, or whoever leads a position."""

    kind: AddresseeKind
    person_id: PersonId | None = None
    """The person; for `leader_of` the leader when the event was made, if there is one."""
    position_id: PositionId | None = None
    """The position led; only for `leader_of`."""
    name: str | None = None


class RequestSubject(Value):
    """What is to be signed or approved, as the owner names it."""

    kind: RequestKind
    id: SubjectId
    """The owner's id: registration, goal progress, assignment or training-time registration."""
    revision: int
    name: str
    requirement_id: RequirementId | None = None
    goal: NamedGoal | None = None
    plans: tuple[AssignedPlan, ...] = ()
    goals: tuple[NamedGoal, ...] = ()
    first_day: date | None = None
    """Training time only, as the next: the period that alerts name."""
    last_day: date | None = None


class Comment(Value):
    """A comment with its author."""

    author: str
    role: str | None = None
    written_at: UtcTime
    text: str


class CountOf(Value):
    """A named count, for reports of runs."""

    name: str
    count: int
