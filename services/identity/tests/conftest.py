"""Identity on a real database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from stafett_chassis.clock import SetClock
from stafett_chassis.migrate import upgrade
from stafett_contracts.vocabulary import Role
from stafett_identity.app import service
from stafett_identity.roles.bootstrap import register_operator
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


@pytest.fixture
def seat(identity: ServiceUnderTest) -> Any:
    """Where a person of this object id acts from: `await seat("P1")`, for `identity.client(…)`."""

    async def find(object_id: str) -> Any:
        row = await identity.runtime.database.pool.fetchrow(
            "select position_id, person_id from position join person using (person_id)"
            " where object_id = $1 and status = 'active' order by start_date limit 1",
            object_id,
        )
        assert row is not None
        return SimpleNamespace(**row)

    return find


@pytest.fixture
def operator(identity: ServiceUnderTest) -> Any:
    """Somebody who runs the site, by default a system manager: `await operator()`."""

    async def register(role: Role = Role.SYSTEM_MANAGER) -> Any:
        async with identity.runtime.units.begin() as work:
            return await register_operator(
                work,
                identity.runtime.settings,
                given_name="Siri",
                family_name="System",
                national_id="14927119405",
                role=role,
            )

    return register
