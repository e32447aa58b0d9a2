"""What the services need of a message bus; `rabbit.py` and `embedded/bus.py` provide it.

Delivery is at least once. Order is kept from one publisher to one queue as far as nothing is repeated.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Message:
    """One event on its way: the encoded envelope and what the bus needs to route it."""

    event_id: UUID
    type: str
    body: bytes


class BusUnavailable(Exception):
    """The bus cannot be reached or did not confirm in time; what was not confirmed is to be sent again."""


# Stores the effects of a batch and returns; an exception means that nothing is acknowledged.
Consumer = Callable[[Sequence[bytes]], Awaitable[None]]


class Bus(Protocol):
    """A way from outboxes to consumers."""

    async def publish(self, messages: Sequence[Message]) -> int:
        """Publish in order; how many, counted from the first, the bus has confirmed.

        Less than all means that a message in the middle failed: it and all after it are to be sent again.
        Raises `BusUnavailable` when nothing is known.
        """
        ...

    async def consume(self, queue: str, types: Collection[str], consumer: Consumer) -> None:
        """Deliver every event of `types` to `consumer`, in batches, until cancelled or `close`."""
        ...

    async def ready(self) -> bool:
        """Whether the bus can be reached now."""
        ...

    async def close(self) -> None:
        """Stop delivering and let go of connections, within a few seconds whatever their state."""
        ...
