"""The description of the API holds whatever is sent, and the migrated database is the one the code speaks of."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from stafett_contracts.vocabulary import GoalStatus
from stafett_sync.statements import jws
from stafett_sync.statements.registry import read_registry
from stafett_sync.tables import metadata
from stafett_testing import fuzz


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


async def test_every_operation_is_described(two: Any) -> None:
    for path, methods in two["vest"].under_test.app.openapi()["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert operation["tags"], (method, path)


async def test_no_call_however_odd_is_an_error_of_ours(two: Any) -> None:
    here = await two["vest"].hire(checks=())
    there = await two["kommune"].hire()
    await there.goal("FKM-012", GoalStatus.APPROVED)
    await there.plan("FKM-LIS1")
    await two.carry()
    client = two["vest"].under_test.client(here.position)
    await fuzz.survives(
        two["vest"].under_test,
        client,
        known={"person_id": [here.person_id], "case_id": [f"{here.person_id}.kommune"], "key": ["FKM12"]},
    )


def test_the_command_makes_a_registry_and_keys_that_fit(tmp_path: Path) -> None:
    program = (
        "import argparse, sys; from stafett_sync.statements.making import register_command;"
        "p = argparse.ArgumentParser(); register_command(p.add_subparsers()); c = p.parse_args(); sys.exit(c.run(c))"
    )
    folder = tmp_path / "registry"
    arguments = [
        "sync-registry",
        str(folder),
        "vest:rhf:Helse Vestkyst:HAV=Havnes,VID=Vidda",
        "kommune:municipal:Kommunene",
    ]
    subprocess.run([sys.executable, "-c", program, *arguments], check=True, capture_output=True)
    root = jws.read_key((folder / "root.public.json").read_text())
    registry = read_registry((folder / "registry.jws").read_text(), root, env="demo")
    assert [trust.number for trust in registry.sites["vest"].trusts] == ["vest", "HAV", "VID"]
    for site in ("vest", "kommune"):
        key = jws.read_key((folder / f"{site}.private.json").read_text())
        assert registry.speaks_for(str(key.kid), site)
        assert (folder / f"{site}.private.json").stat().st_mode & 0o077 == 0
    assert json.loads((folder / "root.public.json").read_text()).get("d") is None
    again = subprocess.run([sys.executable, "-c", program, *arguments], check=False, capture_output=True)
    assert again.returncode != 0, "keys are never overwritten"
