"""The API as a whole: described throughout, and never at a loss."""

from typing import Any
from uuid import uuid4

from stafett_chassis.app import description
from stafett_contracts.vocabulary import Role
from stafett_plans.app import service
from stafett_testing import fuzz


def test_every_operation_is_described() -> None:
    for path, methods in description(service)["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert operation["tags"], (method, path)


async def test_no_call_however_odd_is_an_error_of_ours(hospital: Any) -> None:
    await hospital.categories()
    run = await hospital.imported("lis1-kls")
    able = hospital.leader
    for role in (Role.RHF_ADMIN, Role.HF_ADMIN, Role.LIS_HF_ADMIN):
        hospital.world.grant(able, role, hospital.trust)
    await hospital.learn()
    client = hospital.plans.client(able)
    plan = (
        await client.post(
            "/plans",
            json={
                "type": "competence",
                "unit_id": str(hospital.ward.unit_id),
                "name": f"{hospital.short_name} – Kurs",
                "completion": "automatic",
            },
        )
    ).json()
    path = f"/plans/{plan['head']['plan_id']}"
    section = (await client.post(f"{path}/sections", json={"name": "Del"})).json()["sections"][0]
    added = await client.post(
        f"{path}/items", json={"section_id": section["section_id"], "new": {"name": "Krav"}}
    )
    [item] = added.json()["items"]
    await fuzz.survives(
        hospital.plans,
        client,
        known={
            "plan_id": [plan["head"]["plan_id"]],
            "section_id": [section["section_id"]],
            "item_id": [item["item_id"]],
            "requirement_id": [item["requirement_id"], uuid4()],
            "run_id": [run["run_id"]],
            "code": ["KLS"],
            "number": ["KLS-001"],
        },
        calls=600,
    )
