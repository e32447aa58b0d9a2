"""Messages that could not be dealt with, and digests over many trainees."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, LargeBinary, Table, Text, text

from stafett_chassis.clock import oslo_midnight
from stafett_chassis.sql import Connection
from stafett_chassis.tables import Moment
from stafett_sync.metadata import metadata

# `waiting` for another try, or `dead` until an operator deals with it (SYN-163).
national_held = Table(
    "national_held",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("sender", Text),
    Column("state", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Index("national_held_due", "due_at", postgresql_where=text("state = 'waiting'")),
)

_DIGESTS = """
select hpr, encode(sha256(convert_to(string_agg(line, e'\\n' order by line collate "C"), 'UTF8')), 'hex') as digest
from (
    select f.hpr, f.type || e'\\t' || f.subject || e'\\t' || f.epoch || '.' || f.seq || e'\\t' || f.hash as line
    from fact f where f.site = $1 and f.type <> 'presence' and f.hpr = any($2::text[])
      and (f.state = 'present' or f.issued_at >= $3)
) lines group by hpr
"""


async def hold(
    connection: Connection,
    body: bytes,
    *,
    sender: str | None,
    state: str,
    code: str,
    field: str,
    at: datetime,
    due_at: datetime,
) -> None:
    """Keep a message for another try, or as dead."""
    await connection.raw.execute(
        "insert into national_held (body, sender, state, code, field, tries, first_at, last_at, due_at)"
        " values ($1, $2, $3, $4, $5, 1, $6, $6, $7)",
        body,
        sender,
        state,
        code,
        field,
        at,
        due_at,
    )


async def next_due(connection: Connection, now: datetime) -> Any:
    """A message due for another try, locked; none when there is none."""
    return await connection.raw.fetchrow(
        "select * from national_held where state = 'waiting' and due_at <= $1"
        " order by due_at limit 1 for update skip locked",
        now,
    )


async def done(connection: Connection, held_id: int) -> None:
    """The message has been dealt with."""
    await connection.raw.execute("delete from national_held where id = $1", held_id)


async def failed_again(
    connection: Connection, held_id: int, *, state: str, code: str, field: str, at: datetime, due_at: datetime
) -> None:
    """Another try has failed."""
    await connection.raw.execute(
        "update national_held set state = $2, code = $3, field = $4, tries = tries + 1, last_at = $5, due_at = $6"
        " where id = $1",
        held_id,
        state,
        code,
        field,
        at,
        due_at,
    )


async def digests(
    connection: Connection, origin: str, numbers: Collection[str], today: date
) -> dict[str, str]:
    """The digest of each trainee of whom facts of `origin` are held (SYN-150), computed where the facts lie."""
    rows = await connection.raw.fetch(_DIGESTS, origin, list(numbers), _oldest_counted(today))
    return {row["hpr"]: row["digest"] for row in rows}


async def numbers_shared_with(connection: Connection, peer: str) -> list[str]:
    """The trainees who are present at the peer and whose facts it gets (SYN-151, the origin's side)."""
    rows = await connection.raw.fetch(
        """
        select t.hpr from trainee t, jsonb_to_recordset(t.peers) as p(site text, gives boolean)
        where t.open and t.hpr is not null and p.site = $1 and p.gives
        """,
        peer,
    )
    return [row["hpr"] for row in rows]


async def numbers_taken_from(connection: Connection, peer: str) -> list[str]:
    """The trainees present here for whom the peer's facts count (SYN-151, the receiver's side)."""
    rows = await connection.raw.fetch(
        """
        select t.hpr from trainee t, jsonb_to_recordset(t.peers) as p(site text, takes boolean)
        where t.open and t.present and t.hpr is not null and p.site = $1 and p.takes
        """,
        peer,
    )
    return [row["hpr"] for row in rows]


async def begin_run(connection: Connection, peer: str) -> None:
    """A new run of reconciliation with the peer: nothing has been removed in it yet."""
    await connection.raw.execute("update peer set removed = 0 where site = $1", peer)


async def agreed(connection: Connection, peer: str, at: datetime) -> None:
    """The digests of both sites are the same."""
    await connection.raw.execute("update peer set reconciled_at = $2 where site = $1", peer, at)


async def may_remove(connection: Connection, peer: str, count: int) -> bool:
    """Whether `count` more of the peer's facts may be removed in this run: 20 or 1 %, whichever is greater (SYN-153)."""
    allowed: bool = await connection.raw.fetchval(
        """
        update peer set removed = removed + $2
        where site = $1
          and removed + $2 <= greatest(20, (select count(*) from fact where site = $1 and type <> 'presence') / 100)
        returning true
        """,
        peer,
        count,
    )
    return bool(allowed)


def _oldest_counted(today: date) -> datetime:
    """The first moment of the month 24 months ago: what is gone longer is in no digest (SYN-155)."""
    months = today.year * 12 + today.month - 1 - 24
    return oslo_midnight(date(months // 12, months % 12 + 1, 1))
