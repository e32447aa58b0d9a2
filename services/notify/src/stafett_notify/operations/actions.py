"""The mail log, parked events, and the nightly tidying up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from stafett_chassis.http import LoggedIn, Reading
from stafett_chassis.inbox import list_held, replay
from stafett_chassis.paging import Page, key_of, page_of
from stafett_chassis.problems import Forbidden, NotFound
from stafett_chassis.schedules import Run
from stafett_chassis.sql import Row
from stafett_notify.mail.rules.delivery import masked
from stafett_notify.operations import store

log = structlog.get_logger(__name__)

PAGE = 50


@dataclass(frozen=True, slots=True)
class LoggedMail:
    """An e-mail in the mail log: type, times and outcome, a masked address, no content."""

    mail_id: UUID
    kind: str
    keys: Sequence[str]
    recipient_id: UUID | None
    recipient_name: str | None
    address: str | None
    state: str
    state_at: datetime
    created_at: datetime
    tries: int
    last_code: int | None


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """An event that could not be applied and waits for a system manager."""

    id: int
    event_id: UUID | None
    type: str
    subject: str
    reason: str
    tries: int
    held_at: datetime


async def read_mail_log(read: Reading, person_id: UUID | None, cursor: str | None) -> Page[LoggedMail]:
    """A page of the mail log; who looked for whom is logged."""
    after = key_of(cursor, datetime.fromisoformat, UUID)
    log.info(
        "mail_log_read", reader=str(read.caller.person_id), person=str(person_id) if person_id else "all"
    )
    rows = await store.mail_log(read, person_id, after, PAGE)
    return page_of([_logged(row) for row in rows], PAGE, lambda one: (one.created_at, one.mail_id))


def _logged(row: Row) -> LoggedMail:
    attempts: list[dict[str, Any]] = row["attempts"]
    return LoggedMail(
        row["mail_id"],
        row["kind"],
        row["keys"],
        row["recipient_id"],
        row["recipient_name"],
        masked(row["address"]),
        row["state"],
        row["state_at"],
        row["created_at"],
        len(attempts),
        attempts[-1]["code"] if attempts else None,
    )


async def parked(call: LoggedIn) -> list[ParkedEvent]:
    """The newest hundred events that could not be applied (NTF-114)."""
    await _system_manager(call)
    held = await list_held(call.runtime.database.pool)
    return [
        ParkedEvent(one.id, one.event_id, one.type, one.subject, one.reason, one.tries, one.held_at)
        for one in held
    ]


async def replay_parked(call: LoggedIn, held_id: int) -> None:
    """Give a parked event a new round of tries."""
    await _system_manager(call)
    runtime = call.runtime
    if not await replay(runtime.database.pool, [held_id], runtime.clock.now()):
        raise NotFound()
    log.info("event_replayed", held_id=held_id, by=str(call.caller.person_id))


async def _system_manager(call: LoggedIn) -> None:
    runtime = call.runtime
    async with runtime.database.pool.acquire() as raw:
        read = Reading(raw, call.caller, runtime.clock.now())
        if not await store.manages(read, read.caller, read.today):
            raise Forbidden()


async def tidy(run: Run) -> None:
    """Every night: forget what is no longer to be kept."""
    async with run.begin() as work:
        await store.tidy(work, work.at)
