"""What a service does about events, its own and others': handlers registered by event class.

    reactions = Reactions()

    @reactions.on(RequestSigned)
    async def apply_signature(work: Work, event: RequestSigned) -> None: ...

A handler has the shape of an action. It compares the subject's revision itself, so that an old event never
undoes a newer one; being called twice for one event is prevented by the inbox.
"""

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Any, TypeVar

from stafett_chassis.work import Work
from stafett_contracts.event import Event

E = TypeVar("E", bound=Event)
Handler = Callable[[Work, Any], Awaitable[None]]


class Later(Exception):
    """The event speaks of something not known here yet; it is kept and tried again for a day, or for `limit`."""

    def __init__(self, reason: str, limit: timedelta | None = None) -> None:
        super().__init__(reason)
        self.limit = limit


class Reactions:
    """Handlers by event type. Several handlers for one type run in the order they were registered."""

    def __init__(self) -> None:
        self._handlers: dict[str, list[Handler]] = {}

    def on(
        self, *events: type[E]
    ) -> Callable[[Callable[[Work, E], Awaitable[None]]], Callable[[Work, E], Awaitable[None]]]:
        """Register the decorated function for `events`."""

        def register(handler: Callable[[Work, E], Awaitable[None]]) -> Callable[[Work, E], Awaitable[None]]:
            for event in events:
                self._handlers.setdefault(event.TYPE, []).append(handler)
            return handler

        return register

    def include(self, others: Iterable["Reactions"]) -> None:
        """Add the handlers of `others`."""
        for other in others:
            for event_type, handlers in other._handlers.items():
                self._handlers.setdefault(event_type, []).extend(handlers)

    @property
    def types(self) -> frozenset[str]:
        """The event types somebody here wants."""
        return frozenset(self._handlers)

    async def react(self, work: Work, event: Event) -> None:
        """Call every handler of `event`."""
        for handler in self._handlers.get(event.TYPE, ()):
            await handler(work, event)
