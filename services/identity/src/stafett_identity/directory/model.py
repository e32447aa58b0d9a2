"""The directory's rows as values: a field a column."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Person:
    """A person. `contact_email` is the address notify was last told, under `contact_revision`."""

    person_id: UUID
    given_name: str
    family_name: str
    sort_key: str
    search_text: str
    created_at: datetime
    updated_at: datetime
    object_id: str | None = None
    national_id: bytes | None = field(default=None, repr=False)
    national_id_hash: bytes | None = field(default=None, repr=False)
    hpr_number: str | None = None
    hpr_source: str | None = None
    work_email: str | None = None
    private_email: str | None = None
    private_email_verified_at: datetime | None = None
    phone: str | None = None
    phone_own: bool = False
    language: str = "nb"
    protected: bool = False
    synthetic: bool = False
    contact_email: str | None = None
    contact_revision: int = 0
    revision: int = 1

    @property
    def name(self) -> str:
        """The name shown."""
        return f"{self.given_name} {self.family_name}".strip()


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation unit; `valid_to` is its last day."""

    unit_id: UUID
    code: str
    name: str
    level: str
    source: str
    search_text: str
    parent_id: UUID | None = None
    hf_id: UUID | None = None
    hf_code: str | None = None
    leader_person_id: UUID | None = None
    leader_position_id: UUID | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Position:
    """A position; `end_date`, `access_until` and `reactivated_until` are last days."""

    position_id: UUID
    person_id: UUID
    hf_id: UUID
    unit_id: UUID
    kind: str
    track: str
    status: str
    created_at: datetime
    updated_at: datetime
    title: str | None = None
    job_code: str | None = None
    specialty: str | None = None
    percentage: Decimal | None = None
    start_date: date | None = None
    end_date: date | None = None
    access_until: date | None = None
    reactivated_until: date | None = None
    deactivated_at: date | None = None
    deactivated_cause: str | None = None
    person_left: bool = False
    rotation: bool = False
    predecessor_id: UUID | None = None
    successor_id: UUID | None = None
    home_position_id: UUID | None = None
    last_selected_at: datetime | None = None
    revision: int = 1

    def open_on(self, day: date) -> bool:
        """Whether it gives access on `day` (IDN-096)."""
        return self.status == "active" and (self.access_until is None or self.access_until >= day)


@dataclass(frozen=True, slots=True)
class Period:
    """An employment in a position, as HR names it."""

    position_id: UUID
    employment_id: str
    start_date: date
    end_date: date | None = None
    percentage: Decimal | None = None
    title: str | None = None
    hr_start_date: date | None = None
    gone_on: date | None = None


@dataclass(frozen=True, slots=True)
class Leading:
    """The present leader of a position, if any, and whom HR names."""

    employee_position_id: UUID
    employee_person_id: UUID
    valid_from: date
    cause: str
    link_id: UUID | None = None
    leader_position_id: UUID | None = None
    leader_person_id: UUID | None = None
    source: str | None = None
    set_by_person_id: UUID | None = None
    set_by_position_id: UUID | None = None
    hr_leader_position_id: UUID | None = None
    hr_leader_person_id: UUID | None = None
    hr_named_person_id: UUID | None = None
    awaits_choice: bool = False
    revision: int = 1


@dataclass(frozen=True, slots=True)
class EarlierLeading:
    """A closed leader link; `valid_to` is its last day."""

    link_id: UUID
    employee_position_id: UUID
    employee_person_id: UUID
    leader_position_id: UUID
    leader_person_id: UUID
    source: str
    valid_from: date
    valid_to: date
    set_by_person_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PersonLink:
    """A mentor or supervisor (`kind`) of a trainee; open as long as `valid_to` is none."""

    link_id: UUID
    kind: str
    trainee_person_id: UUID
    holder_person_id: UUID
    valid_from: date
    cause: str
    valid_to: date | None = None
    set_by_person_id: UUID | None = None
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Deputy:
    """Who acts for a leader's position, through `expires_on`."""

    deputy_id: UUID
    leader_position_id: UUID
    leader_person_id: UUID
    deputy_person_id: UUID
    valid_from: date
    expires_on: date | None = None
    set_by_person_id: UUID | None = None
    ended_at: datetime | None = None
    cause: str | None = None
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Grant:
    """A role granted on a position; its units are in a table of their own."""

    grant_id: UUID
    position_id: UUID
    person_id: UUID
    role: str
    specialties: list[str]
    plan_ids: list[UUID]
    scope_key: str
    valid_from: date
    order_ref: str
    state: str
    created_at: datetime
    updated_at: datetime
    valid_to: date | None = None
    ordered_by: str | None = None
    registered_by: UUID | None = None
    ended_cause: str | None = None
    ended_on: date | None = None
    revision: int = 1


@dataclass(frozen=True, slots=True)
class GrantUnit:
    """A unit a role reaches, named."""

    grant_id: UUID
    unit_id: UUID
    include_sub_units: bool
    code: str
    name: str
