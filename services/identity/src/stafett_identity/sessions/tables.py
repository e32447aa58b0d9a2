"""Sessions, the keys that sign tokens, and identified people who have no session yet."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from stafett_chassis.tables import Moment
from stafett_identity.metadata import metadata

# The browser holds the id and a secret, of which only the hash is here.
login_session = Table(
    "login_session",
    metadata,
    Column("session_id", Uuid, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("method", Text, nullable=False),
    Column("assurance", Text, nullable=False),
    Column("device", Text),
    Column("started_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("idle_ends_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    # What it acts from; null until chosen.
    Column("option_id", Uuid),
    Column("option_kind", Text),
    Column("position_id", Uuid),
    Column("leader_position_id", Uuid),
    Column("leader_person_id", Uuid),
    Column("ended_at", Moment),
    Column("ended_cause", Text),
    Column("revision", Integer, nullable=False),
    Index("login_session_person", "person_id", postgresql_where=text("ended_at is null")),
    Index("login_session_position", "position_id", postgresql_where=text("ended_at is null")),
    Index("login_session_leader", "leader_position_id", postgresql_where=text("ended_at is null")),
    Index("login_session_ends", "idle_ends_at", postgresql_where=text("ended_at is null")),
)

signing_key = Table(
    "signing_key",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # the private key, encrypted
    Column("public", JSONB, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("signs_from", Moment, nullable=False),
)

# Somebody whom an e-ID has named and who has no position here (IDN-027): waits for the registration form or for
# the acceptance of an invitation. The national id is in no cookie and no token (IDN-006), only sealed here.
identification = Table(
    "identification",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("method", Text, nullable=False),
    Column("assurance", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Index("identification_expires", "expires_at"),
)
