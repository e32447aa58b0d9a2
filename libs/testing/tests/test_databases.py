"""Databases: copied from a template that is migrated once, each a test's own."""

import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest

from stafett_testing.databases import Databases
from stafett_testing.plugin import NewDatabase


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


class Migration:
    """Makes one table, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self, url: str) -> None:
        self.times += 1
        await ask(url, "CREATE TABLE plan (id integer)")


async def test_a_new_database_has_what_the_template_was_migrated_to(
    databases: Databases, new_database: NewDatabase
) -> None:
    template = databases.template("copied", Migration())
    assert await ask(new_database(template), "SELECT count(*) FROM plan") == 0


async def test_what_one_test_writes_another_does_not_see(
    databases: Databases, new_database: NewDatabase
) -> None:
    template = databases.template("apart", Migration())
    first, second = new_database(template), new_database(template)
    await ask(first, "INSERT INTO plan VALUES (1)")
    assert await ask(second, "SELECT count(*) FROM plan") == 0


async def test_a_template_is_migrated_once_however_many_workers_ask(databases: Databases) -> None:
    migration = Migration()
    names = await asyncio.gather(
        *(asyncio.to_thread(databases.template, "race", migration) for _ in range(4)),
    )
    assert migration.times == 1
    assert len(set(names)) == 1


async def test_a_migration_that_fails_leaves_no_half_template(
    databases: Databases, new_database: NewDatabase
) -> None:
    async def broken(url: str) -> None:
        await ask(url, "CREATE TABLE half (id integer)")
        raise ValueError("no such column")

    with pytest.raises(ValueError, match="no such column"):
        databases.template("mended", broken)
    template = databases.template("mended", Migration())
    assert await ask(new_database(template), "SELECT to_regclass('half')") is None


async def test_a_migration_may_run_a_loop_of_its_own_and_forget_a_connection(
    databases: Databases, new_database: NewDatabase
) -> None:
    forgotten: list[asyncpg.Connection] = []

    async def work(url: str) -> None:
        forgotten.append(await asyncpg.connect(url))
        await forgotten[0].execute("CREATE TABLE plan (id integer)")

    template = databases.template("forgetful", lambda url: asyncio.run(work(url)))
    assert await ask(new_database(template), "SELECT count(*) FROM plan") == 0


async def test_a_dropped_database_is_gone_although_somebody_is_connected(
    databases: Databases, postgres_url: str
) -> None:
    url = databases.create()
    connection = await asyncpg.connect(url)
    databases.drop(url)
    name = urlsplit(url).path.lstrip("/")
    assert (
        await ask(f"{postgres_url}/postgres", f"SELECT count(*) FROM pg_database WHERE datname = '{name}'")
        == 0
    )
    connection.terminate()


async def test_sorting_and_time_are_those_of_production(new_database: NewDatabase) -> None:
    url = new_database()
    assert await ask(url, "SHOW timezone") == "UTC"
    assert await ask(url, "SHOW server_encoding") == "UTF8"
    assert await ask(url, "SELECT lower('ÆØÅ')") == "æøå"
