"""The directory: persons, organisation units and positions, each event with the full state (IDN-253)."""

from datetime import date
from decimal import Decimal

from pydantic import Field

from stafett_contracts.event import Event, Value
from stafett_contracts.ids import HprNumber, PersonId, PositionId, SpecialtyCode, UnitId
from stafett_contracts.vocabulary import (
    DeactivationCause,
    Language,
    MoveCause,
    ObjectState,
    OrgLevel,
    OrgSource,
    PositionKind,
    PositionStatus,
    ReactivationCause,
    Track,
)


class PersonData(Event):
    """A person as the directory knows them."""

    SUBJECT = "person_id"

    person_id: PersonId
    given_name: str
    family_name: str
    sort_key: str
    """Of family name, then given name: Æ Ø Å after Z, Aa as Å; compared bytewise."""
    hpr_number: HprNumber | None = None
    protected: bool = False
    """Protected identity (IDN-909)."""
    state: ObjectState = ObjectState.ACTIVE

    @property
    def name(self) -> str:
        """The name shown."""
        return f"{self.given_name} {self.family_name}".strip()


class PersonRegistered(PersonData):
    """A person was registered at the site."""

    TYPE = "identity.person.registered.v1"


class PersonChanged(PersonData):
    """A person's name, HPR number or protection changed."""

    TYPE = "identity.person.changed.v1"


class PersonMerged(PersonData):
    """Two registrations proved to be one person; the one described remains."""

    TYPE = "identity.person.merged.v1"

    merged_person_id: PersonId


class PersonChecksChanged(Event):
    """The person checks of a trainee changed (SYN-010): keyed hashes, of use to sync only."""

    TYPE = "identity.person.checks_changed.v1"
    SUBJECT = "person_id"

    person_id: PersonId
    hpr_number: HprNumber | None = None
    checks: tuple[str, ...]


class PersonContactChanged(Event):
    """The address to use, phone or language of a person changed; for notify only (IDN-254)."""

    TYPE = "identity.person.contact_changed.v1"
    SUBJECT = "person_id"

    person_id: PersonId
    email: str | None = None
    phone: str | None = None
    language: Language = Language.NB


class PersonContactErased(Event):
    """The contact facts of a person were erased; revision as of `contact_changed`."""

    TYPE = "identity.person.contact_erased.v1"
    SUBJECT = "person_id"

    person_id: PersonId


class PersonErased(Event):
    """A person was erased; only the id remains."""

    TYPE = "identity.person.erased.v1"
    SUBJECT = "person_id"

    person_id: PersonId


class OrgUnitData(Event):
    """An organisation unit."""

    SUBJECT = "unit_id"

    unit_id: UnitId
    code: str
    name: str
    level: OrgLevel
    parent_id: UnitId | None = None
    hf_id: UnitId | None = None
    """Nearest ancestor, or self, of level hf or training_enterprise."""
    leader_person_id: PersonId | None = None
    leader_position_id: PositionId | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    """Last day."""
    source: OrgSource = OrgSource.HR


class OrgUnitCreated(OrgUnitData):
    """An organisation unit came into being."""

    TYPE = "identity.org_unit.created.v1"


class OrgUnitChanged(OrgUnitData):
    """An organisation unit's name, code, leader or period changed."""

    TYPE = "identity.org_unit.changed.v1"


class OrgUnitMoved(OrgUnitData):
    """An organisation unit got another parent."""

    TYPE = "identity.org_unit.moved.v1"

    from_parent_id: UnitId | None = None


class OrgUnitClosed(OrgUnitData):
    """An organisation unit was closed."""

    TYPE = "identity.org_unit.closed.v1"


class EmploymentPeriod(Value):
    """A period of employment in a position."""

    start_date: date
    end_date: date | None = None
    """Last day."""
    percentage: Decimal | None = None
    title: str | None = None


class PositionData(Event):
    """A position: an employment as the portal sees it."""

    SUBJECT = "position_id"

    position_id: PositionId
    person_id: PersonId
    hf_id: UnitId
    unit_id: UnitId
    """The cost centre, or the unit at the municipal site."""
    kind: PositionKind
    title: str | None = None
    job_code: str | None = None
    track: Track = Track.NONE
    specialty: SpecialtyCode | None = None
    """Trainees at the municipal site only."""
    percentage: Decimal | None = Field(default=None, ge=0, le=100)
    status: PositionStatus
    start_date: date | None = None
    end_date: date | None = None
    """Last day."""
    access_until: date | None = None
    reactivated_until: date | None = None
    predecessor_id: PositionId | None = None
    successor_id: PositionId | None = None
    home_position_id: PositionId | None = None
    """Temporary positions only."""
    periods: tuple[EmploymentPeriod, ...] = ()


class PositionCreated(PositionData):
    """A person got a position; `predecessor_id` when it continues another."""

    TYPE = "identity.position.created.v1"


class PositionChanged(PositionData):
    """A position's title, dates, track, access or percentage changed."""

    TYPE = "identity.position.changed.v1"

    fields_changed: tuple[str, ...] = ()


class PositionMoved(PositionData):
    """A position went to another unit and is the same position still."""

    TYPE = "identity.position.moved.v1"

    from_unit_id: UnitId
    to_unit_id: UnitId
    cause: MoveCause


class PositionDeactivated(PositionData):
    """A position ended, or was deactivated by hand."""

    TYPE = "identity.position.deactivated.v1"

    cause: DeactivationCause
    person_left: bool
    """No active position of the person remains."""
    rotation: bool = False
    leader_kept: bool = False


class PositionReactivated(PositionData):
    """A deactivated position is active again."""

    TYPE = "identity.position.reactivated.v1"

    cause: ReactivationCause
    deactivated_at: date | None = None
    until: date | None = None
    """Last day of the reactivation, when it was given one."""
