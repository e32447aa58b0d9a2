"""The tables of signing. Whatever a reader sees of a request was frozen when it was asked; only status moves."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()

Moment = DateTime(timezone=True)

# A request of any kind. It is addressed to a person or to the leader of `addressee_position_id`; `waits_for_*` is who
# that is at present (kept up to date by `people`), or nobody. `row_key` collects the sendings of one repeated activity
# into one row of a list (SGN-061); every other request is a row of its own. `arrival` is the order of coming in.
request = Table(
    "request",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("arrival", BigInteger, Identity(always=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("list", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("refused", Text),  # why signing could not accept it; such a request is shown to nobody
    Column("subject_id", Uuid, nullable=False),
    Column("subject_revision", Integer, nullable=False),
    Column("subject", JSONB, nullable=False),
    Column("employee_person_id", Uuid, nullable=False),
    Column("employee_position_id", Uuid, nullable=False),
    Column("employee", JSONB, nullable=False),
    Column("asked_by_person_id", Uuid),
    Column("asked_by", JSONB),
    Column("asked_at", Moment, nullable=False),
    Column("addressee_kind", Text, nullable=False),
    Column("addressee_position_id", Uuid),
    Column("assignment_revision", Integer, nullable=False),  # of the last move of the plan's assignment
    Column("via_delegation_id", Uuid),
    Column("waits_for_person_id", Uuid),
    Column("waits_for_position_id", Uuid),
    Column("waits_for_name", Text),
    Column("waited_for", ARRAY(Uuid), nullable=False),  # persons it has waited for before
    Column("completed_on", Date),
    Column("comment", Text),
    Column("deviation", Text),
    Column("basis", JSONB, nullable=False),
    Column("content_hash", Text, nullable=False),
    # How many items are in which state, for the tabs; and when the newest decision in force was made.
    Column("open_items", Integer, nullable=False),
    Column("signed_items", Integer, nullable=False),
    Column("rejected_items", Integer, nullable=False),
    Column("decided_at", Moment),
    # What lists sort and search by.
    Column("row_key", Uuid, nullable=False),
    Column("employee_sort", Text, nullable=False),
    Column("subject_sort", Text, nullable=False),
    Column("plan_sort", Text, nullable=False),
    Column("goal_sort", Text, nullable=False),
    Column("searched", Text, nullable=False),
    Index(
        "request_open_subject",
        "subject_id",
        unique=True,
        postgresql_where=text("open_items > 0 and kind <> 'repetitions'"),
    ),
    Index("request_subject", "subject_id"),
    Index("request_waiting", "waits_for_person_id", "list", postgresql_where=text("open_items > 0")),
    Index("request_addressed", "waits_for_person_id", "list", "decided_at"),
    Index(
        "request_leader_of", "addressee_position_id", postgresql_where=text("addressee_position_id is not null")
    ),
    Index("request_employee", "employee_person_id", "asked_at"),
)  # fmt: skip

item = Table(
    "request_item",
    metadata,
    Column("request_id", Uuid, nullable=False),
    Column("item_id", Uuid, nullable=False),
    Column("place", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("performed_on", Date),
    Column("comment", Text),
    Column("decision_id", Uuid),  # in force
    Column("ended", JSONB),  # by whom, when and why it was recalled or lapsed
    PrimaryKeyConstraint("request_id", "item_id"),
    # At most one open request a repetition (SGN-011).
    Index(
        "request_item_open", "item_id", unique=True, postgresql_where=text("status in ('waiting', 'preapproved')")
    ),
)  # fmt: skip

# Decisions, never changed: what is in force is said by the items. `authority_person_id` is the leader for what a
# deputy decided, else the decider: whose list it stands in, and who may cancel it (SGN-101, SGN-135).
decision = Table(
    "decision",
    metadata,
    Column("decision_id", Uuid, primary_key=True),
    Column("request_id", Uuid, nullable=False),
    Column("item_ids", ARRAY(Uuid), nullable=False),
    Column("outcome", Text, nullable=False),
    Column("comment", Text),
    Column("reason", Text),
    Column("reason_nb", Text),  # the labels valid then (SGN-057)
    Column("reason_en", Text),
    Column("decider_person_id", Uuid, nullable=False),
    Column("authority_person_id", Uuid, nullable=False),
    Column("capacity", Text, nullable=False),
    Column("decider", JSONB, nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("session", JSONB, nullable=False),  # how the decider was logged in (SGN-173)
    Index("decision_request", "request_id"),
    Index("decision_authority", "authority_person_id", "decided_at"),
)

# Every transition, append-only (SGN-170). `statement` is the canonical text that `statement_hash` is the SHA-256 of,
# salt included, so that a chain needs to hold the hash alone (SGN-906).
record = Table(
    "journal_record",
    metadata,
    Column("record_id", BigInteger, Identity(always=True), primary_key=True),
    Column("act", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("request_id", Uuid, nullable=False),
    Column("decision_id", Uuid),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("employee_person_id", Uuid, nullable=False),
    Column("statement", Text, nullable=False),
    Column("statement_hash", Text, nullable=False),
    Index("journal_record_request", "request_id"),
    Index("journal_record_subject", "subject_id"),
)

# Withdrawals that came before their request (SGN-164).
early_withdrawal = Table(
    "early_withdrawal",
    metadata,
    Column("withdrawal_id", BigInteger, Identity(always=True), primary_key=True),
    Column("request_id", Uuid, nullable=False),
    Column("item_ids", ARRAY(Uuid), nullable=False),
    Column("cause", Text, nullable=False),
    Column("explanation", Text),
    Column("by", JSONB),
    Index("early_withdrawal_request", "request_id"),
)

# What a person was last told waits for them, which lists something has ever waited in for them (SGN-130), and which
# they have ever handled something in (SGN-147).
counter = Table(
    "counter",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("signatures", Integer, nullable=False),
    Column("goals", Integer, nullable=False),
    Column("plans", Integer, nullable=False),
    Column("training_time", Integer, nullable=False),
    Column("had", ARRAY(Text), nullable=False),
    Column("handled", ARRAY(Text), nullable=False),
)
