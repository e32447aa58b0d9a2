"""What has happened to each person's own things in the last ten minutes, and the streams that are open."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from stafett_chassis.sql import Connection, Row
from stafett_chassis.tables import Moment
from stafett_notify.tables import metadata

CHANNEL = "stream"
"""NOTIFY channel: the persons something happened to, or `*` for many."""

# The number of the latest event of each person. Its row is the lock under which the person's alerts change.
stream_head = Table(
    "stream_head",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

stream_event = Table(
    "stream_event",
    metadata,
    Column("person_id", Uuid, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("person_id", "seq"),
    Index("stream_event_at", "at"),
)

# Streams that browsers hold open, in whichever process: at most five a person.
open_stream = Table(
    "open_stream",
    metadata,
    Column("stream_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Index("open_stream_person", "person_id"),
)

# Sessions that ended before their time; kept for a day, longer than any token holds.
ended_session = Table(
    "ended_session",
    metadata,
    Column("session_id", Uuid, primary_key=True),
    Column("at", Moment, nullable=False),
    Index("ended_session_at", "at"),
)

# One statement numbers and stores: the head is locked, so numbers come in the order of the commits, without gaps.
_APPEND = """
with told as (
    select person_id, name, data, place from unnest($1::uuid[], $2::text[], $3::jsonb[]) with ordinality
        as n(person_id, name, data, place)
), head as (
    insert into stream_head as h (person_id, seq) select person_id, count(*) from told group by person_id order by person_id
    on conflict (person_id) do update set seq = h.seq + excluded.seq returning person_id, seq
)
insert into stream_event (person_id, seq, name, data, at)
select t.person_id,
    head.seq - count(*) over (partition by t.person_id) + row_number() over (partition by t.person_id order by place),
    t.name, t.data, $4
from told t join head on head.person_id = t.person_id
"""

_SINCE = """
select e.person_id, e.seq, e.name, e.data from unnest($1::uuid[], $2::bigint[]) as p(person_id, seq)
join stream_event e on e.person_id = p.person_id and e.seq > p.seq order by e.person_id, e.seq
"""

_BACKLOG = """
select coalesce((select seq from stream_head where person_id = $1), 0) as head,
    coalesce((select jsonb_agg(jsonb_build_object('seq', seq, 'name', name, 'data', data) order by seq)
        from stream_event where person_id = $1 and seq > $2 and at >= $3), '[]') as events
"""

_OPEN = """
with mine as (
    insert into open_stream (stream_id, person_id, opened_at) values ($1, $2, $3)
), surplus as (
    select stream_id from open_stream where person_id = $2 order by opened_at desc, stream_id desc offset $4 - 1
)
delete from open_stream where stream_id in (select stream_id from surplus) returning stream_id
"""

_GONE = """
select s.stream_id from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as s(stream_id, session_id, person_id)
where exists (select from ended_session e where e.session_id = s.session_id)
    or exists (select from directory_account a where a.person_id = s.person_id and a.state = 'deactivated')
    or not exists (select from open_stream o where o.stream_id = s.stream_id)
"""


async def append(work: Connection, told: Sequence[tuple[UUID, str, Mapping[str, Any]]], at: datetime) -> None:
    """Store what happened, in order: (person, event name, data)."""
    columns = [list(column) for column in zip(*told, strict=True)]
    await work.raw.execute(_APPEND, *columns, at)


async def since(connection: Connection, positions: Mapping[UUID, int]) -> Sequence[Row]:
    """What happened to each person after the number given."""
    rows: Sequence[Row] = await connection.raw.fetch(_SINCE, list(positions), list(positions.values()))
    return rows


async def backlog(
    connection: Connection, person_id: UUID, seq: int, oldest: datetime
) -> tuple[int, list[Row]]:
    """The number of the person's latest event, and the events after `seq` that are not older than `oldest`."""
    row = await connection.raw.fetchrow(_BACKLOG, person_id, seq, oldest)
    assert row is not None
    return row["head"], row["events"]


async def open_one(
    connection: Connection, stream_id: UUID, person_id: UUID, at: datetime, most: int
) -> list[UUID]:
    """Note an open stream; the person's oldest streams that are one too many."""
    return [row["stream_id"] for row in await connection.raw.fetch(_OPEN, stream_id, person_id, at, most)]


async def close_one(connection: Connection, stream_id: UUID) -> None:
    """A stream is open no more."""
    await connection.raw.execute("delete from open_stream where stream_id = $1", stream_id)


async def gone(connection: Connection, streams: Sequence[tuple[UUID, UUID, UUID]]) -> set[UUID]:
    """Which of the streams (id, session, person) must close: session ended, account deactivated, one too many."""
    columns = [list(column) for column in zip(*streams, strict=True)]
    return {row["stream_id"] for row in await connection.raw.fetch(_GONE, *columns)}


async def is_over(connection: Connection, session_id: UUID, person_id: UUID) -> bool:
    """Whether the session has ended before its time or the account is deactivated."""
    return bool(
        await connection.raw.fetchval(
            "select exists (select from ended_session where session_id = $1)"
            " or exists (select from directory_account where person_id = $2 and state = 'deactivated')",
            session_id,
            person_id,
        )
    )


async def forget(connection: Connection, before: datetime, sessions_before: datetime) -> None:
    """Delete what no reconnecting browser can ask for any more."""
    await connection.raw.execute("delete from stream_event where at < $1", before)
    await connection.raw.execute("delete from ended_session where at < $1", sessions_before)
    await connection.raw.execute("delete from open_stream where opened_at < $1", sessions_before)
