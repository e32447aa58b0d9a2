"""The unit of work: one transaction in which a change and its events are stored together (IDN-005).

An action receives a `Work`, loads, decides, saves and tells:

    async def send_goal(work: Work, goal: GoalId, asked: AskApproval) -> GoalView:
        progress = await store.goal_progress(work, goal, for_update=True)
        rules.may_ask_for_approval(progress, work.caller, asked)
        ...
        work.emit(ApprovalRequested(...))

Events go to the `outbox` table just before the commit; after it the relay is woken.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import structlog

from stafett_chassis import telemetry
from stafett_chassis.auth import Caller
from stafett_chassis.clock import Clock, oslo_date
from stafett_chassis.sql import Connection, Database, Raw
from stafett_contracts.event import Actor, Event, encode
from stafett_contracts.ids import BatchId, EventId, RunId, SiteId, new_id
from stafett_contracts.vocabulary import Origin

log = structlog.get_logger(__name__)

OUTBOX_CHANNEL = "outbox"
T = TypeVar("T")

_STORE_EVENTS = """
insert into outbox (event_id, type, subject, body, stored_at)
select event_id, type, subject, body, $5 from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[])
    with ordinality as t(event_id, type, subject, body, place) order by place
"""


@dataclass(frozen=True, slots=True)
class Cause:
    """On whose behalf and why a unit of work runs; stamped on every event it emits."""

    origin: Origin = Origin.USER
    actor: Actor | None = None
    run_id: RunId | None = None
    batch_id: BatchId | None = None
    told_at: datetime | None = None
    """When the fact became true that the event reacted to tells of; none for what nobody's event caused."""
    event_id: EventId | None = None
    """The event reacted to."""


class Work(Connection):
    """One transaction: statements, the time it decides by, who asks, and the events it will tell.

    `at` is the moment the unit began; everything it stores carries this one time.
    """

    def __init__(
        self,
        raw: Raw,
        *,
        site: SiteId,
        source: str,
        at: datetime,
        caller: Caller | None,
        cause: Cause,
        site_kind: str = "rhf",
        own: Any = None,
    ) -> None:
        super().__init__(raw)
        self.site = site
        self.site_kind = site_kind  # rhf or municipal
        self.own = own  # what the service's `open` gave
        self.at = at
        self.cause = cause
        self._caller = caller
        self._source = source
        self._outbox: list[tuple[UUID, str, str, bytes]] = []
        self._afterwards: list[Callable[[], Awaitable[None]]] = []
        self._gathered: dict[Gatherer, set[Hashable]] = {}
        self._gathered_last: dict[Gatherer, set[Hashable]] = {}

    @property
    def caller(self) -> Caller:
        """The logged-in person; `RuntimeError` in work that nobody asked for (reactions, jobs)."""
        if self._caller is None:
            raise RuntimeError("nobody is logged in to this unit of work")
        return self._caller

    def owned(self, kind: type[T]) -> T:
        """The service's own resources, which must be a `kind`."""
        if not isinstance(self.own, kind):
            raise TypeError(f"this unit of work holds {type(self.own).__name__}, not {kind.__name__}")
        return self.own

    @property
    def today(self) -> date:
        """The calendar date in Norway when the unit began."""
        return oslo_date(self.at)

    def emit(self, event: Event, *, at: datetime | None = None) -> EventId:
        """Tell `event` when (and only if) this unit commits; `at` is when the fact became true."""
        event_id = EventId(new_id())
        body = encode(
            event,
            id=event_id,
            time=at or self.at,
            source=self._source,
            site=self.site,
            origin=self.cause.origin,
            actor=self.cause.actor,
            run_id=self.cause.run_id,
            batch_id=self.cause.batch_id,
            traceparent=telemetry.traceparent(),
        )
        self._outbox.append((event_id, event.TYPE, str(getattr(event, event.SUBJECT)), body))
        return event_id

    def after_commit(self, step: Callable[[], Awaitable[None]]) -> None:
        """Do `step` once the change is stored; it is not repeated after a crash, so it may only hurry things."""
        self._afterwards.append(step)

    def gather(self, step: "Gatherer", *subjects: Hashable) -> None:
        """Have `step` called once, just before the commit, with all the subjects gathered for it in this unit.

        For what depends on the sum of a unit's changes, such as counts, and for locks many units want: taken
        last, and once, they are held shortly and always after the locks of the things changed.
        """
        self._gathered.setdefault(step, set()).update(subjects)

    def gather_last(self, step: "Gatherer", *subjects: Hashable) -> None:
        """As `gather`, but after every step of that one: for the locks that must come behind all others."""
        self._gathered_last.setdefault(step, set()).update(subjects)

    def part(self, cause: Cause) -> "Work":
        """This transaction under another cause; its events and steps are kept with this unit's own."""
        part = Work(
            self.raw,
            site=self.site,
            source=self._source,
            at=self.at,
            caller=self._caller,
            cause=cause,
            site_kind=self.site_kind,
            own=self.own,
        )
        part._outbox = self._outbox
        part._afterwards = self._afterwards
        part._gathered = self._gathered
        part._gathered_last = self._gathered_last
        return part

    async def take_gathered(self) -> None:
        """Carry out the steps of `gather`, then those of `gather_last`. Called once, before `store_events`."""
        while gathered := self._gathered or self._gathered_last:
            step, subjects = gathered.popitem()
            await step(self, subjects)

    async def store_events(self) -> int:
        """Write what was emitted to the outbox; the number of events. Called once, before the commit."""
        if not self._outbox:
            return 0
        await self.raw.execute(
            _STORE_EVENTS, *(list(column) for column in zip(*self._outbox, strict=True)), self.at
        )
        return len(self._outbox)

    async def do_afterwards(self) -> None:
        """Carry out the steps of `after_commit`; a failing one is logged and does not undo the change."""
        for step in self._afterwards:
            try:
                await step()
            except Exception:
                log.exception("step_after_commit_failed")


