from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from stafett_chassis import migrate
from stafett_chassis.clock import SetClock
from stafett_plans.app import service
from stafett_testing.service import ServiceUnderTest, service_under_test


async def _migrate(url: str) -> None:
    await migrate.upgrade(service.package, url)


@pytest.fixture(scope="session")
def plans_template(databases: Any) -> str:
    name: str = databases.template("plans", _migrate)
    return name


@pytest.fixture
def database(new_database: Any, plans_template: str) -> str:
    url: str = new_database(plans_template)
    return url


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 12, 1, 9, 0, tzinfo=UTC))


@pytest.fixture
async def plans(database: str, clock: SetClock) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test(service, database, clock=clock) as under_test:
        yield under_test
