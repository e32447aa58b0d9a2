"""What the API of registration, relations and Personalia answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from stafett_contracts.vocabulary import InvitationRole, InvitationState
from stafett_identity.sessions.model import LoginView


@dataclass(frozen=True, slots=True)
class DepartmentView:
    """A department to choose in the form."""

    unit_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class EnterpriseView:
    """A training enterprise and its departments."""

    unit_id: UUID
    name: str
    departments: Sequence[DepartmentView]


@dataclass(frozen=True, slots=True)
class CodeName:
    """A code and the name shown."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class FormView:
    """The registration form: what e-ID says and cannot be edited, and what there is to choose among."""

    given_name: str
    family_name: str
    hpr_number: str | None
    email_advice: str
    work_email_domains: Sequence[str]
    role_advice: Mapping[str, str]
    tracks: Sequence[CodeName]
    specialties: Sequence[CodeName]
    enterprises: Sequence[EnterpriseView]


@dataclass(frozen=True, slots=True)
class RegisteredView:
    """A trainee as registered: what is still missing, and the session that follows."""

    person_id: UUID
    position_id: UUID
    email_warning: bool  # the address looks like an employer's (IDN-013)
    email_verified: bool
    missing: Sequence[InvitationRole]
    login: LoginView | None


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation as the trainee who made it sees it."""

    invitation_id: UUID
    role: InvitationRole
    state: InvitationState
    name: str
    email: str
    message: str | None
    sent_at: datetime
    send_count: int
    expires_at: datetime
    undelivered: bool  # «Ikke levert» (IDN-070)
    person_id: UUID | None  # who has answered
    person_name: str | None  # shown to be confirmed (IDN-067)
    revision: int


@dataclass(frozen=True, slots=True)
class LinkView:
    """What the link in an invitation opens: who invites whom to be what, and whether it still can be answered."""

    state: InvitationState
    role: InvitationRole
    trainee_name: str
    name: str
    expires_at: datetime
    advice: str


@dataclass(frozen=True, slots=True)
class AnswerView:
    """What accepting led to; `login` is there when the invitee was registered by it."""

    invitation_id: UUID
    state: InvitationState
    role: InvitationRole
    trainee_name: str
    person_id: UUID
    login: LoginView | None


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """A person with an active position, as choosers find them (IDN-058, IDN-251)."""

    person_id: UUID
    name: str
    title: str | None
    unit_name: str
    hf_name: str | None


@dataclass(frozen=True, slots=True)
class RelatedPerson:
    """A leader, mentor or supervisor of somebody."""

    person_id: UUID
    name: str
    title: str | None
    unit_name: str | None
    valid_from: date
    active: bool  # «Inaktiv» is shown for those who are not


@dataclass(frozen=True, slots=True)
class LeaderView(RelatedPerson):
    """The leader, and whether HR or somebody by hand has set them."""

    position_id: UUID
    source: str


@dataclass(frozen=True, slots=True)
class RelationsView:
    """A trainee's leader, mentors and supervisors, the invitations, and what is missing."""

    leader: LeaderView | None
    mentors: Sequence[RelatedPerson]
    supervisors: Sequence[RelatedPerson]
    invitations: Sequence[InvitationView]
    missing: Sequence[InvitationRole]
    advice: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PersonaliaPosition:
    """The position Personalia is shown for."""

    position_id: UUID
    kind: str
    title: str | None
    track: str
    specialty: str | None
    unit_id: UUID
    unit_name: str
    hf_id: UUID
    hf_name: str | None
    start_date: date | None
    end_date: date | None


@dataclass(frozen=True, slots=True)
class TrainingLeadView:
    """A training lead of the position."""

    person_id: UUID
    name: str
    specialty: str


@dataclass(frozen=True, slots=True)
class DeputyView:
    """Who stands in for a leader, and until when."""

    person_id: UUID
    name: str
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class PersonaliaView:
    """What is registered about a person and the position acted from (IDN-017)."""

    person_id: UUID
    given_name: str
    family_name: str
    name: str
    work_email: str | None
    email: str | None
    pending_email: str | None  # waits for its owner to open the link
    phone: str | None
    language: str
    hpr_number: str | None
    hpr_source: str | None
    hpr_missing: str | None  # the mark of IDN-011
    position: PersonaliaPosition | None
    leader: LeaderView | None
    mentors: Sequence[RelatedPerson]
    training_leads: Sequence[TrainingLeadView]
    deputies: Sequence[DeputyView]
    editable: Sequence[str]
    revision: int
