"""Databases for tests: a fresh one in about a tenth of a second, copied from a template migrated once per run."""

from __future__ import annotations

import asyncio
import inspect
import re
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import asyncpg

T = TypeVar("T")
Migrate = Callable[[str], Awaitable[None] | None]


class Databases:
    """Makes and drops databases of one run on one server.

    Its functions block, and may be called from sync and async tests alike.
    """

    def __init__(self, base_url: str, run_id: str) -> None:
        """``base_url`` may name the database to give orders in; ``postgres`` else."""
        self._base_url = base_url
        self._prefix = f"stafett_{run_id}"

    def template(self, key: str, migrate: Migrate) -> str:
        """The name of the run's template ``key``, made by the first who asks, in whichever process.

        ``migrate`` gets the URL of an empty database and may be sync or async; Alembic with its own
        ``asyncio.run`` is fine. Hand the name to :meth:`create`.
        """
        slug = re.sub(r"[^a-z0-9]+", "_", key.lower())
        name = f"{self._prefix}_template_{slug}"
        return _blocking(lambda: self._template(name, migrate))

    def create(self, template: str | None = None) -> str:
        """Make a database, a copy of ``template`` or empty, and return its URL."""
        name = f"{self._prefix}_{secrets.token_hex(6)}"
        copied = f" TEMPLATE {_quoted(template)}" if template else ""
        _blocking(lambda: self._order(f"CREATE DATABASE {_quoted(name)}{copied}"))
        return database_url(self._base_url, name)

    def drop(self, url: str) -> None:
        """Drop the database of ``url``, whoever is still connected to it."""
        name = unquote(urlsplit(url).path.lstrip("/"))
        _blocking(lambda: self._order(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)"))

    def names(self) -> list[str]:
        """All databases of the run, templates too."""
        return _blocking(self._names)

    def drop_all(self) -> None:
        """Drop every database of the run, templates too."""
        _blocking(self._drop_all)

    async def _template(self, name: str, migrate: Migrate) -> str:
        admin = await self._connect()
        try:
            # Held by the session: a worker that dies lets the next one try.
            await admin.execute("SELECT pg_advisory_lock(hashtextextended($1, 0))", name)
            if await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                return name
            # Named only when whole, so that a migration that failed leaves no half template.
            draft = f"{name}_draft"
            await admin.execute(f"DROP DATABASE IF EXISTS {_quoted(draft)} WITH (FORCE)")
            await admin.execute(f"CREATE DATABASE {_quoted(draft)}")
            await asyncio.to_thread(_migrate, migrate, database_url(self._base_url, draft))
            # A pool that migrate left open would forbid both the renaming and the copying.
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", draft
            )
            await admin.execute(f"ALTER DATABASE {_quoted(draft)} ALLOW_CONNECTIONS false")
            for _ in range(50):
                if not await admin.fetchval("SELECT 1 FROM pg_stat_activity WHERE datname = $1", draft):
                    break
                await asyncio.sleep(0.02)
            await admin.execute(f"ALTER DATABASE {_quoted(draft)} RENAME TO {_quoted(name)}")
            return name
        finally:
            await admin.close()

    async def _names(self) -> list[str]:
        admin = await self._connect()
        try:
            rows = await admin.fetch(
                "SELECT datname FROM pg_database WHERE starts_with(datname, $1) ORDER BY 1", self._prefix
            )
            return [row["datname"] for row in rows]
        finally:
            await admin.close()

    async def _drop_all(self) -> None:
        for name in await self._names():
            await self._order(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")

    async def _order(self, statement: str) -> None:
        admin = await self._connect()
        try:
            await admin.execute(statement)
        finally:
            await admin.close()

    async def _connect(self) -> Any:
        return await asyncpg.connect(_admin_url(self._base_url))


def database_url(base_url: str, name: str) -> str:
    """``base_url`` with the database ``name``."""
    return urlunsplit(urlsplit(base_url)._replace(path=f"/{quote(name, safe='')}"))


def server_answers(base_url: str) -> bool:
    """Whether a session can be opened."""

    async def look() -> bool:
        try:
            await (await asyncpg.connect(_admin_url(base_url), timeout=5)).close()
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return False
        return True

    return _blocking(look)


def _admin_url(base_url: str) -> str:
    return base_url if urlsplit(base_url).path.strip("/") else database_url(base_url, "postgres")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _migrate(migrate: Migrate, url: str) -> None:
    outcome = migrate(url)
    if inspect.isawaitable(outcome):

        async def wait() -> None:
            await outcome

        asyncio.run(wait())


def _blocking(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run ``work`` in a loop of its own in a thread of its own: the caller may be inside a running loop."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(lambda: asyncio.run(work())).result()
