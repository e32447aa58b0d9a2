"""The directory copy: what every service knows of people, units, positions and relations.

Every row carries the `revision` of the identity event it came from; an older event changes nothing (IDN-253).
"""

from sqlalchemy import Boolean, Column, Date, Index, Integer, PrimaryKeyConstraint, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from stafett_chassis.tables import Moment, metadata

person = Table(
    "directory_person",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("sort_key", Text, nullable=False),
    Column("hpr_number", Text),
    Column("protected", Boolean, nullable=False),
    Column("erased", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
)

# Apart from the person, as identity publishes it apart.
account = Table(
    "directory_account",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
)

unit = Table(
    "directory_unit",
    metadata,
    Column("unit_id", Uuid, primary_key=True),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("parent_id", Uuid),
    Column("hf_id", Uuid),
    Column("valid_to", Date),
    Column("revision", Integer, nullable=False),
)

# Every unit with each of its ancestors and itself.
unit_above = Table(
    "directory_unit_above",
    metadata,
    Column("unit_id", Uuid, nullable=False),
    Column("above_id", Uuid, nullable=False),
    PrimaryKeyConstraint("unit_id", "above_id"),
    Index("directory_unit_above_above", "above_id"),
)

position = Table(
    "directory_position",
    metadata,
    Column("position_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("hf_id", Uuid),
    Column("unit_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text),
    Column("track", Text, nullable=False),
    Column("specialty", Text),
    Column("status", Text, nullable=False),
    Column("start_date", Date),
    Column("end_date", Date),
    Column("access_until", Date),
    Column("revision", Integer, nullable=False),
    Index("directory_position_person", "person_id"),
    Index("directory_position_unit", "unit_id"),
)

# The present leader of each position; a row without leader means that there is none.
leader = Table(
    "directory_leader",
    metadata,
    Column("employee_position_id", Uuid, primary_key=True),
    Column("employee_person_id", Uuid, nullable=False),
    Column("leader_position_id", Uuid),
    Column("leader_person_id", Uuid),
    Column("source", Text),
    Column("valid_from", Date, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("directory_leader_employee", "employee_person_id"),
    Index("directory_leader_leader", "leader_position_id"),
)

earlier_leader = Table(
    "directory_earlier_leader",
    metadata,
    Column("link_id", Uuid, primary_key=True),
    Column("employee_position_id", Uuid, nullable=False),
    Column("employee_person_id", Uuid, nullable=False),
    Column("leader_position_id", Uuid, nullable=False),
    Column("leader_person_id", Uuid, nullable=False),
    Column("source", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=False),
    Index("directory_earlier_leader_employee", "employee_person_id"),
)

# Mentors and supervisors of a trainee, and training leads of a trainee's position.
relation = Table(
    "directory_relation",
    metadata,
    Column("link_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),  # mentor, supervisor, training_lead
    Column("trainee_person_id", Uuid, nullable=False),
    Column("trainee_position_id", Uuid),
    Column("holder_person_id", Uuid, nullable=False),
    Column("holder_position_id", Uuid),
    Column("specialty", Text),
    Column("ended", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("directory_relation_trainee", "trainee_person_id"),
    Index("directory_relation_holder", "holder_person_id"),
)

deputy = Table(
    "directory_deputy",
    metadata,
    Column("deputy_id", Uuid, primary_key=True),
    Column("leader_position_id", Uuid, nullable=False),
    Column("leader_person_id", Uuid, nullable=False),
    Column("deputy_person_id", Uuid, nullable=False),
    Column("expires_on", Date),
    Column("ended_at", Moment),
    Column("revision", Integer, nullable=False),
    Index("directory_deputy_leader", "leader_position_id"),
    Index("directory_deputy_person", "deputy_person_id"),
)

role = Table(
    "directory_role",
    metadata,
    Column("grant_id", Uuid, primary_key=True),
    Column("position_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("specialties", ARRAY(Text), nullable=False),
    Column("plan_ids", ARRAY(Uuid), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("state", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("directory_role_position", "position_id"),
)

role_unit = Table(
    "directory_role_unit",
    metadata,
    Column("grant_id", Uuid, nullable=False),
    Column("unit_id", Uuid, nullable=False),
    Column("include_sub_units", Boolean, nullable=False),
    PrimaryKeyConstraint("grant_id", "unit_id"),
)
