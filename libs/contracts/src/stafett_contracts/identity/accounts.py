"""Accounts, sessions, invitations and e-mails people ask identity to send."""

from datetime import date

from stafett_contracts.event import Event, UtcTime
from stafett_contracts.ids import InvitationId, MailingId, PersonId, PositionId, SessionId, VerificationId
from stafett_contracts.values import Person
from stafett_contracts.vocabulary import AccountCause, AccountState, InvitationRole, InvitationState


class AccountData(Event):
    """Whether a person may log in."""

    SUBJECT = "person_id"

    person_id: PersonId
    state: AccountState
    on: date
    """The day the state began."""
    cause: AccountCause


class AccountWarned(AccountData):
    """A person was warned that the account will be deactivated."""

    TYPE = "identity.account.warned.v1"

    deactivates_on: date


class AccountDeactivated(AccountData):
    """An account was deactivated."""

    TYPE = "identity.account.deactivated.v1"


class AccountReactivated(AccountData):
    """A deactivated account is active again."""

    TYPE = "identity.account.reactivated.v1"


class EmailVerificationRequested(Event):
    """A person gave an address that must be confirmed; for notify only."""

    TYPE = "identity.email.verification_requested.v1"
    SUBJECT = "verification_id"

    verification_id: VerificationId
    person_id: PersonId
    address: str
    link: str
    expires_at: UtcTime


class EmailRequested(Event):
    """A user wrote an e-mail to be sent to persons (NTF-088); for notify only."""

    TYPE = "identity.email.requested.v1"
    SUBJECT = "request_id"

    request_id: MailingId
    sender: Person
    sender_position_id: PositionId | None = None
    on_behalf_of: Person | None = None
    recipients: tuple[PersonId, ...]
    subject: str
    body: str
    """Plain text."""


class InvitationData(Event):
    """An invitation from a trainee at the municipal site."""

    SUBJECT = "invitation_id"

    invitation_id: InvitationId
    role: InvitationRole
    state: InvitationState
    name: str
    trainee: Person
    person_id: PersonId | None = None
    """Who was invited, when known."""
    expires_at: UtcTime | None = None


class InvitationSending(InvitationData):
    """An invitation with what the e-mail needs."""

    address: str
    link: str
    message: str | None = None
    send_count: int


class InvitationSent(InvitationSending):
    """A trainee invited somebody."""

    TYPE = "identity.invitation.sent.v1"


class InvitationResent(InvitationSending):
    """An invitation was sent again, with a new link."""

    TYPE = "identity.invitation.resent.v1"


class InvitationAccepted(InvitationData):
    """The invited person accepted."""

    TYPE = "identity.invitation.accepted.v1"


class InvitationConfirmationNeeded(InvitationData):
    """Somebody answered whose name or address differs; the trainee must confirm."""

    TYPE = "identity.invitation.confirmation_needed.v1"


class InvitationExpired(InvitationData):
    """An invitation ran out without an answer."""

    TYPE = "identity.invitation.expired.v1"


class InvitationWithdrawn(InvitationData):
    """A trainee withdrew an invitation."""

    TYPE = "identity.invitation.withdrawn.v1"


class SessionRevoked(Event):
    """A session ended before its time; its tokens no longer hold."""

    TYPE = "identity.session.revoked.v1"
    SUBJECT = "session_id"

    session_id: SessionId
    person_id: PersonId
