"""Identity on a real database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from stafett_chassis.clock import SetClock
from stafett_chassis.migrate import upgrade
from stafett_identity.app import service
from stafett_testing.service import ServiceUnderTest, service_under_test


@pytest.fixture(scope="session")
def identity_template(databases: Any) -> str:
    async def migrate(url: str) -> None:
        await upgrade(service.package, url)

    name: str = databases.template("identity", migrate)
    return name


@pytest.fixture
def database(new_database: Any, identity_template: str) -> str:
    url: str = new_database(identity_template)
    return url


@pytest.fixture
def clock() -> SetClock:
    """Tuesday 1 December 2026, 10:00 in Norway."""
    return SetClock(datetime(2026, 12, 1, 9, tzinfo=UTC))


@pytest.fixture
async def identity(database: str, clock: SetClock) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test(service, database, clock=clock) as under_test:
        yield under_test
