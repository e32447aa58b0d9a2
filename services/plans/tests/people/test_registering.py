"""Marking requirements as fulfilled: drafts, dates, undoing, versions and keys."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from stafett_contracts.plans import ItemStatusChanged
from stafett_contracts.vocabulary import ItemStatus


@pytest.fixture
async def hygiene(ward: Any) -> tuple[Any, Any]:
    """Kari has a plan with one simple requirement."""
    requirement = await ward.define.requirement("Hygiene")
    return await ward.assign(await ward.define.plan("HAV-Plan", ward.unit, requirement)), requirement


@pytest.mark.rule("PLN-604")
@pytest.mark.rule("PLN-605")
async def test_a_requirement_is_fulfilled_on_a_day_that_is_not_in_the_future(ward: Any, hygiene: Any) -> None:
    none = await ward.post(*hygiene, ":fulfil", {})
    assert none.status_code == 422
    assert none.json()["errors"][0]["code"] == "date_missing"
    future = await ward.post(*hygiene, ":fulfil", {"fulfilled_on": ward.today + timedelta(days=1)})
    assert future.status_code == 422
    assert future.json()["errors"][0]["code"] == "date_in_future"
    assert future.json()["errors"][0]["message"] == "Datoen kan ikke være frem i tid."
    assert (await ward.item(*hygiene))["status"] == "not_begun"
    long_ago = await ward.post(*hygiene, ":fulfil", {"fulfilled_on": "2020-02-29"})
    assert long_ago.status_code == 200, long_ago.text
    assert (long_ago.json()["status"], long_ago.json()["colour"]) == ("fulfilled", "green")
    assert (await ward.page(hygiene[0]))["sections"][0]["items"][0]["fulfilled_on"] == "2020-02-29"
    [told] = await ward.plans.told(ItemStatusChanged)
    assert told.status is ItemStatus.FULFILLED
    assert [plan.name for plan in told.plans] == ["HAV-Plan"]


@pytest.mark.rule("PLN-676")
@pytest.mark.rule("PLN-603")
async def test_today_is_the_date_in_norway(ward: Any, hygiene: Any) -> None:
    ward.plans.clock.moment = ward.plans.clock.moment.replace(month=12, day=31, hour=23, minute=30)
    tomorrow_in_utc = await ward.post(*hygiene, ":fulfil", {"fulfilled_on": "2027-01-01"})
    assert tomorrow_in_utc.status_code == 200, tomorrow_in_utc.text


@pytest.mark.rule("PLN-603")
@pytest.mark.rule("PLN-669")
async def test_what_depends_on_the_date_is_right_from_midnight_without_any_run(ward: Any) -> None:
    requirement = await ward.define.requirement("HLR", validity_days=100)
    plan = await ward.assign(await ward.define.plan("HAV-HLR", ward.unit, requirement))
    await ward.post(plan, requirement, ":fulfil", {"fulfilled_on": "2026-09-22"})  # valid to 31.12.2026
    assert (await ward.page(plan))["status"] == "completed"
    clock = ward.plans.clock
    clock.moment = clock.moment.replace(month=12, day=31, hour=22, minute=59)
    page = await ward.page(plan)
    assert (page["sections"][0]["items"][0]["status"], page["status"]) == ("expiring", "completed")
    clock.moment = clock.moment.replace(hour=23, minute=0)
    page = await ward.page(plan)
    item = page["sections"][0]["items"][0]
    assert (item["status"], item["colour"], item["valid_until"]) == ("expired", "red", "2026-12-31")
    assert (page["status"], page["percent"], page["sections"][0]["red"]) == ("begun", 0, 1)
    [line] = (await ward.client(ward.kari).get("/me/plans")).json()
    assert (line["status"], line["done"]) == ("begun", 0)


@pytest.mark.rule("PLN-606")
async def test_a_draft_holds_any_of_the_fields_and_sends_nothing(ward: Any, hygiene: Any) -> None:
    draft = await ward.post(*hygiene, "/draft", {"comment": "Nesten"}, method="PUT")
    assert (draft.json()["status"], draft.json()["comment"]) == ("begun", "Nesten")
    whole = {"fulfilled_on": ward.today, "supervisor_id": str(ward.supervisor.person_id)}
    draft = await ward.post(*hygiene, "/draft", whole, method="PUT")
    assert (draft.json()["status"], draft.json()["supervisor_name"]) == ("begun", "Siri Moe")
    assert draft.json()["comment"] is None
    assert await ward.signing.requests() == []
    empty = await ward.post(*hygiene, "/draft", {}, method="PUT")
    assert empty.json()["status"] == "not_begun"


@pytest.mark.rule("PLN-607")
async def test_what_is_fulfilled_is_locked_until_it_is_unlocked(ward: Any, hygiene: Any) -> None:
    await ward.post(*hygiene, ":fulfil", {"fulfilled_on": "2026-11-01"})
    before = await ward.item(*hygiene)
    for method, act, body in (
        ("POST", ":fulfil", {"fulfilled_on": "2026-11-02"}),
        ("PUT", "/draft", {"comment": "x"}),
        ("POST", ":undo", {}),
    ):
        answer = await ward.post(*hygiene, act, body, method=method)
        assert (answer.status_code, answer.json()["code"]) == (409, "locked")
    assert await ward.item(*hygiene) == before


@pytest.mark.rule("PLN-608")
async def test_undoing_leaves_it_begun_only_when_something_remains(ward: Any, hygiene: Any) -> None:
    await ward.post(*hygiene, ":fulfil", {"fulfilled_on": "2026-11-01", "comment": "Kurs"})
    left = await ward.post(*hygiene, "/draft", {"comment": "Kurs", "unlock": True}, method="PUT")
    assert (left.json()["status"], left.json()["fulfilled_on"]) == ("begun", None)
    await ward.post(*hygiene, ":fulfil", {"fulfilled_on": "2026-11-01"})
    undone = await ward.post(*hygiene, ":undo", {"unlock": True})
    assert undone.json()["status"] == "not_begun"


@pytest.mark.rule("PLN-609")
async def test_another_date_counts_the_expiry_anew(ward: Any) -> None:
    requirement = await ward.define.requirement("HLR", validity_days=365)
    plan = await ward.assign(await ward.define.plan("HAV-HLR", ward.unit, requirement))
    first = await ward.post(plan, requirement, ":fulfil", {"fulfilled_on": "2026-06-01"})
    assert first.json()["valid_until"] == "2027-06-01"
    moved = await ward.post(plan, requirement, ":fulfil", {"fulfilled_on": "2026-07-01", "unlock": True})
    assert (moved.json()["fulfilled_on"], moved.json()["valid_until"]) == ("2026-07-01", "2027-07-01")
    assert moved.json()["round_number"] == 1


@pytest.mark.rule("PLN-612")
async def test_renewing_keeps_the_old_fulfilment_until_the_new_round_is_fulfilled(ward: Any) -> None:
    requirement = await ward.define.requirement("HLR", validity_days=365)
    plan = await ward.assign(await ward.define.plan("HAV-HLR", ward.unit, requirement))
    await ward.post(plan, requirement, ":fulfil", {"fulfilled_on": "2025-12-02"})  # valid to 02.12.2026
    early = ward.plans.clock.moment
    ward.plans.clock.moment = early - timedelta(days=40)
    refused = await ward.post(plan, requirement, ":renew")
    assert refused.json()["code"] == "renewal_too_early"
    ward.plans.clock.moment = early
    opened = await ward.post(plan, requirement, ":renew")
    assert (opened.json()["status"], opened.json()["round_number"]) == ("expiring", 2)
    await ward.post(plan, requirement, "/draft", {"comment": "Påmeldt"}, method="PUT")
    assert (await ward.item(plan, requirement))["under_way"] == "begun"
    ward.plans.clock.move(days=10)
    item = await ward.item(plan, requirement)
    assert (item["status"], item["under_way"]) == ("expired", "begun")
    done = await ward.post(plan, requirement, ":fulfil", {"fulfilled_on": "2026-12-10"})
    assert (done.json()["status"], done.json()["under_way"]) == ("fulfilled", None)


@pytest.mark.rule("PLN-612")
async def test_a_new_date_on_what_has_expired_opens_a_new_round_without_unlocking(ward: Any) -> None:
    requirement = await ward.define.requirement("HLR", validity_days=30)
    plan = await ward.assign(await ward.define.plan("HAV-HLR", ward.unit, requirement))
    await ward.post(plan, requirement, ":fulfil", {"fulfilled_on": "2026-01-01"})
    assert (await ward.item(plan, requirement))["status"] == "expired"
    anew = await ward.post(plan, requirement, ":fulfil", {"fulfilled_on": ward.today})
    assert (anew.status_code, anew.json()["round_number"]) == (200, 2)


@pytest.mark.rule("PLN-674")
async def test_a_manual_expiry_date_is_asked_for_and_must_be_later(ward: Any) -> None:
    requirement = await ward.define.requirement("Sertifikat", manual_expiry=True)
    plan = await ward.assign(await ward.define.plan("HAV-S", ward.unit, requirement))
    for expiry, code in ((None, "expiry_missing"), ("2026-11-01", "expiry_not_later")):
        body = {"fulfilled_on": "2026-11-01", "manual_expiry": expiry}
        answer = await ward.post(plan, requirement, ":fulfil", body)
        assert [fault["code"] for fault in answer.json()["errors"]] == [code]
    body = {"fulfilled_on": "2026-11-01", "manual_expiry": "2026-12-20"}
    done = await ward.post(plan, requirement, ":fulfil", body)
    assert (done.json()["status"], done.json()["valid_until"]) == ("expiring", "2026-12-20")


@pytest.mark.rule("PLN-613")
async def test_the_second_of_two_who_saw_the_same_is_told_what_the_first_stored(
    ward: Any, hygiene: Any
) -> None:
    leader, employee = await asyncio.gather(
        ward.post(*hygiene, ":fulfil", {"fulfilled_on": "2026-11-01"}, by=ward.boss, version=0),
        ward.post(*hygiene, "/draft", {"comment": "Snart"}, version=0, method="PUT"),
    )
    assert sorted([leader.status_code, employee.status_code]) == [200, 412]
    lost = leader if leader.status_code == 412 else employee
    assert lost.json()["code"] == "stale_version"
    assert lost.json()["current"]["revision"] == 1
    assert (await ward.item(*hygiene))["revision"] == 1
    missing = await ward.client(ward.kari).post(
        f"/assignments/{hygiene[0]}/requirements/{hygiene[1]}:fulfil", json={}
    )
    assert missing.status_code == 428


@pytest.mark.rule("PLN-614")
async def test_a_repeated_fulfilment_changes_and_tells_nothing(ward: Any, hygiene: Any) -> None:
    body = {"fulfilled_on": "2026-11-01"}
    answers = await asyncio.gather(
        *(ward.post(*hygiene, ":fulfil", body, version=0, key="one") for _ in range(4)),
        *(ward.post(*hygiene, ":fulfil", body, version=0) for _ in range(4)),
    )
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["revision"] for answer in answers} == {1}
    assert len(await ward.plans.told(ItemStatusChanged)) == 1
    path = f"/assignments/{hygiene[0]}/requirements/{hygiene[1]}/history"
    assert [entry["act"] for entry in (await ward.client(ward.kari).get(path)).json()] == ["fulfilled"]


@pytest.mark.rule("PLN-561")
@pytest.mark.rule("PLN-611")
@pytest.mark.rule("PLN-513")
@pytest.mark.rule("PLN-511")
async def test_progress_shows_at_once_in_every_plan_and_on_every_position(ward: Any) -> None:
    shared = await ward.define.requirement("Brann")
    one = await ward.define.plan("HAV-En", ward.unit, shared)
    two = await ward.define.plan("HAV-To", ward.unit, shared)
    second = ward.kari.person.at(ward.world.unit("Legevakt", parent=ward.unit), leader=ward.boss)
    await ward.news()
    first, other = await ward.assign(one), await ward.assign(two)
    elsewhere = await ward.assign(one, second)
    await ward.post(first, shared, ":fulfil", {"fulfilled_on": "2026-11-01"})
    later = await ward.assign(await ward.define.plan("HAV-Tre", ward.unit, shared))
    for assignment in (first, other, elsewhere, later):
        assert (await ward.page(assignment))["sections"][0]["items"][0]["status"] == "fulfilled"
    await ward.post(elsewhere, shared, ":undo", {"unlock": True})
    for assignment in (first, other, elsewhere, later):
        page = await ward.page(assignment)
        assert page["sections"][0]["items"][0]["status"] == "not_begun"
        assert page["status"] != "completed"


@pytest.mark.rule("PLN-616")
async def test_a_frozen_plan_and_a_deactivated_requirement_cannot_be_changed(ward: Any) -> None:
    kept, gone = await ward.define.requirement("A"), await ward.define.requirement("B")
    plan = await ward.define.plan("HAV-Plan", ward.unit, kept, gone)
    assignment = await ward.assign(plan)
    await ward.define.set_item(plan, gone, state="deactivated")
    refused = await ward.post(assignment, gone, ":fulfil", {"fulfilled_on": ward.today})
    assert (refused.status_code, refused.json()["code"]) == (409, "item_not_active")
    [section] = (await ward.page(assignment))["sections"]
    assert [item["name"] for item in section["items"]] == ["A"]
    assert [item["name"] for item in section["deactivated"]] == ["B"]
    await ward.client(ward.boss).post(f"/assignments/{assignment}:deactivate")
    refused = await ward.post(assignment, kept, ":fulfil", {"fulfilled_on": ward.today})
    assert (refused.status_code, refused.json()["code"]) == (409, "assignment_deactivated")


@pytest.mark.rule("PLN-656")
@pytest.mark.rule("PLN-657")
async def test_prerequisites_block_fulfilling_but_not_a_draft(ward: Any) -> None:
    first, away = await ward.define.requirement("Først"), await ward.define.requirement("Borte")
    then = await ward.define.requirement("Så", depends_on=[first, away])
    plan = await ward.assign(await ward.define.plan("HAV-Plan", ward.unit, first, then))
    refused = await ward.post(plan, then, ":fulfil", {"fulfilled_on": ward.today})
    assert (refused.status_code, refused.json()["code"]) == (409, "dependencies_missing")
    missing = {one["name"]: one["status"] for one in refused.json()["missing"]}
    assert missing == {"Først": "not_begun", "Borte": None}
    assert (await ward.post(plan, then, "/draft", {"comment": "x"}, method="PUT")).status_code == 200
    await ward.post(plan, first, ":fulfil", {"fulfilled_on": ward.today})
    other = await ward.assign(await ward.define.plan("HAV-To", ward.unit, away))
    await ward.post(other, away, ":fulfil", {"fulfilled_on": ward.today})
    assert (await ward.post(plan, then, ":fulfil", {"fulfilled_on": ward.today})).status_code == 200
    # PLN-659: what is done stays done.
    await ward.post(plan, first, ":undo", {"unlock": True})
    assert (await ward.item(plan, then))["status"] == "fulfilled"


async def test_every_checkpoint_is_ticked_before_it_is_fulfilled(ward: Any) -> None:
    points = [
        {"checkpoint_id": f"00000000-0000-7000-8000-00000000000{place}", "name": f"P{place}", "url": None,
         "must_be_done": True}
        for place in (1, 2)
    ]  # fmt: skip
    requirement = await ward.define.requirement("Liste", checklist=points)
    plan = await ward.assign(await ward.define.plan("HAV-Plan", ward.unit, requirement))
    other = await ward.assign(await ward.define.plan("HAV-To", ward.unit, requirement))
    tick = f"/checkpoints/{points[0]['checkpoint_id']}"
    half = await ward.post(plan, requirement, tick, {"ticked": True}, method="PUT")
    assert half.json()["status"] == "begun"
    refused = await ward.post(plan, requirement, ":fulfil", {"fulfilled_on": ward.today})
    assert (refused.json()["code"], [one["name"] for one in refused.json()["missing"]]) == (
        "checkpoints_missing",
        ["P2"],
    )
    await ward.post(
        other, requirement, f"/checkpoints/{points[1]['checkpoint_id']}", {"ticked": True}, method="PUT"
    )
    assert (await ward.post(plan, requirement, ":fulfil", {"fulfilled_on": ward.today})).status_code == 200
    unknown = await ward.post(plan, requirement, f"/checkpoints/{plan}", {"ticked": True}, method="PUT")
    assert unknown.status_code == 404


@pytest.mark.rule("PLN-684")
async def test_a_course_requirement_is_not_fulfilled_by_hand(ward: Any) -> None:
    requirement = await ward.define.requirement("Kurs", course_ids=["K1"])
    plan = await ward.assign(await ward.define.plan("HAV-Plan", ward.unit, requirement))
    for by in (ward.kari, ward.boss):
        refused = await ward.post(plan, requirement, ":fulfil", {"fulfilled_on": ward.today}, by=by)
        assert (refused.status_code, refused.json()["code"]) == (409, "course_decides")


@pytest.mark.rule("PLN-671")
@pytest.mark.rule("PLN-172")
async def test_the_shortest_validity_of_the_active_plans_decides_at_once(ward: Any) -> None:
    requirement = await ward.define.requirement("HLR", validity_days=1000)
    one = await ward.define.plan("HAV-En", ward.unit, requirement)
    two = await ward.define.plan("HAV-To", ward.unit, requirement)
    await ward.define.set_item(two, requirement, validity_days=10)
    first = await ward.assign(one)
    done = await ward.post(first, requirement, ":fulfil", {"fulfilled_on": "2026-11-01"})
    assert done.json()["status"] == "fulfilled"
    second = await ward.assign(two)
    assert (await ward.item(first, requirement))["valid_until"] == "2026-11-11"
    assert (await ward.page(first))["sections"][0]["items"][0]["status"] == "expired"
    await ward.client(ward.boss).post(f"/assignments/{second}:deactivate")
    assert (await ward.page(first))["sections"][0]["items"][0]["status"] == "fulfilled"


@pytest.mark.rule("PLN-565")
async def test_a_local_activity_is_registered_inside_one_trust(ward: Any) -> None:
    other_hf = ward.world.unit("Fjordens sykehus")
    other_unit = ward.world.unit("Post 9", parent=other_hf)
    boss = ward.world.person("Ane", "Li").at(other_unit)
    second = ward.kari.person.at(other_unit, leader=boss)
    await ward.news()
    local = await ward.define.requirement("Lokal", kind="activity", level="local")
    shared = await ward.define.requirement("Regional", kind="activity", level="regional")
    activities = {"FKM-001": [local, shared]}
    here = await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"], activities=activities)
    there = await ward.define.goal_plan("FKM2", other_hf, ["FKM-001"], activities=activities)
    first, other = await ward.assign(here), await ward.assign(there, second)
    for requirement in (local, shared):
        await ward.post(first, requirement, ":fulfil", {"fulfilled_on": "2026-11-01"})
    assert (await ward.item(first, local))["status"] == "fulfilled"
    assert (await ward.item(other, local))["status"] == "not_begun"
    assert (await ward.item(other, shared))["status"] == "fulfilled"


@pytest.mark.rule("PLN-638")
async def test_what_is_told_names_first_the_plan_it_was_last_registered_in(ward: Any) -> None:
    shared = await ward.define.requirement("Brann")
    one = await ward.assign(await ward.define.plan("HAV-En", ward.unit, shared))
    two = await ward.assign(await ward.define.plan("HAV-To", ward.unit, shared))
    for assignment, comment in ((two, "a"), (one, "b"), (two, "c")):
        await ward.post(assignment, shared, "/draft", {"comment": comment}, method="PUT")
        told = (await ward.plans.told(ItemStatusChanged))[-1]
        assert told.plans[0].assignment_id == assignment
        assert len(told.plans) == 2
