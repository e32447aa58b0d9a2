"""The streams that browsers hold open in this process, and who writes to them.

What happens is stored per person and numbered without gaps (`store`); a NOTIFY names the persons it happened to. One
task reads for all of them at once and hands out; so a burst costs one query, and a lost wake-up nothing: whoever is
woken next reads everything behind the number written last.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import structlog

from stafett_chassis.auth import ActingAs, Caller
from stafett_chassis.problems import Problem
from stafett_chassis.runtime import Runtime
from stafett_chassis.sql import plain_url
from stafett_contracts.ids import new_id
from stafett_notify.catalogue.rules import CARDS, Card, CardGroup
from stafett_notify.live import store

log = structlog.get_logger(__name__)

KEPT = timedelta(minutes=10)
"""How long a browser can be away and still get what it missed (NTF-140)."""
MOST = 5
"""Streams a person may hold open (NTF-141)."""
LOOK_SECONDS = 2.0
"""How often it is looked whether sessions still last; they must close within five seconds (NTF-141)."""
_WAITING = 1000  # messages a slow reader may be behind before it has to come again

_END = b""


@dataclass(eq=False)
class Stream:
    """One open stream. `seq` is the number of the last event it was given."""

    caller: Caller
    token: str
    person_id: UUID
    stream_id: UUID = field(default_factory=new_id)
    seq: int | None = None  # none: where it begins is not known yet
    queue: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(_WAITING))

    @property
    def tag(self) -> str:
        """What tells the numbers of one person from another's."""
        return self.person_id.hex[-12:]

    def give(self, seq: int, name: str, data: Mapping[str, Any]) -> None:
        """Write an event, unless it is written already or is not for this session."""
        if self.seq is None or seq <= self.seq:
            return
        self.seq = seq
        if self.is_shown(name, data):
            self.put(b"id: %d-%s\nevent: %s\ndata: %s\n\n" % (
                seq, self.tag.encode(), name.encode(), orjson.dumps(data)
            ))  # fmt: skip

    def is_shown(self, name: str, data: Mapping[str, Any]) -> bool:
        """In a deputy session only the leader's follow-up cards are (NTF-031)."""
        if self.caller.acting_as is not ActingAs.DEPUTY or "card" not in data:
            return True
        card = Card(data["card"])
        return CARDS[card].group is CardGroup.FOLLOW_UP and card is not Card.F_CONV

    def start(self, head: int) -> None:
        """Begin behind the event `head`; the browser learns the number to come back with."""
        self.seq = head
        self.put(b"retry: 2000\nid: %d-%s\n\n" % (head, self.tag.encode()))

    def put(self, message: bytes) -> None:
        """Queue bytes; a reader that is too slow is cut off, and comes again where it was."""
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.close()

    def close(self) -> None:
        """End the stream after what is queued; when too much is, with nothing of it, so that nothing is skipped."""
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
        self.queue.put_nowait(_END)

    def position(self, last_event_id: str | None) -> int | None:
        """The number in a `Last-Event-ID` that was given out for this person."""
        number, _, tag = (last_event_id or "").partition("-")
        if tag == self.tag and number.isascii() and number.isdigit() and len(number) < 19:
            return int(number)
        return None


