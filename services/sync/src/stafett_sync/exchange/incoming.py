"""The consumer of this site's queue on the bus between sites.

A message is acknowledged when its effects are stored, or when it is kept for another try or as dead (SYN-133). Each
has a transaction of its own: one bad message never stops the queue (SYN-164).
"""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

import asyncpg
import structlog

from stafett_chassis.sql import is_away
from stafett_chassis.work import Cause, Units, Work
from stafett_contracts.vocabulary import Origin
from stafett_sync.exchange import accepting, answering, store
from stafett_sync.outgoing import actions as outgoing
from stafett_sync.outgoing import rules as messages
from stafett_sync.own import Own
from stafett_sync.statements import jws
from stafett_sync.statements.rules import Refused

log = structlog.get_logger(__name__)

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 30, 120, 600))
"""Between tries after a temporary fault; the last repeats for 24 hours (SYN-163)."""
LIMIT = timedelta(hours=24)


class Incoming:
    """Verifies, stores and answers what other sites send."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def take(self, bodies: Sequence[bytes]) -> None:
        """Deal with `bodies`; waits as long as the database is away."""
        for body in bodies:
            pause = 0.2
            while True:
                try:
                    await self._take(body)
                    break
                except Exception as error:
                    if not is_away(error) and not isinstance(error, TimeoutError):
                        raise
                    log.warning("database_away", error=repr(error))
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, 10)

    async def retry_due(self) -> int:
        """Try again what is kept and due; the number tried."""
        tried = 0
        while await self._retry_one():
            tried += 1
        return tried

    async def _take(self, body: bytes) -> None:
        try:
            async with self._begin() as work:
                await handle(work, body)
        except Refused as refusal:
            async with self._begin() as work:
                await _bury(work, body, refusal)
        except Exception as error:
            if is_away(error):
                raise
            log.warning("message_held", error=_reason(error))
            async with self._begin() as work:
                await store.hold(
                    work,
                    body,
                    sender=_sender(body),
                    state="waiting",
                    code=_reason(error),
                    field="",
                    at=work.at,
                    due_at=work.at + PAUSES[0],
                )

    async def _retry_one(self) -> bool:
        now = self._units.clock.now()
        async with self._units.database.transaction() as connection:
            row = await store.next_due(connection, now)
            if row is None:
                return False
            try:
                async with self._begin() as work:
                    await handle(work, row["body"])
            except Refused as refusal:
                async with self._begin() as work:
                    await _bury(work, row["body"], refusal)
            except Exception as error:
                if is_away(error):
                    raise
                state, due_at = _next(row["tries"] + 1, row["first_at"], now)
                log.warning("message_held", error=_reason(error), state=state)
                await store.failed_again(
                    connection, row["id"], state=state, code=_reason(error), field="", at=now, due_at=due_at
                )
                return True
            await store.done(connection, row["id"])
            return True

    def _begin(self) -> AbstractAsyncContextManager[Work]:
        return self._units.begin(cause=Cause(origin=Origin.SYNC))


async def handle(work: Work, body: bytes) -> None:
    """Deal with one message in one transaction. Refuses what must not be taken."""
    own = work.owned(Own)
    envelope = messages.unwrap(body)
    if envelope.sender == own.site or envelope.sender not in own.identity.registry.sites:
        raise Refused("not_allowed", "sender")
    outgoing.note_arrival(work, envelope.sender, envelope.stream)
    if envelope.type not in messages.MESSAGES:
        await accepting.accept(work, envelope.signed, envelope.sender, envelope)
        return
    opened = jws.open_signed(envelope.signed, own.identity.registry.find)
    message = messages.read_message(opened.payload, env=own.identity.registry.env, to=own.site)
    if (envelope.sender, envelope.origin, envelope.type) != (message.site, message.site, message.doc):
        raise Refused("envelope_mismatch", "sender")
    if not own.identity.registry.speaks_for(opened.kid, message.site):
        raise Refused("not_allowed", "origin.site")
    await answering.answer(work, message)


async def _bury(work: Work, body: bytes, refusal: Refused) -> None:
    """Keep a refused message as dead, and tell the origin when the statement could be read (SYN-163, SYN-165)."""
    log.error("message_refused", code=refusal.code, field=refusal.field, sender=_sender(body))
    await store.hold(
        work,
        body,
        sender=_sender(body),
        state="dead",
        code=refusal.code,
        field=refusal.field,
        at=work.at,
        due_at=work.at,
    )
    try:
        envelope = messages.unwrap(body)
    except Refused:
        return
    if envelope.sender in work.owned(Own).identity.peers:
        # Refused is not lost: its number is not to be asked for.
        outgoing.note_arrival(work, envelope.sender, envelope.stream)
    if isinstance(refusal, accepting.RefusedStatement):
        await accepting.tell_refusal(work, refusal.statement, refusal.code)


def _sender(body: bytes) -> str | None:
    try:
        return messages.unwrap(body).sender
    except Refused:
        return None


def _next(tries: int, first_at: datetime, now: datetime) -> tuple[str, datetime]:
    pause = PAUSES[min(tries, len(PAUSES)) - 1]
    return ("waiting", now + pause) if now + pause <= first_at + LIMIT else ("dead", now)


def _reason(error: Exception) -> str:
    # Of database errors only the kind: their detail quotes values, which may be about people.
    if isinstance(error, asyncpg.PostgresError):
        return f"{type(error).__name__} ({error.sqlstate})"
    return type(error).__name__
