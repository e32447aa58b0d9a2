"""Cohorts and who is in which."""

from datetime import date

from stafett_contracts.event import Event, UtcTime, Value
from stafett_contracts.ids import (
    AssignmentId,
    CohortId,
    PersonId,
)
from stafett_contracts.values import Person
from stafett_contracts.vocabulary import (
    CohortKind,
    Role,
    SetBy,
    Term,
)


class CohortCreated(Event):
    """A cohort came into being."""

    TYPE = "plans.cohort.created.v1"
    SUBJECT = "cohort_id"

    cohort_id: CohortId
    term: Term
    year: int
    starts_on: date


class OriginalCohort(Value):
    """The cohort a trainee began in; set by rule, never edited."""

    cohort_id: CohortId | None = None
    """None for a converted trainee."""
    kind: CohortKind
    term: Term | None = None
    year: int | None = None
    assigned_at: UtcTime
    caused_by: AssignmentId | None = None


class CurrentCohort(Value):
    """The cohort a trainee follows now."""

    cohort_id: CohortId | None = None
    term: Term | None = None
    year: int | None = None
    set_by: SetBy
    set_by_person: Person | None = None
    set_by_role: Role | None = None
    set_at: UtcTime


class CohortChanged(Event):
    """A trainee's original or current cohort changed."""

    TYPE = "plans.cohort.changed.v1"
    SUBJECT = "person_id"

    person_id: PersonId
    original: OriginalCohort | None = None
    current: CurrentCohort | None = None
