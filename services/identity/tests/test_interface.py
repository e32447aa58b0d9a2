"""The description of the API holds whatever is sent, and the migrated database is the one the code speaks of."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any, cast

import pytest
import schemathesis
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, Phase, given, settings
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
from stafett_testing.service import ServiceUnderTest, service_under_test

EXAMPLES = 6  # of each operation, and as many that break its description


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


async def test_nothing_that_is_sent_breaks_the_service(demo: ServiceUnderTest) -> None:
    token, session = await _manager(demo)
    schema = schemathesis.openapi.from_dict(demo.app.openapi())
    sent = 0
    for found in schema.get_all_operations():
        operation = cast(Any, found).ok()
        if operation.path.endswith("/logout"):
            continue
        for case in _cases(operation):
            asked = case.as_transport_kwargs(base_url="http://service")
            headers = {name: value for name, value in (asked["headers"] or {}).items() if _sendable(value)}
            client = demo.client()
            if "/login/" not in operation.path:  # a log-in would replace the session
                client.cookies.set("stafett_session", session)
            data = asked.get("data")
            answer = await client.request(
                asked["method"],
                asked["url"],
                params=asked.get("params"),
                json=asked.get("json"),
                content=data if isinstance(data, bytes | str) else None,
                headers={**headers, "authorization": f"Bearer {token}"},
            )
            assert answer.status_code < 500, (asked, answer.text)
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == "application/problem+json", asked
            sent += 1
    assert sent > 200


def _sendable(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isprintable()


def _cases(operation: Any) -> list[Any]:
    """The same few requests every time: as described, and otherwise."""
    cases: list[Any] = []
    for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def collect(case: Any) -> None:
            cases.append(case)

        try:
            collect()
        except Exception as error:
            # Nothing can break the description of an operation that takes nothing.
            if "Unsatisfiable" not in type(error).__name__:
                raise
    return cases


async def _manager(demo: ServiceUnderTest) -> tuple[str, str]:
    """A system manager's token and session."""
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
    client = demo.client()
    await client.post("/login/demo", json={"person_id": str(person.person_id)})
    token = (await client.post("/session/token")).json()["access_token"]
    demo.runtime.tokens.trust(demo.runtime.owned(Keyring).published)
    return token, client.cookies["stafett_session"]
