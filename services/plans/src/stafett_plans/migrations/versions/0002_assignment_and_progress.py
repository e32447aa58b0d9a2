"""Assignments, registrations and goals of people."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE access_log (
    log_id BIGINT GENERATED ALWAYS AS IDENTITY,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor_id UUID NOT NULL,
    actor_position UUID,
    on_behalf_of UUID,
    person_id UUID NOT NULL,
    target_kind TEXT NOT NULL,
    target_id TEXT NOT NULL,
    PRIMARY KEY (log_id)
);
CREATE INDEX access_log_person ON access_log (person_id, log_id);
CREATE TABLE assignment (
    assignment_id UUID NOT NULL,
    plan_id UUID NOT NULL,
    person_id UUID NOT NULL,
    position_id UUID NOT NULL,
    hf_id UUID NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    assigned_by UUID,
    assigned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    first_work_at TIMESTAMP WITH TIME ZONE,
    last_activity_at TIMESTAMP WITH TIME ZONE NOT NULL,
    plan_status TEXT NOT NULL,
    completed_on DATE,
    request_id UUID,
    approved_by JSONB,
    ended_by UUID,
    ended_at TIMESTAMP WITH TIME ZONE,
    snapshot JSONB,
    continued_as UUID,
    revision INTEGER NOT NULL,
    PRIMARY KEY (assignment_id),
    FOREIGN KEY(plan_id) REFERENCES plan (plan_id)
);
CREATE UNIQUE INDEX assignment_once ON assignment (position_id, plan_id) WHERE state <> 'deleted';
CREATE INDEX assignment_person ON assignment (person_id, state);
CREATE INDEX assignment_plan ON assignment (plan_id, state);
CREATE TABLE history_entry (
    entry_id BIGINT GENERATED ALWAYS AS IDENTITY,
    target_kind TEXT NOT NULL,
    target_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor_id UUID,
    actor_position UUID,
    on_behalf_of UUID,
    act TEXT NOT NULL,
    status TEXT NOT NULL,
    comment TEXT,
    details JSONB,
    PRIMARY KEY (entry_id)
);
CREATE INDEX history_entry_target ON history_entry (target_id, entry_id);
CREATE TABLE relevance_mark (
    mark_id UUID NOT NULL,
    person_id UUID NOT NULL,
    plan_id UUID NOT NULL,
    target_kind TEXT NOT NULL,
    target_id UUID NOT NULL,
    comment TEXT NOT NULL,
    marked_by UUID NOT NULL,
    marked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    removed_by UUID,
    removed_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (mark_id),
    FOREIGN KEY(plan_id) REFERENCES plan (plan_id)
);
CREATE UNIQUE INDEX relevance_mark_once ON relevance_mark (person_id, plan_id, target_id) WHERE removed_at is null;
CREATE TABLE registration (
    registration_id UUID NOT NULL,
    person_id UUID NOT NULL,
    requirement_id UUID NOT NULL,
    hf_id UUID NOT NULL,
    round_id UUID NOT NULL,
    round_number INTEGER NOT NULL,
    state TEXT NOT NULL,
    fulfilled_on DATE,
    manual_expiry DATE,
    comment TEXT,
    supervisor_id UUID,
    supervisor_name TEXT,
    request_id UUID,
    recalling BOOLEAN NOT NULL,
    before TEXT,
    source TEXT,
    signed BOOLEAN NOT NULL,
    signer JSONB,
    signed_at TIMESTAMP WITH TIME ZONE,
    decision_comment TEXT,
    reason TEXT,
    note TEXT,
    ticks JSONB NOT NULL,
    done INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    demanded INTEGER,
    kept JSONB,
    kept_fulfilled_on DATE,
    kept_manual_expiry DATE,
    last_assignment_id UUID,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (registration_id),
    FOREIGN KEY(requirement_id) REFERENCES requirement (requirement_id)
);
CREATE UNIQUE INDEX registration_once ON registration (person_id, requirement_id, hf_id);
CREATE INDEX registration_requirement ON registration (requirement_id);
CREATE TABLE closed_round (
    entry_id BIGINT GENERATED ALWAYS AS IDENTITY,
    registration_id UUID NOT NULL,
    reason TEXT NOT NULL,
    content JSONB NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (entry_id),
    FOREIGN KEY(registration_id) REFERENCES registration (registration_id)
);
CREATE INDEX closed_round_registration ON closed_round (registration_id);
CREATE TABLE repetition (
    repetition_id UUID NOT NULL,
    registration_id UUID NOT NULL,
    round_id UUID NOT NULL,
    performed_on DATE NOT NULL,
    state TEXT NOT NULL,
    comment TEXT,
    supervisor_id UUID,
    supervisor_name TEXT,
    request_id UUID,
    item_id UUID,
    recalling BOOLEAN NOT NULL,
    signer JSONB,
    signed_at TIMESTAMP WITH TIME ZONE,
    decision_comment TEXT,
    reason TEXT,
    PRIMARY KEY (repetition_id),
    FOREIGN KEY(registration_id) REFERENCES registration (registration_id)
);
CREATE INDEX repetition_registration ON repetition (registration_id, round_id);
CREATE TABLE request (
    request_id UUID NOT NULL,
    kind TEXT NOT NULL,
    subject_id UUID NOT NULL,
    person_id UUID NOT NULL,
    subject_revision INTEGER NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    version INTEGER NOT NULL,
    withdrawn TEXT,
    revision INTEGER NOT NULL,
    PRIMARY KEY (request_id)
);
CREATE INDEX request_subject ON request (subject_id);
CREATE TABLE procedure_count (
    person_id UUID NOT NULL,
    external_key TEXT NOT NULL,
    total INTEGER NOT NULL,
    entries JSONB NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (person_id, external_key)
);
CREATE TABLE person_link (
    person_id UUID NOT NULL,
    state TEXT NOT NULL,
    text_nb TEXT NOT NULL,
    text_en TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (person_id)
);
CREATE TABLE goal_progress (
    goal_progress_id UUID NOT NULL,
    person_id UUID NOT NULL,
    goal_key TEXT NOT NULL,
    own TEXT NOT NULL,
    begun BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    status_at TIMESTAMP WITH TIME ZONE,
    completed_on DATE,
    comment TEXT,
    deviation TEXT,
    approver_id UUID,
    approver_name TEXT,
    delegation_id UUID,
    assignment_id UUID,
    request_id UUID,
    recalling BOOLEAN NOT NULL,
    before TEXT,
    decided_by JSONB,
    decided_at TIMESTAMP WITH TIME ZONE,
    decision_comment TEXT,
    reason TEXT,
    note TEXT,
    outside JSONB,
    outside_revision INTEGER NOT NULL,
    directorate JSONB,
    revision INTEGER NOT NULL,
    PRIMARY KEY (goal_progress_id)
);
CREATE UNIQUE INDEX goal_progress_once ON goal_progress (person_id, goal_key);
CREATE TABLE delegation (
    delegation_id UUID NOT NULL,
    leader_person_id UUID NOT NULL,
    leader_position_id UUID NOT NULL,
    delegate_person_id UUID NOT NULL,
    description TEXT,
    mode TEXT NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    revision INTEGER NOT NULL,
    PRIMARY KEY (delegation_id)
);
CREATE INDEX delegation_leader ON delegation (leader_person_id);
"""


def upgrade() -> None:
    """Create them."""
    """Create them."""
    for statement in _TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
