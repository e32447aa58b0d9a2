"""Document roles, publishing and unpublishing, and where a plan can be assigned."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from stafett_chassis.sql import Connection
from stafett_contracts.identity import OrgUnitMoved
from stafett_contracts.plans import PlanDocumentRolesSet, PlanPublished, PlanUnpublished
from stafett_contracts.vocabulary import OrgLevel
from stafett_plans.definitions.store import assignable_at


async def assignable(hospital: Any, unit: Any) -> set[str]:
    async with hospital.plans.runtime.database.connection() as connection:
        assert isinstance(connection, Connection)
        return {str(row["plan_id"]) for row in await connection.all(assignable_at(unit.unit_id))}


def to(*units: Any, subs: bool = False) -> dict[str, Any]:
    return {"units": [{"unit_id": str(unit.unit_id), "include_sub_units": subs} for unit in units]}


@pytest.mark.rule("PLN-350")
async def test_a_plan_without_document_roles_is_not_published(hospital: Any, leader: Any) -> None:
    plan = await leader.plan()
    path = f"/plans/{plan['head']['plan_id']}/publications"
    assert await leader.refused(path, to(hospital.ward)) == "409 document_roles_missing"
    body = {"document_owner_id": str(hospital.leader.person_id)}
    roles = f"/plans/{plan['head']['plan_id']}/document-roles"
    assert await leader.refused(roles, body, "PUT") == "document_responsible_id: missing"


@pytest.mark.rule("PLN-354")
@pytest.mark.rule("PLN-352")
async def test_the_first_document_roles_publish_the_plan_to_its_owner_without_sub_units(
    hospital: Any, leader: Any
) -> None:
    plan = await leader.plan()
    shown = await leader.roles(plan, hospital.leader, hospital.employee)
    [publication] = shown["head"]["publications"]
    assert (publication["unit_id"], publication["include_sub_units"]) == (str(hospital.ward.unit_id), False)
    assert (shown["head"]["state"], shown["head"]["document_owner_name"]) == (
        "published",
        "Torbjørn Engeskår",
    )
    assert await assignable(hospital, hospital.ward) == {plan["head"]["plan_id"]}
    await leader.delete(f"/plans/{plan['head']['plan_id']}/publications/{publication['publication_id']}")
    # PLN-360: never by itself again; and only who is new is alerted.
    again = await leader.roles(plan, hospital.leader, hospital.lead_a)
    assert again["head"]["publications"] == []
    told = await hospital.plans.told(PlanDocumentRolesSet)
    assert [(each.new_owner, each.new_responsible) for each in told] == [(True, True), (False, True)]
    revision = (await leader.roles(plan, hospital.leader, hospital.lead_a))["revision"]
    assert revision == again["revision"]


@pytest.mark.rule("PLN-351")
async def test_both_are_persons_with_an_active_position(hospital: Any, leader: Any) -> None:
    plan = await leader.plan()
    gone = hospital.world.person("Per", "Slutt").at(hospital.ward)
    hospital.world.deactivate(gone)
    await hospital.learn()
    path = f"/plans/{plan['head']['plan_id']}/document-roles"
    body = {
        "document_owner_id": str(gone.person_id),
        "document_responsible_id": plan["head"]["plan_id"],
    }
    assert await leader.refused(path, body, "PUT") == (
        "document_owner_id: no_active_position, document_responsible_id: no_active_position"
    )
    same = await leader.roles(plan, hospital.employee, hospital.employee)
    assert same["head"]["document_owner_id"] == same["head"]["document_responsible_id"]


@pytest.mark.rule("PLN-355")
@pytest.mark.rule("PLN-356")
@pytest.mark.rule("PLN-357")
async def test_a_plan_is_published_to_departments_and_can_be_assigned_there(
    hospital: Any, leader: Any
) -> None:
    plan = await leader.plan()
    plan_id = plan["head"]["plan_id"]
    await leader.roles(plan, hospital.leader, hospital.leader)
    assert await assignable(hospital, hospital.other_ward) == set()
    path = f"/plans/{plan_id}/publications"
    published = await leader.post(path, to(hospital.clinic))
    assert len(published["publications"]) == 2
    assert await assignable(hospital, hospital.other_ward) == set()
    assert await assignable(hospital, hospital.clinic) == {plan_id}
    again = await leader.post(path, to(hospital.clinic, subs=True))
    assert len(again["publications"]) == 2
    for unit in (hospital.other_ward, hospital.ward, hospital.clinic):
        assert await assignable(hospital, unit) == {plan_id}
    assert await assignable(hospital, hospital.trust) == set()
    same = await leader.post(path, to(hospital.clinic, subs=True))
    assert same["revision"] == again["revision"]
    told = await hospital.plans.told(PlanPublished)
    assert [(each.unit_id, each.include_sub_units) for each in told] == [
        (hospital.ward.unit_id, False),
        (hospital.clinic.unit_id, False),
        (hospital.clinic.unit_id, True),
    ]
    both = await leader.post(path, to(hospital.trust, hospital.other_ward))
    assert len(both["publications"]) == 4


@pytest.mark.rule("PLN-357")
async def test_sub_departments_follow_the_tree_as_it_is_at_any_time(hospital: Any, leader: Any) -> None:
    plan = await leader.plan()
    await leader.roles(plan, hospital.leader, hospital.leader)
    await leader.post(f"/plans/{plan['head']['plan_id']}/publications", to(hospital.clinic, subs=True))
    late = hospital.world.unit("Ny sengepost", parent=hospital.clinic, level=OrgLevel.DEPARTMENT)
    await hospital.learn()
    assert await assignable(hospital, late) == {plan["head"]["plan_id"]}
    await hospital.plans.deliver(
        OrgUnitMoved(
            revision=2,
            unit_id=late.unit_id,
            code="X",
            name="Ny sengepost",
            level=OrgLevel.DEPARTMENT,
            parent_id=hospital.other_trust.unit_id,
            hf_id=hospital.other_trust.unit_id,
            valid_from=date(2020, 1, 1),
        )
    )
    assert await assignable(hospital, late) == set()


@pytest.mark.rule("PLN-356")
async def test_a_local_plan_is_published_within_its_trust_only(hospital: Any, leader: Any) -> None:
    plan = await leader.plan()
    await leader.roles(plan, hospital.leader, hospital.leader)
    path = f"/plans/{plan['head']['plan_id']}/publications"
    assert await leader.refused(path, to(hospital.ward, hospital.other_trust)) == (
        "units.1.unit_id: outside_trust"
    )
    assert await leader.refused(path, to(hospital.region)) == "units.0.unit_id: outside_trust"
    unknown = {"units": [{"unit_id": str(UUID(int=1))}]}
    assert await leader.refused(path, unknown) == "units.0.unit_id: unknown_unit"
    assert len((await leader.shown(plan))["head"]["publications"]) == 1


@pytest.mark.rule("PLN-356")
@pytest.mark.rule("PLN-260")
async def test_a_central_plan_is_made_by_rhf_admin_and_published_anywhere(
    hospital: Any, editor_of: Any
) -> None:
    admin = editor_of(hospital.rhf_admin)
    body = {"type": "competence", "variant": "central", "name": "Smittevern i regionen", "completion": "automatic"}  # fmt: skip
    for position in (
        hospital.hf_admin, hospital.leader, hospital.delegated, hospital.lead_a, hospital.lis_admin, hospital.employee,
    ):  # fmt: skip
        assert await editor_of(position).refused("/plans", body) == "403 not_own_department"
    made = await admin.post("/plans", body)
    assert (made["head"]["variant"], made["head"]["owner_unit_id"]) == ("central", None)
    shown = await admin.roles(made, hospital.rhf_admin, hospital.rhf_admin)
    assert shown["head"]["publications"] == []
    path = f"/plans/{made['head']['plan_id']}"
    await admin.post(f"{path}/publications", to(hospital.trust, hospital.other_trust, subs=True))
    assert await assignable(hospital, hospital.ward) == {made["head"]["plan_id"]}
    # HF admins can search and preview it, no more.
    local = editor_of(hospital.hf_admin)
    [listed] = (await local.get("/plans", access="all", q="regionen"))["items"]
    assert listed["may_edit"] is False
    assert await local.refused(path, {"description": "x"}, "PATCH") == "403 plan_not_yours"
    assert await admin.refused("/plans", {**body, "unit_id": str(hospital.region.unit_id)}) == (
        "unit_id: central_plan"
    )


async def test_a_requirement_made_in_a_central_plan_is_regional(hospital: Any, editor_of: Any) -> None:
    admin = editor_of(hospital.rhf_admin)
    body = {"type": "competence", "variant": "central", "name": "Felles", "completion": "automatic"}
    made = await admin.post("/plans", body)
    plan = await admin.post(f"/plans/{made['head']['plan_id']}/sections", {"name": "Del"})
    item = await admin.active(plan, validity_days=9999, allow_customisation=True)
    assert (item["level"], item["may_edit"]) == ("regional", True)
    local = editor_of(hospital.leader)
    mine = await local.plan()
    fetched = await local.post(
        f"/plans/{mine['head']['plan_id']}/items",
        {
            "section_id": mine["sections"][0]["section_id"],
            "requirement_ids": [item["requirement_id"]],
        },
    )
    assert [(each["level"], each["may_edit"]) for each in fetched["items"]] == [("regional", False)]


@pytest.mark.rule("PLN-358")
async def test_publishing_an_empty_plan_is_warned_about(hospital: Any, leader: Any) -> None:
    plan = await leader.plan()
    await leader.roles(plan, hospital.leader, hospital.leader)
    path = f"/plans/{plan['head']['plan_id']}/publications"
    assert (await leader.post(path, to(hospital.clinic)))["warnings"] == ["plan_is_empty"]
    await leader.active(plan)
    assert (await leader.post(path, to(hospital.trust)))["warnings"] == []


@pytest.mark.rule("PLN-359")
@pytest.mark.rule("PLN-360")
async def test_unpublishing_takes_away_one_department(hospital: Any, leader: Any) -> None:
    plan = await leader.plan()
    await leader.roles(plan, hospital.leader, hospital.leader)
    path = f"/plans/{plan['head']['plan_id']}/publications"
    [first, second] = (await leader.post(path, to(hospital.other_ward)))["publications"]
    left = await leader.delete(f"{path}/{first['publication_id']}")
    assert [each["unit_id"] for each in left["publications"]] == [str(hospital.other_ward.unit_id)]
    assert await assignable(hospital, hospital.ward) == set()
    assert (await leader.shown(plan))["head"]["state"] == "published"
    assert await leader.refused(f"{path}/{first['publication_id']}", method="DELETE") == "404 not_found"
    await leader.delete(f"{path}/{second['publication_id']}")
    shown = await leader.shown(plan)
    assert (shown["head"]["state"], shown["head"]["publications"]) == ("unpublished", [])
    assert [each.unit_id for each in await hospital.plans.told(PlanUnpublished)] == [
        hospital.ward.unit_id,
        hospital.other_ward.unit_id,
    ]
    await leader.post(path, to(hospital.ward))
    assert (await leader.shown(plan))["head"]["state"] == "published"
    assert await assignable(hospital, hospital.ward) == {plan["head"]["plan_id"]}


async def test_publishing_to_one_department_twice_at_once_makes_one_publication(
    hospital: Any, leader: Any
) -> None:
    plan = await leader.plan()
    await leader.roles(plan, hospital.leader, hospital.leader)
    path = f"/plans/{plan['head']['plan_id']}/publications"
    answers = await asyncio.gather(*(leader.raw.post(path, json=to(hospital.clinic)) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len((await leader.get(path))["publications"]) == 2
