"""The first form of the tables of signing."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE counter (
    person_id UUID NOT NULL,
    version INTEGER NOT NULL,
    signatures INTEGER NOT NULL,
    goals INTEGER NOT NULL,
    plans INTEGER NOT NULL,
    training_time INTEGER NOT NULL,
    had TEXT[] NOT NULL,
    handled TEXT[] NOT NULL,
    PRIMARY KEY (person_id)
);
CREATE TABLE decision (
    decision_id UUID NOT NULL,
    request_id UUID NOT NULL,
    item_ids UUID[] NOT NULL,
    outcome TEXT NOT NULL,
    comment TEXT,
    reason TEXT,
    reason_nb TEXT,
    reason_en TEXT,
    decider_person_id UUID NOT NULL,
    authority_person_id UUID NOT NULL,
    capacity TEXT NOT NULL,
    decider JSONB NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    content_hash TEXT NOT NULL,
    session JSONB NOT NULL,
    PRIMARY KEY (decision_id)
);
CREATE INDEX decision_authority ON decision (authority_person_id, decided_at);
CREATE INDEX decision_request ON decision (request_id);
CREATE TABLE early_withdrawal (
    withdrawal_id BIGINT GENERATED ALWAYS AS IDENTITY,
    request_id UUID NOT NULL,
    item_ids UUID[] NOT NULL,
    cause TEXT NOT NULL,
    explanation TEXT,
    by JSONB,
    PRIMARY KEY (withdrawal_id)
);
CREATE INDEX early_withdrawal_request ON early_withdrawal (request_id);
CREATE TABLE journal_record (
    record_id BIGINT GENERATED ALWAYS AS IDENTITY,
    act TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    request_id UUID NOT NULL,
    decision_id UUID,
    subject_kind TEXT NOT NULL,
    subject_id UUID NOT NULL,
    employee_person_id UUID NOT NULL,
    statement TEXT NOT NULL,
    statement_hash TEXT NOT NULL,
    PRIMARY KEY (record_id)
);
CREATE INDEX journal_record_request ON journal_record (request_id);
CREATE INDEX journal_record_subject ON journal_record (subject_id);
CREATE TABLE request (
    request_id UUID NOT NULL,
    arrival BIGINT GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    list TEXT NOT NULL,
    version INTEGER NOT NULL,
    refused TEXT,
    subject_id UUID NOT NULL,
    subject_revision INTEGER NOT NULL,
    subject JSONB NOT NULL,
    employee_person_id UUID NOT NULL,
    employee_position_id UUID NOT NULL,
    employee JSONB NOT NULL,
    asked_by_person_id UUID,
    asked_by JSONB,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    addressee_kind TEXT NOT NULL,
    addressee_position_id UUID,
    assignment_revision INTEGER NOT NULL,
    via_delegation_id UUID,
    waits_for_person_id UUID,
    waits_for_position_id UUID,
    waits_for_name TEXT,
    waited_for UUID[] NOT NULL,
    completed_on DATE,
    comment TEXT,
    deviation TEXT,
    basis JSONB NOT NULL,
    content_hash TEXT NOT NULL,
    open_items INTEGER NOT NULL,
    signed_items INTEGER NOT NULL,
    rejected_items INTEGER NOT NULL,
    decided_at TIMESTAMP WITH TIME ZONE,
    row_key UUID NOT NULL,
    employee_sort TEXT NOT NULL,
    subject_sort TEXT NOT NULL,
    plan_sort TEXT NOT NULL,
    goal_sort TEXT NOT NULL,
    searched TEXT NOT NULL,
    PRIMARY KEY (request_id)
);
CREATE INDEX request_addressed ON request (waits_for_person_id, list, decided_at);
CREATE INDEX request_employee ON request (employee_person_id, asked_at);
CREATE INDEX request_leader_of ON request (addressee_position_id) WHERE addressee_position_id is not null;
CREATE UNIQUE INDEX request_open_subject ON request (subject_id) WHERE open_items > 0 and kind <> 'repetitions';
CREATE INDEX request_subject ON request (subject_id);
CREATE INDEX request_waiting ON request (waits_for_person_id, list) WHERE open_items > 0;
CREATE TABLE request_item (
    request_id UUID NOT NULL,
    item_id UUID NOT NULL,
    place INTEGER NOT NULL,
    status TEXT NOT NULL,
    performed_on DATE,
    comment TEXT,
    decision_id UUID,
    ended JSONB,
    PRIMARY KEY (request_id, item_id)
);
CREATE UNIQUE INDEX request_item_open ON request_item (item_id) WHERE status in ('waiting', 'preapproved');
"""
# SGN-170: no interface changes or deletes evidence, and neither does a slip of the hand in the database.
_REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% holds evidence: its rows are only added', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$
"""


def upgrade() -> None:
    """Create them."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    op.execute(_REFUSE)
    for table in ("decision", "journal_record"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"CREATE TRIGGER untruncated BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")
