"""The migrated database is what the code believes it to be."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

import stafett_chassis.directory.tables  # noqa: F401 - registers its tables
import stafett_notify.app  # noqa: F401 - registers ours
from stafett_chassis.tables import metadata as chassis
from stafett_notify.tables import metadata


async def test_the_migrated_database_is_the_metadata(database: str) -> None:
    known = set(chassis.tables) | {"stafett_chassis_version", "stafett_notify_version"}

    def differences(connection: Connection) -> list[Any]:
        def ours(name: str | None, kind: str, _: Any) -> bool:
            return kind != "table" or name not in known

        context = MigrationContext.configure(
            connection, opts={"include_name": ours, "compare_server_default": True}
        )
        return list(compare_metadata(context, metadata))

    engine = create_async_engine(database.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()
