"""Definitions that people have begun: what the two halves of the service know of one another."""

import json
from pathlib import Path
from typing import Any

import pytest

from stafett_contracts.plans import PlanItemsActivated
from stafett_contracts.vocabulary import Track

ANY = {"if-match": "*"}
EXAMPLES = Path(__file__).parents[4] / "examples" / "catalogues"


async def assigned(hospital: Any, plan: Any, position: Any) -> str:
    """Publish the plan to the trust, let the leader assign it; the assignment."""
    client = hospital.plans.client(hospital.leader)
    pair = {
        "position_id": str(position.position_id),
        "plan_id": plan["head"]["plan_id"],
        "action": "assign",
    }
    answer = await client.post("/assignments:bulk", json={"pairs": [pair]})
    assert answer.status_code == 200, answer.text
    listed = await hospital.plans.client(position).get("/me/plans")
    plan_id = plan["head"]["plan_id"]
    return str(next(line["assignment_id"] for line in listed.json() if line["plan_id"] == plan_id))


async def fulfil(hospital: Any, position: Any, assignment: str, requirement_id: str) -> None:
    answer = await hospital.plans.client(position).post(
        f"/assignments/{assignment}/requirements/{requirement_id}:fulfil",
        json={"fulfilled_on": "2026-11-30"},
        headers=ANY,
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.rule("PLN-101")
async def test_what_is_locked_once_begun_can_be_drafted_but_not_published(hospital: Any, leader: Any) -> None:
    plan = await leader.plan()
    item = await leader.active(plan)
    await leader.roles(plan, hospital.leader, hospital.leader)
    path = f"/requirements/{item['requirement_id']}"
    # Nobody has begun: repetition may be ticked, and taken away again.
    await leader.put(f"{path}/draft", leader.content(repetitions=3))
    await leader.post(f"{path}/publish", headers=ANY)
    await leader.put(f"{path}/draft", leader.content())
    await leader.post(f"{path}/publish", headers=ANY)
    assignment = await assigned(hospital, plan, hospital.employee)
    await fulfil(hospital, hospital.employee, assignment, item["requirement_id"])
    await leader.put(f"{path}/draft", leader.content(repetitions=3))
    refused = await leader.raw.post(f"{path}/publish", headers=ANY)
    assert (refused.status_code, refused.json()["code"]) == (409, "requirement_begun")
    assert refused.json()["fields"] == {item["requirement_id"]: ["repetitions"]}
    assert (await leader.get(path))["draft"]["repetitions"] == 3
    assert await leader.refused(f"/plans/{plan['head']['plan_id']}/approve", {}) == "409 requirement_begun"
    await leader.put(f"{path}/draft", leader.content("Nytt navn", validity_days=90, comment_field=True))
    published = await leader.post(f"{path}/publish", headers=ANY)
    assert published["version"] == 4


@pytest.mark.rule("PLN-295")
async def test_an_activated_item_shows_in_the_plan_of_everybody_who_has_it(
    hospital: Any, leader: Any
) -> None:
    plan = await leader.plan()
    await leader.active(plan, "Første")
    await leader.roles(plan, hospital.leader, hospital.leader)
    assignment = await assigned(hospital, plan, hospital.employee)
    hidden = await leader.published(plan, "Andre")
    employee = hospital.plans.client(hospital.employee)
    assert "Andre" not in (await employee.get(f"/assignments/{assignment}")).text
    await leader.post(f"/plans/{plan['head']['plan_id']}/items/{hidden['item_id']}/activate")
    assert "Andre" in (await employee.get(f"/assignments/{assignment}")).text
    [told] = await hospital.plans.told(PlanItemsActivated)
    assert [each.name for each in told.items] == ["Andre"]
    assert [each.person_id for each in told.affected] == [hospital.employee.person_id]


@pytest.mark.rule("PLN-492")
async def test_a_new_text_of_a_goal_somebody_has_begun_is_warned_about(hospital: Any, editor_of: Any) -> None:
    lis = editor_of(hospital.lis_admin)
    await hospital.imported("lis1-kls")
    trainee = hospital.world.person("Siri", "Vik").at(hospital.ward, leader=hospital.leader, track=Track.LIS1)
    await hospital.learn()
    body = {
        "type": "learning_goal",
        "unit_id": str(hospital.trust.unit_id),
        "template": {"code": "KLS"},
    }
    plan = await lis.post("/plans", body)
    await lis.roles(plan, hospital.leader, hospital.leader)
    units = [{"unit_id": str(hospital.trust.unit_id), "include_sub_units": True}]
    await lis.post(f"/plans/{plan['head']['plan_id']}/publications", {"units": units})
    assignment = await assigned(hospital, plan, trainee)
    goals = {goal["local_goal_id"]: goal for goal in plan["goals"]}
    item = next(
        each
        for each in plan["items"]
        if each["documentation_form"] == "self_registration" and each["repetitions"] is None
    )
    await fulfil(hospital, trainee, assignment, item["requirement_id"])
    begun = {
        goals[each["local_goal_id"]]["number"]
        for each in plan["items"]
        if each["requirement_id"] == item["requirement_id"]
    }
    document = json.loads((EXAMPLES / "lis1-kls.json").read_bytes())
    for goal in document["goals"]:
        goal["text"] += " Nytt."
    answer = await hospital.plans.client(hospital.rhf_admin).post("/imports", json=document)
    report = answer.json()["report"]
    warned = {finding["value"] for finding in report["warnings"] if finding["code"] == "text_changed_in_use"}
    assert warned == begun
    assert report["errors"] == []
