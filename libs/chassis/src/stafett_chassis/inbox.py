"""Applying events exactly once: an event's id and its effects are stored in one transaction.

Up to a batch of waiting events share a transaction; if one fails, each is tried alone, so that a bad one takes no
good one with it. What still fails is kept in `held_event` and tried again with growing pauses; after the last try,
or at once when it is no event at all, it is `dead` until somebody replays it (`stafett dead`). Keeping it in the
service's own database rather than in delay queues means that no broker setting can lose it, and that the embedded
bus behaves the same (docs/decisions/0003-held-events.md).
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from stafett_chassis import telemetry
from stafett_chassis.cancelling import honour_cancellation
from stafett_chassis.reactions import Later, Reactions
from stafett_chassis.sql import is_away
from stafett_chassis.work import Cause, Units, Work
from stafett_contracts.event import Envelope, Event, MalformedEvent, UnknownEvent, decode

log = structlog.get_logger(__name__)

# Pauses before the next try after an error; after the last one the event is dead.
ERROR_PAUSES = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 1800))
# Pauses while an event speaks of something unknown, for a day (the last pause repeats).
LATER_PAUSES = tuple(timedelta(seconds=s) for s in (0.5, 1, 2, 5, 10, 30, 60, 300, 900))
LATER_LIMIT = timedelta(hours=24)

_CLAIM = "insert into inbox (event_id, handled_at) select e, $2 from unnest($1::uuid[]) e on conflict do nothing returning event_id"
_HOLD = """
insert into held_event (event_id, type, subject, body, state, tries, reason, held_at, due_at)
values ($1, $2, $3, $4, $5, 1, $6, $7, $8) on conflict (event_id) do nothing
"""
_DUE = """
select id, event_id, type, body, tries, held_at from held_event
where state = 'waiting' and due_at <= $1 order by due_at limit 1 for update skip locked
"""


@dataclass(frozen=True, slots=True)
class _Arrived:
    body: bytes
    envelope: Envelope[Event]


class Inbox:
    """The consumer of one service's queue."""

    def __init__(self, units: Units, reactions: Reactions, *, service: str) -> None:
        self._units = units
        self._reactions = reactions
        self._labels = (units.site, service)

    async def take(self, bodies: Sequence[bytes]) -> None:
        """Store the effects of `bodies`; returns when each is applied, known already, or held.

        Waits as long as the database is away: nothing is given up because of that.
        """
        pause = 0.2
        while True:
            try:
                await self._take(bodies)
                return
            except Exception as error:
                # Whatever the errors of reactions are, they are held; so this is about the database.
                honour_cancellation()
                log.warning("database_away", error=repr(error), waiting=len(bodies))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 10)

    async def retry_due(self) -> int:
        """Try again what is held and due; the number tried."""
        tried = 0
        while await self._retry_one():
            tried += 1
        return tried

    async def _take(self, bodies: Sequence[bytes]) -> None:
        arrived = []
        for body in bodies:
            try:
                arrived.append(_Arrived(body, decode(body)))
            except UnknownEvent as error:
                # A binding of an older version may still bring it; there is nothing we could do about it.
                log.info("event_of_no_interest", type=error.type)
            except MalformedEvent as error:
                await self.bury(body, str(error))
        if not arrived:
            return
        try:
            await self._apply(arrived)
        except Exception as error:
            if is_away(error):
                raise
            if len(arrived) == 1:
                await self._hold(arrived[0], error)
                return
            for one in arrived:
                try:
                    await self._apply([one])
                except Exception as own_error:
                    if is_away(own_error):
                        raise
                    await self._hold(one, own_error)

    async def _apply(self, arrived: Sequence[_Arrived]) -> None:
        async with self._units.begin(cause=_cause(arrived[0].envelope)) as work:
            claimed = await work.raw.fetch(_CLAIM, [one.envelope.id for one in arrived], work.at)
            new = {row["event_id"] for row in claimed}
            for one in arrived:
                if one.envelope.id in new:
                    new.discard(one.envelope.id)  # the same event twice in one batch
                    await self._react(work, one.envelope)

    async def _react(self, work: Work, envelope: Envelope[Event]) -> None:
        started = time.perf_counter()
        with telemetry.continued(f"react {envelope.type}", envelope.traceparent, event_id=str(envelope.id)):
            await self._reactions.react(work.part(_cause(envelope)), envelope.data)
        telemetry.reaction_seconds.labels(*self._labels, envelope.type).observe(time.perf_counter() - started)
        telemetry.event_age_seconds.labels(*self._labels, envelope.type).observe(
            max(0.0, (work.at - envelope.time).total_seconds())
        )

    async def _hold(self, one: _Arrived, error: Exception) -> None:
        envelope = one.envelope
        now = self._units.clock.now()
        due = _next_try(error, 1, now, now)
        self._report(envelope.type, str(envelope.id), error, due)
        await self._units.database.pool.execute(
            _HOLD, envelope.id, envelope.type, _text(envelope.subject), one.body,
            "waiting" if due else "dead", _reason(error), now, due or now,
        )  # fmt: skip

    async def bury(self, body: bytes, reason: str) -> None:
        """Keep a message that cannot be dealt with among the dead events."""
        now = self._units.clock.now()
        event_id, event_type, subject = None, "malformed", ""
        with suppress(UnknownEvent, MalformedEvent):
            envelope = decode(body)
            event_id, event_type, subject = envelope.id, envelope.type, envelope.subject
        log.error("message_buried", type=event_type, reason=reason)
        telemetry.events_dead.labels(*self._labels, event_type).inc()
        await self._units.database.pool.execute(
            _HOLD, event_id, event_type, _text(subject), body, "dead", _text(reason), now, now
        )

    async def _retry_one(self) -> bool:
        now = self._units.clock.now()
        async with self._units.database.pool.acquire() as raw, raw.transaction():
            held = await raw.fetchrow(_DUE, now)
            if held is None:
                return False
            try:
                await self._apply([_Arrived(held["body"], decode(held["body"]))])
            except Exception as error:
                if is_away(error):
                    raise
                tries = held["tries"] + 1
                due = _next_try(error, tries, held["held_at"], now)
                self._report(held["type"], str(held["event_id"]), error, due)
                await raw.execute(
                    "update held_event set state = $2, tries = $3, reason = $4, due_at = $5 where id = $1",
                    held["id"], "waiting" if due else "dead", tries, _reason(error), due or now,
                )  # fmt: skip
            else:
                await raw.execute("delete from held_event where id = $1", held["id"])
            return True

    def _report(self, event_type: str, event_id: str, error: Exception, due: datetime | None) -> None:
        if due:
            telemetry.events_held.labels(*self._labels, event_type).inc()
            log.warning(
                "event_held", type=event_type, event_id=event_id, reason=_reason(error), until=due.isoformat()
            )
        else:
            telemetry.events_dead.labels(*self._labels, event_type).inc()
            log.error("event_dead", type=event_type, event_id=event_id, reason=_reason(error), exc_info=error)


