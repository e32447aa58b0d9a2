"""Words of identity: organisation, positions, roles, relations, accounts."""

from stafett_contracts.vocabulary.word import Word


class Origin(Word):
    """What caused an event; no alert comes of sync, migration or initial load (NTF-015)."""

    USER = "user"
    NIGHTLY = "nightly"
    IMPORT = "import"
    SYNC = "sync"
    MIGRATION = "migration"
    INITIAL_LOAD = "initial_load"
    REBUILD = "rebuild"


class Language(Word):
    """A language the portal speaks."""

    NB = "nb", "Norsk bokmål", "Norwegian"
    EN = "en", "Engelsk", "English"


class ObjectState(Word):
    """Whether a directory object is in use."""

    ACTIVE = "active"
    ERASED = "erased"


class OrgLevel(Word):
    """Level of an organisation unit; a parent is always of a higher level."""

    RHF = "rhf", "Helseregion", "Health region"
    HF = "hf", "Helseforetak", "Health trust"
    CLINIC = "clinic", "Klinikk", "Clinic"
    DEPARTMENT = "department", "Avdeling", "Department"
    COST_CENTRE = "cost_centre", "Kostnadssted", "Cost centre"
    NATIONAL = "national", "Nasjonalt", "National"
    TRAINING_ENTERPRISE = "training_enterprise", "Utdanningsvirksomhet", "Training enterprise"
    UNIT = "unit", "Enhet", "Unit"


class OrgSource(Word):
    """Who keeps an organisation unit."""

    HR = "hr"
    MANUAL = "manual"


class PositionKind(Word):
    """Kind of position."""

    EMPLOYMENT = "employment", "Ansettelse", "Employment"
    TEMPORARY = "temporary", "Innlån", "Lent in"
    SELF_REGISTERED = "self_registered", "Egenregistrert", "Self-registered"


class PositionStatus(Word):
    """Where a position is in its life."""

    PLANNED = "planned", "Planlagt", "Planned"
    ACTIVE = "active", "Aktiv", "Active"
    DEACTIVATED = "deactivated", "Deaktivert", "Deactivated"


class Track(Word):
    """What kind of training a position is in."""

    NONE = "none", "Ingen", "None"
    LIS1 = "lis1", "LIS1", "LIS1"
    LIS2_3 = "lis2_3", "LIS2/3", "LIS2/3"
    APPRENTICE = "apprentice", "Lærling", "Apprentice"


class MoveCause(Word):
    """Why a position changed unit."""

    ANNOUNCED = "announced"
    SELF = "self"


class DeactivationCause(Word):
    """Why a position was deactivated."""

    ENDED = "ended"
    NEVER_STARTED = "never_started"
    SECONDMENT_ENDED = "secondment_ended"
    MANUAL = "manual"
    REACTIVATION_EXPIRED = "reactivation_expired"


class ReactivationCause(Word):
    """Why a position is active again."""

    MANUAL = "manual"
    RESTORED_BY_IMPORT = "restored_by_import"
    REEMPLOYED = "reemployed"


class LeaderSource(Word):
    """Where a leader link comes from."""

    HR = "hr"
    MANUAL = "manual"
    SECONDMENT = "secondment"
    SELF = "self"


class LeaderChangeCause(Word):
    """Why a position got another leader (IDN-129)."""

    POSITION_CREATED = "position_created"
    HR = "hr"
    MANUAL = "manual"
    MANUAL_REMOVED = "manual_removed"
    SECONDMENT = "secondment"
    LEADER_MOVED = "leader_moved"
    LEADER_LEFT = "leader_left"
    SELF = "self"


