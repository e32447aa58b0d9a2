"""The first form of the directory and of the HR import."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE account (
    person_id UUID NOT NULL,
    state TEXT NOT NULL,
    state_since DATE NOT NULL,
    state_cause TEXT,
    registered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_login_at TIMESTAMP WITH TIME ZONE,
    last_login_method TEXT,
    warned_at TIMESTAMP WITH TIME ZONE,
    deactivated_at TIMESTAMP WITH TIME ZONE,
    password_hash TEXT,
    failed_attempts INTEGER DEFAULT 0 NOT NULL,
    locked_until TIMESTAMP WITH TIME ZONE,
    revision INTEGER DEFAULT 0 NOT NULL,
    PRIMARY KEY (person_id)
);
CREATE TABLE deputy (
    deputy_id UUID NOT NULL,
    leader_position_id UUID NOT NULL,
    leader_person_id UUID NOT NULL,
    deputy_person_id UUID NOT NULL,
    valid_from DATE NOT NULL,
    expires_on DATE,
    set_by_person_id UUID,
    ended_at TIMESTAMP WITH TIME ZONE,
    cause TEXT,
    revision INTEGER NOT NULL,
    PRIMARY KEY (deputy_id)
);
CREATE INDEX deputy_leader ON deputy (leader_position_id);
CREATE UNIQUE INDEX deputy_open ON deputy (leader_position_id, deputy_person_id) WHERE ended_at is null;
CREATE INDEX deputy_person ON deputy (deputy_person_id);
CREATE TABLE earlier_leader (
    link_id UUID NOT NULL,
    employee_position_id UUID NOT NULL,
    employee_person_id UUID NOT NULL,
    leader_position_id UUID NOT NULL,
    leader_person_id UUID NOT NULL,
    source TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE NOT NULL,
    set_by_person_id UUID,
    PRIMARY KEY (link_id)
);
CREATE INDEX earlier_leader_employee ON earlier_leader (employee_person_id);
CREATE INDEX earlier_leader_leader ON earlier_leader (leader_person_id);
CREATE INDEX earlier_leader_position ON earlier_leader (employee_position_id);
CREATE TABLE employment_period (
    position_id UUID NOT NULL,
    employment_id TEXT NOT NULL,
    start_date DATE NOT NULL,
    end_date DATE,
    percentage NUMERIC(5, 2),
    title TEXT,
    hr_start_date DATE,
    gone_on DATE,
    PRIMARY KEY (position_id, employment_id)
);
CREATE INDEX employment_period_employment ON employment_period (employment_id);
CREATE TABLE former_national_id (
    national_id_hash BYTEA NOT NULL,
    national_id BYTEA NOT NULL,
    person_id UUID NOT NULL,
    PRIMARY KEY (national_id_hash)
);
CREATE INDEX former_national_id_person ON former_national_id (person_id);
CREATE TABLE import_file (
    run_id UUID NOT NULL,
    content BYTEA NOT NULL,
    stored_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (run_id)
);
CREATE TABLE import_run (
    run_id UUID NOT NULL,
    file_hash BYTEA NOT NULL,
    file_id TEXT,
    file_created_at TIMESTAMP WITH TIME ZONE,
    hf_codes TEXT[] NOT NULL,
    mode TEXT NOT NULL,
    state TEXT NOT NULL,
    run_on DATE NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    started_by UUID,
    decided_by UUID,
    decided_at TIMESTAMP WITH TIME ZONE,
    refusal JSONB,
    counts JSONB NOT NULL,
    errors JSONB NOT NULL,
    warnings JSONB NOT NULL,
    changes JSONB NOT NULL,
    PRIMARY KEY (run_id)
);
CREATE UNIQUE INDEX import_run_file ON import_run (file_hash) WHERE mode = 'apply';
CREATE INDEX import_run_started ON import_run (started_at);
CREATE TABLE leader_link (
    employee_position_id UUID NOT NULL,
    employee_person_id UUID NOT NULL,
    link_id UUID,
    leader_position_id UUID,
    leader_person_id UUID,
    source TEXT,
    valid_from DATE NOT NULL,
    cause TEXT NOT NULL,
    set_by_person_id UUID,
    set_by_position_id UUID,
    hr_leader_position_id UUID,
    hr_leader_person_id UUID,
    hr_named_person_id UUID,
    awaits_choice BOOLEAN DEFAULT false NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (employee_position_id),
    CONSTRAINT leader_link_whole CHECK ((link_id is null) = (leader_position_id is null) and (link_id is null) = (leader_person_id is null) and (link_id is null) = (source is null))
);
CREATE INDEX leader_link_employee ON leader_link (employee_person_id);
CREATE INDEX leader_link_leader ON leader_link (leader_position_id);
CREATE INDEX leader_link_person ON leader_link (leader_person_id);
CREATE TABLE org_unit (
    unit_id UUID NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    parent_id UUID,
    hf_id UUID,
    hf_code TEXT,
    leader_person_id UUID,
    leader_position_id UUID,
    valid_from DATE,
    valid_to DATE,
    source TEXT NOT NULL,
    search_text TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (unit_id),
    UNIQUE (code)
);
CREATE INDEX org_unit_parent ON org_unit (parent_id);
CREATE TABLE org_unit_above (
    unit_id UUID NOT NULL,
    above_id UUID NOT NULL,
    PRIMARY KEY (unit_id, above_id)
);
CREATE INDEX org_unit_above_above ON org_unit_above (above_id);
CREATE TABLE person (
    person_id UUID NOT NULL,
    object_id TEXT,
    national_id BYTEA,
    national_id_hash BYTEA,
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    search_text TEXT NOT NULL,
    hpr_number TEXT,
    hpr_source TEXT,
    work_email TEXT,
    private_email TEXT,
    private_email_verified_at TIMESTAMP WITH TIME ZONE,
    phone TEXT,
    phone_own BOOLEAN DEFAULT false NOT NULL,
    language TEXT DEFAULT 'nb' NOT NULL,
    protected BOOLEAN DEFAULT false NOT NULL,
    synthetic BOOLEAN DEFAULT false NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision INTEGER NOT NULL,
    contact_email TEXT,
    contact_revision INTEGER DEFAULT 0 NOT NULL,
    PRIMARY KEY (person_id),
    CONSTRAINT person_hpr_number UNIQUE (hpr_number) DEFERRABLE INITIALLY DEFERRED,
    UNIQUE (object_id),
    UNIQUE (national_id_hash)
);
CREATE INDEX person_search ON person USING gin (array_to_tsvector(string_to_array(search_text, ' ')));
CREATE TABLE person_link (
    link_id UUID NOT NULL,
    kind TEXT NOT NULL,
    trainee_person_id UUID NOT NULL,
    holder_person_id UUID NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    set_by_person_id UUID,
    cause TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (link_id)
);
CREATE INDEX person_link_holder ON person_link (holder_person_id);
CREATE UNIQUE INDEX person_link_open ON person_link (kind, trainee_person_id, holder_person_id) WHERE valid_to is null;
CREATE INDEX person_link_trainee ON person_link (trainee_person_id);
CREATE TABLE position (
    position_id UUID NOT NULL,
    person_id UUID NOT NULL,
    hf_id UUID NOT NULL,
    unit_id UUID NOT NULL,
    kind TEXT NOT NULL,
    title TEXT,
    job_code TEXT,
    track TEXT NOT NULL,
    specialty TEXT,
    percentage NUMERIC(5, 2),
    status TEXT NOT NULL,
    start_date DATE,
    end_date DATE,
    access_until DATE,
    reactivated_until DATE,
    deactivated_at DATE,
    deactivated_cause TEXT,
    person_left BOOLEAN DEFAULT false NOT NULL,
    rotation BOOLEAN DEFAULT false NOT NULL,
    predecessor_id UUID,
    successor_id UUID,
    home_position_id UUID,
    last_selected_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (position_id)
);
CREATE INDEX position_hf ON position (hf_id);
CREATE UNIQUE INDEX position_identifier ON position (person_id, hf_id, unit_id) WHERE kind <> 'temporary';
CREATE INDEX position_person ON position (person_id);
CREATE INDEX position_unit ON position (unit_id);
CREATE TABLE role_grant (
    grant_id UUID NOT NULL,
    position_id UUID NOT NULL,
    person_id UUID NOT NULL,
    role TEXT NOT NULL,
    specialties TEXT[] NOT NULL,
    plan_ids UUID[] NOT NULL,
    scope_key TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    order_ref TEXT NOT NULL,
    ordered_by TEXT,
    registered_by UUID,
    state TEXT NOT NULL,
    ended_cause TEXT,
    ended_on DATE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (grant_id)
);
CREATE UNIQUE INDEX role_grant_order ON role_grant (order_ref);
CREATE INDEX role_grant_person ON role_grant (person_id);
CREATE INDEX role_grant_position ON role_grant (position_id);
CREATE TABLE role_unit (
    grant_id UUID NOT NULL,
    unit_id UUID NOT NULL,
    include_sub_units BOOLEAN NOT NULL,
    PRIMARY KEY (grant_id, unit_id)
);
CREATE INDEX role_unit_unit ON role_unit (unit_id);
CREATE TABLE training_lead_link (
    link_id UUID NOT NULL,
    trainee_position_id UUID NOT NULL,
    trainee_person_id UUID NOT NULL,
    lead_position_id UUID NOT NULL,
    lead_person_id UUID NOT NULL,
    specialty TEXT NOT NULL,
    hf_id UUID NOT NULL,
    state TEXT NOT NULL,
    removed_by_person_id UUID,
    cause TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (link_id),
    UNIQUE (trainee_position_id, lead_position_id, specialty)
);
CREATE INDEX training_lead_link_lead ON training_lead_link (lead_position_id);
CREATE INDEX training_lead_link_trainee ON training_lead_link (trainee_position_id);
"""


def upgrade() -> None:
    """Create them."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
