"""Tables and queries of the copies."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Date, Index, Integer, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from stafett_chassis.sql import Connection
from stafett_contracts.vocabulary import Demand
from stafett_sync.merge.rules.catalogue import Replacement, combined
from stafett_sync.metadata import metadata

catalogue_goal = Table(
    "catalogue_goal",
    metadata,
    Column("goal_key", Text, primary_key=True),
    Column("goal_number", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("catalogue_version", Text),
    Column("templates", JSONB, nullable=False),  # code, name, theme, theme_order, goal_order
    Column("revision", Integer, nullable=False),
)
goal_replacement = Table(
    "goal_replacement",
    metadata,
    Column("goal_key", Text, primary_key=True),
    Column("place", Text, primary_key=True),  # the trust it holds in, or `-`
    Column("replaced", ARRAY(Text), nullable=False),
    Column("demand", Text, nullable=False),
    Column("revision", Integer, nullable=False),
)
# Learning-goal plans only: nothing else is exchanged (SYN-005).
assignment = Table(
    "assignment",
    metadata,
    Column("assignment_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("position_id", Uuid, nullable=False),
    Column("hf_id", Uuid, nullable=False),
    Column("plan_id", Uuid, nullable=False),
    Column("plan_name", Text, nullable=False),
    Column("template_code", Text, nullable=False),
    Column("track", Text),
    Column("specialty", Text),
    Column("state", Text, nullable=False),
    Column("assigned_on", Date, nullable=False),
    Column("ended_on", Date),
    Column("revision", Integer, nullable=False),
    Index("assignment_person", "person_id"),
)


@dataclass(frozen=True, slots=True)
class AssignedHere:
    """A learning-goal plan somebody has or had at a trust of this site."""

    assignment_id: UUID
    person_id: UUID
    hf_id: UUID
    plan_name: str
    template_code: str
    track: str | None
    specialty: str | None
    state: str
    assigned_on: date
    ended_on: date | None


async def keep(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Store `row` unless the table holds the same or a newer revision; whether it was stored."""
    keys = [column.name for column in table.primary_key]
    statement = insert(table).values(**row)
    changes = {name: statement.excluded[name] for name in row if name not in keys}
    return bool(
        await connection.run(
            statement.on_conflict_do_update(
                index_elements=keys, set_=changes, where=table.c.revision < statement.excluded.revision
            )
        )
    )


async def replacements(connection: Connection) -> dict[str, Replacement]:
    """Which goals took the place of which, by the new goal."""
    rows = await connection.all(select(goal_replacement))
    return combined(
        Replacement(row["goal_key"], frozenset(row["replaced"]), Demand(row["demand"])) for row in rows
    )


async def known_goals(connection: Connection, keys: Collection[str]) -> dict[str, str | None]:
    """Of `keys` those the catalogue knows, with its version."""
    rows = await connection.all(
        select(catalogue_goal.c.goal_key, catalogue_goal.c.catalogue_version).where(
            catalogue_goal.c.goal_key.in_(list(keys))
        )
    )
    return {row["goal_key"]: row["catalogue_version"] for row in rows}


async def goal_number(connection: Connection, key: str) -> str | None:
    """The number this site's catalogue prints for a goal."""
    number: str | None = await connection.value(
        select(catalogue_goal.c.goal_number).where(catalogue_goal.c.goal_key == key)
    )
    return number


async def goals_of_template(connection: Connection, template: str) -> Sequence[Mapping[str, Any]]:
    """The goals of a template, with theme, in order."""
    return await connection.raw.fetch(
        """
        select g.goal_key, g.goal_number, g.text, t->>'theme' as theme from catalogue_goal g
        cross join jsonb_array_elements(g.templates) t where t->>'code' = $1
        order by (t->>'theme_order')::int, t->>'theme', (t->>'goal_order')::int, g.goal_key
        """,
        template,
    )


async def assignments_of(connection: Connection, person_id: UUID) -> list[AssignedHere]:
    """A person's learning-goal plans here."""
    columns = [assignment.c[name] for name in AssignedHere.__dataclass_fields__]
    rows = await connection.all(
        select(*columns)
        .where(assignment.c.person_id == person_id)
        .order_by(assignment.c.assigned_on, assignment.c.assignment_id)
    )
    return [AssignedHere(**row) for row in rows]


async def trust_of_assignment(connection: Connection, assignment_id: UUID) -> UUID | None:
    """The trust the assignment was at when last heard of."""
    found: UUID | None = await connection.value(
        select(assignment.c.hf_id).where(assignment.c.assignment_id == assignment_id)
    )
    return found


async def has_goal_plan(connection: Connection, person_id: UUID) -> bool:
    """Whether the person has or had a learning-goal plan here (SYN-005); one deleted as wrong is none."""
    found = await connection.value(
        select(assignment.c.assignment_id)
        .where(assignment.c.person_id == person_id, assignment.c.state != "deleted")
        .limit(1)
    )
    return found is not None
