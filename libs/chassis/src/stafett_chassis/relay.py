"""The relay: publishes the outbox, in order, and removes what the bus has confirmed.

It runs beside the HTTP process, not in it: in the HTTP event loop it starves under load. Of several replicas one
works, holding an advisory lock on its own connection; the others stand by. It is woken by NOTIFY and, in case a
wake-up is lost, looks every second.

Order: rows are read by their number. Two changes of one aggregate wait for one another in the database, so their
rows are numbered in the order of their commits. When the bus confirms only the first part of a batch, everything
after it is sent again; receivers know what they have had.
"""

import asyncio
import zlib
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from stafett_chassis import telemetry
from stafett_chassis.bus import Bus, BusUnavailable, Message
from stafett_chassis.cancelling import honour_cancellation
from stafett_chassis.sql import plain_url

log = structlog.get_logger(__name__)

BATCH = 100
POLL_SECONDS = 1.0


class Relay:
    """Moves one service's outbox to the bus until cancelled.

    `table` may name another table with the columns of `outbox` (sync has one for the bus between sites); its NOTIFY
    channel has the table's name.
    """

    def __init__(
        self, database_url: str, bus: Bus, *, site: str, service: str, table: str = "outbox"
    ) -> None:
        if not table.isidentifier():
            raise ValueError(f"{table!r} is no table name")
        self._table = table
        self._lock = zlib.crc32(f"relay {table}".encode())
        self._read = f"select id, event_id, type, body from {table} where id > $1 order by id limit {BATCH}"  # noqa: S608
        self._remove = f"delete from {table} where id = any($1::bigint[])"  # noqa: S608
        self._lag = f"select count(*), extract(epoch from now() - min(stored_at))::float8 from {table}"  # noqa: S608
        self._url = plain_url(database_url)
        self._bus = bus
        self._labels = (site, service)
        self._woken = asyncio.Event()
        self.active = False

    async def run(self) -> None:
        """Work, or stand by, for ever; losses of the database or the bus are waited out."""
        pause = 0.2
        while True:
            try:
                await self._session()
                pause = 0.2
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                honour_cancellation()
                log.warning("relay_lost_database", error=repr(error))
            finally:
                self.active = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5)

    async def _session(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=10, command_timeout=30)
        try:
            # Asked for again and again rather than waited for: a waiting statement would hold a snapshot open.
            while not await connection.fetchval("select pg_try_advisory_lock($1)", self._lock):  # noqa: ASYNC110
                await asyncio.sleep(POLL_SECONDS)
            self.active = True
            log.info("relay_active")
            await connection.add_listener(self._table, lambda *_: self._woken.set())
            await self._work(connection)
        finally:
            with suppress(Exception):
                await asyncio.wait_for(connection.close(), 2)

    async def _work(self, connection: "asyncpg.Connection[Any]") -> None:
        pause, looked = 0.2, 0.0
        loop = asyncio.get_running_loop()
        while True:
            self._woken.clear()
            try:
                sent = await self._drain(connection)
                pause = 0.2
            except BusUnavailable as error:
                honour_cancellation()
                telemetry.publish_failures.labels(*self._labels).inc()
                log.warning("bus_away", error=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)
                continue
            if loop.time() - looked > 5:
                looked = loop.time()
                await self._measure(connection)
            if not sent:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)

    async def _drain(self, connection: "asyncpg.Connection[Any]") -> int:
        """Publish until nothing is left; how many. Reads the next batch while one is being confirmed."""
        total = 0
        rows = await connection.fetch(self._read, 0)
        while rows:
            sending = asyncio.ensure_future(self._bus.publish([_message(row) for row in rows]))
            try:
                ahead = await connection.fetch(self._read, rows[-1]["id"]) if len(rows) == BATCH else []
            finally:
                # Also when reading failed: what was confirmed meanwhile may be sent twice, never lost.
                confirmed = await sending
            await connection.execute(self._remove, [row["id"] for row in rows[:confirmed]])
            telemetry.published.labels(*self._labels).inc(confirmed)
            total += confirmed
            if confirmed < len(rows):
                raise BusUnavailable(f"{confirmed} of {len(rows)} messages were confirmed")
            # A row of a slower transaction may have appeared behind the ones read ahead; it comes next time round.
            rows = ahead
        return total

    async def _measure(self, connection: "asyncpg.Connection[Any]") -> None:
        row = await connection.fetchrow(self._lag)
        if row is not None:
            telemetry.outbox_backlog.labels(*self._labels).set(row[0])
            telemetry.outbox_lag_seconds.labels(*self._labels).set(row[1] or 0)


def _message(row: Any) -> Message:
    return Message(row["event_id"], row["type"], row["body"])
