"""Goals that end without a successor."""

from datetime import timedelta
from typing import Any

import pytest

from stafett_chassis.clock import oslo_midnight


@pytest.fixture
def sending(ward: Any) -> dict[str, Any]:
    """What Kari fills in."""
    return {"completed_on": "2026-11-01", "approver_id": str(ward.boss.person_id)}


async def approve(ward: Any, plan: Any, number: str, sending: dict[str, Any]) -> None:
    answer = await ward.post_goal(plan, number, ":send", sending)
    assert answer.status_code == 200, answer.text
    await ward.hear(ward.signing.signed(await ward.signing.last(), ward.boss))


async def line_of(ward: Any, goal: str, plan: Any) -> dict[str, Any]:
    goals = [one for theme in (await ward.page(plan))["themes"] for one in theme["goals"]]
    [found] = [one for one in goals if one["goal_number"] == goal]
    return dict(found)


@pytest.mark.rule("PLN-496")
async def test_a_goal_is_locked_from_the_day_it_is_withdrawn_and_no_longer_counts(
    ward: Any, sending: dict[str, Any]
) -> None:
    activity = await ward.define.requirement("Vakt", kind="activity")
    made = await ward.define.goal_plan(
        "FKM", ward.hf, ["FKM-001", "FKM-002", "FKM-003"], activities={"FKM-003": [activity]}
    )
    fkm = await ward.assign(made)
    await approve(ward, fkm, "FKM-001", sending)
    await approve(ward, fkm, "FKM-002", sending)
    last_day = oslo_midnight(ward.today + timedelta(days=1)) - timedelta(seconds=1)
    for number in ("FKM-002", "FKM-003"):
        await ward.define.set_goal(number, withdrawn_from=ward.today + timedelta(days=1))

    ward.plans.clock.moment = last_day
    open_still = await ward.goal(fkm, "FKM-003")
    assert (open_still["mark"], open_still["closed"], open_still["can_send"]) == (None, None, True)
    line = await line_of(ward, "FKM-003", fkm)
    assert (line["mark"], line["in_force"]) == (None, True)
    page = await ward.page(fkm)
    assert (page["done"], page["counting"], page["status"]) == (2, 3, "begun")

    ward.plans.clock.move(seconds=1)
    locked = await ward.goal(fkm, "FKM-003")
    assert (locked["mark"], locked["can_send"]) == ("Utgått", False)
    assert locked["closed"] == "Læringsmålet er utgått."
    refused = await ward.post_goal(fkm, "FKM-003", ":send", sending)
    assert (refused.status_code, refused.json()["code"]) == (409, "goal_withdrawn")
    for number, status, label in (
        ("FKM-002", "approved", "Godkjent"),
        ("FKM-003", "not_begun", "Ikke påbegynt"),
    ):
        for by in (ward.kari, ward.boss):
            goal = await ward.goal(fkm, number, by)
            assert (goal["mark"], goal["status"], goal["label"]) == ("Utgått", status, label)
        line = await line_of(ward, number, fkm)
        assert (line["mark"], line["status"], line["in_force"]) == ("Utgått", status, False)
    kept = await ward.goal(fkm, "FKM-002")
    assert (kept["decided_by"], kept["completed_on"], kept["colour"]) == (
        "Torbjørn Engeskår",
        "2026-11-01",
        "green",
    )
    # One approved goal is left of those that count, so that the plan is complete.
    page = await ward.page(fkm)
    assert (page["done"], page["counting"], page["percent"], page["status"]) == (1, 1, 100, "completed")
    assert page["themes"][0]["colour"] == "green"
    [line] = (await ward.client(ward.kari).get("/me/plans")).json()
    assert (line["done"], line["counting"], line["status"]) == (1, 1, "completed")
    # What is done under it may still be registered.
    done = await ward.post(fkm, activity, ":fulfil", {"fulfilled_on": "2026-11-20"})
    assert done.status_code == 200
    assert (await ward.goal(fkm, "FKM-003"))["activities"][0]["status"] == "fulfilled"


@pytest.mark.rule("PLN-496")
async def test_a_goal_with_a_successor_in_the_plan_is_worked_on_until_it_is_replaced(
    ward: Any, sending: dict[str, Any]
) -> None:
    made = await ward.define.goal_plan("FKM", ward.hf, ["FKM-001", "FKM-101"])
    await ward.define.set_goal("FKM-001", withdrawn_from=ward.today)
    await ward.define.replace_goal(made, "FKM-001", "FKM-101", updated=False)
    fkm = await ward.assign(made)
    goal = await ward.goal(fkm, "FKM-001")
    assert (goal["mark"], goal["can_send"]) == (None, True)
    page = await ward.page(fkm)
    assert (page["done"], page["counting"]) == (0, 1)
    await ward.define.set_local_goal(made, "FKM-101", must_be_updated=False)
    goal = await ward.goal(fkm, "FKM-001")
    assert (goal["mark"], goal["can_send"], goal["closed"]) == (None, False, "Læringsmålet gjelder ikke nå.")
    refused = await ward.post_goal(fkm, "FKM-001", ":send", sending)
    assert refused.json()["code"] == "goal_not_in_force"
    page = await ward.page(fkm)
    assert (page["done"], page["counting"]) == (0, 1)
