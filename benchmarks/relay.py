"""Relay: outbox rows to RabbitMQ, confirmed, against bare aio-pika with pipelined confirms in batches of 100."""

import asyncio
import time

import aio_pika

from benchmarks.messages import message
from benchmarks.row import Row, paired
from benchmarks.servers import Servers
from stafett_chassis import migrate
from stafett_chassis.bus import Message
from stafett_chassis.rabbit import RabbitBus
from stafett_chassis.relay import Relay
from stafett_chassis.sql import Database
from stafett_contracts.identity import ImportRefused
from stafett_contracts.ids import new_id

COUNT = 10_000
BATCH = 100
RUNS = 3


async def measure(servers: Servers) -> list[Row]:
    """Messages a second, ours and bare in turn."""
    database_url = servers.databases.create()
    await migrate.upgrade("stafett_chassis", database_url)
    amqp = servers.vhost("relay")
    bus = RabbitBus(amqp)
    await bus.declare("taker", [ImportRefused.TYPE])
    messages = [message(new_id(), 1) for _ in range(COUNT)]
    ours, limits = [], []
    for _ in range(RUNS):
        limits.append(await _bare(amqp, messages))
        ours.append(await _relay(database_url, amqp, messages))
    await bus.close()
    value, limit = paired(ours, limits)
    return [Row("relay: outbox to RabbitMQ, confirmed", value, "msg/s", limit, ">= 0.7")]


async def _bare(amqp: str, messages: list[Message]) -> float:
    connection = await aio_pika.connect(amqp)
    channel = await connection.channel(publisher_confirms=True, on_return_raises=False)
    exchange = await channel.get_exchange("events")
    started = time.perf_counter()
    for first in range(0, len(messages), BATCH):
        await asyncio.gather(
            *(
                exchange.publish(
                    aio_pika.Message(
                        one.body,
                        content_type="application/cloudevents+json",
                        message_id=str(one.event_id),
                        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                    ),
                    routing_key=one.type,
                    mandatory=False,
                )
                for one in messages[first : first + BATCH]
            )
        )
    rate = len(messages) / (time.perf_counter() - started)
    await connection.close()
    await _empty(amqp)
    return rate


async def _relay(database_url: str, amqp: str, messages: list[Message]) -> float:
    database = Database(database_url)
    await database.open()
    await database.pool.executemany(
        "insert into outbox (event_id, type, subject, body, stored_at) values ($1, $2, '', $3, now())",
        [(one.event_id, one.type, one.body) for one in messages],
    )
    bus = RabbitBus(amqp)
    await bus.ready()
    started = time.perf_counter()
    task = asyncio.create_task(Relay(database_url, bus, site="vest", service="bench").run())
    while await database.pool.fetchval("select exists (select from outbox)"):  # noqa: ASYNC110 - what is measured is another's
        await asyncio.sleep(0.02)
    rate = len(messages) / (time.perf_counter() - started)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await bus.close()
    await database.close()
    await _empty(amqp)
    return rate


async def _empty(amqp: str) -> None:
    connection = await aio_pika.connect(amqp)
    channel = await connection.channel()
    queue = await channel.get_queue("taker")
    await queue.purge()
    await connection.close()
