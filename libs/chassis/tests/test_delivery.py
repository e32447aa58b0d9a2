"""The way from a commit to its effect elsewhere, on real RabbitMQ: nothing lost, nothing twice, nothing stuck."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from stafett_chassis import inbox as held_events
from stafett_chassis.bus import BusUnavailable, Message
from stafett_chassis.clock import SetClock
from stafett_chassis.rabbit import RabbitBus
from stafett_chassis.relay import Relay
from stafett_chassis.run import work_in
from stafett_contracts.event import Event, decode, encode, source_of
from stafett_contracts.identity import ImportRefused
from stafett_contracts.ids import EventId, PersonId, RunId, SiteId, new_id
from stafett_contracts.signing import CountsChanged
from stafett_contracts.vocabulary import ImportState, Origin
from stafett_testing.people import World
from stafett_testing.service import ServiceUnderTest

UNLUCKY = 13  # the sample's reaction to this revision always fails
TYPES = [CountsChanged.TYPE]


def counts(person_id: UUID, revision: int) -> CountsChanged:
    return CountsChanged(revision=revision, person_id=PersonId(person_id), lists=())


def message(event: Event, event_id: UUID | None = None) -> Message:
    event_id = event_id or new_id()
    site = SiteId("vest")
    body = encode(
        event,
        id=EventId(event_id),
        time=datetime.now(UTC),
        source=source_of(site, "signing"),
        site=site,
        origin=Origin.USER,
    )
    return Message(event_id, event.TYPE, body)


@asynccontextmanager
async def bus_with_queue(url: str) -> AsyncIterator[RabbitBus]:
    bus = RabbitBus(url, name="test")
    try:
        await bus.declare("sample", TYPES)
        yield bus
    finally:
        await bus.close()


@asynccontextmanager
async def working(sample: ServiceUnderTest, url: str) -> AsyncIterator[RabbitBus]:
    async with bus_with_queue(url) as bus:
        task = asyncio.create_task(work_in(sample.runtime, bus))
        try:
            yield bus
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def seen(sample: ServiceUnderTest) -> dict[UUID, tuple[int, int]]:
    """Per person the highest revision applied and how often one was."""
    rows = await sample.runtime.database.pool.fetch("select person_id, revision, times from seen")
    return {row["person_id"]: (row["revision"], row["times"]) for row in rows}


async def publish_all(bus: RabbitBus, messages: list[Message]) -> None:
    """As the relay does: what is not confirmed is sent again."""
    while messages:
        try:
            messages = messages[await bus.publish(messages) :]
        except BusUnavailable:
            await asyncio.sleep(0.2)


async def test_a_duplicate_takes_effect_once(
    sample: ServiceUnderTest, amqp_url: str, eventually: Any
) -> None:
    person = new_id()
    async with working(sample, amqp_url) as bus:
        first = message(counts(person, 1))
        assert await bus.publish([first, first, message(counts(person, 2)), first]) == 4

        async def applied() -> bool:
            return (await seen(sample)).get(person) == (2, 2)

        await eventually(applied, timeout=15)


async def test_reordered_events_leave_the_newest_state(sample: ServiceUnderTest) -> None:
    world = World()
    unit = world.unit("Havnes sykehus")
    boss, other = world.person("Ane", "Bø").at(unit), world.person("Odd", "Ek").at(unit)
    kari = world.person("Kari", "Hansen").at(unit, leader=boss)
    world.set_leader(kari, other)
    world.set_leader(kari, boss)
    world.set_leader(kari, other)
    news = world.news()
    await sample.deliver(*reversed(news))
    await sample.deliver(*news)
    found = await sample.runtime.database.pool.fetch("select leader_person_id from directory_leader")
    assert [row[0] for row in found] == [other.person_id]
    above = await sample.runtime.database.pool.fetchval("select count(*) from directory_unit_above")
    assert above == 1


async def test_a_poison_message_holds_up_nothing(
    sample: ServiceUnderTest, amqp_url: str, eventually: Any, clock: SetClock
) -> None:
    people = [new_id() for _ in range(300)]
    bad = message(counts(people[150], UNLUCKY))
    async with working(sample, amqp_url) as bus:
        good = [message(counts(person, 1)) for person in people]
        nonsense = Message(new_id(), CountsChanged.TYPE, b"\x00 not an event")
        await publish_all(bus, [*good[:150], bad, nonsense, *good[150:]])

        async def applied() -> bool:
            return len(await seen(sample)) == 300

        await eventually(applied, timeout=20)
        assert set((await seen(sample)).values()) == {(1, 1)}

        async def dead() -> bool:
            clock.move(hours=1)  # every pause is over at once
            return len(await sample.held("dead")) == 2

        await eventually(dead, timeout=30)
    reasons = {held.type: held for held in await sample.held("dead")}
    assert reasons["malformed"].tries == 1
    assert reasons[CountsChanged.TYPE].tries == len(held_events.ERROR_PAUSES) + 1
    assert "unlucky" in reasons[CountsChanged.TYPE].reason
    assert await sample.held("waiting") == []


async def test_a_dead_event_is_applied_when_it_is_replayed_after_the_cause_is_mended(
    sample: ServiceUnderTest, clock: SetClock
) -> None:
    pool = sample.runtime.database.pool
    await pool.execute("alter table seen rename to unseen")
    person = new_id()
    await sample.deliver(counts(person, 1))
    for _ in range(10):
        clock.move(hours=1)
        await sample.inbox.retry_due()
    [dead] = await sample.held("dead")
    await pool.execute("alter table unseen rename to seen")
    assert await held_events.replay(pool, [dead.id], clock.now()) == 1
    await sample.inbox.retry_due()
    assert await seen(sample) == {person: (1, 1)}
    assert await sample.held("dead") == await sample.held("waiting") == []


async def test_an_event_about_somebody_unknown_waits_for_them(
    sample: ServiceUnderTest, clock: SetClock
) -> None:
    world = World()
    kari = world.person("Kari", "Hansen")
    await sample.deliver(counts(kari.person_id, 404))
    assert len(await sample.held("waiting")) == 1
    await sample.deliver(*world.news())
    clock.move(minutes=1)
    await sample.inbox.retry_due()
    assert kari.person_id in await seen(sample)
    stranger = new_id()
    await sample.deliver(counts(stranger, 404))
    for _ in range(200):
        clock.move(minutes=15)
        await sample.inbox.retry_due()
    assert [held.subject for held in await sample.held("dead")] == [str(stranger)]


async def test_a_lost_network_loses_and_doubles_nothing(
    sample: ServiceUnderTest, rabbit: Any, vhost: str, amqp_url: str, eventually: Any
) -> None:
    people = [new_id() for _ in range(400)]
    async with working(sample, amqp_url) as bus:
        sending = asyncio.create_task(publish_all(bus, [message(counts(person, 1)) for person in people]))
        cut = 0
        for _ in range(40):
            await asyncio.sleep(0.25)
            cut += await asyncio.to_thread(rabbit.close_connections, vhost)
            if cut >= 2:
                break
        await sending

        async def applied() -> bool:
            return len(await seen(sample)) == 400

        await eventually(applied, timeout=30)
    assert cut >= 2
    assert set((await seen(sample)).values()) == {(1, 1)}


async def test_a_broker_restart_loses_nothing_of_what_was_confirmed(
    sample: ServiceUnderTest, private_rabbit: Any, eventually: Any
) -> None:
    url = private_rabbit.broker.amqp_url("/")
    people = [new_id() for _ in range(200)]
    async with bus_with_queue(url) as bus:
        await asyncio.sleep(2)  # a quorum queue killed within a second of its birth does not come back
        await publish_all(bus, [message(counts(person, 1)) for person in people[:100]])
    private_rabbit.kill()
    async with sample.runtime.units.begin() as work:
        for number in range(100):
            work.emit(counts(people[100 + number], 1))
    private_rabbit.start()
    async with working(sample, url):

        async def applied() -> bool:
            return len(await seen(sample)) == 200

        await eventually(applied, timeout=60)
    assert set((await seen(sample)).values()) == {(1, 1)}


@pytest.fixture
def worker_program(database: str, amqp_url: str) -> list[str]:
    program = f"""
