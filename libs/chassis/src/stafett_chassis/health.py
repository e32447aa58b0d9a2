"""Whether a process lives and is ready, and its metrics: beside a service's API, and alone for a worker."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stafett_chassis.sql import Database, is_away

Check = Callable[[], Awaitable[bool]]

_LIMIT_SECONDS = 2


def routes(checks: Mapping[str, Check]) -> list[Route]:
    """`/live`, `/ready` (503 naming what is waited for, of `checks`) and `/metrics` (Prometheus)."""

    async def live(_: Request) -> Response:
        return _json(200, {"status": "live"})

    probes = {name: _Probe(check) for name, check in checks.items()}

    async def ready(_: Request) -> Response:
        answers = await asyncio.gather(*(probe.passes() for probe in probes.values()))
        missing = [name for name, passes in zip(probes, answers, strict=True) if not passes]
        return (
            _json(503, {"status": "waiting", "for": missing}) if missing else _json(200, {"status": "ready"})
        )

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})

    return [Route("/live", live), Route("/ready", ready), Route("/metrics", metrics)]


def application(checks: Mapping[str, Check]) -> Starlette:
    """The routes above alone."""
    return Starlette(routes=routes(checks))


def database_check(database: Database) -> Check:
    """Whether the database answers."""

    async def answers() -> bool:
        try:
            await database.pool.fetchval("select 1")
        except Exception as error:
            if is_away(error):
                return False
            raise
        return True

    return answers


class _Probe:
    """A check that is waited for a short while only, and not begun anew while it hangs."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._under_way: asyncio.Task[bool] | None = None

    async def passes(self) -> bool:
        task = self._under_way or asyncio.ensure_future(self._check())
        # Not cancelled when it takes too long: with a frozen database that may take as long again.
        done, _ = await asyncio.wait({task}, timeout=_LIMIT_SECONDS)
        self._under_way = None if done else task
        return bool(done) and task.result()


def _json(status: int, content: Mapping[str, object]) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
