"""Migrations, run at deploy time by `stafett migrate <service>`: first the chassis's tables, then the service's.

Each package keeps its own Alembic history in `migrations/versions` and its own version table in the database.
A service's `migrations/env.py` is one call of `run_migrations`.
"""

import asyncio
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from stafett_chassis.sql import plain_url

CHASSIS = "stafett_chassis"
_LOCK = 0x57AF_E01


def run_migrations(metadata: MetaData) -> None:
    """The body of an `env.py`: run what is asked for on the connection that `upgrade` has opened."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=context.config.attributes["version_table"],
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def configuration(package: str) -> Config:
    """Alembic's configuration for the migrations inside `package`."""
    config = Config()
    config.set_main_option("script_location", str(_folder(package)).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["version_table"] = f"{package}_version"
    return config


async def upgrade(package: str, database_url: str) -> bool:
    """Bring the database to the newest version of the chassis and of `package`; whether anything was to do.

    Several may call this at once (replicas starting together): one works, the others wait for it. Raises
    `LookupError` when the database is newer than this program.
    """
    url = plain_url(database_url).replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f"select pg_advisory_lock({_LOCK})"))
            await connection.commit()
            return await connection.run_sync(_upgrade_all, package)
    finally:
        await engine.dispose()


def migrate(package: str, database_url: str) -> bool:
    """`upgrade`, for callers without an event loop."""
    return asyncio.run(upgrade(package, database_url))


def _upgrade_all(connection: Connection, package: str) -> bool:
    changed = False
    for name in (CHASSIS, package):
        if not (_folder(name) / "versions").is_dir():
            continue
        config = configuration(name)
        known = ScriptDirectory.from_config(config)
        newest, present = known.get_current_head(), _version(connection, name)
        if present == newest:
            continue
        if present is not None and present not in {version.revision for version in known.walk_revisions()}:
            raise LookupError(
                f"{name}: the database has version {present}, newer than {newest} of this program"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        changed = True
    return changed


def _version(connection: Connection, package: str) -> str | None:
    table = f"{package}_version"
    if connection.scalar(text("select to_regclass(:name)"), {"name": table}) is None:
        connection.commit()
        return None
    found: Any = connection.scalar(text(f"select version_num from {table}"))  # noqa: S608 - our own package's name
    connection.commit()
    return str(found) if found is not None else None


def _folder(package: str) -> Path:
    return Path(str(files(package))) / "migrations"
