"""Jobs at set times in Norway: once in the site, caught up, tried again, run by hand."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from stafett_chassis.clock import SetClock
from stafett_chassis.schedules import Run, Schedule, Scheduler, last_due
from stafett_contracts.identity import ImportRefused
from stafett_contracts.vocabulary import Origin
from stafett_testing.sample import nightly, told
from stafett_testing.service import ServiceUnderTest

NIGHTLY = "15 3 * * *"


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 6, 2, 1, 14, 59, tzinfo=UTC))  # 03:14:59 in Norway


def scheduler(
    sample: ServiceUnderTest, act: Callable[[Run], Awaitable[None]] = nightly, cron: str = NIGHTLY
) -> Scheduler:
    return Scheduler(sample.runtime.units, [Schedule("nightly", cron, act)], service="sample")


async def runs(sample: ServiceUnderTest) -> list[Any]:
    rows: list[Any] = await sample.runtime.database.pool.fetch("select * from scheduled_run order by due_at")
    return rows


async def done_before(sample: ServiceUnderTest) -> None:
    """Everything due until now has been done."""
    await scheduler(sample).tick()
    await sample.forget_told()


async def test_a_job_runs_once_when_it_is_due_and_not_before(
    sample: ServiceUnderTest, clock: SetClock
) -> None:
    await done_before(sample)
    assert await scheduler(sample).tick() == 0
    clock.move(seconds=1)
    assert await scheduler(sample).tick() == 1
    assert await scheduler(sample).tick() == 0
    [envelope] = await sample.envelopes(ImportRefused)
    assert envelope.data.reason == "nightly 2026-06-02"  # type: ignore[attr-defined]
    assert envelope.origin is Origin.NIGHTLY
    assert envelope.runid is not None
    assert envelope.actor is None


async def test_four_replicas_run_it_once(sample: ServiceUnderTest, clock: SetClock) -> None:
    await done_before(sample)
    for _ in range(5):
        clock.move(days=1)
        counts = await asyncio.gather(*(scheduler(sample).tick() for _ in range(4)))
        assert sum(counts) == 1
    assert len(await sample.told()) == 5


async def test_after_downtime_the_latest_missed_time_is_caught_up(
    sample: ServiceUnderTest, clock: SetClock
) -> None:
    await done_before(sample)
    clock.move(days=5, hours=7)
    assert await scheduler(sample).tick() == 1
    assert [event.reason for event in await sample.told(ImportRefused)] == ["nightly 2026-06-07"]


@pytest.mark.parametrize(
    ("cron", "begin", "hours", "fired"),
    [
        # The October night has the hour from two twice: once all the same.
        ("30 2 * * *", datetime(2026, 10, 24, 20, tzinfo=UTC), 8, ["2026-10-25T00:30"]),
        # In the March night it is missing: at three, once.
        ("30 2 * * *", datetime(2026, 3, 28, 20, tzinfo=UTC), 8, ["2026-03-29T01:00"]),
        # The hour of the wall stays the same over the change.
        (
            "15 3 * * *",
            datetime(2026, 10, 23, 20, tzinfo=UTC),
            60,
            ["2026-10-24T01:15", "2026-10-25T02:15", "2026-10-26T02:15"],
        ),
        ("15 3 * * *", datetime(2026, 3, 27, 20, tzinfo=UTC), 36, ["2026-03-28T02:15", "2026-03-29T01:15"]),
        (
            "0 7 * * 1",
            datetime(2026, 10, 18, 20, tzinfo=UTC),
            24 * 9,
            ["2026-10-19T05:00", "2026-10-26T06:00"],
        ),
    ],
)
async def test_the_nights_when_the_clocks_change(
    sample: ServiceUnderTest, clock: SetClock, cron: str, begin: datetime, hours: int, fired: list[str]
) -> None:
    clock.moment = begin
    watched = scheduler(sample, cron=cron)
    await watched.tick()
    before = {row["due_at"] for row in await runs(sample)}
    for _ in range(hours * 6):
        clock.move(minutes=10)
        await watched.tick()
    found = [row["due_at"] for row in await runs(sample) if row["due_at"] not in before]
    assert [due.strftime("%Y-%m-%dT%H:%M") for due in found] == fired


def test_a_due_time_is_due_from_its_own_second() -> None:
    due = datetime(2026, 6, 2, 1, 15, tzinfo=UTC)
    assert last_due(NIGHTLY, due) == due
    assert last_due(NIGHTLY, due - timedelta(microseconds=1)) == due - timedelta(days=1)
    assert last_due(NIGHTLY, due + timedelta(hours=23)) == due


async def test_a_failing_job_is_tried_again_with_growing_pauses_and_then_given_up(
    sample: ServiceUnderTest, clock: SetClock
) -> None:
    clock.move(hours=1)  # no other due time comes in between
    tried: list[datetime] = []

    async def fail(run: Run) -> None:
        tried.append(clock.now())
        async with run.begin() as work:
            work.emit(told(run.run_id, 1, "half"))
            raise ValueError("not today")

    failing = scheduler(sample, fail)
    for _ in range(2 * 3600 // 10):
        await failing.tick()
        clock.move(seconds=10)
    pauses = [(after - before).total_seconds() for before, after in pairwise(tried)]
    assert pauses == [10, 60, 300, 900, 3600]
    [given_up] = [row for row in await runs(sample) if row["due_at"] < tried[0]]
    assert (given_up["tries"], given_up["finished_at"]) == (6, None)
    assert "not today" in given_up["reason"]
    assert await sample.told() == []
    clock.move(hours=5)
    await failing.tick()
    assert [row["due_at"] for row in await runs(sample) if row["tries"] == 6] == [given_up["due_at"]]


async def test_a_job_that_is_mended_between_two_tries_is_done(
    sample: ServiceUnderTest, clock: SetClock
) -> None:
    broken = True

    async def act(run: Run) -> None:
        if broken:
            raise ValueError("not yet")
        await nightly(run)

    watched = scheduler(sample, act)
    assert await watched.tick() == 1
    broken = False
    assert await watched.tick() == 0
    clock.move(seconds=10)
    assert await watched.tick() >= 1
    assert (await runs(sample))[0]["finished_at"] is not None
    assert (await sample.told(ImportRefused))[0].reason == "nightly 2026-06-01"


async def test_one_failing_job_does_not_hold_up_another(sample: ServiceUnderTest) -> None:
    async def fail(run: Run) -> None:
        raise ValueError("no")

    both = Scheduler(
        sample.runtime.units,
        [Schedule("bad", NIGHTLY, fail), Schedule("nightly", NIGHTLY, nightly)],
        service="sample",
    )
    assert await both.tick() == 2
    assert len(await sample.told()) == 1


async def test_a_job_is_run_by_hand_for_a_date_again_with_the_same_run_id(
    sample: ServiceUnderTest, clock: SetClock
) -> None:
    await done_before(sample)
    by_hand = scheduler(sample)
    for _ in range(2):
        due = await by_hand.again("nightly", date(2026, 5, 17))
        assert due == datetime(2026, 5, 17, 1, 15, tzinfo=UTC)
        assert await by_hand.tick() == 1
    envelopes = await sample.envelopes(ImportRefused)
    assert [envelope.data.reason for envelope in envelopes] == ["nightly 2026-05-17"] * 2  # type: ignore[attr-defined]
    assert len({envelope.runid for envelope in envelopes}) == 1
    assert await by_hand.again("nightly", None) == datetime(2026, 6, 1, 1, 15, tzinfo=UTC)
    with pytest.raises(LookupError, match="no job 'daily'; there are: nightly"):
        await by_hand.again("daily", None)


async def test_a_run_under_way_is_not_begun_again_by_hand(sample: ServiceUnderTest) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def slow(run: Run) -> None:
        begun.set()
        await may_end.wait()

    running = asyncio.create_task(scheduler(sample, slow).tick())
    await begun.wait()
    with pytest.raises(LookupError, match="is running at this moment"):
        await scheduler(sample).again("nightly", None)
    assert await scheduler(sample).tick() == 0
    may_end.set()
    assert await running == 1


async def test_a_replica_killed_in_the_middle_is_followed_by_another(
    sample: ServiceUnderTest, database: str, eventually: Any
) -> None:
    program = f"""
