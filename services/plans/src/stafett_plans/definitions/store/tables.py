"""Tables of the plans as defined."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from stafett_chassis.tables import Moment
from stafett_plans.catalogue import store as catalogue
from stafett_plans.tables import metadata

plan = Table(
    "plan",
    metadata,
    Column("plan_id", Uuid, primary_key=True),
    Column("type", Text, nullable=False),
    Column("variant", Text, nullable=False),
    Column("state", Text, nullable=False),  # unpublished, published, archived
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),  # as PLN-245 compares names
    Column("sort_key", Text(collation="C"), nullable=False),
    Column("description", Text, nullable=False),
    Column("time_frame", Text, nullable=False),
    Column("literature", Text, nullable=False),
    Column("completion", Text, nullable=False),
    Column("owner_unit_id", Uuid),  # central plans need none
    Column("hf_id", Uuid),  # the owner's trust; none for central plans
    Column("template_id", Uuid, ForeignKey(catalogue.template.c.template_id)),
    Column("document_owner_id", Uuid),  # persons
    Column("document_responsible_id", Uuid),
    Column("major", Integer, nullable=False),  # 0.0: no version yet
    Column("minor", Integer, nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_by", Uuid, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("archived_by", Uuid),
    Column("archived_at", Moment),
    Column("archive_reason", Text),
    Column("revision", Integer, nullable=False),
    Index(
        "plan_name",
        "hf_id",
        "name_key",
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=text("archived_at is null"),
    ),
    # PLN-254
    Index(
        "plan_template",
        "template_id",
        "hf_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=text("archived_at is null and template_id is not null"),
    ),
    Index("plan_owner", "owner_unit_id"),
)

# Parts of a competence plan.
section = Table(
    "section",
    metadata,
    Column("section_id", Uuid, primary_key=True),
    Column("plan_id", Uuid, ForeignKey("plan.plan_id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("may_be_not_relevant", Boolean, nullable=False),
    Index("section_plan", "plan_id"),
)

# A goal in a goal plan. Its theme and place are those of the plan's template.
local_goal = Table(
    "local_goal",
    metadata,
    Column("local_goal_id", Uuid, primary_key=True),
    Column("plan_id", Uuid, ForeignKey("plan.plan_id"), nullable=False),
    Column("goal_key", Text, ForeignKey(catalogue.goal.c.goal_key), nullable=False),
    Column("must_be_updated", Boolean, nullable=False),  # PLN-450: not shown to trainees yet
    Column("made_available_by", Uuid),
    Column("made_available_at", Moment),
    Column("training_setting", Text),
    Column("instruction", Text),  # for the approver
    Column("revision", Integer, nullable=False),
    Index("local_goal_goal", "plan_id", "goal_key", unique=True),
    Index("local_goal_key", "goal_key"),
)

# A requirement in a section, or an activity under a goal.
plan_item = Table(
    "plan_item",
    metadata,
    Column("item_id", Uuid, primary_key=True),
    Column("plan_id", Uuid, ForeignKey("plan.plan_id"), nullable=False),
    Column("section_id", Uuid, ForeignKey("section.section_id")),
    Column("local_goal_id", Uuid, ForeignKey("local_goal.local_goal_id")),
    Column("goal_key", Text),  # the local goal's
    Column("requirement_id", Uuid, ForeignKey(catalogue.requirement.c.requirement_id), nullable=False),
    Column("place", Integer, nullable=False),
    Column("state", Text, nullable=False),  # inactive, active, deactivated, archived
    Column("linked_by", Uuid),  # none: an import
    Column("linked_at", Moment, nullable=False),
    Column("activated_by", Uuid),
    Column("activated_at", Moment),  # first time; none: never active
    Column("deactivated_by", Uuid),
    Column("deactivated_at", Moment),
    Column("deactivation_reason", Text),
    Column("validity_days", Integer),  # customised in this plan
    Column("validity_reason", Text),
    Column("validity_by", Uuid),
    Column("validity_at", Moment),
    Column("revision", Integer, nullable=False),
    # PLN-292
    Index(
        "plan_item_once",
        "plan_id",
        "requirement_id",
        unique=True,
        postgresql_where=text("local_goal_id is null"),
    ),
    Index(
        "plan_item_once_a_goal",
        "local_goal_id",
        "requirement_id",
        unique=True,
        postgresql_where=text("local_goal_id is not null"),
    ),
    Index("plan_item_plan", "plan_id", "state"),
    Index("plan_item_requirement", "requirement_id"),
)

# Frozen content (PLN-384).
plan_version = Table(
    "plan_version",
    metadata,
    Column("plan_id", Uuid, ForeignKey("plan.plan_id"), nullable=False),
    Column("major", Integer, nullable=False),
    Column("minor", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by_person", Uuid),  # none: an import
    Column("cause", Text, nullable=False),  # activated, published, approved, imported
    Column("item_ids", ARRAY(Uuid), nullable=False),
    Column("content", JSONB, nullable=False),
    PrimaryKeyConstraint("plan_id", "major", "minor"),
)

# Units whose people a plan can be assigned to.
publication = Table(
    "publication",
    metadata,
    Column("publication_id", Uuid, primary_key=True),
    Column("plan_id", Uuid, ForeignKey("plan.plan_id"), nullable=False),
    Column("unit_id", Uuid, nullable=False),
    Column("include_sub_units", Boolean, nullable=False),
    Column("published_by", Uuid, nullable=False),
    Column("published_at", Moment, nullable=False),
    Index("publication_plan", "plan_id", "unit_id", unique=True),
    Index("publication_unit", "unit_id"),
)
