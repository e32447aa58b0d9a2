"""Sites in one process: every installed service of each, its worker beside its HTTP side, one address a site."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from stafett_chassis.app import create_app
from stafett_chassis.bus import Bus
from stafett_chassis.embedded.bus import EmbeddedBus
from stafett_chassis.embedded.postgres import EmbeddedPostgres
from stafett_chassis.migrate import upgrade
from stafett_chassis.run import http_server, serve_tasks, work_in
from stafett_chassis.runtime import Runtime, Service, installed_services, running
from stafett_chassis.settings import file_blob_url

log = structlog.get_logger(__name__)

_POOL = 4  # connections a service: fourteen services share one small server


@dataclass(frozen=True)
class Site:
    """A site to run: its id and names, its address, and settings beyond the common ones."""

    site: str
    name: str
    kind: str  # rhf or municipal
    port: int = 0
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunningSite:
    """A site that answers at `url`."""

    site: Site
    url: str
    runtimes: Mapping[str, Runtime[Any]]


@asynccontextmanager
async def sites_running(
    folder: Path,
    sites: Sequence[Site],
    *,
    environment: str = "demo",
    say: Any = lambda _: None,
    services: Mapping[str, Service[Any]] | None = None,
) -> AsyncIterator[list[RunningSite]]:
    """Start PostgreSQL in `folder` and every service of `sites` (installed, or `services`); stop them at the end.

    `say` is told, in a sentence, what takes time. Everything kept lies in `folder`.
    """
    services = installed_services() if services is None else services
    say("Starting PostgreSQL")
    server = EmbeddedPostgres(folder / "postgres")
    await asyncio.to_thread(server.start)
    try:
        async with AsyncExitStack() as stack:
            national = EmbeddedBus([f"sync.{site.site}" for site in sites]) if "sync" in services else None
            found = []
            for site in sites:
                say(f"Preparing {site.name}")
                found.append(await _start(stack, server, folder, site, services, environment, national))
            yield found
    finally:
        await asyncio.to_thread(server.stop)


async def _start(
    stack: AsyncExitStack,
    server: EmbeddedPostgres,
    folder: Path,
    site: Site,
    services: Mapping[str, Service[Any]],
    environment: str,
    national: Bus | None,
) -> RunningSite:
    listening = _listen(site.port)
    stack.callback(listening.close)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    bus = EmbeddedBus(services)
    common = {
        "site": site.site,
        "site_name": site.name,
        "site_kind": site.kind,
        "environment": environment,
        "database_pool": _POOL,
        "public_url": url,
        "identity_url": url,
        "service_secret": _secret(folder / f"{site.site}.secret"),
        "log_level": "warning",
        **site.extras,
    }
    runtimes: dict[str, Runtime[Any]] = {}
    for name, service in services.items():
        database = await asyncio.to_thread(server.create_database, f"{site.site}_{name.replace('-', '_')}")
        await upgrade(service.package, database)
        values = {
            **common,
            "database_url": database,
            "blob_url": file_blob_url(folder / "files" / site.site / name),
        }
        settings = service.settings(
            **{key: value for key, value in values.items() if key in service.settings.model_fields}
        )
        runtimes[name] = await stack.enter_async_context(running(service, settings, national=national))
    apps = {name: create_app(services[name], runtime) for name, runtime in runtimes.items()}
    beside = [asyncio.create_task(work_in(runtime, bus)) for runtime in runtimes.values()]
    beside += [task for runtime in runtimes.values() for task in serve_tasks(runtime)]
    http = http_server(_OneAddress(site, apps), "127.0.0.1", 0)
    serving = asyncio.create_task(_serve(http, listening))
    stack.push_async_callback(_stop, http, serving, beside, bus)
    while not http.started:
        if serving.done():
            await serving
        await asyncio.sleep(0.01)
    return RunningSite(site, url, runtimes)


async def _serve(http: uvicorn.Server, listening: socket.socket) -> None:
    # Signals belong to whoever runs the sites, not to each of their servers.
    await http._serve(sockets=[listening])


async def _stop(
    http: uvicorn.Server, serving: asyncio.Task[None], beside: list[asyncio.Task[None]], bus: Bus
) -> None:
    http.should_exit = True
    for task in beside:
        task.cancel()
    await bus.close()
    await asyncio.gather(serving, *beside, return_exceptions=True)


class _OneAddress:
    """What the gateway does in production: each service's paths lead to it."""

    def __init__(self, site: Site, apps: Mapping[str, ASGIApp]) -> None:
        self._apps = {f"/api/{name}": app for name, app in apps.items()}
        self._index = {
            "site": site.site,
            "name": site.name,
            "services": {name: f"/api/{name}/docs" for name in apps},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        app = self._apps.get("/".join(path.split("/", 3)[:3]))
        if app is None:
            found = path in ("", "/")
            app = JSONResponse(
                self._index if found else {"status": 404, "code": "not_found"}, 200 if found else 404
            )
        await app(scope, receive, send)


def _listen(port: int) -> socket.socket:
    """A socket on `port`, or on a free one when that is taken."""
    for wanted in (port, 0):
        # The protocol is named because asyncio turns Nagle's algorithm off (40 ms an answer) only where it is.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", wanted))
            return listening
        except OSError:
            listening.close()
            if wanted == 0:
                raise
    raise AssertionError("unreachable")


def _secret(path: Path) -> str:
    """The site's own secret, made once."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32), encoding="ascii")
    return path.read_text(encoding="ascii")
