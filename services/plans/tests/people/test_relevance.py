"""Marking a requirement as not relevant in one plan."""

from typing import Any

import pytest

from stafett_contracts.plans import AssignmentReopened, ItemStatusChanged, PlanItemsActivated
from stafett_plans.definitions import hooks


@pytest.mark.rule("PLN-617")
@pytest.mark.rule("PLN-562")
@pytest.mark.rule("PLN-620")
@pytest.mark.rule("PLN-593")
async def test_a_mark_needs_a_comment_counts_in_its_plan_only_and_can_be_lifted(ward: Any) -> None:
    requirement = await ward.define.requirement()
    first = await ward.assign(await ward.define.plan("HAV-En", ward.unit, requirement))
    second = await ward.assign(await ward.define.plan("HAV-To", ward.unit, requirement))
    await ward.post(first, requirement, ":fulfil", {"fulfilled_on": "2026-11-01"})
    blank = await ward.post(first, requirement, ":mark-not-relevant", {"comment": "  "})
    assert (blank.status_code, blank.json()["errors"][0]["code"]) == (422, "comment_required")
    marked = await ward.post(first, requirement, ":mark-not-relevant", {"comment": "Ikke her"})
    assert (marked.json()["status"], marked.json()["not_relevant"], marked.json()["colour"]) == (
        "not_relevant",
        "Ikke her",
        "white",
    )
    [item] = (await ward.page(first))["sections"][0]["items"]
    assert (item["status"], item["comment"]) == ("not_relevant", "Ikke her")
    assert (await ward.item(second, requirement))["status"] == "fulfilled"
    told = (await ward.plans.told(ItemStatusChanged))[-1]
    assert {plan.name: plan.relevant for plan in told.plans} == {"HAV-En": False, "HAV-To": True}
    await ward.post(second, requirement, ":undo", {"unlock": True})  # PLN-621
    lifted = await ward.post(first, requirement, ":mark-relevant")
    assert lifted.json()["status"] == "not_begun"
    count = len(await ward.plans.told(ItemStatusChanged))
    await ward.post(first, requirement, ":mark-relevant")
    assert len(await ward.plans.told(ItemStatusChanged)) == count


@pytest.mark.rule("PLN-618")
async def test_what_must_be_done_is_not_marked(ward: Any) -> None:
    requirement = await ward.define.requirement(must_be_done=True)
    plan = await ward.assign(await ward.define.plan("HAV-En", ward.unit, requirement))
    for by in (ward.kari, ward.boss):
        refused = await ward.post(plan, requirement, ":mark-not-relevant", {"comment": "Nei"}, by=by)
        assert (refused.status_code, refused.json()["code"]) == (409, "must_be_done")
    assert (await ward.item(plan, requirement))["status"] == "not_begun"


@pytest.mark.rule("PLN-619")
async def test_a_plan_where_it_is_not_relevant_does_not_shorten_its_validity(ward: Any) -> None:
    requirement = await ward.define.requirement(validity_days=1000)
    first = await ward.assign(await ward.define.plan("HAV-En", ward.unit, requirement))
    short = await ward.define.plan("HAV-To", ward.unit, requirement)
    await ward.define.set_item(short, requirement, validity_days=10)
    second = await ward.assign(short)
    await ward.post(first, requirement, ":fulfil", {"fulfilled_on": "2026-11-01"})
    assert (await ward.item(first, requirement))["status"] == "expired"
    await ward.post(second, requirement, ":mark-not-relevant", {"comment": "Nei"})
    assert (await ward.item(first, requirement))["status"] == "fulfilled"


@pytest.mark.rule("PLN-621")
async def test_under_the_mark_the_registration_lives_on(ward: Any) -> None:
    requirement = await ward.define.requirement(requires_signing=True)
    plan = await ward.assign(await ward.define.plan("HAV-En", ward.unit, requirement))
    sending = {"fulfilled_on": "2026-11-01", "supervisor_id": str(ward.supervisor.person_id)}
    await ward.post(plan, requirement, ":send", sending)
    await ward.post(plan, requirement, ":mark-not-relevant", {"comment": "Nei"})
    await ward.hear(ward.signing.signed(await ward.signing.last(), ward.supervisor))
    assert (await ward.item(plan, requirement))["status"] == "not_relevant"
    lifted = await ward.post(plan, requirement, ":mark-relevant")
    assert (lifted.json()["status"], lifted.json()["signed"]) == ("fulfilled", True)


@pytest.mark.rule("PLN-563")
async def test_the_same_plan_on_two_positions_shares_its_marks(ward: Any) -> None:
    requirement = await ward.define.requirement()
    plan = await ward.define.plan("HAV-En", ward.unit, requirement)
    second = ward.kari.person.at(ward.unit, leader=ward.boss)
    await ward.news()
    here, there = await ward.assign(plan), await ward.assign(plan, second)
    await ward.post(here, requirement, ":mark-not-relevant", {"comment": "Nei"})
    assert (await ward.item(there, requirement))["status"] == "not_relevant"


@pytest.mark.rule("PLN-564")
async def test_an_activity_under_two_goals_has_one_registration_and_one_mark(ward: Any) -> None:
    activity = await ward.define.requirement("Vakt", kind="activity")
    plan = await ward.assign(
        await ward.define.goal_plan(
            "FKM", ward.hf, ["FKM-001", "FKM-002"], activities={"FKM-001": [activity], "FKM-002": [activity]}
        )
    )
    await ward.post(plan, activity, "/draft", {"comment": "x"}, method="PUT")
    goals = (await ward.page(plan))["themes"][0]["goals"]
    assert [goal["items"][0]["status"] for goal in goals] == ["begun", "begun"]
    assert [goal["status"] for goal in goals] == ["begun", "begun"]
    await ward.post(plan, activity, ":mark-not-relevant", {"comment": "Nei"})
    goals = (await ward.page(plan))["themes"][0]["goals"]
    assert [goal["items"][0]["status"] for goal in goals] == ["not_relevant", "not_relevant"]


@pytest.mark.rule("PLN-622")
@pytest.mark.rule("PLN-042")
async def test_what_must_be_done_from_now_on_is_relevant_again(ward: Any) -> None:
    requirement = await ward.define.requirement()
    plan = await ward.define.plan("HAV-En", ward.unit, requirement)
    assignment = await ward.assign(plan)
    await ward.post(assignment, requirement, ":mark-not-relevant", {"comment": "Nei"})
    assert (await ward.page(assignment))["status"] == "completed"
    await ward.define.revise(requirement, must_be_done=True)
    published = hooks.Published(requirement, 1, ("must_be_done",), (plan.plan_id,))
    async with ward.plans.runtime.units.begin() as work:
        await hooks.requirements_published(work, [published])
    assert (await ward.item(assignment, requirement))["status"] == "not_begun"
    [told] = await ward.plans.told(PlanItemsActivated)
    assert [one.person_id for one in told.affected] == [ward.kari.person_id]
    assert len(await ward.plans.told(AssignmentReopened)) == 1
    history = (await ward.client(ward.kari).get(f"/assignments/{assignment}/history")).json()
    assert "mark_lifted" in [entry["act"] for entry in history]
