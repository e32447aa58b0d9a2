"""The body of each document type, and the invariants a body must keep (SYN-062, SYN-066).

Every field here is a decision about what leaves the site (SYN-042): a test lists them all. Nothing of a body tells
more than the table of the rules names.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from stafett_contracts.vocabulary import (
    ActivityLevel,
    AssignmentState,
    Capacity,
    DocumentationForm,
    FactState,
    FactType,
    GoalStatus,
    ItemStatus,
    LearningForm,
    RepetitionState,
    Track,
)
from stafett_sync.statements import keys
from stafett_sync.statements.rules import MAJOR, Refused, Statement, moment, read_moment

COUNTING = (RepetitionState.DONE, RepetitionState.SIGNED)
MAX_ENTRIES = 1_000
_TEXT = 4_000


def _time(value: object) -> object:
    try:
        return read_moment(value, "time") if isinstance(value, str) else value
    except Refused:
        raise ValueError("no time as statements write it") from None


def _goal(value: str) -> str:
    if not keys.is_goal_key(value):
        raise ValueError("no goal key")
    return value


Moment = Annotated[datetime, BeforeValidator(_time)]
GoalKey = Annotated[str, AfterValidator(_goal)]
Name = Annotated[str, Field(min_length=1, max_length=500)]
Text = Annotated[str, Field(max_length=_TEXT)]


class Body(BaseModel):
    """A body; fields of a newer minor version are let be (SYN-064)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def fits(self, statement: Statement) -> None:
        """Refuse a subject that does not match the body."""

    def plain(self) -> dict[str, Any]:
        """As the payload holds it: what is empty is left out."""
        found: dict[str, Any] = _plain(self.model_dump(exclude_none=True, exclude_defaults=True))
        return found


class Presence(Body):
    """The trainee is, or was, here (SYN-025)."""

    state: Literal["active", "ended"]
    tracks: tuple[Track, ...] = ()
    trusts: tuple[str, ...] = ()
    checks: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...] = Field(default=(), max_length=20)

    def fits(self, statement: Statement) -> None:
        if statement.subject != "-":
            raise Refused("malformed", "subject")


class Approver(Body):
    """Who approved."""

    name: Name
    title: Annotated[str, Field(max_length=200)] | None = None
    capacity: Capacity | None = None
    trust: str | None = None


class GoalStatement(Body):
    """The status of a goal at the origin."""

    number: Annotated[str, Field(min_length=1, max_length=20)]
    text: Text
    plans: tuple[str, ...] = ()
    catalogue_version: str | None = None
    status: GoalStatus
    state_at: Moment
    completed_on: date | None = None
    decided_at: Moment | None = None
    approver: Approver | None = None
    reason: Annotated[str, Field(max_length=200)] | None = None
    withdrawn_at: Moment | None = None
    evidence: str | None = None
    imported: bool = False

    @model_validator(mode="after")
    def _holds(self) -> Self:
        if self.status is GoalStatus.NOT_BEGUN:
            raise ValueError("a goal not begun is absent")  # SYN-091
        if self.status is GoalStatus.APPROVED and self.decided_at is None:
            raise ValueError("an approval has a time")
        if self.status is GoalStatus.APPROVED and self.approver is None and not self.imported:
            raise ValueError("an approval has a decider")
        return self

    def fits(self, statement: Statement) -> None:
        if not keys.is_key_of(statement.subject, self.number):
            raise Refused("malformed", "subject")


class DirectorateStatement(Body):
    """What the Directorate of Health decided on a goal."""

    case_number: Name
    decided_at: Moment
    decision: Literal["approved", "withdrawn"]
    evidence: str | None = None

    def fits(self, statement: Statement) -> None:
        if not keys.is_goal_key(statement.subject):
            raise Refused("malformed", "subject")


class Entry(Body):
    """One registration of repetitions of a national procedure."""

    id: Annotated[str, Field(min_length=1, max_length=100)]
    performed_on: date
    number: Annotated[int, Field(ge=1, le=100_000)]
    state: RepetitionState
    signer: Annotated[str, Field(max_length=200)] | None = None
    comment: Text | None = None


class CountStatement(Body):
    """How often a national procedure was done at the origin."""

    name: Name
    required: Annotated[int, Field(ge=0)] | None = None
    count: Annotated[int, Field(ge=0)]
    entries: Annotated[tuple[Entry, ...], Field(max_length=2 * MAX_ENTRIES)] = ()
    goal_keys: tuple[GoalKey, ...] = ()

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.count != counted(self.entries):
            raise ValueError("the count is not the sum of its counting entries")
        if len({entry.id for entry in self.entries}) < len(self.entries):
            raise ValueError("an entry stands twice")
        return self


