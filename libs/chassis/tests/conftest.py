import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from stafett_chassis import migrate
from stafett_chassis.clock import SetClock
from stafett_testing.sample import DDL, service
from stafett_testing.service import ServiceUnderTest, service_under_test


async def _migrate(url: str) -> None:
    await migrate.upgrade("stafett_chassis", url)
    connection = await asyncpg.connect(url)
    await connection.execute(DDL)
    await connection.close()


@pytest.fixture(scope="session")
def sample_template(databases: Any) -> str:
    name: str = databases.template("sample", _migrate)
    return name


@pytest.fixture
def database(new_database: Any, sample_template: str) -> str:
    url: str = new_database(sample_template)
    return url


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def sample(database: str, clock: SetClock) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test(service, database, clock=clock) as under_test:
        yield under_test


@pytest.fixture
def service_environment(tmp_path: Path, database: str, amqp_url: str) -> Callable[..., dict[str, str]]:
    """The environment of a program in which the sample is an installed service; further variables override."""
    info = tmp_path / "installed" / "sample-1.dist-info"
    info.mkdir(parents=True)
    (info.parent / "sample").mkdir()
    (info.parent / "sample" / "__init__.py").touch()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sample\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[stafett.services]\nsample = stafett_testing.sample:service\n")

    def environment(**more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("STAFETT_")}
        return {
            **kept,
            "PYTHONPATH": str(info.parent),
            "STAFETT_SITE": "vest",
            "STAFETT_SITE_NAME": "Helse Vestkyst",
            "STAFETT_SITE_KIND": "rhf",
            "STAFETT_ENVIRONMENT": "test",
            "STAFETT_DATABASE_URL": database,
            "STAFETT_AMQP_URL": amqp_url,
            "STAFETT_PUBLIC_URL": "http://127.0.0.1",
            "STAFETT_IDENTITY_URL": "http://127.0.0.1:9",
            "STAFETT_SERVICE_SECRET": "s" * 32,
            **more,
        }

    return environment