import asyncio
from stafett_chassis.runtime import running
from stafett_chassis.schedules import Schedule, Scheduler
from stafett_testing.sample import nightly, service
async def slow(run):
    await nightly(run)
    await run.units.database.pool.execute("create table begun ()")
    await asyncio.sleep(60)
async def main():
    settings = service.settings(site="vest", site_name="V", site_kind="rhf", environment="test",
        database_url={database!r}, public_url="http://s", identity_url="http://i", service_secret="x" * 32)
    async with running(service, settings) as runtime:
        await Scheduler(runtime.units, [Schedule("nightly", {NIGHTLY!r}, slow)], service="sample").tick()
asyncio.run(main())
"""
    replica = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    pool = sample.runtime.database.pool

    async def begun() -> bool:
        return await pool.fetchval("select to_regclass('begun')") is not None

    await eventually(begun, timeout=20)
    sample.clock.moment = datetime.now(UTC)  # type: ignore[attr-defined]
    assert await scheduler(sample).tick() == 0
    os.kill(replica.pid, signal.SIGKILL)
    await replica.wait()

    async def followed() -> bool:
        return await scheduler(sample).tick() == 1

    await eventually(followed, timeout=10)
    # It had told of its first half: a job must bear being run again.
    assert len(await sample.told()) == 2
    assert (await runs(sample))[-1]["finished_at"] is not None
