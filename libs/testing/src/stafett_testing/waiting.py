# ruff: noqa: ASYNC109 - telling what was waited for in vain is the point of the timeout here
"""Ports that are free, and waiting for what has to become true."""

from __future__ import annotations

import asyncio
import inspect
import random
import socket
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

# Below every system's range of ephemeral ports: no outgoing connection takes the port between our look and its use.
PORTS = range(20000, 32000)


def find_free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


class Eventually:
    """Waits for what has to become true: ``await eventually(lambda: smtp.messages, timeout=5)``."""

    @overload
    async def __call__(
        self,
        predicate: Callable[[], Awaitable[T]],
        *,
        timeout: float = ...,
        interval: float = ...,
        message: str | None = ...,
    ) -> T: ...

    @overload
    async def __call__(
        self,
        predicate: Callable[[], T],
        *,
        timeout: float = ...,
        interval: float = ...,
        message: str | None = ...,
    ) -> T: ...

    async def __call__(
        self,
        predicate: Callable[[], object],
        *,
        timeout: float = 5.0,
        interval: float = 0.02,
        message: str | None = None,
    ) -> object:
        """Call ``predicate`` (sync or async) until it returns something true, and return that.

        An AssertionError from it means «not yet». After ``timeout`` seconds an AssertionError tells what was waited
        for and what the last attempt gave; any other exception passes at once.
        """
        started = time.monotonic()
        attempts = 0
        while True:
            attempts += 1
            refused: AssertionError | None = None
            value: object = None
            try:
                outcome = predicate()
                value = await outcome if inspect.isawaitable(outcome) else outcome
                if value:
                    return value
            except AssertionError as error:
                refused = error
            waited = time.monotonic() - started
            if waited >= timeout:
                last = f"the last one raised: {refused}" if refused else f"the last one gave {value!r}"
                raise AssertionError(
                    f"{message or _describe(predicate)} did not come true in {waited:.1f} s ({attempts} attempts; {last})"
                ) from refused
            await asyncio.sleep(interval)


def _describe(predicate: Callable[[], object]) -> str:
    name = getattr(predicate, "__name__", repr(predicate))
    if name != "<lambda>":
        return f"{name}()"
    try:
        return " ".join(inspect.getsource(predicate).split())
    except (OSError, TypeError):
        return "the condition"


eventually = Eventually()
