"""Goals' decided statuses and the decisions behind them: whichever comes first is kept for the other."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Date, Index, Table, Text, Uuid, delete, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from stafett_chassis.sql import Connection, Row
from stafett_chassis.tables import Moment
from stafett_sync.metadata import metadata

# A goal's decided status that waits for the decision's evidence from signing.
goal_waiting = Table(
    "goal_waiting",
    metadata,
    Column("goal_progress_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("goal_key", Text, nullable=False),
    Column("request_id", Uuid),
    Column("event", JSONB, nullable=False),
    Column("since", Moment, nullable=False),
    Column("alarmed_at", Moment),
    Index("goal_waiting_person", "person_id"),
)
# Decisions on goals as signing tells them, waiting for plans or already used.
goal_decision = Table(
    "goal_decision",
    metadata,
    Column("decision_id", Uuid, primary_key=True),
    Column("request_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("goal_key", Text, nullable=False),
    Column("outcome", Text, nullable=False),  # approved, rejected
    Column("decided_at", Moment, nullable=False),
    Column("decider", JSONB, nullable=False),
    Column("completed_on", Date),
    Column("reason", Text),
    Column("statement", Text),
    Index("goal_decision_request", "request_id"),
    Index("goal_decision_person", "person_id", "goal_key"),
)


async def keep_waiting(connection: Connection, row: Mapping[str, Any]) -> None:
    """Keep a goal status until its decision's evidence comes."""
    upsert = insert(goal_waiting).values(**row)
    await connection.run(
        upsert.on_conflict_do_update(
            index_elements=["goal_progress_id"],
            set_={name: upsert.excluded[name] for name in ("event", "request_id", "since")}
            | {"alarmed_at": None},
        )
    )


async def stop_waiting(connection: Connection, goal_progress_id: UUID) -> None:
    """The goal status waits no longer."""
    await connection.run(delete(goal_waiting).where(goal_waiting.c.goal_progress_id == goal_progress_id))


async def waiting_for(connection: Connection, person_id: UUID, goal_key: str) -> Sequence[Row]:
    """Goal statuses of the person that wait for evidence on the goal."""
    return await connection.all(
        select(goal_waiting)
        .where(goal_waiting.c.person_id == person_id, goal_waiting.c.goal_key == goal_key)
        .with_for_update()
    )


async def alarm_overdue(connection: Connection, before: datetime, at: datetime) -> int:
    """Mark the goal statuses that have waited since `before` as told to operators; how many were not yet."""
    status = await connection.raw.execute(
        "update goal_waiting set alarmed_at = $2 where since <= $1 and alarmed_at is null", before, at
    )
    return int(status.rsplit(" ", 1)[-1])


async def keep_decision(connection: Connection, row: Mapping[str, Any]) -> None:
    """Keep a decision on a goal."""
    await connection.run(insert(goal_decision).values(**row).on_conflict_do_nothing())


async def decision_on(
    connection: Connection, person_id: UUID, goal_key: str, outcome: str, request_id: UUID | None
) -> Row | None:
    """The latest decision of `outcome` on a person's goal, on the request named if one is."""
    query = select(goal_decision).where(
        goal_decision.c.person_id == person_id,
        goal_decision.c.goal_key == goal_key,
        goal_decision.c.outcome == outcome,
    )
    if request_id is not None:
        query = query.where(goal_decision.c.request_id == request_id)
    return await connection.maybe(query.order_by(goal_decision.c.decided_at.desc()).limit(1))
