from collections.abc import AsyncIterator
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
