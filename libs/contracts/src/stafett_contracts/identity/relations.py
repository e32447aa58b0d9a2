"""Relations between people: leaders, mentors, supervisors, training leads, deputies; and roles."""

from datetime import date

from stafett_contracts.event import Event, UtcTime, Value
from stafett_contracts.ids import (
    DeputyId,
    GrantId,
    LinkId,
    PersonId,
    PlanId,
    PositionId,
    SpecialtyCode,
    UnitId,
)
from stafett_contracts.vocabulary import (
    GrantEndCause,
    GrantState,
    LeaderChangeCause,
    LeaderSource,
    RelationCause,
    Role,
    TrainingLeadState,
)


class LeaderPeriod(Value):
    """A leader of the position before the present one."""

    link_id: LinkId
    leader_position_id: PositionId
    leader_person_id: PersonId
    source: LeaderSource
    valid_from: date
    valid_to: date
    """Last day."""


class LeaderChanged(Event):
    """A position got another leader, or none; the earlier ones are kept for ever."""

    TYPE = "identity.leader.changed.v1"
    SUBJECT = "employee_position_id"

    employee_position_id: PositionId
    employee_person_id: PersonId
    link_id: LinkId | None = None
    """The open link; none, as the three below, when the position has no leader."""
    leader_position_id: PositionId | None = None
    leader_person_id: PersonId | None = None
    source: LeaderSource | None = None
    valid_from: date
    valid_to: date | None = None
    cause: LeaderChangeCause
    old_leader_position_id: PositionId | None = None
    old_leader_person_id: PersonId | None = None
    same_person: bool = False
    """The leader is the same person on another position."""
    earlier: tuple[LeaderPeriod, ...] = ()


class PersonLink(Event):
    """A relation between a trainee and somebody, as persons."""

    SUBJECT = "link_id"

    link_id: LinkId
    trainee_person_id: PersonId
    valid_from: date
    valid_to: date | None = None
    set_by_person_id: PersonId | None = None
    cause: RelationCause


class MentorData(PersonLink):
    """A mentor of a trainee."""

    mentor_person_id: PersonId


class MentorRegistered(MentorData):
    """A trainee got a mentor."""

    TYPE = "identity.mentor.registered.v1"


class MentorRemoved(MentorData):
    """A mentor no longer follows a trainee."""

    TYPE = "identity.mentor.removed.v1"


class SupervisorData(PersonLink):
    """A supervisor of a trainee; municipal site."""

    supervisor_person_id: PersonId


class SupervisorRegistered(SupervisorData):
    """A trainee got a supervisor."""

    TYPE = "identity.supervisor.registered.v1"


class SupervisorRemoved(SupervisorData):
    """A supervisor is no longer registered for a trainee."""

    TYPE = "identity.supervisor.removed.v1"


class TrainingLeadData(Event):
    """A training lead's link to a trainee's position, for one specialty."""

    SUBJECT = "link_id"

    link_id: LinkId
    trainee_position_id: PositionId
    trainee_person_id: PersonId
    lead_position_id: PositionId
    lead_person_id: PersonId
    specialty: SpecialtyCode
    hf_id: UnitId
    state: TrainingLeadState
    removed_by_person_id: PersonId | None = None
    cause: RelationCause


class TrainingLeadLinked(TrainingLeadData):
    """A training lead follows a trainee's position."""

    TYPE = "identity.training_lead.linked.v1"


class TrainingLeadUnlinked(TrainingLeadData):
    """A training lead no longer follows a trainee's position."""

    TYPE = "identity.training_lead.unlinked.v1"


class DeputyData(Event):
    """A deputy of a leader."""

    SUBJECT = "deputy_id"

    deputy_id: DeputyId
    leader_position_id: PositionId
    leader_person_id: PersonId
    deputy_person_id: PersonId
    valid_from: date
    expires_on: date | None = None
    """Last day of access."""
    set_by_person_id: PersonId | None = None
    ended_at: UtcTime | None = None
    cause: RelationCause | None = None
    """Why it ended or moved."""


class DeputyAppointed(DeputyData):
    """A leader got a deputy."""

    TYPE = "identity.deputy.appointed.v1"


class DeputyChanged(DeputyData):
    """A deputy's last day changed, or the deputy moved along to the leader's new position."""

    TYPE = "identity.deputy.changed.v1"


class DeputyEnded(DeputyData):
    """A deputy no longer acts for the leader."""

    TYPE = "identity.deputy.ended.v1"


class RoleUnit(Value):
    """A unit a role reaches."""

    unit_id: UnitId
    include_sub_units: bool
    code: str | None = None
    name: str | None = None


class RoleSpecialty(Value):
    """A specialty a role reaches."""

    code: SpecialtyCode
    name: str | None = None


class RoleData(Event):
    """A role granted on a position, with its scope."""

    SUBJECT = "grant_id"

    grant_id: GrantId
    position_id: PositionId
    person_id: PersonId
    person_name: str
    role: Role
    units: tuple[RoleUnit, ...] = ()
    specialties: tuple[RoleSpecialty, ...] = ()
    plan_ids: tuple[PlanId, ...] = ()
    valid_from: date
    valid_to: date | None = None
    """Last day."""
    state: GrantState


class RoleGranted(RoleData):
    """A role was granted."""

    TYPE = "identity.role.granted.v1"


class RoleChanged(RoleData):
    """A role's scope or period changed, or it is in force again."""

    TYPE = "identity.role.changed.v1"


class RoleSuspended(RoleData):
    """A role is out of force while its position is deactivated."""

    TYPE = "identity.role.suspended.v1"


class RoleEnded(RoleData):
    """A role ended."""

    TYPE = "identity.role.ended.v1"

    cause: GrantEndCause
