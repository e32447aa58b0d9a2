"""Tables of the catalogue."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from stafett_chassis.tables import Moment
from stafett_plans.tables import metadata

# Filing of requirements. A trust's tree has `scope` trust and its `hf_id`, the region's has neither.
category = Table(
    "category",
    metadata,
    Column("category_id", Uuid, primary_key=True),
    Column("parent_id", Uuid),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),  # trust, region
    Column("hf_id", Uuid),
    Column("specialty", Text),
    Column("purpose", Text, nullable=False, server_default="none"),
    Column("revision", Integer, nullable=False),
    Index(
        "category_name",
        "hf_id",
        "parent_id",
        text("lower(name)"),
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
)

# PLN-017: numbers are never reused, also after deletion.
requirement_number = Sequence("requirement_number", start=10_001, metadata=metadata)

# Identity and life of a requirement or activity. What it says now is the row of `requirement_version` with
# `version = published_version`; before the first publishing there is none.
requirement = Table(
    "requirement",
    metadata,
    Column("requirement_id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("owner_unit_id", Uuid),  # department, trust or region; none for national ones
    Column("hf_id", Uuid),  # the owner's trust; none above the trusts
    Column("external_key", Text),
    Column("state", Text, nullable=False),
    Column("published_version", Integer),
    Column("draft", JSONB),  # content fields, as `rules.Content`; none: no draft
    Column("draft_by", Uuid),
    Column("draft_at", Moment),
    Column("created_by", Uuid),  # none: an import
    Column("created_at", Moment, nullable=False),
    Column("archived_by", Uuid),
    Column("archived_at", Moment),
    Column("archive_reason", Text),
    Column("revision", Integer, nullable=False),
    Index("requirement_external_key", "external_key", unique=True),
    Index("requirement_owner", "owner_unit_id"),
)

# Every published version, never changed (PLN-094).
requirement_version = Table(
    "requirement_version",
    metadata,
    Column("requirement_id", Uuid, ForeignKey("requirement.requirement_id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("learning_form", Text, nullable=False),
    Column("documentation_form", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("category_id", Uuid, ForeignKey("category.category_id"), nullable=False),
    Column("requires_signing", Boolean, nullable=False),
    Column("repetitions", Integer),
    Column("validity_days", Integer),
    Column("manual_expiry", Boolean, nullable=False),
    Column("comment_field", Boolean, nullable=False),
    Column("allow_attachments", Boolean, nullable=False),
    Column("recertification", Boolean, nullable=False),
    Column("must_be_done", Boolean, nullable=False),
    Column("allow_customisation", Boolean, nullable=False),
    Column("checklist", JSONB, nullable=False),  # [{checkpoint_id, name, url, must_be_done}]
    Column("links", JSONB, nullable=False),  # [{title, url}]
    Column("files", JSONB, nullable=False),  # [{name, media_type, size, sha256}]
    Column("depends_on", ARRAY(Uuid), nullable=False),
    Column("course_ids", ARRAY(Text), nullable=False),
    Column("conversation_form_id", Uuid),
    Column("changed_fields", ARRAY(Text), nullable=False),
    Column("published_by", Uuid),  # none: an import
    Column("published_at", Moment, nullable=False),
    PrimaryKeyConstraint("requirement_id", "version"),
)

# Units that may fetch a requirement into their plans.
requirement_share = Table(
    "requirement_share",
    metadata,
    Column("requirement_id", Uuid, ForeignKey("requirement.requirement_id"), nullable=False),
    Column("unit_id", Uuid, nullable=False),
    Column("include_sub_units", Boolean, nullable=False),
    Column("ended_at", Moment),
    PrimaryKeyConstraint("requirement_id", "unit_id"),
    Index("requirement_share_unit", "unit_id"),
)

template = Table(
    "template",
    metadata,
    Column("template_id", Uuid, primary_key=True),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("plan_type", Text, nullable=False),
    Column("track", Text, nullable=False),
    Column("specialty", Text),
    Column("revision", Integer, nullable=False),
    # FKM is the code of one template per track and specialty.
    Index("template_identity", "code", "track", "specialty", unique=True, postgresql_nulls_not_distinct=True),
)

theme = Table(
    "theme",
    metadata,
    Column("theme_id", Uuid, primary_key=True),
    Column("template_id", Uuid, ForeignKey("template.template_id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Index("theme_code", "template_id", "code", unique=True),
)

# A goal is one at all sites, known by its key (SYN-050); the number is as the regulation prints it.
goal = Table(
    "goal",
    metadata,
    Column("goal_key", Text, primary_key=True),
    Column("goal_number", Text, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("catalogue_version", Text),
    Column("bound_to_template", Boolean, nullable=False, server_default=text("false")),
    Column("carried_out_in", Text, nullable=False),
    Column("effective_from", Date),
    Column("withdrawn_from", Date),
    Column("replacements", Integer, nullable=False, server_default=text("0")),  # revision of goal.replaced
    Column("revision", Integer, nullable=False),
)

# What a goal said before (PLN-493).
goal_text = Table(
    "goal_text",
    metadata,
    Column("goal_key", Text, ForeignKey("goal.goal_key"), nullable=False),
    Column("until", Moment, nullable=False),
    Column("text", Text, nullable=False),
    Column("catalogue_version", Text),
    PrimaryKeyConstraint("goal_key", "until"),
)

goal_replacement = Table(
    "goal_replacement",
    metadata,
    Column("goal_key", Text, ForeignKey("goal.goal_key"), nullable=False),
    Column("old_goal_key", Text, ForeignKey("goal.goal_key"), nullable=False),
    Column("demand", Text, nullable=False),
    PrimaryKeyConstraint("goal_key", "old_goal_key"),
    Index("goal_replacement_old", "old_goal_key"),
)

# Where a goal lies; it may lie in several templates (PLN-256).
template_goal = Table(
    "template_goal",
    metadata,
    Column("template_id", Uuid, ForeignKey("template.template_id"), nullable=False),
    Column("goal_key", Text, ForeignKey("goal.goal_key"), nullable=False),
    Column("theme_id", Uuid, ForeignKey("theme.theme_id"), nullable=False),
    Column("place", Integer, nullable=False),
    PrimaryKeyConstraint("template_id", "goal_key"),
    Index("template_goal_goal", "goal_key"),
)

# National and regional activities of a goal in a template.
goal_activity = Table(
    "goal_activity",
    metadata,
    Column("template_id", Uuid, nullable=False),
    Column("goal_key", Text, nullable=False),
    Column("requirement_id", Uuid, ForeignKey("requirement.requirement_id"), nullable=False),
    Column("place", Integer, nullable=False),
    PrimaryKeyConstraint("template_id", "goal_key", "requirement_id"),
    Index("goal_activity_requirement", "requirement_id"),
)

# One row. The revision rises with every change an import could meet; whoever changes the catalogue locks it.
catalogue = Table(
    "catalogue",
    metadata,
    Column("single", Boolean, primary_key=True, server_default=text("true")),
    Column("revision", Integer, nullable=False),
)

# Imports of goal catalogues: `refused`, `errors`, `ready` and `applied`.
import_run = Table(
    "import_run",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
    Column("format", Text, nullable=False),  # json, csv
    Column("template_code", Text),
    Column("report", JSONB, nullable=False),
    Column("catalogue_revision", Integer, nullable=False),
    Column("started_by", Uuid, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("applied_by", Uuid),
    Column("applied_at", Moment),
    Column("revision", Integer, nullable=False),
    Index("import_run_started", "started_at"),
)

import_file = Table(
    "import_file",
    metadata,
    Column("run_id", Uuid, ForeignKey("import_run.run_id"), nullable=False),
    Column("part", Text, nullable=False),  # catalogue, goals, activities
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("run_id", "part"),
)

# PLN-008: every change to a definition; rows are only added.
definition_log = Table(
    "definition_log",
    metadata,
    Column("log_id", BigInteger, Identity(always=True), primary_key=True),
    Column("object_kind", Text, nullable=False),  # requirement, plan, template, goal, category
    Column("object_id", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by_person", Uuid),
    Column("by_position", Uuid),
    Column("on_behalf_of", Uuid),
    Column("run_id", Uuid),
    Column("changes", JSONB, nullable=False),  # {field: [before, after]}
    Index("definition_log_object", "object_kind", "object_id", "log_id"),
)