Gatherer = Callable[[Work, set[Any]], Awaitable[None]]


class Units:
    """Begins units of work on one service's database."""

    def __init__(
        self, database: Database, clock: Clock, *, site: str, service: str, site_kind: str = "rhf"
    ) -> None:
        self.database = database
        self.clock = clock
        self.site = SiteId(site)
        self.site_kind = site_kind
        self.source = f"/sites/{site}/{service}"
        self.own: Any = None  # what the service's `open` gave, for actions that need a key or the like
        self._wake = Wakeup(database)

    @asynccontextmanager
    async def begin(self, caller: Caller | None = None, cause: Cause | None = None) -> AsyncIterator[Work]:
        """A unit of work, committed unless the block raises."""
        if cause is None:
            cause = Cause(actor=caller.actor() if caller else None)
        async with self.database.pool.acquire() as raw, raw.transaction():
            work = Work(
                raw,
                site=self.site,
                source=self.source,
                at=self.clock.now(),
                caller=caller,
                cause=cause,
                site_kind=self.site_kind,
                own=self.own,
            )
            yield work
            await work.take_gathered()
            told = await work.store_events()
        # The connection is free again: a step that needs one cannot wait for itself.
        if told:
            self._wake.poke()
        await work.do_afterwards()

    async def close(self) -> None:
        """Stop waking the relay."""
        await self._wake.close()


class Wakeup:
    """Tells the relay that the outbox holds something, at most once in five milliseconds.

    NOTIFY is sent after the commit and from a connection of its own: inside the business transaction it
    would take a lock that the whole database cluster shares. A wake-up that is lost is made good by the
    relay's poll.
    """

    def __init__(self, database: Database, channel: str = OUTBOX_CHANNEL, gather: float = 0.005) -> None:
        self._database = database
        self._channel = channel
        self._gather = gather
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def poke(self) -> None:
        """Ask for a wake-up soon."""
        self._again = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._send())

    async def close(self) -> None:
        """Drop what is still to be sent."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _send(self) -> None:
        # The first at once, for what comes alone should not wait; the next ones are gathered.
        while self._again:
            self._again = False
            try:
                await self._database.pool.execute("select pg_notify($1, '')", self._channel)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("wake_up_failed", error=str(error))
            await asyncio.sleep(self._gather)
