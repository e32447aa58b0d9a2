"""Tables and queries of what leaves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)

from stafett_chassis.sql import Connection
from stafett_chassis.tables import Moment
from stafett_sync.metadata import metadata
from stafett_sync.own import NATIONAL_OUTBOX

# As the chassis's outbox; `type` is the address: the peer's site id.
national_outbox = Table(
    NATIONAL_OUTBOX,
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("stored_at", Moment, nullable=False),
)
# Another site: the last number sent to it, the highest received from it, when it was last heard.
peer = Table(
    "peer",
    metadata,
    Column("site", Text, primary_key=True),
    Column("stream_out", BigInteger, nullable=False),
    Column("stream_in", BigInteger, nullable=False),
    Column("last_heard", Moment),
    Column("reconciled_at", Moment),  # when its digest last agreed with ours
    Column("removed", BigInteger, nullable=False, server_default="0"),  # facts removed in this run (SYN-153)
)
# Numbers of a peer's stream that have not arrived though later ones have.
stream_gap = Table(
    "stream_gap",
    metadata,
    Column("site", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("noticed_at", Moment, nullable=False),
    Column("asked_at", Moment),
    PrimaryKeyConstraint("site", "number"),
)
# Which fact went out under which number, to be said again when a peer misses it.
stream_sent = Table(
    "stream_sent",
    metadata,
    Column("site", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("type", Text),  # null: no statement
    Column("hpr", Text),
    Column("subject", Text),
    Column("sent_at", Moment, nullable=False),
    PrimaryKeyConstraint("site", "number"),
    Index("stream_sent_at", "sent_at"),
)

_NEXT = """
insert into peer as p (site, stream_out, stream_in) values ($1, $2, 0)
on conflict (site) do update set stream_out = p.stream_out + $2 returning stream_out
"""
_ENQUEUE = """
insert into national_outbox (event_id, type, subject, body, stored_at)
select e, $1, '', b, $4 from unnest($2::uuid[], $3::bytea[]) with ordinality t(e, b, n) order by n
"""
_REMEMBER = """
insert into stream_sent (site, number, type, hpr, subject, sent_at)
select $1, n, t, h, s, $6 from unnest($2::bigint[], $3::text[], $4::text[], $5::text[]) x(n, t, h, s)
"""
_ARRIVED = """
with before as (select coalesce((select stream_in from peer where site = $1), 0) as highest),
gap as (
    insert into stream_gap (site, number, noticed_at)
    select $1, n, $3 from before, generate_series(greatest(highest + 1, $2 - 1000), $2 - 1) n
    on conflict do nothing
), filled as (delete from stream_gap where site = $1 and number = $2)
insert into peer as p (site, stream_out, stream_in, last_heard) values ($1, 0, $2, $3)
on conflict (site) do update set stream_in = greatest(p.stream_in, $2), last_heard = greatest(p.last_heard, $3)
"""
_HEARD = """
insert into peer as p (site, stream_out, stream_in, last_heard) values ($1, 0, 0, $2)
on conflict (site) do update set last_heard = greatest(p.last_heard, $2)
"""


@dataclass(frozen=True, slots=True)
class SentFact:
    """A fact that went out under a number."""

    type: str
    hpr: str
    subject: str


async def take_numbers(connection: Connection, site: str, count: int) -> int:
    """The first of `count` consecutive stream numbers to `site`, which nobody else gets.

    The peer's row stays locked until the commit, so messages are stored in the order of their numbers.
    """
    last: int = await connection.raw.fetchval(_NEXT, site, count)
    return last - count + 1


async def enqueue(
    connection: Connection, site: str, ids: Sequence[Any], bodies: Sequence[bytes], at: datetime
) -> None:
    """Put messages for `site` into the outbox."""
    await connection.raw.execute(_ENQUEUE, site, list(ids), list(bodies), at)


async def remember(
    connection: Connection, site: str, first: int, facts: Sequence[SentFact | None], at: datetime
) -> None:
    """Note which facts go out under the numbers from `first` on."""
    await connection.raw.execute(
        _REMEMBER,
        site,
        list(range(first, first + len(facts))),
        [fact.type if fact else None for fact in facts],
        [fact.hpr if fact else None for fact in facts],
        [fact.subject if fact else None for fact in facts],
        at,
    )


async def sent_under(connection: Connection, site: str, numbers: Collection[int]) -> list[SentFact]:
    """The facts that went to `site` under `numbers`."""
    rows = await connection.raw.fetch(
        "select distinct type, hpr, subject from stream_sent"
        " where site = $1 and number = any($2::bigint[]) and type is not null",
        site,
        list(numbers),
    )
    return [SentFact(**row) for row in rows]


async def arrived(connection: Connection, site: str, number: int | None, at: datetime) -> None:
    """Note that a message of `site` has come, and which numbers before it have not."""
    if number is None:
        await connection.raw.execute(_HEARD, site, at)
    else:
        await connection.raw.execute(_ARRIVED, site, number, at)


async def overdue_gaps(connection: Connection, before: datetime) -> dict[str, list[int]]:
    """Numbers by peer that have been missing, and not asked for, since `before` (at most 500 a peer)."""
    rows = await connection.raw.fetch(
        """
        select site, (array_agg(number order by number))[1:500] as numbers from stream_gap
        where noticed_at <= $1 and (asked_at is null or asked_at <= $1) group by site
        """,
        before,
    )
    return {row["site"]: list(row["numbers"]) for row in rows}


async def mark_asked(connection: Connection, site: str, numbers: Sequence[int], at: datetime) -> None:
    """Note that the missing numbers have been asked for."""
    await connection.raw.execute(
        "update stream_gap set asked_at = $3 where site = $1 and number = any($2::bigint[])",
        site,
        numbers,
        at,
    )


async def close_gaps(connection: Connection, site: str, numbers: Sequence[int]) -> None:
    """The peer has said again what stood under `numbers`."""
    await connection.raw.execute(
        "delete from stream_gap where site = $1 and number = any($2::bigint[])", site, list(numbers)
    )


async def last_heard(connection: Connection) -> dict[str, datetime | None]:
    """When each peer was last heard."""
    return {row["site"]: row["last_heard"] for row in await connection.raw.fetch("select * from peer")}


async def waits_for(connection: Connection, site: str) -> bool:
    """Whether something for `site` is still in the outbox."""
    found: bool = await connection.raw.fetchval(
        "select exists (select from national_outbox where type = $1)", site
    )
    return found


async def forget_sent(connection: Connection, before: datetime) -> None:
    """Forget what went out before the moment: no peer asks for so old a number."""
    await connection.raw.execute("delete from stream_sent where sent_at < $1", before)