def _next_try(error: Exception, tries: int, held_at: datetime, now: datetime) -> datetime | None:
    """When to try again after the try number `tries` has failed; none: never by itself."""
    if isinstance(error, Later):
        pause = LATER_PAUSES[min(tries, len(LATER_PAUSES)) - 1]
        limit = held_at + (error.limit or LATER_LIMIT)
        return now + pause if now + pause <= limit else None
    return now + ERROR_PAUSES[tries - 1] if tries <= len(ERROR_PAUSES) else None


def _reason(error: Exception) -> str:
    # Of database errors only the kind: their detail quotes values, which may be about people.
    if isinstance(error, asyncpg.PostgresError):
        return f"{type(error).__name__} ({error.sqlstate}) {getattr(error, 'constraint_name', None) or ''}".strip()
    return _text(f"{type(error).__name__}: {error}"[:500])


def _text(told: str) -> str:
    # PostgreSQL knows no NUL, and what is held must be storable whatever it is.
    return told.replace("\0", "\ufffd")


def _cause(envelope: Envelope[Any]) -> Cause:
    return Cause(
        origin=envelope.origin,
        actor=envelope.actor,
        run_id=envelope.runid,
        batch_id=envelope.batchid,
        told_at=envelope.time,
        event_id=envelope.id,
    )


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """An event that could not be applied, as `stafett dead` shows it."""

    id: int
    event_id: UUID | None
    type: str
    subject: str
    state: str
    tries: int
    reason: str
    held_at: datetime
    due_at: datetime


async def list_held(pool: asyncpg.Pool, *, state: str = "dead", limit: int = 100) -> list[HeldEvent]:
    """The newest `limit` events in `state` (`dead` or `waiting`)."""
    rows = await pool.fetch(
        "select id, event_id, type, subject, state, tries, reason, held_at, due_at from held_event"
        " where state = $1 order by id desc limit $2",
        state,
        limit,
    )
    return [HeldEvent(**row) for row in rows]


async def body_of(pool: asyncpg.Pool, held_id: int) -> bytes | None:
    """The message of a held event as it arrived."""
    body: bytes | None = await pool.fetchval("select body from held_event where id = $1", held_id)
    return body


async def replay(pool: asyncpg.Pool, held_ids: Sequence[int] | None, now: datetime) -> int:
    """Give dead events (all, when `held_ids` is none) a new round of tries; how many."""
    status = await pool.execute(
        "update held_event set state = 'waiting', tries = 0, due_at = $2, held_at = $2"
        " where state = 'dead' and ($1::bigint[] is null or id = any($1))",
        None if held_ids is None else list(held_ids),
        now,
    )
    return int(status.rsplit(" ", 1)[-1])
