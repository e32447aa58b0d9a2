"""The description of the API holds, and the migrated database is the one the code speaks of."""

from typing import Any

import pytest
import schemathesis
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode
from sqlalchemy.ext.asyncio import create_async_engine

from stafett_chassis.app import description
from stafett_signing.app import service
from stafett_signing.schema import metadata

SCHEMA: Any = schemathesis.openapi.from_dict(description(service))
OPERATIONS = {
    operation.label: operation for operation in (found.ok() for found in SCHEMA.get_all_operations())
}


async def test_the_migrated_database_is_the_one_the_tables_describe(database: str) -> None:
    engine = create_async_engine(database.replace("postgresql://", "postgresql+asyncpg://", 1))

    def ours(thing: Any, name: str, kind: str, *_: Any) -> bool:
        return kind != "table" or name in metadata.tables

    def differences(connection: Any) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        return list(compare_metadata(context, metadata))

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


def test_every_operation_is_described() -> None:
    for path, methods in description(service)["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert operation["tags"], (method, path)
            assert "200" in operation["responses"], (method, path)


def cases(operation: Any, mode: GenerationMode) -> list[Any]:
    """Twenty calls of an operation, by its description or, in negative mode, against it."""
    found: list[Any] = []

    @settings(
        derandomize=True,
        database=None,
        max_examples=20,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(case=operation.as_strategy(mode))
    def collect(case: Any) -> None:
        found.append(case)

    collect()
    return found


@pytest.mark.parametrize("label", OPERATIONS)
async def test_no_call_however_odd_is_an_error_of_ours(ward: Any, label: str) -> None:
    asked = await ward.ask(ward.asks.signature(ward.kari, ward.siri))
    operation, client = OPERATIONS[label], ward.as_(ward.siri)
    modes = [
        mode
        for mode in GenerationMode
        if mode is GenerationMode.POSITIVE or label != "GET /api/signing/me/tasks"
    ]
    for mode in modes:
        for number, case in enumerate(cases(operation, mode)):
            if number % 2 and "request_id" in case.path_parameters:
                case.path_parameters["request_id"] = str(asked.request_id)
            call = case.as_transport_kwargs(base_url="http://service")
            call = {
                name: call[name] for name in ("method", "url", "params", "json", "data") if call.get(name)
            }
            answer = await client.request(**call)
            assert answer.status_code < 500, (call, answer.text)
            if answer.status_code >= 400:
                assert answer.json()["code"], call
