"""Private servers can be hurt, and come back at the same address with the same data."""

import asyncio

import aio_pika
import asyncpg
import pytest

from stafett_testing.rabbit import BrokerRefused, Rabbit
from stafett_testing.servers import PostgresServer, RabbitServer
from stafett_testing.waiting import Eventually

# A quorum queue declared just before a SIGKILL of RabbitMQ 3.10 never comes back.
SETTLED = 2.0


async def numbers(url: str) -> list[int]:
    connection = await asyncpg.connect(f"{url}/postgres")
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS kept (number serial)")
        await connection.execute("INSERT INTO kept DEFAULT VALUES")
        return [row["number"] for row in await connection.fetch("SELECT number FROM kept")]
    finally:
        await connection.close()


@pytest.mark.parametrize("hurt", ["kill", "stop"])
async def test_postgres_comes_back_with_what_was_committed(
    private_postgres: PostgresServer, hurt: str
) -> None:
    url = private_postgres.url
    before = await numbers(url)
    getattr(private_postgres, hurt)()
    with pytest.raises(OSError):
        await asyncpg.connect(f"{url}/postgres")
    private_postgres.start()
    assert private_postgres.url == url
    assert set(before) < set(await numbers(url))


async def test_a_restart_of_postgres_cuts_its_connections(private_postgres: PostgresServer) -> None:
    connection = await asyncpg.connect(f"{private_postgres.url}/postgres")
    private_postgres.restart()
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connection.execute("SELECT 1")


async def test_a_frozen_postgres_answers_when_thawed(private_postgres: PostgresServer) -> None:
    connection = await asyncpg.connect(f"{private_postgres.url}/postgres")
    private_postgres.freeze()
    waiting = asyncio.ensure_future(connection.fetchval("SELECT 1"))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    private_postgres.thaw()
    assert await waiting == 1
    await connection.close()


def test_a_server_left_down_is_up_for_the_next_test_first_half(private_postgres: PostgresServer) -> None:
    private_postgres.kill()


async def test_a_server_left_down_is_up_for_the_next_test_second_half(
    private_postgres: PostgresServer,
) -> None:
    assert await numbers(private_postgres.url)


async def publish(broker: Rabbit, body: bytes) -> None:
    async with await aio_pika.connect(broker.amqp_url()) as connection:
        channel = await connection.channel(on_return_raises=True)
        await channel.declare_queue("kept", durable=True, arguments={"x-queue-type": "quorum"})
        message = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, "kept", timeout=10)


async def test_a_killed_rabbit_keeps_what_it_confirmed(private_rabbit: RabbitServer) -> None:
    await publish(private_rabbit.broker, b"confirmed")
    await asyncio.sleep(SETTLED)
    private_rabbit.kill()
    with pytest.raises(OSError):
        await aio_pika.connect(private_rabbit.broker.amqp_url())
    private_rabbit.start()
    async with await aio_pika.connect(private_rabbit.broker.amqp_url()) as connection:
        queue = await (await connection.channel()).get_queue("kept")
        message = await queue.get(timeout=10)
        assert message is not None
        assert message.body == b"confirmed"


async def test_a_frozen_rabbit_confirms_when_thawed(private_rabbit: RabbitServer) -> None:
    private_rabbit.freeze()
    waiting = asyncio.ensure_future(publish(private_rabbit.broker, b"late"))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    private_rabbit.thaw()
    await waiting


async def test_a_vhost_is_a_tests_own(rabbit: Rabbit, vhost: str, amqp_url: str) -> None:
    async with await aio_pika.connect(amqp_url) as connection:
        await (await connection.channel()).declare_queue("mine", durable=True)
    assert [queue["name"] for queue in rabbit.manage("GET", f"queues/{vhost}")] == ["mine"]


async def test_cut_connections_are_noticed(
    rabbit: Rabbit, vhost: str, amqp_url: str, eventually: Eventually
) -> None:
    connection = await aio_pika.connect(amqp_url)
    closed = asyncio.Event()
    connection.close_callbacks.add(lambda *_: closed.set())
    await eventually(lambda: rabbit.close_connections(vhost), timeout=15)
    await asyncio.wait_for(closed.wait(), 5)


def test_the_brokers_refusal_is_told(rabbit: Rabbit) -> None:
    with pytest.raises(BrokerRefused, match="GET vhosts/nowhere: 404"):
        rabbit.manage("GET", "vhosts/nowhere")
