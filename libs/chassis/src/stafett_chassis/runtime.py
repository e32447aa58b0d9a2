"""What one running instance of a service holds: settings, clock, database, bus, and the like.

Several may live in one process (the embedded default runs every service of two sites), so nothing here is global.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar, cast

import httpx
from fastapi import APIRouter

from stafett_chassis.auth import Tokens
from stafett_chassis.blobs import Blobs
from stafett_chassis.bus import Bus
from stafett_chassis.clock import Clock, SystemClock
from stafett_chassis.reactions import Reactions
from stafett_chassis.schedules import Schedule
from stafett_chassis.settings import Settings
from stafett_chassis.sql import Database
from stafett_chassis.work import Units

S = TypeVar("S", bound=Settings)
T = TypeVar("T")


@dataclass
class Runtime(Generic[S]):
    """One running instance of a service at one site."""

    service: "Service[S]"
    settings: S
    clock: Clock
    database: Database
    units: Units
    tokens: Tokens
    blobs: Blobs
    http: httpx.AsyncClient
    national: Bus | None = None  # the bus between sites, where the process has one of its own
    own: Any = None  # what the service's `open` gave

    def owned(self, kind: type[T]) -> T:
        """The service's own resources, which must be a `kind`."""
        if not isinstance(self.own, kind):
            raise TypeError(f"{self.service.name} holds {type(self.own).__name__}, not {kind.__name__}")
        return self.own


Task = Callable[[Runtime[Any]], Awaitable[None]]


@dataclass(frozen=True)
class Service(Generic[S]):
    """A service, put together on one screen in its `app.py`.

    `open` makes what the service needs beside the chassis (a mail sender, keys) for as long as it runs.
    `http_tasks` run for ever beside the HTTP server, `worker_tasks` beside the relay and the consumer.
    """

    name: str
    meaning: str
    package: str
    settings: type[S]
    routers: Sequence[APIRouter] = ()
    reactions: Reactions = field(default_factory=Reactions)
    schedules: Sequence[Schedule] = ()
    open: Callable[[Runtime[S]], AbstractAsyncContextManager[Any]] | None = None
    http_tasks: Sequence[Task] = ()
    worker_tasks: Sequence[Task] = ()

    @property
    def path(self) -> str:
        """Where its API begins, behind the gateway and without one."""
        return f"/api/{self.name}"


@asynccontextmanager
async def running(
    service: Service[S], settings: S, clock: Clock | None = None, national: Bus | None = None
) -> AsyncIterator[Runtime[S]]:
    """An instance of `service`, its database pool open, until the block ends."""
    clock = clock or SystemClock(timedelta(seconds=settings.clock_offset_seconds))
    database = Database(
        str(settings.database_url), size=settings.database_pool, name=f"{service.name}@{settings.site}"
    )
    identity = str(settings.identity_url).rstrip("/")
    async with httpx.AsyncClient(timeout=10) as http:
        runtime = Runtime(
            service=service,
            settings=settings,
            clock=clock,
            database=database,
            units=Units(
                database,
                clock,
                site=settings.site,
                service=service.name,
                site_kind=settings.site_kind,
            ),
            tokens=Tokens(
                site=settings.site,
                keys_url=f"{identity}/api/identity/.well-known/jwks.json",
                clock=clock,
                http=http,
            ),
            blobs=Blobs(settings.blob_url),
            http=http,
            national=national,
        )
        await database.open()
        try:
            if service.open is None:
                yield runtime
            else:
                async with service.open(runtime) as own:
                    runtime.own = runtime.units.own = own
                    yield runtime
        finally:
            await runtime.units.close()
            await database.close()


def installed_services() -> dict[str, Service[Any]]:
    """Every installed service by name (entry points of the group `stafett.services`)."""
    from importlib.metadata import entry_points

    return {
        found.name: cast(Service[Any], found.load())
        for found in sorted(entry_points(group="stafett.services"))
    }


def installed_service(name: str) -> Service[Any]:
    """The installed service `name`. Raises `LookupError` naming those there are."""
    from importlib.metadata import entry_points

    found = {point.name: point for point in entry_points(group="stafett.services")}
    if name not in found:
        raise LookupError(
            f"no service {name!r} is installed; there are: {', '.join(sorted(found)) or 'none'}"
        )
    return cast(Service[Any], found[name].load())