class Role(Word):
    """The role catalogue, IDN-152 to IDN-178."""

    EMPLOYEE = "employee", "Medarbeider", "Employee"
    TRAINEE = "trainee", "LIS", "Trainee"
    APPRENTICE = "apprentice", "Lærling", "Apprentice"
    LEADER = "leader", "Leder", "Leader"
    DEPUTY = "deputy", "Stedfortreder", "Deputy"
    MENTOR = "mentor", "Veileder", "Mentor"
    SUPERVISOR = "supervisor", "Supervisør/instruktør", "Supervisor"
    DELEGATED_APPROVER = "delegated_approver", "Delegert godkjenner", "Delegated approver"
    DOCUMENT_OWNER = "document_owner", "Dokumenteier", "Document owner"
    DOCUMENT_RESPONSIBLE = "document_responsible", "Dokumentansvarlig", "Document responsible"
    DELEGATED_LEADER = "delegated_leader", "Delegert leder", "Delegated leader"
    TRAINING_LEAD = "training_lead", "Utdanningsansvarlig overlege", "Training lead"
    PLAN_STEWARD = "plan_steward", "Kompetanseplanansvarlig", "Plan steward"
    PROFESSIONAL_LEAD_A = "professional_lead_a", "Fagansvarlig A", "Professional lead A"
    PROFESSIONAL_LEAD_B = "professional_lead_b", "Fagansvarlig B", "Professional lead B"
    SUPER_USER = "super_user", "Superbruker", "Super user"
    HF_ADMIN = "hf_admin", "HF-administrator", "HF administrator"
    LIS_HF_ADMIN = "lis_hf_admin", "LIS HF Admin", "LIS HF administrator"
    APPRENTICE_HF_ADMIN = "apprentice_hf_admin", "Kompetansemålplaner HF Admin", "Apprentice HF administrator"
    RHF_ADMIN = "rhf_admin", "RHF Admin", "RHF administrator"
    LEARNING_ARENA_ADMIN = "learning_arena_admin", "Læringsarena", "Learning arena administrator"
    DIALOG_FORM_ADMIN = "dialog_form_admin", "Dialog Skjema admin", "Dialog form administrator"
    ARCHIVIST = "archivist", "Arkivere planer og krav", "Archivist"
    USER_REACTIVATION = "user_reactivation", "Reaktivering av brukere", "User reactivation"
    SYSTEM_MANAGER = "system_manager", "Systemansvarlig", "System manager"
    DIRECTORATE = "directorate", "Helsedirektoratet", "Directorate of Health"
    PRIVACY_OFFICER = "privacy_officer", "Personvernombud", "Privacy officer"
    INTEGRATION = "integration", "Integrasjon", "Integration"


class GrantState(Word):
    """Whether a role grant is in force."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


class GrantEndCause(Word):
    """Why a role grant ended."""

    ORDER = "order"
    END_DATE = "end_date"
    POSITION_ENDED = "position_ended"


class RelationCause(Word):
    """Why a mentor, supervisor, training-lead or deputy relation began or ended."""

    CHOSEN = "chosen"
    INVITATION = "invitation"
    ROLE = "role"
    REMOVED = "removed"
    WITHDRAWN = "withdrawn"
    END_DATE = "end_date"
    POSITION_ENDED = "position_ended"
    MOVED = "moved"
    ACCOUNT_DEACTIVATED = "account_deactivated"
    MERGED = "merged"
    ERASED = "erased"


class TrainingLeadState(Word):
    """Whether a training lead follows a trainee's position."""

    ACTIVE = "active"
    REMOVED = "removed"


class AccountState(Word):
    """Whether a person may log in."""

    ACTIVE = "active"
    WARNED = "warned"
    DEACTIVATED = "deactivated"


class AccountCause(Word):
    """Why an account changed state."""

    INACTIVITY = "inactivity"
    MANUAL = "manual"
    LOGIN = "login"
    POSITION = "position"
    MERGED = "merged"
    ERASED = "erased"


class InvitationRole(Word):
    """What a trainee at the municipal site invites somebody to be."""

    LEADER = "leader", "Leder", "Leader"
    MENTOR = "mentor", "Veileder", "Mentor"
    SUPERVISOR = "supervisor", "Supervisør", "Supervisor"


class InvitationState(Word):
    """How far an invitation has come."""

    OPEN = "open"
    ACCEPTED = "accepted"
    NEEDS_CONFIRMATION = "needs_confirmation"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class LeaderChoice(Word):
    """How the leader of a secondment was found."""

    AUTO = "auto"
    MANUAL = "manual"


class SecondmentState(Word):
    """Where a secondment is in its life."""

    FUTURE = "future", "Fremtidig", "Future"
    ONGOING = "ongoing", "Pågående", "Ongoing"
    FINISHED = "finished", "Avsluttet", "Finished"
    DELETED = "deleted", "Slettet", "Deleted"


class AbsenceState(Word):
    """Where an absence is in its life."""

    REGISTERED = "registered"
    ONGOING = "ongoing"
    ENDED = "ended"


class AbsenceEndCause(Word):
    """Why an absence ended."""

    RETURNED = "returned"
    END_DATE = "end_date"
    POSITION_ENDED = "position_ended"


class ImportState(Word):
    """What became of an HR import."""

    RECEIVED = "received"
    REFUSED = "refused"
    HELD = "held"
    APPLIED = "applied"
    FAILED = "failed"
