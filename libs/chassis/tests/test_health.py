"""The worker's own little server."""

import asyncio
from typing import Any

import httpx

from stafett_chassis import health
from stafett_chassis.rabbit import RabbitBus


async def test_a_process_is_ready_when_everything_it_needs_answers() -> None:
    state = {"database": True, "bus": False}

    async def slow() -> bool:
        await asyncio.sleep(60)
        return True

    def check(name: str) -> health.Check:
        async def answers() -> bool:
            return state[name]

        return answers

    app = health.application({name: check(name) for name in state} | {"slow": slow})
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://worker")
    answer = await client.get("/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "waiting", "for": ["bus", "slow"]})
    assert (await client.get("/live")).json() == {"status": "live"}
    metrics = await client.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert "stafett_outbox_backlog" in metrics.text
    await client.aclose()


async def test_the_bus_is_ready_while_its_broker_is(private_rabbit: Any, eventually: Any) -> None:
    bus = RabbitBus(private_rabbit.broker.amqp_url("/"))
    try:
        assert await bus.ready()
        await asyncio.to_thread(private_rabbit.kill)

        async def gone() -> bool:
            return not await bus.ready()

        await eventually(gone, timeout=10)
        await asyncio.to_thread(private_rabbit.start)
        await eventually(bus.ready, timeout=20)
    finally:
        await bus.close()