class ActivityStatement(Body):
    """A learning activity at the origin; the two statuses that depend on the day are the reader's (SYN-047)."""

    name: Name
    level: ActivityLevel
    external_key: str | None = None
    learning_form: LearningForm | None = None
    documentation_form: DocumentationForm | None = None
    goal_keys: tuple[GoalKey, ...] = ()
    status: ItemStatus
    signed: bool = False
    fulfilled_on: date | None = None
    valid_until: date | None = None
    signer: Annotated[str, Field(max_length=200)] | None = None
    done: Annotated[int, Field(ge=0)] | None = None
    required: Annotated[int, Field(ge=0)] | None = None
    comment: Text | None = None

    @model_validator(mode="after")
    def _holds(self) -> Self:
        if self.status not in SENT_STATUSES:
            raise ValueError("a status that is never sent")
        return self

    def fits(self, statement: Statement) -> None:
        if statement.subject.partition("/")[0] != statement.trust:
            raise Refused("malformed", "subject")


class PlanGoal(Body):
    """A goal of a plan."""

    key: GoalKey
    number: str
    text: Text


class PlanTheme(Body):
    """A theme with its goals, in order."""

    name: Name
    goals: tuple[PlanGoal, ...] = ()


class PlanStatement(Body):
    """A learning-goal plan the trainee has or had at the origin."""

    name: Name
    track: Track | None = None
    specialty: str | None = None
    state: AssignmentState
    assigned_on: date | None = None
    ended_on: date | None = None
    themes: tuple[PlanTheme, ...] = ()

    def fits(self, statement: Statement) -> None:
        if statement.subject.partition("/")[0] != statement.trust:
            raise Refused("malformed", "subject")


SENT_STATUSES = (ItemStatus.BEGUN, ItemStatus.WAITING, ItemStatus.REJECTED, ItemStatus.FULFILLED)
BODIES: Mapping[str, type[Body]] = {
    FactType.PRESENCE.value: Presence,
    FactType.GOAL_STATUS.value: GoalStatement,
    FactType.GOAL_DIRECTORATE.value: DirectorateStatement,
    FactType.PROCEDURE_COUNT.value: CountStatement,
    FactType.ACTIVITY.value: ActivityStatement,
    FactType.PLAN.value: PlanStatement,
}
"""The types this software speaks. One it does not is stored as `not_understood` until it does (SYN-065)."""


def understood(statement: Statement) -> bool:
    """Whether this software speaks the type in this major version (SYN-065)."""
    return statement.type in BODIES and MAJOR[statement.type] == statement.major


def read_body(statement: Statement) -> Body | None:
    """The body of a statement of a type spoken here; none when the fact is not present.

    Refuses as `malformed` with the failing field.
    """
    if statement.state is not FactState.PRESENT:
        return None
    try:
        body = BODIES[statement.type].model_validate(statement.body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(["body", *(str(step) for step in first["loc"])])
        raise Refused("malformed", where, first["msg"]) from None
    body.fits(statement)
    return body


def counted(entries: tuple[Entry, ...]) -> int:
    """The sum of the entries that count: done without need of a signature, or signed (SYN-095)."""
    return sum(entry.number for entry in entries if entry.state in COUNTING)


def fold(entries: tuple[Entry, ...], limit: int = MAX_ENTRIES) -> tuple[Entry, ...]:
    """At most `limit` entries: the oldest are folded into one a date and state, keeping every sum (SYN-067).

    More than `limit` are given only where there are more dates and states than that.
    """
    if len(entries) <= limit:
        return entries
    ordered = sorted(entries, key=lambda entry: (entry.performed_on, entry.id))
    sums: dict[tuple[date, RepetitionState], int] = {}
    left = len(ordered)
    for place, entry in enumerate(ordered):
        if place and len(sums) + left <= limit:
            break
        day = (entry.performed_on, entry.state)
        sums[day] = sums.get(day, 0) + entry.number
        left -= 1
    folded = [
        Entry(id=f"folded/{day.isoformat()}/{state.value}", performed_on=day, number=number, state=state)
        for (day, state), number in sums.items()
    ]
    return (*folded, *ordered[len(ordered) - left :])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value
