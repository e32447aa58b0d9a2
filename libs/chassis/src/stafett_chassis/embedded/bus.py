"""The bus inside one process: publishing is handing over to every consumer that wants the event.

It keeps nothing itself. A consumer returns when the effects of its events are stored (or the events are held in its
own database), and only then does the relay remove them from the outbox: a crash at any point repeats, never loses.
"""

import asyncio
from collections.abc import Collection, Sequence

from stafett_chassis.bus import BusUnavailable, Consumer, Message


class EmbeddedBus:
    """One site's bus (or the one between sites), shared by the services of the process.

    `expected` are the queues that must be consuming before anything is published, as durable queues of a broker
    would be there before their consumers.
    """

    def __init__(self, expected: Collection[str]) -> None:
        self._expected = frozenset(expected)
        self._consumers: dict[str, tuple[frozenset[str], Consumer]] = {}
        self._closed = asyncio.Event()

    async def publish(self, messages: Sequence[Message]) -> int:
        """See `Bus.publish`: all or, when a consumer is missing or stops, `BusUnavailable`."""
        missing = self._expected - self._consumers.keys()
        if missing:
            raise BusUnavailable(f"not consuming yet: {', '.join(sorted(missing))}")
        outcomes = await asyncio.gather(
            *(
                consumer(wanted)
                for types, consumer in list(self._consumers.values())
                if (wanted := [message.body for message in messages if _wants(types, message.type)])
            ),
            return_exceptions=True,  # all have ended before anything is handed over again
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise BusUnavailable(repr(outcome)) from outcome
        return len(messages)

    async def consume(self, queue: str, types: Collection[str], consumer: Consumer) -> None:
        """See `Bus.consume`."""
        self._consumers[queue] = (frozenset(types), consumer)
        try:
            await self._closed.wait()
        finally:
            self._consumers.pop(queue, None)

    async def ready(self) -> bool:
        """Whether every expected consumer is there."""
        return self._expected <= self._consumers.keys()

    async def close(self) -> None:
        """End every `consume`."""
        self._closed.set()


def _wants(types: frozenset[str], event_type: str) -> bool:
    """Whether a queue bound to `types` gets `event_type`; `#` is everything, as on a topic exchange."""
    return event_type in types or "#" in types
