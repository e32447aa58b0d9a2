"""The first form of sync's tables."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE assignment (
    assignment_id UUID NOT NULL,
    person_id UUID NOT NULL,
    position_id UUID NOT NULL,
    hf_id UUID NOT NULL,
    plan_id UUID NOT NULL,
    plan_name TEXT NOT NULL,
    template_code TEXT NOT NULL,
    track TEXT,
    specialty TEXT,
    state TEXT NOT NULL,
    assigned_on DATE NOT NULL,
    ended_on DATE,
    revision INTEGER NOT NULL,
    PRIMARY KEY (assignment_id)
);
CREATE INDEX assignment_person ON assignment (person_id);
CREATE TABLE catalogue_goal (
    goal_key TEXT NOT NULL,
    goal_number TEXT NOT NULL,
    text TEXT NOT NULL,
    catalogue_version TEXT,
    templates JSONB NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (goal_key)
);
CREATE TABLE epoch (
    site TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    PRIMARY KEY (site)
);
CREATE TABLE fact (
    site TEXT NOT NULL,
    type TEXT NOT NULL,
    hpr TEXT NOT NULL,
    subject TEXT NOT NULL,
    major INTEGER NOT NULL,
    trust TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    body JSONB NOT NULL,
    cause TEXT,
    kid TEXT NOT NULL,
    jws TEXT NOT NULL,
    hash TEXT NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    received_from TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT,
    PRIMARY KEY (site, type, hpr, subject)
);
CREATE INDEX fact_held ON fact (reason, subject);
CREATE INDEX fact_hpr ON fact (hpr);
CREATE TABLE goal_decision (
    decision_id UUID NOT NULL,
    request_id UUID NOT NULL,
    person_id UUID NOT NULL,
    goal_key TEXT NOT NULL,
    outcome TEXT NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decider JSONB NOT NULL,
    completed_on DATE,
    reason TEXT,
    statement TEXT,
    PRIMARY KEY (decision_id)
);
CREATE INDEX goal_decision_person ON goal_decision (person_id, goal_key);
CREATE INDEX goal_decision_request ON goal_decision (request_id);
CREATE TABLE goal_replacement (
    goal_key TEXT NOT NULL,
    place TEXT NOT NULL,
    replaced TEXT[] NOT NULL,
    demand TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (goal_key, place)
);
CREATE TABLE goal_waiting (
    goal_progress_id UUID NOT NULL,
    person_id UUID NOT NULL,
    goal_key TEXT NOT NULL,
    request_id UUID,
    event JSONB NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    alarmed_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (goal_progress_id)
);
CREATE INDEX goal_waiting_person ON goal_waiting (person_id);
CREATE TABLE hpr_number (
    person_id UUID NOT NULL,
    hpr TEXT,
    PRIMARY KEY (person_id)
);
CREATE INDEX hpr_number_hpr ON hpr_number (hpr);
CREATE TABLE kept_statement (
    site TEXT NOT NULL,
    type TEXT NOT NULL,
    hpr TEXT NOT NULL,
    subject TEXT NOT NULL,
    hash TEXT NOT NULL,
    kid TEXT NOT NULL,
    jws TEXT NOT NULL,
    reason TEXT NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    received_from TEXT NOT NULL,
    PRIMARY KEY (site, type, hpr, subject, hash)
);
CREATE TABLE load (
    hpr TEXT NOT NULL,
    peer TEXT NOT NULL,
    request_id UUID NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE NOT NULL,
    tries INTEGER NOT NULL,
    lines BOOLEAN NOT NULL,
    pages INTEGER[] NOT NULL,
    last_page INTEGER,
    digest TEXT,
    answer TEXT,
    done_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (hpr, peer)
);
CREATE INDEX load_due ON load (next_at) WHERE done_at is null;
CREATE TABLE national_held (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    body BYTEA NOT NULL,
    sender TEXT,
    state TEXT NOT NULL,
    code TEXT NOT NULL,
    field TEXT NOT NULL,
    tries INTEGER NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX national_held_due ON national_held (due_at) WHERE state = 'waiting';
CREATE TABLE national_outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    event_id UUID NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    body BYTEA NOT NULL,
    stored_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE own_fact (
    person_id UUID NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    trust TEXT NOT NULL,
    state TEXT NOT NULL,
    body JSONB NOT NULL,
    source_id UUID,
    source_revision BIGINT NOT NULL,
    source_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (person_id, type, subject)
);
CREATE INDEX own_fact_source ON own_fact (source_id);
CREATE TABLE peer (
    site TEXT NOT NULL,
    stream_out BIGINT NOT NULL,
    stream_in BIGINT NOT NULL,
    last_heard TIMESTAMP WITH TIME ZONE,
    reconciled_at TIMESTAMP WITH TIME ZONE,
    removed BIGINT DEFAULT '0' NOT NULL,
    PRIMARY KEY (site)
);
CREATE TABLE peer_link (
    person_id UUID NOT NULL,
    hpr TEXT NOT NULL,
    peer TEXT NOT NULL,
    confirmed_here BOOLEAN NOT NULL,
    confirmed_by UUID,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    confirmed_there BOOLEAN NOT NULL,
    told_name TEXT,
    told_trust TEXT,
    told_answer TEXT,
    revision INTEGER NOT NULL,
    PRIMARY KEY (person_id, hpr, peer)
);
CREATE TABLE refused_fact (
    peer TEXT NOT NULL,
    type TEXT NOT NULL,
    hpr TEXT NOT NULL,
    subject TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    code TEXT NOT NULL,
    told_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (peer, type, hpr, subject)
);
CREATE TABLE resolved (
    person_id UUID NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    revision INTEGER NOT NULL,
    value JSONB,
    PRIMARY KEY (person_id, type, subject)
);
CREATE TABLE stream_gap (
    site TEXT NOT NULL,
    number BIGINT NOT NULL,
    noticed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (site, number)
);
CREATE TABLE stream_sent (
    site TEXT NOT NULL,
    number BIGINT NOT NULL,
    type TEXT,
    hpr TEXT,
    subject TEXT,
    sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (site, number)
);
CREATE INDEX stream_sent_at ON stream_sent (sent_at);
CREATE TABLE trainee (
    person_id UUID NOT NULL,
    hpr TEXT,
    open BOOLEAN NOT NULL,
    present BOOLEAN NOT NULL,
    checks TEXT[] NOT NULL,
    checks_revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    peers JSONB NOT NULL,
    synchronised_at TIMESTAMP WITH TIME ZONE,
    revision INTEGER NOT NULL,
    PRIMARY KEY (person_id)
);
CREATE INDEX trainee_hpr ON trainee (hpr);
"""


def upgrade() -> None:
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    for line in reversed(_TABLES.splitlines()):
        if line.startswith("CREATE TABLE"):
            op.execute(f"DROP TABLE {line.split()[2]}")
