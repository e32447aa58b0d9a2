"""Migrations: many at once, again, and the outcome is what the code believes."""

import asyncio
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import create_async_engine

import stafett_chassis.directory.tables  # noqa: F401 - registers its tables
from stafett_chassis import migrate
from stafett_chassis.migrate import CHASSIS, upgrade
from stafett_chassis.tables import metadata

ENV = """
from sqlalchemy import Column, Integer, MetaData, Table
from stafett_chassis.migrate import run_migrations
metadata = MetaData()
Table("parcel", metadata, Column("id", Integer, primary_key=True))
run_migrations(metadata)
"""
VERSION = '''
"""A version."""
from alembic import op
revision = "{number}"
down_revision = {before}
branch_labels = None
depends_on = None
def upgrade():
    {act}
'''


@pytest.fixture
def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package `stafett_post` with one migration."""
    package = tmp_path / "stafett_post"
    versions = package / "migrations" / "versions"
    versions.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "migrations" / "env.py").write_text(ENV)
    add(versions.parent.parent, "0001", None, 'op.execute("create table parcel (id serial primary key)")')
    monkeypatch.syspath_prepend(tmp_path)
    yield package
    sys.modules.pop("stafett_post", None)


def add(package: Path, number: str, before: str | None, act: str) -> None:
    text = VERSION.format(number=number, before=repr(before), act=act)
    (package / "migrations" / "versions" / f"{number}_x.py").write_text(text)


async def tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    await connection.close()
    return {row[0] for row in rows}


async def test_the_migrated_database_is_what_the_code_believes(new_database: Any) -> None:
    url = new_database()
    assert await upgrade(CHASSIS, url)
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://"), poolclass=pool.NullPool
    )
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(
                    sync,
                    opts={
                        "compare_type": True,
                        "compare_server_default": True,
                        "include_name": lambda name, kind, _: (
                            kind != "table" or not name.endswith("_version")
                        ),
                    },
                ),
                metadata,
            )
        )
    await engine.dispose()
    assert differences == []


async def test_the_second_run_does_nothing(new_database: Any, post: Path) -> None:
    url = new_database()
    assert await upgrade("stafett_post", url)
    assert "parcel" in await tables(url)
    assert not await upgrade("stafett_post", url)
    add(post, "0002", "0001", 'op.execute("alter table parcel add name text")')
    assert await upgrade("stafett_post", url)
    assert not await upgrade("stafett_post", url)


async def test_replicas_that_start_together_migrate_once(new_database: Any, post: Path) -> None:
    url = new_database()
    changed = await asyncio.gather(
        *(asyncio.to_thread(migrate.migrate, "stafett_post", url) for _ in range(4))
    )
    assert sorted(changed) == [False, False, False, True]
    assert {"parcel", "outbox", "stafett_post_version", "stafett_chassis_version"} <= await tables(url)


async def test_a_package_without_versions_has_the_tables_of_the_chassis(
    new_database: Any, post: Path
) -> None:
    shutil.rmtree(post / "migrations")
    url = new_database()
    assert await upgrade("stafett_post", url)
    assert not await upgrade("stafett_post", url)
    assert "outbox" in await tables(url)
    assert "stafett_post_version" not in await tables(url)


async def test_a_version_that_fails_leaves_the_one_before_and_is_run_when_mended(
    new_database: Any, post: Path
) -> None:
    url = new_database()
    add(post, "0002", "0001", 'op.execute("create table half (id int)"); op.execute("select nonsense")')
    with pytest.raises(Exception, match="nonsense"):
        await upgrade("stafett_post", url)
    assert "parcel" in await tables(url)
    assert "half" not in await tables(url)
    add(post, "0002", "0001", 'op.execute("create table whole (id int)")')
    assert await upgrade("stafett_post", url)
    assert "whole" in await tables(url)


async def test_a_database_of_a_newer_version_is_left_as_it_is_and_told(new_database: Any, post: Path) -> None:
    url = new_database()
    add(post, "0002", "0001", 'op.execute("create table newer (id int)")')
    await upgrade("stafett_post", url)
    (post / "migrations" / "versions" / "0002_x.py").unlink()
    with pytest.raises(LookupError, match=r"stafett_post: .* 0002, newer than 0001"):
        await upgrade("stafett_post", url)
