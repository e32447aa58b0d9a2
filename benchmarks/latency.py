"""Latency: a POST in plans to the alert on another person's stream of server-sent events, twenty a second.

The way is: commit in plans, relay, broker, reaction and commit in notify, stream. The limit adds up what that cannot
do without, each measured alone: two commits, one confirmed publish, one delivery.
"""

import asyncio
import time
from statistics import median, quantiles
from typing import Any

import aio_pika
import asyncpg
import httpx

from benchmarks import plans
from benchmarks.row import Row
from benchmarks.servers import Servers
from stafett_chassis import migrate
from stafett_chassis.clock import SystemClock
from stafett_chassis.runtime import installed_service
from stafett_testing.people import Position, World
from stafett_testing.service import service_under_test

A_SECOND = 20
PEOPLE = 240
_WARM_UP = 20  # the first ones are not counted


async def measure(servers: Servers) -> list[Row]:
    """Milliseconds, at the median and the 99th percentile."""
    prepared = await plans.prepare(servers)
    world = prepared.world
    staff = [
        world.person("Nils", f"Ansatt{number}").at(prepared.leader.unit, leader=prepared.leader)
        for number in range(PEOPLE)
    ]
    vhost = servers.vhost("latency")
    notify = installed_service("notify")
    notify_url = servers.databases.create()
    await migrate.upgrade(notify.package, notify_url)
    tokens = await _tell_of(staff, prepared.database_url, notify_url, world)
    plan_id = await _plan_of(prepared)
    plans_port, notify_port = plans.free_port(), plans.free_port()
    async with (
        plans.keys_served() as identity,
        plans.process(
            [plans.STAFETT, "run", "plans"],
            plans.environment(prepared.database_url, identity, plans_port, STAFETT_AMQP_URL=vhost),
            f"http://127.0.0.1:{plans_port}/ready",
        ),
        plans.process(
            [plans.STAFETT, "run", "notify"],
            plans.environment(notify_url, identity, notify_port, STAFETT_AMQP_URL=vhost),
            f"http://127.0.0.1:{notify_port}/ready",
        ),
    ):
        await asyncio.sleep(3)  # the workers have declared their queues
        times = await _assign_all(staff, tokens, plan_id, plans_port, notify_port)
    limit = await _limit(servers)
    return [
        Row(
            "latency: POST in plans to alert on a stream, 20/s, p50",
            median(times),
            "ms",
            limit,
            "<= 30 ms",
            "lower",
        ),
        Row("latency: the same, p99", quantiles(times, n=100)[98], "ms", limit, "<= 120 ms", "lower"),
    ]


async def _tell_of(staff: list[Position], plans_url: str, notify_url: str, world: World) -> dict[str, str]:
    """Both services know everybody; a token for each employee and for the leader."""
    tokens = {}
    everybody = world.all_news()
    async with service_under_test(installed_service("plans"), plans_url, clock=SystemClock()) as service:
        await service.deliver(*world.news())
        leader = staff[0].leader
        assert leader is not None
        tokens["leader"] = service.token(service.caller(leader), lifetime=10**8)
        for one in staff:
            tokens[str(one.position_id)] = service.token(service.caller(one), lifetime=10**8)
    async with service_under_test(installed_service("notify"), notify_url, clock=SystemClock()) as service:
        for first in range(0, len(everybody), 200):
            await service.deliver(*everybody[first : first + 200])
    return tokens


async def _plan_of(prepared: plans.Prepared) -> str:
    connection = await asyncpg.connect(prepared.database_url)
    try:
        return str(await connection.fetchval("select plan_id from plan"))
    finally:
        await connection.close()


async def _assign_all(
    staff: list[Position], tokens: dict[str, str], plan_id: str, plans_port: int, notify_port: int
) -> list[float]:
    arrived = {one.position_id: asyncio.Event() for one in staff}
    seen: dict[Any, float] = {}
    listening = [
        asyncio.create_task(_listen(one, tokens, notify_port, arrived[one.position_id], seen))
        for one in staff
    ]
    await asyncio.sleep(3)  # every stream is open
    sent: dict[Any, float] = {}
    limits = httpx.Limits(max_connections=50, max_keepalive_connections=50)
    async with httpx.AsyncClient(limits=limits, timeout=30) as http:

        async def assign(one: Position) -> None:
            pairs = [{"position_id": str(one.position_id), "plan_id": plan_id, "action": "assign"}]
            sent[one.position_id] = time.perf_counter()
            answer = await http.post(
                f"http://127.0.0.1:{plans_port}/api/plans/assignments:bulk",
                json={"pairs": pairs},
                headers={"authorization": f"Bearer {tokens['leader']}"},
            )
            answer.raise_for_status()

        posting = []
        begun = time.perf_counter()
        for number, one in enumerate(staff):
            await asyncio.sleep(max(0.0, begun + number / A_SECOND - time.perf_counter()))
            posting.append(asyncio.create_task(assign(one)))
        await asyncio.gather(*posting)
        async with asyncio.timeout(60):
            await asyncio.gather(*(event.wait() for event in arrived.values()))
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    return [(seen[one.position_id] - sent[one.position_id]) * 1000 for one in staff[_WARM_UP:]]


async def _listen(
    one: Position, tokens: dict[str, str], port: int, arrived: asyncio.Event, seen: dict[Any, float]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    token = tokens[str(one.position_id)]
    writer.write(
        f"GET /api/notify/me/stream HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\r\n".encode()
    )
    try:
        while True:
            line = await reader.readline()
            if not line:
                return
            if line.startswith(b"event: alert.added"):
                seen[one.position_id] = time.perf_counter()
                arrived.set()
    finally:
        writer.close()


async def _limit(servers: Servers) -> float:
    """Two commits, a confirmed publish and a delivery, each alone, in milliseconds."""
    database = await asyncpg.connect(servers.databases.create())
    await database.execute("create table one (id serial primary key, body text)")
    commits = []
    for _ in range(200):
        started = time.perf_counter()
        async with database.transaction():
            await database.execute("insert into one (body) values ($1)", "x" * 1000)
        commits.append(time.perf_counter() - started)
    await database.close()
    connection = await aio_pika.connect(servers.vhost("latency-limit"))
    channel = await connection.channel(publisher_confirms=True)
    queue = await channel.declare_queue("one", durable=True, arguments={"x-queue-type": "quorum"})
    publishes, deliveries = [], []
    for _ in range(200):
        started = time.perf_counter()
        await channel.default_exchange.publish(
            aio_pika.Message(b"x" * 1000, delivery_mode=aio_pika.DeliveryMode.PERSISTENT), routing_key="one"
        )
        publishes.append(time.perf_counter() - started)
        started = time.perf_counter()
        found = await queue.get(timeout=5)
        await found.ack()
        deliveries.append(time.perf_counter() - started)
    await connection.close()
    return (2 * median(commits) + median(publishes) + median(deliveries)) * 1000
