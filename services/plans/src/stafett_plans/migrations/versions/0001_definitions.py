"""The first form of the catalogue and of plans as defined."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
CREATE SEQUENCE requirement_number START WITH 10001;
CREATE TABLE catalogue (
    single BOOLEAN DEFAULT true NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (single)
);
CREATE TABLE category (
    category_id UUID NOT NULL,
    parent_id UUID,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    hf_id UUID,
    specialty TEXT,
    purpose TEXT DEFAULT 'none' NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (category_id)
);
CREATE UNIQUE INDEX category_name ON category (hf_id, parent_id, lower(name)) NULLS NOT DISTINCT;
CREATE TABLE definition_log (
    log_id BIGINT GENERATED ALWAYS AS IDENTITY,
    object_kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    act TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    by_person UUID,
    by_position UUID,
    on_behalf_of UUID,
    run_id UUID,
    changes JSONB NOT NULL,
    PRIMARY KEY (log_id)
);
CREATE INDEX definition_log_object ON definition_log (object_kind, object_id, log_id);
CREATE TABLE goal (
    goal_key TEXT NOT NULL,
    goal_number TEXT NOT NULL,
    type TEXT NOT NULL,
    text TEXT NOT NULL,
    catalogue_version TEXT,
    bound_to_template BOOLEAN DEFAULT false NOT NULL,
    carried_out_in TEXT NOT NULL,
    effective_from DATE,
    withdrawn_from DATE,
    replacements INTEGER DEFAULT 0 NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (goal_key),
    UNIQUE (goal_number)
);
CREATE TABLE import_run (
    run_id UUID NOT NULL,
    state TEXT NOT NULL,
    format TEXT NOT NULL,
    template_code TEXT,
    report JSONB NOT NULL,
    catalogue_revision INTEGER NOT NULL,
    started_by UUID NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    applied_by UUID,
    applied_at TIMESTAMP WITH TIME ZONE,
    revision INTEGER NOT NULL,
    PRIMARY KEY (run_id)
);
CREATE INDEX import_run_started ON import_run (started_at);
CREATE TABLE requirement (
    requirement_id UUID NOT NULL,
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    owner_unit_id UUID,
    hf_id UUID,
    external_key TEXT,
    state TEXT NOT NULL,
    published_version INTEGER,
    draft JSONB,
    draft_by UUID,
    draft_at TIMESTAMP WITH TIME ZONE,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    archived_by UUID,
    archived_at TIMESTAMP WITH TIME ZONE,
    archive_reason TEXT,
    revision INTEGER NOT NULL,
    PRIMARY KEY (requirement_id),
    UNIQUE (number)
);
CREATE UNIQUE INDEX requirement_external_key ON requirement (external_key);
CREATE INDEX requirement_owner ON requirement (owner_unit_id);
CREATE TABLE template (
    template_id UUID NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    plan_type TEXT NOT NULL,
    track TEXT NOT NULL,
    specialty TEXT,
    revision INTEGER NOT NULL,
    PRIMARY KEY (template_id)
);
CREATE UNIQUE INDEX template_identity ON template (code, track, specialty) NULLS NOT DISTINCT;
CREATE TABLE goal_activity (
    template_id UUID NOT NULL,
    goal_key TEXT NOT NULL,
    requirement_id UUID NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (template_id, goal_key, requirement_id),
    FOREIGN KEY(requirement_id) REFERENCES requirement (requirement_id)
);
CREATE INDEX goal_activity_requirement ON goal_activity (requirement_id);
CREATE TABLE goal_replacement (
    goal_key TEXT NOT NULL,
    old_goal_key TEXT NOT NULL,
    demand TEXT NOT NULL,
    PRIMARY KEY (goal_key, old_goal_key),
    FOREIGN KEY(goal_key) REFERENCES goal (goal_key),
    FOREIGN KEY(old_goal_key) REFERENCES goal (goal_key)
);
CREATE INDEX goal_replacement_old ON goal_replacement (old_goal_key);
CREATE TABLE goal_text (
    goal_key TEXT NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    text TEXT NOT NULL,
    catalogue_version TEXT,
    PRIMARY KEY (goal_key, until),
    FOREIGN KEY(goal_key) REFERENCES goal (goal_key)
);
CREATE TABLE import_file (
    run_id UUID NOT NULL,
    part TEXT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (run_id, part),
    FOREIGN KEY(run_id) REFERENCES import_run (run_id)
);
CREATE TABLE plan (
    plan_id UUID NOT NULL,
    type TEXT NOT NULL,
    variant TEXT NOT NULL,
    state TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    sort_key TEXT COLLATE "C" NOT NULL,
    description TEXT NOT NULL,
    time_frame TEXT NOT NULL,
    literature TEXT NOT NULL,
    completion TEXT NOT NULL,
    owner_unit_id UUID,
    hf_id UUID,
    template_id UUID,
    document_owner_id UUID,
    document_responsible_id UUID,
    major INTEGER NOT NULL,
    minor INTEGER NOT NULL,
    created_by UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    changed_by UUID NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    archived_by UUID,
    archived_at TIMESTAMP WITH TIME ZONE,
    archive_reason TEXT,
    revision INTEGER NOT NULL,
    PRIMARY KEY (plan_id),
    FOREIGN KEY(template_id) REFERENCES template (template_id)
);
CREATE UNIQUE INDEX plan_name ON plan (hf_id, name_key) NULLS NOT DISTINCT WHERE archived_at is null;
CREATE INDEX plan_owner ON plan (owner_unit_id);
CREATE UNIQUE INDEX plan_template ON plan (template_id, hf_id) NULLS NOT DISTINCT WHERE archived_at is null and template_id is not null;
CREATE TABLE requirement_share (
    requirement_id UUID NOT NULL,
    unit_id UUID NOT NULL,
    include_sub_units BOOLEAN NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (requirement_id, unit_id),
    FOREIGN KEY(requirement_id) REFERENCES requirement (requirement_id)
);
CREATE INDEX requirement_share_unit ON requirement_share (unit_id);
CREATE TABLE requirement_version (
    requirement_id UUID NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    learning_form TEXT NOT NULL,
    documentation_form TEXT NOT NULL,
    description TEXT NOT NULL,
    category_id UUID NOT NULL,
    requires_signing BOOLEAN NOT NULL,
    repetitions INTEGER,
    validity_days INTEGER,
    manual_expiry BOOLEAN NOT NULL,
    comment_field BOOLEAN NOT NULL,
    allow_attachments BOOLEAN NOT NULL,
    recertification BOOLEAN NOT NULL,
    must_be_done BOOLEAN NOT NULL,
    allow_customisation BOOLEAN NOT NULL,
    checklist JSONB NOT NULL,
    links JSONB NOT NULL,
    files JSONB NOT NULL,
    depends_on UUID[] NOT NULL,
    course_ids TEXT[] NOT NULL,
    conversation_form_id UUID,
    changed_fields TEXT[] NOT NULL,
    published_by UUID,
    published_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (requirement_id, version),
    FOREIGN KEY(requirement_id) REFERENCES requirement (requirement_id),
    FOREIGN KEY(category_id) REFERENCES category (category_id)
);
CREATE TABLE theme (
    theme_id UUID NOT NULL,
    template_id UUID NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (theme_id),
    FOREIGN KEY(template_id) REFERENCES template (template_id)
);
CREATE UNIQUE INDEX theme_code ON theme (template_id, code);
CREATE TABLE local_goal (
    local_goal_id UUID NOT NULL,
    plan_id UUID NOT NULL,
    goal_key TEXT NOT NULL,
    must_be_updated BOOLEAN NOT NULL,
    made_available_by UUID,
    made_available_at TIMESTAMP WITH TIME ZONE,
    training_setting TEXT,
    instruction TEXT,
    revision INTEGER NOT NULL,
    PRIMARY KEY (local_goal_id),
    FOREIGN KEY(plan_id) REFERENCES plan (plan_id),
    FOREIGN KEY(goal_key) REFERENCES goal (goal_key)
);
CREATE UNIQUE INDEX local_goal_goal ON local_goal (plan_id, goal_key);
CREATE INDEX local_goal_key ON local_goal (goal_key);
CREATE TABLE plan_version (
    plan_id UUID NOT NULL,
    major INTEGER NOT NULL,
    minor INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    by_person UUID,
    cause TEXT NOT NULL,
    item_ids UUID[] NOT NULL,
    content JSONB NOT NULL,
    PRIMARY KEY (plan_id, major, minor),
    FOREIGN KEY(plan_id) REFERENCES plan (plan_id)
);
CREATE TABLE publication (
    publication_id UUID NOT NULL,
    plan_id UUID NOT NULL,
    unit_id UUID NOT NULL,
    include_sub_units BOOLEAN NOT NULL,
    published_by UUID NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (publication_id),
    FOREIGN KEY(plan_id) REFERENCES plan (plan_id)
);
CREATE UNIQUE INDEX publication_plan ON publication (plan_id, unit_id);
CREATE INDEX publication_unit ON publication (unit_id);
CREATE TABLE section (
    section_id UUID NOT NULL,
    plan_id UUID NOT NULL,
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    may_be_not_relevant BOOLEAN NOT NULL,
    PRIMARY KEY (section_id),
    FOREIGN KEY(plan_id) REFERENCES plan (plan_id)
);
CREATE INDEX section_plan ON section (plan_id);
CREATE TABLE template_goal (
    template_id UUID NOT NULL,
    goal_key TEXT NOT NULL,
    theme_id UUID NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (template_id, goal_key),
    FOREIGN KEY(template_id) REFERENCES template (template_id),
    FOREIGN KEY(goal_key) REFERENCES goal (goal_key),
    FOREIGN KEY(theme_id) REFERENCES theme (theme_id)
);
CREATE INDEX template_goal_goal ON template_goal (goal_key);
CREATE TABLE plan_item (
    item_id UUID NOT NULL,
    plan_id UUID NOT NULL,
    section_id UUID,
    local_goal_id UUID,
    goal_key TEXT,
    requirement_id UUID NOT NULL,
    place INTEGER NOT NULL,
    state TEXT NOT NULL,
    linked_by UUID,
    linked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    activated_by UUID,
    activated_at TIMESTAMP WITH TIME ZONE,
    deactivated_by UUID,
    deactivated_at TIMESTAMP WITH TIME ZONE,
    deactivation_reason TEXT,
    validity_days INTEGER,
    validity_reason TEXT,
    validity_by UUID,
    validity_at TIMESTAMP WITH TIME ZONE,
    revision INTEGER NOT NULL,
    PRIMARY KEY (item_id),
    FOREIGN KEY(plan_id) REFERENCES plan (plan_id),
    FOREIGN KEY(section_id) REFERENCES section (section_id),
    FOREIGN KEY(local_goal_id) REFERENCES local_goal (local_goal_id),
    FOREIGN KEY(requirement_id) REFERENCES requirement (requirement_id)
);
CREATE UNIQUE INDEX plan_item_once ON plan_item (plan_id, requirement_id) WHERE local_goal_id is null;
CREATE UNIQUE INDEX plan_item_once_a_goal ON plan_item (local_goal_id, requirement_id) WHERE local_goal_id is not null;
CREATE INDEX plan_item_plan ON plan_item (plan_id, state);
CREATE INDEX plan_item_requirement ON plan_item (requirement_id);
insert into catalogue (revision) values (1);
"""


def upgrade() -> None:
    """Create them, and the one row of `catalogue`."""
    for statement in _TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
