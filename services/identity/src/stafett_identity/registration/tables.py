"""Invitations, and addresses that wait for their owner to open a link."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, Uuid, text

from stafett_chassis.tables import Moment
from stafett_identity.metadata import metadata

_WAITING = text("state in ('open', 'needs_confirmation')")

invitation = Table(
    "invitation",
    metadata,
    Column("invitation_id", Uuid, primary_key=True),
    Column("trainee_person_id", Uuid, nullable=False),
    Column("trainee_position_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False),  # in small letters
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("message", Text),
    Column("token_hash", LargeBinary, nullable=False, unique=True),  # IDN-064: never the token
    Column("sent_at", Moment, nullable=False),
    Column("send_count", Integer, nullable=False),
    Column("sent_event_id", Uuid),  # of the newest mail, which may turn out undelivered
    Column("expires_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("accepted_person_id", Uuid),
    Column("accepted_position_id", Uuid),
    Column("answered_at", Moment),
    Column("undelivered_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("invitation_trainee", "trainee_person_id"),
    Index("invitation_expires", "expires_at", postgresql_where=text("state = 'open'")),
    # IDN-060: one waiting invitation to an address for a role.
    Index(
        "invitation_waiting",
        "trainee_person_id",
        "email_key",
        "role",
        unique=True,
        postgresql_where=_WAITING,
    ),
    # IDN-063: at most one leader is on the way.
    Index(
        "invitation_leader",
        "trainee_position_id",
        unique=True,
        postgresql_where=text("role = 'leader' and state in ('open', 'needs_confirmation')"),
    ),
)

# An address is the person's once the link sent to it has been opened (IDN-014).
email_verification = Table(
    "email_verification",
    metadata,
    Column("verification_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("address", Text, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("verified_at", Moment),
    Index("email_verification_person", "person_id"),
)
