from collections.abc import AsyncIterator
from typing import Any

import pytest

from stafett_chassis import migrate
from stafett_dialog.app import service
from stafett_testing.service import ServiceUnderTest, service_under_test


async def _migrate(url: str) -> None:
    await migrate.upgrade(service.package, url)


@pytest.fixture
def database(new_database: Any, databases: Any) -> str:
    url: str = new_database(databases.template("dialog", _migrate))
    return url


@pytest.fixture
async def under_test(database: str) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test(service, database) as running:
        yield running
