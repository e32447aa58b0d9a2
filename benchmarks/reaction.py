"""Reaction: event to stored effect with inbox, against a bare consumer with one asyncpg transaction a message."""

import asyncio
import time
from typing import Any

import aio_pika
import asyncpg
import orjson
from sqlalchemy import Column, Integer, MetaData, Table, Text, Uuid, bindparam
from sqlalchemy.dialects.postgresql import insert

from benchmarks.messages import message
from benchmarks.relay import _empty
from benchmarks.row import Row, paired
from benchmarks.servers import Servers
from stafett_chassis import migrate
from stafett_chassis.bus import Message
from stafett_chassis.clock import SystemClock
from stafett_chassis.inbox import Inbox
from stafett_chassis.rabbit import RabbitBus
from stafett_chassis.reactions import Reactions
from stafett_chassis.sql import Database
from stafett_chassis.work import Units, Work
from stafett_contracts.identity import ImportRefused
from stafett_contracts.ids import new_id

COUNT = 6_000
RUNS = 3

_copy = Table(
    "copy",
    MetaData(),
    Column("run_id", Uuid, primary_key=True),
    Column("state", Text),
    Column("reason", Text),
    Column("revision", Integer),
)
_insert = insert(_copy).values(
    run_id=bindparam("run"),
    state=bindparam("state"),
    reason=bindparam("reason"),
    revision=bindparam("revision"),
)
_KEEP = _insert.on_conflict_do_update(
    index_elements=["run_id"],
    set_={name: _insert.excluded[name] for name in ("state", "reason", "revision")},
    where=_copy.c.revision < _insert.excluded.revision,
)
_DDL = "create table copy (run_id uuid primary key, state text, reason text, revision int)"
_INBOX = (
    "insert into inbox (event_id, handled_at) values ($1, now()) on conflict do nothing returning event_id"
)
_BARE_KEEP = """
insert into copy (run_id, state, reason, revision) values ($1, $2, $3, $4)
on conflict (run_id) do update set state = excluded.state, reason = excluded.reason, revision = excluded.revision
where copy.revision < excluded.revision
"""

reactions = Reactions()


@reactions.on(ImportRefused)
async def keep(work: Work, event: ImportRefused) -> None:
    """Keep the newest state, as every copy does."""
    await work.run(
        _KEEP, run=event.run_id, state=event.state.value, reason=event.reason, revision=event.revision
    )


async def measure(servers: Servers) -> list[Row]:
    """Events a second, ours and bare in turn."""
    url = servers.databases.create()
    await migrate.upgrade("stafett_chassis", url)
    connection = await asyncpg.connect(url)
    await connection.execute(_DDL)
    await connection.close()
    amqp = servers.vhost("reaction")
    bus = RabbitBus(amqp)
    await bus.declare("taker", [ImportRefused.TYPE])
    ours, limits = [], []
    for _ in range(RUNS):
        messages = [message(new_id(), 1) for _ in range(COUNT)]
        limits.append(await _timed(bus, messages, url, _bare(amqp, url)))
        messages = [message(new_id(), 1) for _ in range(COUNT)]
        ours.append(await _timed(bus, messages, url, _inbox(amqp, url)))
        await _empty(amqp)
    await bus.close()
    value, limit = paired(ours, limits)
    return [Row("reaction: event to stored effect, with inbox", value, "events/s", limit, ">= 0.7")]


async def _timed(bus: RabbitBus, messages: list[Message], url: str, consuming: Any) -> float:
    for first in range(0, len(messages), 100):
        await bus.publish(messages[first : first + 100])
    watch = await asyncpg.connect(url)
    before = await watch.fetchval("select count(*) from copy")
    started = time.perf_counter()
    task = asyncio.create_task(consuming)
    while await watch.fetchval("select count(*) from copy") < before + len(messages):  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    rate = len(messages) / (time.perf_counter() - started)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await watch.close()
    return rate


async def _bare(amqp: str, url: str) -> None:
    database = await asyncpg.connect(url)
    connection = await aio_pika.connect(amqp)
    channel = await connection.channel(publisher_confirms=False)
    await channel.set_qos(prefetch_count=200)
    queue = await channel.get_queue("taker")
    turn = asyncio.Lock()

    async def arrived(incoming: Any) -> None:
        envelope = orjson.loads(incoming.body)
        data = envelope["data"]
        async with turn, database.transaction():
            if await database.fetchval(_INBOX, envelope["id"]):
                await database.execute(
                    _BARE_KEEP, data["run_id"], data["state"], data["reason"], data["revision"]
                )
        await incoming.ack()

    try:
        await queue.consume(arrived)
        await asyncio.Event().wait()
    finally:
        await connection.close()
        await database.close()


async def _inbox(amqp: str, url: str) -> None:
    database = Database(url)
    await database.open()
    bus = RabbitBus(amqp)
    units = Units(database, SystemClock(), site="vest", service="bench")
    try:
        await bus.consume("taker", reactions.types, Inbox(units, reactions, service="bench").take)
    finally:
        await bus.close()
        await units.close()
        await database.close()
