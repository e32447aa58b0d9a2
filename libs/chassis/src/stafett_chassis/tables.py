"""The tables that the chassis keeps in every service's database, beside the service's own."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)

metadata = MetaData()

Moment = DateTime(timezone=True)

# Events of committed changes that the bus has not confirmed yet, in the order they are to be published.
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("stored_at", Moment, nullable=False),
)

# Ids of the events whose effect is stored.
inbox = Table(
    "inbox",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("handled_at", Moment, nullable=False),
)

# Events that could not be applied: `waiting` for another try, or `dead` until somebody replays them.
held_event = Table(
    "held_event",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, unique=True),  # null: a message that is no event
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("held_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Index("held_event_due", "due_at", postgresql_where=text("state = 'waiting'")),
)

# Answers already given to requests with an `Idempotency-Key`.
idempotency = Table(
    "idempotency",
    metadata,
    Column("caller", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("request_hash", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("etag", Text),
    Column("stored_at", Moment, nullable=False),
    PrimaryKeyConstraint("caller", "key"),
)

# Due times of scheduled jobs that some replica has claimed.
scheduled_run = Table(
    "scheduled_run",
    metadata,
    Column("job", Text, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("claimed_at", Moment, nullable=False),
    Column("next_try_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("finished_at", Moment),
    Column("reason", Text),  # of the last failed try
    PrimaryKeyConstraint("job", "due_at"),
)