class Hub:
    """Every stream of this process."""

    def __init__(self, runtime: Runtime[Any]) -> None:
        self._runtime = runtime
        self._streams: dict[UUID, set[Stream]] = {}
        self._dirty: set[UUID] = set()
        self._woken = asyncio.Event()
        self._forgetting: set[asyncio.Task[None]] = set()
        self._heartbeat = float(runtime.settings.stream_heartbeat_seconds)

    async def close(self) -> None:
        """Wait for what is being written down about streams that have closed."""
        if self._forgetting:
            await asyncio.wait(self._forgetting, timeout=5)

    async def run(self) -> None:
        """Write what happens to the streams until cancelled; a lost database is waited out."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._again(self._listen))
            tasks.create_task(self._again(self._look))

    async def _again(self, act: Callable[[], Any]) -> None:
        while True:
            try:
                await act()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("streams_lost_database", error=repr(error))
            await asyncio.sleep(0.5)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(
            plain_url(str(self._runtime.settings.database_url)), timeout=10, command_timeout=30
        )
        try:
            connection.add_termination_listener(lambda _: self._woken.set())
            await connection.add_listener(store.CHANNEL, self._hear)
            self._dirty.update(self._streams)  # what happened before we listened
            self._woken.set()
            while not connection.is_closed():
                await self._woken.wait()
                self._woken.clear()
                await self._hand_out()
        finally:
            with suppress(Exception):
                await asyncio.wait_for(connection.close(), 2)

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        """A NOTIFY: the persons something happened to."""
        if payload == "*":
            self._dirty.update(self._streams)
        else:
            named = {UUID(word) for word in str(payload).split(",")}
            self._dirty.update(named & self._streams.keys())
        if self._dirty:
            self._woken.set()

    async def _hand_out(self) -> None:
        """Give every stream of the persons concerned what it has not had."""
        dirty, self._dirty = self._dirty, set()
        behind: dict[UUID, int] = {}
        for person_id in dirty:
            known = [stream.seq for stream in self._streams.get(person_id, ()) if stream.seq is not None]
            if known:
                behind[person_id] = min(known)
        if not behind:
            return
        try:
            async with self._runtime.database.connection() as connection:
                rows = await store.since(connection, behind)
        except BaseException:
            self._dirty |= dirty
            raise
        for row in rows:
            for stream in self._streams.get(row["person_id"], ()):
                stream.give(row["seq"], row["name"], row["data"])

    async def _look(self) -> None:
        """Close the streams whose session is over, and forget what nobody can ask for any more."""
        tick = 0
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            tick += 1
            await self.close_ended()
            if tick % 5 == 0:
                # A wake-up is lost with the process that should have sent it.
                self._dirty.update(self._streams)
                self._woken.set()
            if tick % 30 == 0:
                now = self._runtime.clock.now()
                async with self._runtime.database.connection() as connection:
                    await store.forget(connection, now - KEPT, now - timedelta(days=1))

    async def close_ended(self) -> None:
        """Close every stream whose token no longer holds, or that `store.gone` names."""
        streams = [stream for mine in self._streams.values() for stream in mine]
        if not streams:
            return
        async with self._runtime.database.connection() as connection:
            gone = await store.gone(connection, _asked(streams))
        for stream in streams:
            if stream.stream_id in gone or not await self._holds(stream):
                stream.close()

    async def _holds(self, stream: Stream) -> bool:
        try:
            await self._runtime.tokens.verify(stream.token)
        except Problem as problem:
            return problem.status >= 500  # that identity is away ends nobody's session
        return True

    async def follow(self, stream: Stream, last_event_id: str | None) -> AsyncIterator[bytes]:
        """The bytes of a stream, beginning with what was missed since `last_event_id` (NTF-140)."""
        mine = self._streams.setdefault(stream.person_id, set())
        mine.add(stream)
        try:
            await self._begin(stream, last_event_id)
            while True:
                try:
                    async with asyncio.timeout(self._heartbeat):
                        message = await stream.queue.get()
                except TimeoutError:
                    message = b": heartbeat\n\n"
                if message == _END:
                    return
                yield message
        finally:
            mine.discard(stream)
            if not mine:
                self._streams.pop(stream.person_id, None)
            # Beside: this one may be cancelled again at its next await, as the browser has left.
            forgetting = asyncio.create_task(self._forget(stream))
            self._forgetting.add(forgetting)
            forgetting.add_done_callback(self._forgetting.discard)

    async def _begin(self, stream: Stream, last_event_id: str | None) -> None:
        now = self._runtime.clock.now()
        asked = stream.position(last_event_id)
        async with self._runtime.database.transaction() as connection:
            surplus = await store.open_one(connection, stream.stream_id, stream.person_id, now, MOST)
        async with self._runtime.database.connection() as connection:
            head, missed = await store.backlog(
                connection, stream.person_id, asked if asked is not None else 2**62, now - KEPT
            )
        for other in [other for other in self._streams[stream.person_id] if other.stream_id in surplus]:
            other.close()
        stream.start(head if asked is None else min(asked, head))
        if last_event_id is not None and (asked is None or asked > head or len(missed) != head - asked):
            stream.seq = head
            stream.put(b"id: %d-%s\nevent: reset\ndata: {}\n\n" % (head, stream.tag.encode()))
        for event in missed:
            stream.give(event["seq"], event["name"], event["data"])
        # What happened between the look and now is not lost: it is looked for once more.
        self._dirty.add(stream.person_id)
        self._woken.set()

    async def _forget(self, stream: Stream) -> None:
        # At the end of the process the connection may be gone in the middle of the statement.
        gone = (
            OSError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
            RuntimeError,
        )
        with suppress(*gone):
            async with self._runtime.database.connection() as connection:
                await store.close_one(connection, stream.stream_id)


def _asked(streams: Sequence[Stream]) -> list[tuple[UUID, UUID, UUID]]:
    return [(stream.stream_id, stream.caller.session_id, stream.caller.person_id) for stream in streams]
