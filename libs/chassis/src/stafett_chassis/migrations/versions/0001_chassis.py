"""The first form of the tables every service has."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE directory_account (
    person_id UUID NOT NULL,
    state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (person_id)
);
CREATE TABLE directory_deputy (
    deputy_id UUID NOT NULL,
    leader_position_id UUID NOT NULL,
    leader_person_id UUID NOT NULL,
    deputy_person_id UUID NOT NULL,
    expires_on DATE,
    ended_at TIMESTAMP WITH TIME ZONE,
    revision INTEGER NOT NULL,
    PRIMARY KEY (deputy_id)
);
CREATE INDEX directory_deputy_leader ON directory_deputy (leader_position_id);
CREATE INDEX directory_deputy_person ON directory_deputy (deputy_person_id);
CREATE TABLE directory_earlier_leader (
    link_id UUID NOT NULL,
    employee_position_id UUID NOT NULL,
    employee_person_id UUID NOT NULL,
    leader_position_id UUID NOT NULL,
    leader_person_id UUID NOT NULL,
    source TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE NOT NULL,
    PRIMARY KEY (link_id)
);
CREATE INDEX directory_earlier_leader_employee ON directory_earlier_leader (employee_person_id);
CREATE TABLE directory_leader (
    employee_position_id UUID NOT NULL,
    employee_person_id UUID NOT NULL,
    leader_position_id UUID,
    leader_person_id UUID,
    source TEXT,
    valid_from DATE NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (employee_position_id)
);
CREATE INDEX directory_leader_employee ON directory_leader (employee_person_id);
CREATE INDEX directory_leader_leader ON directory_leader (leader_position_id);
CREATE TABLE directory_person (
    person_id UUID NOT NULL,
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    hpr_number TEXT,
    protected BOOLEAN NOT NULL,
    erased BOOLEAN NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (person_id)
);
CREATE TABLE directory_position (
    position_id UUID NOT NULL,
    person_id UUID NOT NULL,
    hf_id UUID,
    unit_id UUID NOT NULL,
    kind TEXT NOT NULL,
    title TEXT,
    track TEXT NOT NULL,
    specialty TEXT,
    status TEXT NOT NULL,
    start_date DATE,
    end_date DATE,
    access_until DATE,
    revision INTEGER NOT NULL,
    PRIMARY KEY (position_id)
);
CREATE INDEX directory_position_person ON directory_position (person_id);
CREATE INDEX directory_position_unit ON directory_position (unit_id);
CREATE TABLE directory_relation (
    link_id UUID NOT NULL,
    kind TEXT NOT NULL,
    trainee_person_id UUID NOT NULL,
    trainee_position_id UUID,
    holder_person_id UUID NOT NULL,
    holder_position_id UUID,
    specialty TEXT,
    ended BOOLEAN NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (link_id)
);
CREATE INDEX directory_relation_holder ON directory_relation (holder_person_id);
CREATE INDEX directory_relation_trainee ON directory_relation (trainee_person_id);
CREATE TABLE directory_role (
    grant_id UUID NOT NULL,
    position_id UUID NOT NULL,
    person_id UUID NOT NULL,
    role TEXT NOT NULL,
    specialties TEXT[] NOT NULL,
    plan_ids UUID[] NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (grant_id)
);
CREATE INDEX directory_role_position ON directory_role (position_id);
CREATE TABLE directory_role_unit (
    grant_id UUID NOT NULL,
    unit_id UUID NOT NULL,
    include_sub_units BOOLEAN NOT NULL,
    PRIMARY KEY (grant_id, unit_id)
);
CREATE TABLE directory_unit (
    unit_id UUID NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    parent_id UUID,
    hf_id UUID,
    valid_to DATE,
    revision INTEGER NOT NULL,
    PRIMARY KEY (unit_id)
);
CREATE TABLE directory_unit_above (
    unit_id UUID NOT NULL,
    above_id UUID NOT NULL,
    PRIMARY KEY (unit_id, above_id)
);
CREATE INDEX directory_unit_above_above ON directory_unit_above (above_id);
CREATE TABLE held_event (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    event_id UUID,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    body BYTEA NOT NULL,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    reason TEXT NOT NULL,
    held_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (event_id)
);
CREATE TABLE idempotency (
    caller TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    status INTEGER NOT NULL,
    body BYTEA NOT NULL,
    etag TEXT,
    stored_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE TABLE inbox (
    event_id UUID NOT NULL,
    handled_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (event_id)
);
CREATE TABLE outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    event_id UUID NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    body BYTEA NOT NULL,
    stored_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE scheduled_run (
    job TEXT NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    claimed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    next_try_at TIMESTAMP WITH TIME ZONE NOT NULL,
    tries INTEGER NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    reason TEXT,
    PRIMARY KEY (job, due_at)
);
CREATE INDEX held_event_due ON held_event (due_at) WHERE state = 'waiting';
"""


def upgrade() -> None:
    """Create them."""
    for statement in _TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
