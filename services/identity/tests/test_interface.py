"""The description of the API holds whatever is sent, and the migrated database is the one the code speaks of."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from stafett_chassis.clock import SetClock
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import GrantState, OrgLevel, OrgSource, PositionKind, Role
from stafett_identity.app import service
from stafett_identity.directory import actions, endings
from stafett_identity.directory.model import Grant
from stafett_identity.metadata import metadata
from stafett_identity.national_ids import NationalIds
from stafett_identity.sessions.keys import Keyring
from stafett_testing import fuzz
from stafett_testing.service import ServiceUnderTest, service_under_test


async def test_the_migrated_database_is_the_one_the_tables_describe(database: str) -> None:
    names = set(metadata.tables)

    def differences(connection: Any) -> list[Any]:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_name": lambda name, kind, _: kind != "table" or name in names,
                "compare_server_default": True,
            },
        )
        return list(compare_metadata(context, metadata))

    engine = create_async_engine(database.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


@pytest.fixture
async def demo(database: str, clock: SetClock) -> AsyncIterator[ServiceUnderTest]:
    """A municipal site in demo mode."""
    async with service_under_test(
        service, database, clock=clock, environment="demo", site="kommune", site_kind="municipal"
    ) as under_test:
        yield under_test


def test_every_operation_is_described(demo: ServiceUnderTest) -> None:
    for path, methods in demo.app.openapi()["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert operation["tags"], (method, path)


async def test_no_call_however_odd_is_an_error_of_ours(demo: ServiceUnderTest) -> None:
    client, known = await _manager(demo)
    await fuzz.survives(demo, client, known=known, without=["POST /api/identity/logout"])


async def _manager(demo: ServiceUnderTest) -> tuple[httpx.AsyncClient, dict[str, list[UUID]]]:
    """A system manager who has logged in, and some things that exist."""
    keys = NationalIds.of(demo.runtime.settings)
    async with demo.runtime.units.begin() as work:
        top = await actions.create_unit(
            work,
            code="K",
            name="Kommune",
            level=OrgLevel.TRAINING_ENTERPRISE,
            parent=None,
            source=OrgSource.MANUAL,
        )
        person = await actions.register_person(
            work, keys, given_name="Gro", family_name="Moe", national_id="02899822253"
        )
        position = await actions.create_position(
            work,
            person_id=person.person_id,
            unit_id=top.unit_id,
            hf_id=top.unit_id,
            kind=PositionKind.SELF_REGISTERED,
        )
        grant = Grant(
            grant_id=new_id(),
            position_id=position.position_id,
            person_id=person.person_id,
            role=Role.SYSTEM_MANAGER.value,
            specialties=[],
            plan_ids=[],
            scope_key="site",
            valid_from=date(2026, 1, 1),
            order_ref="1",
            state=GrantState.ACTIVE.value,
            created_at=work.at,
            updated_at=work.at,
        )
        await endings.save_grants(work, [grant], new=True)
    demo.runtime.tokens.trust(demo.runtime.owned(Keyring).published)
    client = demo.client()
    await client.post("/login/demo", json={"person_id": str(person.person_id)})
    token = (await client.post("/session/token")).json()["access_token"]
    client.headers["authorization"] = f"Bearer {token}"
    return client, {
        "person_id": [person.person_id],
        "position_id": [position.position_id],
        "unit_id": [top.unit_id],
    }
