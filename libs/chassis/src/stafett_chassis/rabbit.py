"""The bus on RabbitMQ: topic exchange `events`, one durable quorum queue a service, publisher confirms.

Three guards keep a bad moment from becoming a lost or a stuck message:
- every confirm has a time limit (a queue whose node has died may never answer);
- a message that has been delivered `_DELIVERY_LIMIT` times without an answer (it kills its consumer) is moved by
  the broker to the queue `<service>.dead`, whence the worker takes it into the service's list of dead events;
- what a consumer cannot apply is put off in its own database (`inbox.py`), so a queue never waits for one message.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from typing import Any

import aio_pika
import structlog
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection
from aio_pika.exceptions import AMQPError

from stafett_chassis.bus import BusUnavailable, Consumer, Message
from stafett_chassis.cancelling import honour_cancellation

log = structlog.get_logger(__name__)

EXCHANGE = "events"
_CONFIRM_SECONDS = 10
_DELIVERY_LIMIT = 20
_PREFETCH = 200
_BATCH = 50
_DOWN = (AMQPError, OSError, RuntimeError, asyncio.TimeoutError)


Declare = Callable[[Any], Awaitable[Any]]


class RabbitBus:
    """A site's vhost. Opens its connections when first needed, and again after a loss."""

    def __init__(self, url: str, *, exchange: str = EXCHANGE, name: str = "stafett") -> None:
        self._url = url
        self._exchange_name = exchange
        self._name = name
        self._connection: AbstractRobustConnection | None = None
        self._exchange: Any = None
        self._opening = asyncio.Lock()

    async def publish(self, messages: Sequence[Message]) -> int:
        """See `Bus.publish`: pipelined, all confirms awaited together."""
        exchange = await self._publisher()
        sends = [
            asyncio.ensure_future(
                exchange.publish(
                    aio_pika.Message(
                        message.body,
                        content_type="application/cloudevents+json",
                        message_id=str(message.event_id),
                        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                    ),
                    routing_key=message.type,
                    mandatory=False,
                    timeout=_CONFIRM_SECONDS,
                )
            )
            for message in messages
        ]
        results = await asyncio.gather(*sends, return_exceptions=True)
        for place, result in enumerate(results):
            if isinstance(result, BaseException):
                log.warning("publish_not_confirmed", error=repr(result), confirmed=place, of=len(messages))
                await self._drop()
                if place == 0:
                    raise BusUnavailable(repr(result)) from result
                return place
        return len(messages)

    async def consume(self, queue: str, types: Collection[str], consumer: Consumer) -> None:
        """See `Bus.consume`: batches of at most 50, acknowledged after `consumer` has returned."""
        await self._deliver_for_ever(queue, lambda channel: self._declare(channel, queue, types), consumer)

    async def consume_dead(self, queue: str, bury: Callable[[bytes, str], Awaitable[None]]) -> None:
        """Take what the broker gave up on (see above) out of its queue, for ever."""

        async def bury_all(bodies: Sequence[bytes]) -> None:
            for body in bodies:
                await bury(body, f"delivered {_DELIVERY_LIMIT} times without an answer")

        await self._deliver_for_ever(
            f"{queue}.dead", lambda channel: self._declare_dead(channel, f"{queue}.dead"), bury_all
        )

    async def ready(self) -> bool:
        """Whether a connection stands."""
        try:
            await self._publisher()
        except BusUnavailable:
            return False
        return self._connection is not None and self._connection.connected.is_set()

    async def close(self) -> None:
        """Close the connection, for at most three seconds."""
        await self._drop()

    async def declare(self, queue: str, types: Collection[str]) -> None:
        """Create the exchange, `queue` and its bindings, without consuming. Raises `BusUnavailable`.

        To be done for every service before any of them publishes: what is published before a queue is there never
        comes to it.
        """
        try:
            connection = await self._connect(f"{self._name} declare")
            try:
                await self._declare(await connection.channel(), queue, types)
            finally:
                await _close(connection)
        except _DOWN as error:
            raise BusUnavailable(repr(error)) from error

    async def _deliver_for_ever(self, name: str, declare: Declare, consumer: Consumer) -> None:
        while True:
            try:
                await self._deliver(name, declare, consumer)
            except _DOWN as error:
                honour_cancellation()
                log.warning("consuming_interrupted", queue=name, error=repr(error))
                await asyncio.sleep(1)

    async def _deliver(self, name: str, declare: Declare, consumer: Consumer) -> None:
        # A plain connection: this loop makes everything anew after a loss, so nothing is restored half.
        connection = await self._connect(f"{self._name} consume {name}")
        try:
            channel = await connection.channel(publisher_confirms=False)
            await channel.set_qos(prefetch_count=_PREFETCH)
            queue = await declare(channel)
            waiting: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()

            async def arrived(message: AbstractIncomingMessage) -> None:
                waiting.put_nowait(message)

            def lost(*_: Any) -> None:
                waiting.put_nowait(None)

            channel.close_callbacks.add(lost)
            connection.close_callbacks.add(lost)
            await queue.consume(arrived)
            while True:
                batch = [await waiting.get()]
                while len(batch) < _BATCH and not waiting.empty():
                    batch.append(waiting.get_nowait())
                messages = [message for message in batch if message is not None]
                if len(messages) < len(batch):
                    raise ConnectionError("the channel was closed")
                await consumer([message.body for message in messages])
                # In order and none left out, so one acknowledgement covers the batch.
                await messages[-1].ack(multiple=True)
        finally:
            await _close(connection)

    async def _declare(self, channel: Any, queue_name: str, types: Collection[str]) -> Any:
        exchange = await channel.declare_exchange(
            self._exchange_name, aio_pika.ExchangeType.TOPIC, durable=True
        )
        dead = f"{queue_name}.dead"
        await self._declare_dead(channel, dead)
        queue = await channel.declare_queue(
            queue_name,
            durable=True,
            arguments={
                "x-queue-type": "quorum",
                "x-delivery-limit": _DELIVERY_LIMIT,
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": dead,
            },
        )
        for event_type in sorted(types):
            await queue.bind(exchange, routing_key=event_type)
        return queue

    async def _declare_dead(self, channel: Any, name: str) -> Any:
        return await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})

    async def _publisher(self) -> Any:
        async with self._opening:
            if self._connection is not None and not self._connection.connected.is_set():
                await self._drop()
            if self._exchange is None:
                try:
                    self._connection = await self._connect(f"{self._name} publish")
                    channel = await self._connection.channel(publisher_confirms=True, on_return_raises=False)
                    self._exchange = await channel.declare_exchange(
                        self._exchange_name, aio_pika.ExchangeType.TOPIC, durable=True
                    )
                except _DOWN as error:
                    await self._drop()
                    raise BusUnavailable(repr(error)) from error
            return self._exchange

    async def _connect(self, name: str) -> Any:
        return await aio_pika.connect(self._url, timeout=10, client_properties={"connection_name": name})

    async def _drop(self) -> None:
        connection, self._connection, self._exchange = self._connection, None, None
        if connection is not None:
            await _close(connection)


async def _close(connection: Any) -> None:
    # With a dead node closing can hang as well.
    with suppress(Exception):
        await asyncio.wait_for(connection.close(), 3)