import asyncio
from stafett_chassis.rabbit import RabbitBus
from stafett_chassis.run import work_in
from stafett_chassis.runtime import running
from stafett_testing.sample import service
async def main():
    settings = service.settings(site="vest", site_name="V", site_kind="rhf", environment="test",
        database_url={database!r}, public_url="http://s", identity_url="http://i", service_secret="x" * 32)
    async with running(service, settings) as runtime:
        await work_in(runtime, RabbitBus({amqp_url!r}))
asyncio.run(main())
"""
    return [sys.executable, "-c", program]


async def test_a_worker_killed_again_and_again_applies_everything_once(
    sample: ServiceUnderTest, amqp_url: str, worker_program: list[str], eventually: Any
) -> None:
    people = [new_id() for _ in range(3000)]
    async with bus_with_queue(amqp_url) as bus:
        await publish_all(bus, [message(counts(person, 1)) for person in people])

    async def some(more_than: int) -> bool:
        return len(await seen(sample)) > more_than

    for _ in range(3):
        worker = await asyncio.create_subprocess_exec(*worker_program, stdout=-3, stderr=-3)
        before = len(await seen(sample))
        await eventually(lambda before=before: some(before), timeout=20, interval=0.005)
        os.kill(worker.pid, signal.SIGKILL)
        await worker.wait()
    worker = await asyncio.create_subprocess_exec(*worker_program, stdout=-3, stderr=-3)
    try:
        await eventually(lambda: some(2999), timeout=30)
    finally:
        worker.kill()
        await worker.wait()
    assert set((await seen(sample)).values()) == {(1, 1)}


async def test_order_within_an_aggregate_is_kept_by_concurrent_changes(
    sample: ServiceUnderTest, amqp_url: str, eventually: Any
) -> None:
    """Twenty writers race for three notes; each note's revisions arrive in order."""
    pool = sample.runtime.database.pool
    notes = [new_id() for _ in range(3)]
    for note in notes:
        await pool.execute("insert into note values ($1, $2, '', 0)", note, new_id())

    async def change(note: UUID) -> None:
        for _ in range(10):
            async with sample.runtime.units.begin() as work:
                revision = await work.raw.fetchval(
                    "update note set revision = revision + 1 where note_id = $1 returning revision", note
                )
                await asyncio.sleep(0)
                work.emit(
                    ImportRefused(revision=revision, run_id=RunId(note), state=ImportState.REFUSED, reason="")
                )

    arrived: dict[str, list[int]] = {}

    async def note_down(bodies: Any) -> None:
        for body in bodies:
            envelope = decode(body)
            arrived.setdefault(envelope.subject, []).append(envelope.data.revision)

    bus = RabbitBus(amqp_url)
    await bus.declare("orders", [ImportRefused.TYPE])
    relay = asyncio.create_task(Relay(sample.runtime.database.url, bus, site="vest", service="sample").run())
    consumer = asyncio.create_task(bus.consume("orders", [ImportRefused.TYPE], note_down))
    try:
        await asyncio.gather(*(change(notes[number % 3]) for number in range(20)))

        async def all_there() -> bool:
            return sum(len(revisions) for revisions in arrived.values()) >= 200

        await eventually(all_there, timeout=20)
    finally:
        relay.cancel()
        consumer.cancel()
        await asyncio.gather(relay, consumer, return_exceptions=True)
        await bus.close()
    for revisions in arrived.values():
        assert revisions == sorted(set(revisions))


async def test_of_two_relays_one_works_and_the_other_takes_over(
    sample: ServiceUnderTest, amqp_url: str, eventually: Any
) -> None:
    bus = RabbitBus(amqp_url)
    await bus.declare("sample", TYPES)
    relays = [Relay(sample.runtime.database.url, bus, site="vest", service="sample") for _ in range(2)]
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        await eventually(lambda: sum(relay.active for relay in relays) == 1, timeout=10)
        working_one = next(number for number, relay in enumerate(relays) if relay.active)
        tasks[working_one].cancel()
        await eventually(lambda: relays[1 - working_one].active, timeout=10)
        async with sample.runtime.units.begin() as work:
            work.emit(counts(new_id(), 1))

        async def sent() -> bool:
            return await sample.told() == []

        await eventually(sent, timeout=10)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await bus.close()


async def test_no_event_without_its_change_and_no_change_without_its_event(sample: ServiceUnderTest) -> None:
    async def fail() -> None:
        async with sample.runtime.units.begin() as work:
            work.emit(counts(new_id(), 1))
            await work.raw.execute("insert into nowhere values (1)")

    with pytest.raises(asyncpg.PostgresError):
        await fail()
    assert await sample.told() == []
