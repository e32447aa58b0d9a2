"""Two whole sites on a real broker: a vhost each and the national one between them."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest

from stafett_chassis.bus import Message
from stafett_chassis.embedded.bus import EmbeddedBus
from stafett_chassis.rabbit import RabbitBus
from stafett_chassis.run import work_in
from stafett_contracts import sync
from stafett_contracts.event import decode
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import GoalStatus, RepetitionState
from stafett_sync.exchange import tasks
from stafett_sync.exchange.tasks import queue_of

SIGNED = RepetitionState.SIGNED


class Running:
    """A site whose worker runs, reached only through its own vhost."""

    def __init__(self, site: Any, url: str, bus: RabbitBus) -> None:
        self.site = site
        self.url = url
        self.bus = bus
        self.heard: list[Any] = []
        self._worker: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    async def listen(self) -> None:
        """Hear what sync tells the site, as plans would."""

        async def take(bodies: Sequence[bytes]) -> None:
            self.heard += [decode(body).data for body in bodies]

        await self.bus.declare("plans", {"#"})
        self._listening = asyncio.create_task(self.bus.consume("plans", {"#"}, take))

    def start(self) -> None:
        """Start the worker: relays, consumers, schedules."""
        self._worker = asyncio.create_task(work_in(self.site.under_test.runtime, RabbitBus(self.url)))

    async def stop(self) -> None:
        """Stop the worker, as a crash would."""
        for task in (self._worker, self._listening):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        self._worker = self._listening = None

    def last(self, kind: Any, **fields: Any) -> Any:
        found = [
            event
            for event in self.heard
            if isinstance(event, kind)
            and all(getattr(event, name) == value for name, value in fields.items())
        ]
        return found[-1] if found else None


@pytest.fixture
async def running(two_on_rabbit: Any, rabbit: Any) -> AsyncIterator[dict[str, Running]]:
    """Both sites, their workers running."""
    country, national = two_on_rabbit
    async with AsyncExitStack() as stack:
        found = {}
        declaring = RabbitBus(rabbit.amqp_url(national), exchange=tasks.EXCHANGE)
        stack.push_async_callback(declaring.close)
        for name, site in country.sites.items():
            vhost = f"test-{secrets.token_hex(6)}"
            rabbit.create_vhost(vhost)
            stack.callback(rabbit.delete_vhost, vhost)
            bus = RabbitBus(rabbit.amqp_url(vhost))
            stack.push_async_callback(bus.close)
            found[name] = Running(site, rabbit.amqp_url(vhost), bus)
            stack.push_async_callback(found[name].stop)
            await found[name].listen()
            await declaring.declare(queue_of(name), {name, tasks.EVERYBODY})
            found[name].start()
        yield found


@pytest.fixture
async def two_on_rabbit(country: Any, vhost: str, rabbit: Any) -> Any:
    """A health region and the municipal site with a national vhost."""
    built = await country("vest", "kommune", national_amqp_url=rabbit.amqp_url(vhost))
    for site in built.sites.values():
        await site.catalogue("FKM-012", "FKM-013")
    return built, vhost


@pytest.mark.rule("SYN-133")
@pytest.mark.timeout(180)
async def test_two_sites_exchange_over_a_broker_and_end_equal_after_a_partition(
    running: dict[str, Running], two_on_rabbit: Any, rabbit: Any, eventually: Any
) -> None:
    _, national = two_on_rabbit
    vest, kommune = running["vest"], running["kommune"]
    here = await vest.site.hire()
    await here.goal("FKM-012", GoalStatus.APPROVED)
    there = await kommune.site.hire()
    await eventually(lambda: kommune.last(sync.GoalResolved), timeout=40)
    told = kommune.last(sync.GoalResolved)
    assert (told.goal_key, told.status, told.person_id) == ("FKM12", GoalStatus.APPROVED, there.person_id)

    # The line between them breaks while both go on, and one of them is away altogether.
    await kommune.stop()
    await there.goal("FKM-013", GoalStatus.WAITING)
    for number in range(3):
        rabbit.close_connections(national)
        await here.goal("FKM-013", GoalStatus.BEGUN if number % 2 else GoalStatus.REJECTED)
        await here.count("LP", ("2026-01-05", number + 1, SIGNED))
    assert kommune.last(sync.GoalResolved, goal_key="FKM13") is None
    await kommune.listen()
    kommune.start()
    rabbit.close_connections(national)

    async def equal() -> bool:
        registers = [await one.site.register() for one in running.values()]
        waiting = [
            await one.site.pool.fetchval("select count(*) from national_outbox") for one in running.values()
        ]
        return registers[0] == registers[1] and waiting == [0, 0]

    await eventually(equal, timeout=60)
    await eventually(lambda: kommune.last(sync.ProcedureCountResolved, total=3), timeout=30)
    await eventually(
        lambda: vest.last(sync.GoalResolved, goal_key="FKM13", status=GoalStatus.WAITING), timeout=30
    )
    await eventually(
        lambda: kommune.last(sync.GoalResolved, goal_key="FKM13", status=GoalStatus.WAITING), timeout=30
    )
    for one in running.values():
        assert await one.site.dead() == []


@pytest.mark.timeout(120)
async def test_what_is_no_message_at_all_stops_nothing(
    running: dict[str, Running], two_on_rabbit: Any, rabbit: Any, eventually: Any
) -> None:
    _, national = two_on_rabbit
    bus = RabbitBus(rabbit.amqp_url(national), exchange=tasks.EXCHANGE)
    await bus.publish([Message(new_id(), "kommune", b"\xff"), Message(new_id(), tasks.EVERYBODY, b"{}")])
    await bus.close()
    here = await running["vest"].site.hire()
    await here.goal("FKM-012", GoalStatus.WAITING)
    await running["kommune"].site.hire()
    await eventually(lambda: running["kommune"].last(sync.GoalResolved), timeout=40)
    assert await running["kommune"].site.dead() == [("malformed", "envelope")] * 2
    assert await running["vest"].site.dead() == [("malformed", "envelope")], "«all» reaches every site"


async def test_two_sites_of_one_process_exchange_over_the_embedded_bus(two: Any, eventually: Any) -> None:
    bus = EmbeddedBus([queue_of(name) for name in two.sites])
    running = []
    for site in two.sites.values():
        site.under_test.runtime.national = bus
        running.append(asyncio.create_task(tasks.exchange(site.under_test.runtime)))
    try:
        here = await two["vest"].hire()
        await here.goal("FKM-012", GoalStatus.APPROVED)
        await two["kommune"].hire()

        async def arrived() -> bool:
            return any(
                told.status is GoalStatus.APPROVED for told in await two["kommune"].told(sync.GoalResolved)
            )

        await eventually(arrived, timeout=40)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
