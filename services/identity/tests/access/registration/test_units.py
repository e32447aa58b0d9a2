"""The municipal site's training enterprises and units."""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from stafett_contracts.identity import OrgUnitCreated
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import Role
from stafett_identity.registration import commands, units
from stafett_identity.registration.units import Enterprise

EXAMPLE = Path(__file__).parents[5] / "examples/hr/personas.json"


async def _manager(town: Any) -> Any:
    known = await town.site.person("Gro", "Moe", "20836500475")
    position = await town.site.position(known, await town.site.known_unit(town.centre))
    await town.site.grant(position, Role.SYSTEM_MANAGER)
    return await town.site.logged_in(known)


async def test_the_system_manager_makes_enterprises_and_their_units(town: Any) -> None:
    client = await _manager(town)
    made = await client.post("/org/units", json={"level": "training_enterprise", "name": "Nesset kommune"})
    assert made.status_code == 201, made.text
    enterprise = made.json()["unit_id"]
    assert made.json()["hf_id"] == enterprise
    form = (await client.get("/registration/form")).json()
    assert "Nesset kommune" not in [one["name"] for one in form["enterprises"]]  # nobody can work there yet
    unit = await client.post(
        "/org/units",
        json={"level": "unit", "name": "Nesset legekontor", "parent_id": enterprise, "code": "N1"},
    )
    assert (unit.json()["hf_id"], unit.json()["code"]) == (enterprise, "N1")
    told = (await town.site.identity.told(OrgUnitCreated))[-1]
    assert (told.name, told.level, told.source) == ("Nesset legekontor", "unit", "manual")
    form = (await client.get("/registration/form")).json()
    assert ("Nesset kommune", ["Nesset legekontor"]) in [
        (one["name"], [department["name"] for department in one["departments"]])
        for one in form["enterprises"]
    ]


async def test_units_that_make_no_sense_are_refused(town: Any) -> None:
    client = await _manager(town)

    async def code(**body: Any) -> tuple[int, str]:
        answer = await client.post("/org/units", json=body)
        problem = answer.json()
        return answer.status_code, problem["errors"][0]["code"] if "errors" in problem else problem["code"]

    assert await code(level="unit", name="X") == (422, "missing")
    assert await code(level="unit", name="X", parent_id=str(new_id())) == (422, "unknown_unit")
    assert await code(level="unit", name="X", parent_id=str(town.centre)) == (409, "parent_too_low")
    assert await code(level="training_enterprise", name="LYNGVÆR kommune") == (409, "name_taken")
    made = await client.post(
        "/org/units", json={"level": "training_enterprise", "name": "Ny kommune", "code": "N1"}
    )
    parent = made.json()["unit_id"]
    assert await code(level="unit", name="X", parent_id=parent, code="N1") == (409, "code_taken")
    assert await code(level="hf", name="X") == (422, "literal_error")
    answers = await asyncio.gather(
        *(
            client.post("/org/units", json={"level": "unit", "name": "Samtidig", "parent_id": parent})
            for _ in range(4)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_others_make_no_units(town: Any) -> None:
    body = {"level": "training_enterprise", "name": "Nesset kommune"}
    client, _ = await town.trainee()
    assert (await client.post("/org/units", json=body)).status_code == 403
    assert (await town.site.identity.client().post("/org/units", json=body)).status_code == 401


async def test_at_a_hospital_units_come_from_hr(hospital: Any) -> None:
    manager = await hospital.person("Gro", "Moe")
    position = await hospital.position(manager, await hospital.unit("Havnes"))
    await hospital.grant(position, Role.SYSTEM_MANAGER)
    client = await hospital.logged_in(manager)
    answer = await client.post("/org/units", json={"level": "training_enterprise", "name": "X"})
    assert (answer.status_code, answer.json()["code"]) == (403, "managed_by_hr")


async def test_a_file_fills_an_empty_site_and_once_only(municipal: Any) -> None:
    listed = commands.enterprises_in(json.loads(EXAMPLE.read_text(encoding="utf-8")))
    made = []
    for _ in range(2):
        async with municipal.identity.runtime.units.begin() as work:
            made.append(await units.bootstrap(work, listed))
    assert made == [sum(1 + len(one.units) for one in listed), 0]
    client = await municipal.identified("02899822253", "Sunniva", "Lillebø")
    form = (await client.get("/registration/form")).json()
    assert [one["name"] for one in form["enterprises"]] == ["Lyngvær kommune", "Ytre Sund kommune"]


def test_a_file_of_another_form_is_refused_saying_what_is_wrong() -> None:
    right = {"training_enterprises": [{"name": " A kommune ", "units": ["B"]}]}
    assert commands.enterprises_in(right) == [Enterprise("A kommune", ["B"])]
    assert commands.enterprises_in({"municipal": right}) == [Enterprise("A kommune", ["B"])]
    wrong: list[Any] = [
        [], {}, {"training_enterprises": {}}, {"training_enterprises": ["A"]},
        {"training_enterprises": [{"units": []}]}, {"training_enterprises": [{"name": "A", "units": [""]}]},
    ]  # fmt: skip
    for document in wrong:
        with pytest.raises(ValueError, match="training"):
            commands.enterprises_in(document)


def test_the_operators_command_makes_them(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {
        "site": "kommune", "site_name": "LIS Kommune", "site_kind": "municipal", "environment": "test",
        "database_url": database, "public_url": "http://service", "identity_url": "http://identity",
        "service_secret": "s" * 32,
    }.items():  # fmt: skip
        monkeypatch.setenv(f"STAFETT_{name.upper()}", value)
    parser = argparse.ArgumentParser()
    commands.add_commands(parser.add_subparsers())
    file = tmp_path / "units.json"

    def run(content: str) -> int:
        file.write_text(content, encoding="utf-8")
        chosen = parser.parse_args(["bootstrap-municipal", str(file)])
        return int(chosen.run(chosen))

    assert run('{"training_enterprises": [{"name": "A kommune", "units": ["B", "C"]}]}') == 0
    assert "3 units made" in capsys.readouterr().out
    assert run("{") == 2
    monkeypatch.setenv("STAFETT_SITE_KIND", "rhf")
    assert run('{"training_enterprises": []}') == 2
    assert "no municipal site" in capsys.readouterr().err
