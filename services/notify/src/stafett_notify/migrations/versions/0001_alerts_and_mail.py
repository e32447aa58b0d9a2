"""Alerts, live updates, settings, addresses and e-mail."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE alert (
    alert_id UUID NOT NULL,
    person_id UUID NOT NULL,
    position_id UUID,
    type TEXT NOT NULL,
    once_key TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    params JSONB NOT NULL,
    items JSONB NOT NULL,
    link TEXT,
    assignment_id UUID,
    about_id UUID,
    source_event_ids UUID[] NOT NULL,
    actor_id UUID,
    actor_name TEXT,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    state_at TIMESTAMP WITH TIME ZONE NOT NULL,
    arrival BIGINT NOT NULL,
    PRIMARY KEY (alert_id),
    CONSTRAINT alert_once UNIQUE (person_id, type, once_key)
);
CREATE INDEX alert_about ON alert (about_id) WHERE about_id is not null;
CREATE INDEX alert_active ON alert (person_id, type) WHERE state = 'active';
CREATE INDEX alert_assignment ON alert (assignment_id) WHERE assignment_id is not null;
CREATE INDEX alert_created ON alert (created_at);
CREATE INDEX alert_ended ON alert (state_at) WHERE state <> 'active';
CREATE TABLE alert_settings (
    person_id UUID NOT NULL,
    no_email BOOLEAN NOT NULL,
    single TEXT[] NOT NULL,
    weekly TEXT[] NOT NULL,
    home TEXT[] NOT NULL,
    revision INTEGER NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (person_id)
);
CREATE TABLE card_count (
    person_id UUID NOT NULL,
    card TEXT NOT NULL,
    waiting INTEGER NOT NULL,
    has_handled BOOLEAN NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (person_id, card)
);
CREATE TABLE collection (
    person_id UUID NOT NULL,
    type TEXT NOT NULL,
    opens_at TIMESTAMP WITH TIME ZONE,
    closes_at TIMESTAMP WITH TIME ZONE,
    alert_ids UUID[] NOT NULL,
    handed_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (person_id, type)
);
CREATE INDEX collection_closes ON collection (closes_at) WHERE opens_at is not null;
CREATE TABLE contact (
    person_id UUID NOT NULL,
    address TEXT,
    language TEXT NOT NULL,
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    since TIMESTAMP WITH TIME ZONE,
    failures INTEGER NOT NULL,
    failing_since TIMESTAMP WITH TIME ZONE,
    state_revision INTEGER NOT NULL,
    PRIMARY KEY (person_id)
);
CREATE TABLE continuing_position (
    position_id UUID NOT NULL,
    predecessor_id UUID NOT NULL,
    PRIMARY KEY (position_id)
);
CREATE TABLE ended_session (
    session_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (session_id)
);
CREATE INDEX ended_session_at ON ended_session (at);
CREATE TABLE mail (
    mail_id UUID NOT NULL,
    kind TEXT NOT NULL,
    keys TEXT[] NOT NULL,
    once_key TEXT NOT NULL,
    recipient_id UUID,
    address TEXT,
    language TEXT,
    message_id TEXT,
    state TEXT NOT NULL,
    state_at TIMESTAMP WITH TIME ZONE NOT NULL,
    attempts JSONB NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    not_after TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    priority SMALLINT NOT NULL,
    content JSONB,
    source_event_id UUID,
    source_kind TEXT,
    source_id UUID,
    source_revision INTEGER,
    PRIMARY KEY (mail_id),
    UNIQUE (once_key)
);
CREATE INDEX mail_created ON mail (created_at);
CREATE INDEX mail_due ON mail (priority, due_at) WHERE state in ('waiting', 'deferred');
CREATE INDEX mail_lease ON mail (lease_until) WHERE state = 'handing_over';
CREATE INDEX mail_recipient ON mail (recipient_id, created_at);
CREATE INDEX mail_source ON mail (source_id) WHERE source_id is not null;
CREATE TABLE open_stream (
    stream_id UUID NOT NULL,
    person_id UUID NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (stream_id)
);
CREATE INDEX open_stream_person ON open_stream (person_id);
CREATE TABLE stream_event (
    person_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    name TEXT NOT NULL,
    data JSONB NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (person_id, seq)
);
CREATE INDEX stream_event_at ON stream_event (at);
CREATE TABLE stream_head (
    person_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (person_id)
);
CREATE TABLE topic (
    topic TEXT NOT NULL,
    ended BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (topic)
);
CREATE INDEX topic_at ON topic (at);
CREATE TABLE alert_until (
    topic TEXT NOT NULL,
    alert_id UUID NOT NULL,
    item_key TEXT NOT NULL,
    version BIGINT NOT NULL,
    every BOOLEAN NOT NULL,
    PRIMARY KEY (topic, alert_id, item_key),
    FOREIGN KEY(alert_id) REFERENCES alert (alert_id) ON DELETE CASCADE
);
CREATE INDEX alert_until_alert ON alert_until (alert_id);
"""


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    for table in (
        "alert_until",
        "topic",
        "stream_head",
        "stream_event",
        "open_stream",
        "mail",
        "ended_session",
        "continuing_position",
        "contact",
        "collection",
        "card_count",
        "alert_settings",
        "alert",
    ):
        op.execute(f"drop table {table}")
