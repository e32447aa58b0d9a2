"""Jobs that run at set times in Norway, once in the site however many replicas there are.

A replica that finds a due time inserts the row (job, due time); only one insert succeeds. Whoever is free then takes
an unfinished row, locked while it works, so a replica that dies is followed by another. After downtime the latest
missed due time is caught up. Do not schedule between 02:00 and 03:00 where it can be avoided: the hour is missing or
doubled on the nights the clock changes (cronsim fires once all the same).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

import asyncpg
import structlog
from cronsim import CronSim

from stafett_chassis import telemetry
from stafett_chassis.clock import OSLO, oslo_date
from stafett_chassis.work import Cause, Units, Work
from stafett_contracts.ids import RunId
from stafett_contracts.vocabulary import Origin

log = structlog.get_logger(__name__)

WAKE_SECONDS = 20.0
_PAUSES = tuple(timedelta(seconds=s) for s in (10, 60, 300, 900, 3600))

_CLAIM = """
insert into scheduled_run (job, due_at, claimed_at, next_try_at, tries) values ($1, $2, $3, $3, 0)
on conflict do nothing
"""
_AGAIN = """
insert into scheduled_run (job, due_at, claimed_at, next_try_at, tries) values ($1, $2, $3, $3, 0)
on conflict (job, due_at) do update set finished_at = null, next_try_at = $3, tries = 0, reason = null
"""
_TAKE = """
select job, due_at, tries from scheduled_run
where finished_at is null and next_try_at <= $1 and job = any($2::text[]) and tries <= $3
order by due_at limit 1 for update skip locked
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job: for which moment, and units of work that carry the run's id."""

    job: str
    due_at: datetime
    run_id: UUID
    units: Units

    @property
    def day(self) -> date:
        """The date in Norway the run is for."""
        return oslo_date(self.due_at)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Work]:
        """A transaction of this run; a job over many people uses one for each portion."""
        async with self.units.begin(cause=Cause(origin=Origin.NIGHTLY, run_id=RunId(self.run_id))) as work:
            yield work


@dataclass(frozen=True)
class Schedule:
    """A job and when it is due: `cron` in local time of Norway. `act` must bear being run again."""

    job: str
    cron: str
    act: Callable[[Run], Awaitable[None]]


def last_due(cron: str, now: datetime) -> datetime:
    """The latest due time not after `now`, in UTC."""
    local = (now.replace(microsecond=0) + timedelta(seconds=1)).astimezone(OSLO)
    return next(CronSim(cron, local, reverse=True)).astimezone(UTC)


class Scheduler:
    """Claims and carries out one service's schedules."""

    def __init__(self, units: Units, schedules: Sequence[Schedule], *, service: str) -> None:
        self._units = units
        self._schedules = {schedule.job: schedule for schedule in schedules}
        self._service = service

    async def run(self) -> None:
        """Look for due times for ever."""
        while True:
            try:
                await self.tick()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("schedules_database_away", error=repr(error))
            await asyncio.sleep(WAKE_SECONDS)

    async def tick(self) -> int:
        """Claim what is due and carry out what is claimed; the number of runs tried."""
        now = self._units.clock.now()
        pool = self._units.database.pool
        for schedule in self._schedules.values():
            await pool.execute(_CLAIM, schedule.job, last_due(schedule.cron, now), now)
        tried = 0
        while await self._take(now):
            tried += 1
        return tried

    async def again(self, job: str, day: date | None) -> datetime:
        """Ask for a run of `job` for `day` (default: the latest due time), also if it has run; its due time.

        Raises `LookupError` when there is no such job, or this very run is under way.
        """
        schedule = self._schedules.get(job)
        if schedule is None:
            raise LookupError(f"no job {job!r}; there are: {', '.join(sorted(self._schedules)) or 'none'}")
        now = self._units.clock.now()
        end = now if day is None else datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=OSLO)
        due = last_due(schedule.cron, end)
        try:
            async with self._units.database.transaction() as connection:
                await connection.raw.execute("set local lock_timeout = '2s'")
                await connection.raw.execute(_AGAIN, job, due, now)
        except asyncpg.LockNotAvailableError:
            raise LookupError(f"{job} for {due.isoformat()} is running at this moment") from None
        return due

    async def _take(self, now: datetime) -> bool:
        async with self._units.database.pool.acquire() as raw, raw.transaction():
            row = await raw.fetchrow(_TAKE, now, list(self._schedules), len(_PAUSES))
            if row is None:
                return False
            job, due_at = row["job"], row["due_at"]
            run = Run(
                job,
                due_at,
                uuid5(NAMESPACE_URL, f"{self._units.source}/{job}/{due_at.isoformat()}"),
                self._units,
            )
            try:
                await self._schedules[job].act(run)
            except Exception as error:
                tries = row["tries"] + 1
                outcome = "failed" if tries <= len(_PAUSES) else "given_up"
                log.exception(
                    "scheduled_job_failed", job=job, due_at=due_at.isoformat(), tries=tries, outcome=outcome
                )
                await raw.execute(
                    "update scheduled_run set tries = $3, next_try_at = $4, reason = $5 where job = $1 and due_at = $2",
                    job, due_at, tries, now + _PAUSES[min(tries, len(_PAUSES)) - 1], repr(error)[:500],
                )  # fmt: skip
            else:
                outcome = "done"
                await raw.execute(
                    "update scheduled_run set finished_at = $3 where job = $1 and due_at = $2",
                    job, due_at, self._units.clock.now(),
                )  # fmt: skip
            telemetry.schedule_runs.labels(self._units.site, self._service, job, outcome).inc()
            return True
