"""The base tables of the directory. Every row that is published carries its own `revision`."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from stafett_chassis.tables import Moment
from stafett_identity.metadata import metadata

person = Table(
    "person",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("object_id", Text, unique=True),
    Column("national_id", LargeBinary),  # encrypted
    Column("national_id_hash", LargeBinary, unique=True),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("sort_key", Text(collation="C"), nullable=False),
    Column("search_text", Text, nullable=False),
    Column("hpr_number", Text),
    Column("hpr_source", Text),  # eid, hr, self
    Column("work_email", Text),
    Column("private_email", Text),
    Column("private_email_verified_at", Moment),
    Column("phone", Text),
    Column(
        "phone_own", Boolean, nullable=False, server_default=text("false")
    ),  # typed by the person, not HR's
    Column("language", Text, nullable=False, server_default="nb"),
    Column("protected", Boolean, nullable=False, server_default=text("false")),
    Column("synthetic", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("revision", Integer, nullable=False),
    # What notify was last told to use, under a revision of its own (IDN-254).
    Column("contact_email", Text),
    Column("contact_revision", Integer, nullable=False, server_default=text("0")),
    # Deferred: a correction may swap two people's numbers.
    UniqueConstraint("hpr_number", name="person_hpr_number", deferrable=True, initially="DEFERRED"),
    Index(
        "person_search",
        text("array_to_tsvector(string_to_array(search_text, ' '))"),
        postgresql_using="gin",
    ),
    # Whose address it is (IDN-014, IDN-061).
    Index("person_private_email", text("lower(private_email)")),
)

# National ids a person had before, D-numbers mostly (IDN-087).
former_national_id = Table(
    "former_national_id",
    metadata,
    Column("national_id_hash", LargeBinary, primary_key=True),
    Column("national_id", LargeBinary, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Index("former_national_id_person", "person_id"),
)

account = Table(
    "account",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),  # active, warned, deactivated
    Column("state_since", Date, nullable=False),
    Column("state_cause", Text),
    Column("registered_at", Moment, nullable=False),
    Column("last_login_at", Moment),
    Column("last_login_method", Text),
    Column("warned_at", Moment),
    Column("deactivated_at", Moment),
    Column("password_hash", Text),
    Column("failed_attempts", Integer, nullable=False, server_default=text("0")),
    Column("locked_until", Moment),
    Column(
        "revision", Integer, nullable=False, server_default=text("0")
    ),  # 0: nobody was told of a state yet
)

org_unit = Table(
    "org_unit",
    metadata,
    Column("unit_id", Uuid, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("parent_id", Uuid),
    Column("hf_id", Uuid),
    Column("hf_code", Text),  # the trust whose HR snapshot holds it
    Column("leader_person_id", Uuid),
    Column("leader_position_id", Uuid),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("source", Text, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("org_unit_parent", "parent_id"),
)

# Every unit with each of its ancestors and itself.
org_unit_above = Table(
    "org_unit_above",
    metadata,
    Column("unit_id", Uuid, nullable=False),
    Column("above_id", Uuid, nullable=False),
    PrimaryKeyConstraint("unit_id", "above_id"),
    Index("org_unit_above_above", "above_id"),
)

position = Table(
    "position",
    metadata,
    Column("position_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("hf_id", Uuid, nullable=False),
    Column("unit_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text),
    Column("job_code", Text),
    Column("track", Text, nullable=False),
    Column("specialty", Text),
    Column("percentage", Numeric(5, 2)),
    Column("status", Text, nullable=False),
    Column("start_date", Date),
    Column("end_date", Date),
    Column("access_until", Date),
    Column("reactivated_until", Date),
    Column("deactivated_at", Date),
    Column("deactivated_cause", Text),
    Column("person_left", Boolean, nullable=False, server_default=text("false")),
    Column("rotation", Boolean, nullable=False, server_default=text("false")),
    Column("predecessor_id", Uuid),
    Column("successor_id", Uuid),
    Column("home_position_id", Uuid),
    Column("last_selected_at", Moment),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("position_person", "person_id"),
    Index("position_unit", "unit_id"),
    Index("position_hf", "hf_id"),
    # The position identifier (IDN-093).
    Index(
        "position_identifier",
        "person_id",
        "hf_id",
        "unit_id",
        unique=True,
        postgresql_where=text("kind <> 'temporary'"),
    ),
)

employment_period = Table(
    "employment_period",
    metadata,
    Column("position_id", Uuid, nullable=False),
    Column("employment_id", Text, nullable=False),
    Column("start_date", Date, nullable=False),
    Column("end_date", Date),
    Column("percentage", Numeric(5, 2)),
    Column("title", Text),
    # What HR says, where the portal counts from the day it heard of a move (IDN-107).
    Column("hr_start_date", Date),
    # The run in which HR's row was gone; the end date is then the portal's own (IDN-097).
    Column("gone_on", Date),
    PrimaryKeyConstraint("position_id", "employment_id"),
    Index("employment_period_employment", "employment_id"),
)

# The present leader of each position (null: none), and whom HR names, which a manual leader overrides (IDN-121).
leader_link = Table(
    "leader_link",
    metadata,
    Column("employee_position_id", Uuid, primary_key=True),
    Column("employee_person_id", Uuid, nullable=False),
    Column("link_id", Uuid),
    Column("leader_position_id", Uuid),
    Column("leader_person_id", Uuid),
    Column("source", Text),
    Column("valid_from", Date, nullable=False),
    Column("cause", Text, nullable=False),
    Column("set_by_person_id", Uuid),
    Column("set_by_position_id", Uuid),
    Column("hr_leader_position_id", Uuid),
    Column("hr_leader_person_id", Uuid),
    Column("hr_named_person_id", Uuid),  # whom the employee's own HR row names (IDN-116)
    # A manual leader left: none until one is chosen, HR's does not step in (IDN-122).
    Column("awaits_choice", Boolean, nullable=False, server_default=text("false")),
    Column("revision", Integer, nullable=False),
    Index("leader_link_leader", "leader_position_id"),
    Index("leader_link_person", "leader_person_id"),
    Index("leader_link_employee", "employee_person_id"),
    CheckConstraint(
        "(link_id is null) = (leader_position_id is null) and (link_id is null) = (leader_person_id is null)"
        " and (link_id is null) = (source is null)",
        name="leader_link_whole",
    ),
)

# Closed leader links, kept for ever (IDN-128).
earlier_leader = Table(
    "earlier_leader",
    metadata,
    Column("link_id", Uuid, primary_key=True),
    Column("employee_position_id", Uuid, nullable=False),
    Column("employee_person_id", Uuid, nullable=False),
    Column("leader_position_id", Uuid, nullable=False),
    Column("leader_person_id", Uuid, nullable=False),
    Column("source", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=False),
    Column("set_by_person_id", Uuid),
    Index("earlier_leader_position", "employee_position_id"),
    Index("earlier_leader_employee", "employee_person_id"),
    Index("earlier_leader_leader", "leader_person_id"),
)

# Mentors and, at the municipal site, supervisors: relations between persons (IDN-132, IDN-135).
person_link = Table(
    "person_link",
    metadata,
    Column("link_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),  # mentor, supervisor
    Column("trainee_person_id", Uuid, nullable=False),
    Column("holder_person_id", Uuid, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),  # null: open
    Column("set_by_person_id", Uuid),
    Column("cause", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("person_link_trainee", "trainee_person_id"),
    Index("person_link_holder", "holder_person_id"),
    Index(
        "person_link_open",
        "kind",
        "trainee_person_id",
        "holder_person_id",
        unique=True,
        postgresql_where=text("valid_to is null"),
    ),
)

training_lead_link = Table(
    "training_lead_link",
    metadata,
    Column("link_id", Uuid, primary_key=True),
    Column("trainee_position_id", Uuid, nullable=False),
    Column("trainee_person_id", Uuid, nullable=False),
    Column("lead_position_id", Uuid, nullable=False),
    Column("lead_person_id", Uuid, nullable=False),
    Column("specialty", Text, nullable=False),
    Column("hf_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),  # active, removed
    Column("removed_by_person_id", Uuid),
    Column("cause", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("training_lead_link_trainee", "trainee_position_id"),
    Index("training_lead_link_lead", "lead_position_id"),
    UniqueConstraint("trainee_position_id", "lead_position_id", "specialty"),
)

deputy = Table(
    "deputy",
    metadata,
    Column("deputy_id", Uuid, primary_key=True),
    Column("leader_position_id", Uuid, nullable=False),
    Column("leader_person_id", Uuid, nullable=False),
    Column("deputy_person_id", Uuid, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("expires_on", Date),
    Column("set_by_person_id", Uuid),
    Column("ended_at", Moment),
    Column("cause", Text),
    Column("revision", Integer, nullable=False),
    Index("deputy_leader", "leader_position_id"),
    Index("deputy_person", "deputy_person_id"),
    # One row a person (IDN-150).
    Index(
        "deputy_open",
        "leader_position_id",
        "deputy_person_id",
        unique=True,
        postgresql_where=text("ended_at is null"),
    ),
)

role_grant = Table(
    "role_grant",
    metadata,
    Column("grant_id", Uuid, primary_key=True),
    Column("position_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("specialties", ARRAY(Text), nullable=False),
    Column("plan_ids", ARRAY(Uuid), nullable=False),
    Column("scope_key", Text, nullable=False),  # what makes two grants the same (IDN-182)
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("order_ref", Text, nullable=False),
    Column("ordered_by", Text),
    Column("registered_by", Uuid),
    Column("state", Text, nullable=False),  # active, suspended, ended
    Column("ended_cause", Text),
    Column("ended_on", Date),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("role_grant_position", "position_id"),
    Index("role_grant_person", "person_id"),
    Index("role_grant_order", "order_ref", unique=True),
)

role_unit = Table(
    "role_unit",
    metadata,
    Column("grant_id", Uuid, nullable=False),
    Column("unit_id", Uuid, nullable=False),
    Column("include_sub_units", Boolean, nullable=False),
    PrimaryKeyConstraint("grant_id", "unit_id"),
    Index("role_unit_unit", "unit_id"),
)
