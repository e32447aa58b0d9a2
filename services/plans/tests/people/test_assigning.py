"""Quick and table assignment, and what becomes of assignments."""

import asyncio
from typing import Any

import pytest

from stafett_contracts.plans import (
    AssignmentArchived,
    AssignmentCreated,
    AssignmentDeactivated,
    AssignmentDeleted,
    AssignmentReactivated,
)
from stafett_contracts.vocabulary import AssignmentState, Track


def pair(plan: Any, position: Any, **fields: Any) -> dict[str, Any]:
    return {"position_id": str(position.position_id), "plan_id": str(plan.plan_id), **fields}


async def bulk(
    ward: Any, *pairs: dict[str, Any], by: Any = None, key: str | None = None
) -> list[dict[str, Any]]:
    answer = await ward.client(by or ward.boss).post(
        "/assignments:bulk",
        json={"pairs": list(pairs)},
        headers={"idempotency-key": key} if key else {},
    )
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


@pytest.fixture
async def plan(ward: Any) -> Any:
    """A plan published to the whole trust."""
    return await ward.define.plan("HAV-Felles", ward.hf, await ward.define.requirement())


@pytest.mark.rule("PLN-501")
@pytest.mark.rule("PLN-502")
@pytest.mark.rule("PLN-515")
async def test_plans_are_offered_by_where_they_are_published(ward: Any, plan: Any) -> None:
    other = ward.world.unit("Poliklinikk", parent=ward.hf)
    per = ward.world.person("Per", "Ås").at(other, leader=ward.boss)
    stranger = ward.world.person("Nina", "Ny").at(other)
    await ward.news()
    requirement = await ward.define.requirement("Ute")
    local = await ward.define.plan("HAV-Post", ward.unit, requirement)
    exact = await ward.define.plan("HAV-Bare-HF", ward.hf, requirement, published=False)
    await ward.define.publish(exact.plan_id, ward.hf, include_sub_units=False)
    await ward.define.plan("HAV-Kladd", ward.hf, requirement, published=False)
    archived = await ward.define.plan("HAV-Gammel", ward.hf, requirement)
    await ward.define.set_plan(archived, state="archived")
    positions = [str(one.position_id) for one in (ward.kari, per, stranger)]
    offered = (await ward.client(ward.boss).get("/assignable-plans", params={"positions": positions})).json()
    cells = {
        one["name"]: {cell["position_id"]: cell["published"] for cell in one["cells"]} for one in offered
    }
    assert cells == {
        "HAV-Felles": {positions[0]: True, positions[1]: True},
        "HAV-Post": {positions[0]: True, positions[1]: False},
    }
    [closed] = [cell for one in offered for cell in one["cells"] if not cell["published"]]
    assert closed["message"] == "Planen er ikke publisert til avdelingen"
    [found] = (
        await ward.client(ward.boss).get(
            "/assignable-plans", params={"positions": positions, "q": "post hav"}
        )
    ).json()
    assert found["name"] == "HAV-Post"
    [refused] = await bulk(ward, pair(local, per))
    assert (refused["outcome"], refused["code"]) == ("refused", "not_published_here")
    assignment = await ward.assign(plan)
    await ward.define.unpublish(plan)
    assert (await ward.page(assignment))["state"] == "active"
    [gone] = await bulk(ward, pair(plan, per))
    assert gone["code"] == "not_published_here"


@pytest.mark.rule("PLN-507")
@pytest.mark.rule("PLN-508")
async def test_every_pair_has_its_own_result_and_a_refused_one_stops_nobody(ward: Any, plan: Any) -> None:
    per = ward.world.person("Per", "Ås").at(ward.unit, leader=ward.boss)
    foreign = ward.world.person("Nina", "Ny").at(ward.unit)
    await ward.news()
    second = await ward.define.plan("HAV-To", ward.unit, await ward.define.requirement())
    results = await bulk(
        ward, pair(plan, ward.kari), pair(second, ward.kari), pair(plan, per), pair(plan, foreign)
    )
    assert [(one["outcome"], one["code"]) for one in results] == [
        ("done", None),
        ("done", None),
        ("done", None),
        ("refused", "not_found"),
    ]
    assert results[3]["assignment_id"] is None
    events = await ward.plans.told(AssignmentCreated)
    assert len(events) == 3
    assert {event.person_name for event in events} == {"Kari Hansen", "Per Ås"}
    await bulk(ward, pair(plan, per, action="deactivate"))
    [offered] = (
        await ward.client(ward.boss).get(
            "/assignable-plans",
            params={"positions": [str(ward.kari.position_id), str(per.position_id)], "q": "felles"},
        )
    ).json()
    assert [(cell["state"], cell["begun"]) for cell in offered["cells"]] == [
        ("active", False),
        ("deactivated", False),
    ]
    results = await bulk(
        ward,
        pair(plan, per, action="reactivate"),
        pair(plan, ward.kari, action="deactivate"),
        pair(second, ward.kari, action="delete"),
        pair(second, per, action="deactivate"),
    )
    assert [(one["outcome"], one["code"], one["state"]) for one in results] == [
        ("reactivated", None, "active"),
        ("done", None, "deactivated"),
        ("done", None, "deleted"),
        ("refused", "not_assigned", None),
    ]
    assert len(await ward.plans.told(AssignmentReactivated)) == 1
    assert len(await ward.plans.told(AssignmentDeactivated)) == 2
    [deleted] = await ward.plans.told(AssignmentDeleted)
    assert deleted.state is AssignmentState.DELETED


@pytest.mark.rule("PLN-509")
async def test_assigning_again_changes_nothing_reactivates_or_is_refused(ward: Any, plan: Any) -> None:
    [first] = await bulk(ward, pair(plan, ward.kari), key="k")
    [repeated] = await bulk(ward, pair(plan, ward.kari), key="k")
    assert repeated == first
    [again] = await bulk(ward, pair(plan, ward.kari))
    assert (again["outcome"], again["assignment_id"]) == ("already", first["assignment_id"])
    assert len(await ward.plans.told(AssignmentCreated)) == 1
    await bulk(ward, pair(plan, ward.kari, action="deactivate"))
    [back] = await bulk(ward, pair(plan, ward.kari))
    assert (back["outcome"], back["assignment_id"]) == ("reactivated", first["assignment_id"])
    await bulk(ward, pair(plan, ward.kari, action="archive"))
    [archived] = await bulk(ward, pair(plan, ward.kari))
    assert (archived["outcome"], archived["code"]) == ("refused", "assignment_archived")
    assert len(await ward.plans.told(AssignmentCreated)) == 1
    assert len(await ward.plans.told(AssignmentArchived)) == 1
    reused = await ward.client(ward.boss).post(
        "/assignments:bulk",
        json={"pairs": [pair(plan, ward.kari, action="deactivate")]},
        headers={"idempotency-key": "k"},
    )
    assert reused.json()["code"] == "idempotency_key_reused"


@pytest.mark.rule("PLN-510")
async def test_two_who_assign_at_once_make_one_assignment_and_both_succeed(ward: Any, plan: Any) -> None:
    other = ward.world.person("Gro", "Tø").at(ward.unit)
    from stafett_contracts.vocabulary import Role

    ward.world.grant(other, Role.HF_ADMIN, ward.hf)
    await ward.news()
    results = await asyncio.gather(
        *(bulk(ward, pair(plan, ward.kari), by=by) for by in (ward.boss, other, ward.boss, other))
    )
    outcomes = sorted(one["outcome"] for [one] in results)
    assert outcomes == ["already", "already", "already", "done"]
    assert len({one["assignment_id"] for [one] in results}) == 1
    assert len(await ward.plans.told(AssignmentCreated)) == 1


@pytest.mark.rule("PLN-503")
async def test_a_goal_plan_for_somebody_not_known_as_trainee_asks_for_confirmation(ward: Any) -> None:
    per = ward.world.person("Per", "Ås").at(ward.unit, leader=ward.boss)
    lærling = ward.world.person("Mia", "Li").at(ward.unit, leader=ward.boss, track=Track.APPRENTICE)
    await ward.news()
    goals = await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"])
    trade = await ward.define.goal_plan(
        "HAF", ward.hf, ["HAF-001"], track="apprentice", plan_type="competence_goal"
    )
    results = await bulk(
        ward, pair(goals, per), pair(goals, ward.kari), pair(trade, per), pair(trade, lærling)
    )
    assert [(one["outcome"], one["code"]) for one in results] == [
        ("needs_confirmation", "not_known_as_trainee"),
        ("done", None),
        ("needs_confirmation", "not_known_as_apprentice"),
        ("done", None),
    ]
    results = await bulk(ward, pair(goals, per, confirmed=True), pair(trade, per, confirmed=True))
    assert [one["outcome"] for one in results] == ["done", "done"]


@pytest.mark.rule("PLN-514")
async def test_a_position_before_its_first_day_is_given_plans_and_worked_in(ward: Any, plan: Any) -> None:
    from datetime import timedelta

    from stafett_contracts.vocabulary import PositionStatus

    soon = ward.world.person("Ola", "Ny").at(
        ward.unit, leader=ward.boss, status=PositionStatus.PLANNED, start_date=ward.today + timedelta(days=20)
    )
    await ward.news()
    assignment = await ward.assign(plan, soon)
    [requirement] = plan.items
    done = await ward.post(assignment, requirement, ":fulfil", {"fulfilled_on": ward.today}, by=soon)
    assert done.status_code == 200


@pytest.mark.rule("PLN-512")
async def test_an_active_assignment_follows_the_plan_as_it_is_now(ward: Any, plan: Any) -> None:
    [first] = plan.items
    assignment = await ward.assign(plan)
    await ward.post(assignment, first, ":fulfil", {"fulfilled_on": ward.today})
    added = await ward.define.requirement("Ny")
    await ward.define.add(plan, added, activated_at=ward.plans.clock.now().replace(hour=10))
    page = await ward.page(assignment)
    assert [item["name"] for item in page["sections"][0]["items"]] == ["Hygiene", "Ny"]
    assert (page["status"], page["done"], page["counting"]) == ("begun", 1, 2)
    assert [item["is_new"] for item in page["sections"][0]["items"]] == [False, True]
    await ward.define.set_item(plan, first, state="deactivated")
    page = await ward.page(assignment)
    assert (page["done"], page["counting"]) == (0, 1)
    await ward.define.set_item(plan, first, state="deleted")
    page = await ward.page(assignment)
    assert page["sections"][0]["deactivated"] == []


async def test_the_municipal_site_suggests_the_set_of_track_and_specialty(ward: Any) -> None:
    names = ("DEL 1- Felles kompetansemål (LIS1)", "DEL 1 – Noe annet (LIS1)")
    for place, name in enumerate(names):
        await ward.define.goal_plan(name, ward.hf, [f"FKM-00{place}"])
    params = {"positions": [str(ward.kari.position_id)]}
    hospital = (await ward.client(ward.boss).get("/assignable-plans", params=params)).json()
    assert not any(cell["suggested"] for one in hospital for cell in one["cells"])
    settings = ward.plans.runtime.settings
    ward.plans.runtime.settings = settings.model_copy(update={"site_kind": "municipal"})
    municipal = (await ward.client(ward.boss).get("/assignable-plans", params=params)).json()
    assert {one["name"]: one["cells"][0]["suggested"] for one in municipal} == {
        names[0]: True,
        names[1]: False,
    }


@pytest.mark.rule("PLN-522")
@pytest.mark.rule("PLN-523")
async def test_only_what_is_not_begun_is_deleted(ward: Any, plan: Any) -> None:
    [requirement] = plan.items
    other = await ward.define.plan("HAV-To", ward.unit, requirement)
    begun, untouched = await ward.assign(plan), await ward.assign(other)
    await ward.post(begun, requirement, "/draft", {"comment": "x"}, method="PUT")
    boss = ward.client(ward.boss)
    refused = await boss.delete(f"/assignments/{begun}")
    assert (refused.status_code, refused.json()["code"]) == (409, "assignment_begun")
    assert refused.json()["title"] == "Planen er påbegynt og kan bare deaktiveres."
    assert (await boss.delete(f"/assignments/{untouched}")).status_code == 204  # begun elsewhere only
    assert (await ward.client(ward.kari).get(f"/assignments/{untouched}")).status_code == 404
    assert (await ward.item(begun, requirement))["comment"] == "x"


@pytest.mark.rule("PLN-524")
async def test_deleting_and_a_first_registration_at_once_give_both_a_true_answer(
    ward: Any, plan: Any
) -> None:
    [requirement] = plan.items
    assignment = await ward.assign(plan)
    deleted, draft = await asyncio.gather(
        ward.client(ward.boss).delete(f"/assignments/{assignment}"),
        ward.post(assignment, requirement, "/draft", {"comment": "x"}, method="PUT"),
    )
    assert (deleted.status_code, draft.status_code) in ((204, 404), (409, 200)), draft.text


@pytest.mark.rule("PLN-532")
@pytest.mark.rule("PLN-531")
@pytest.mark.rule("PLN-536")
async def test_a_deactivated_plan_stays_as_it_was_and_is_live_again_when_reactivated(
    ward: Any, plan: Any
) -> None:
    [requirement] = plan.items
    other = await ward.assign(await ward.define.plan("HAV-To", ward.unit, requirement))
    assignment = await ward.assign(plan)
    await ward.post(assignment, requirement, ":fulfil", {"fulfilled_on": "2026-11-01"})
    line = (await ward.client(ward.boss).post(f"/assignments/{assignment}:deactivate")).json()
    assert (line["state"], line["label"]) == ("deactivated", "Deaktivert")
    await ward.post(other, requirement, ":undo", {"unlock": True})
    await ward.define.add(plan, await ward.define.requirement("Ny"))
    frozen = await ward.page(assignment)
    assert (frozen["state"], frozen["reason"]) == ("deactivated", "manual")
    assert [(item["name"], item["status"]) for item in frozen["sections"][0]["items"]] == [
        ("Hygiene", "fulfilled")
    ]
    back = await ward.client(ward.kari).post(f"/assignments/{assignment}:reactivate")
    assert back.json()["state"] == "active"
    twice = await ward.client(ward.kari).post(f"/assignments/{assignment}:reactivate")
    assert (twice.status_code, twice.json()["revision"]) == (200, back.json()["revision"])
    live = await ward.page(assignment)
    assert [(item["name"], item["status"]) for item in live["sections"][0]["items"]] == [
        ("Hygiene", "not_begun"),
        ("Ny", "not_begun"),
    ]


@pytest.mark.rule("PLN-505")
async def test_one_plan_found_by_search_is_given_to_all_selected_employees_at_a_time(
    ward: Any, plan: Any
) -> None:
    selected = [ward.kari, *(
        ward.world.person(f"Ansatt{number}", "Berg").at(ward.unit, leader=ward.boss) for number in range(4)
    )]  # fmt: skip
    unselected = ward.world.person("Utenfor", "Valget").at(ward.unit, leader=ward.boss)
    await ward.news()
    await ward.define.plan("HAV-Smittevern for alle", ward.hf, *plan.items)
    client = ward.client(ward.boss)
    positions = [str(one.position_id) for one in selected]
    listed = (await client.get("/assignable-plans", params={"positions": positions})).json()
    assert [one["name"] for one in listed] == ["HAV-Felles", "HAV-Smittevern for alle"]
    [found] = (await client.get("/assignable-plans", params={"positions": positions, "q": "SMITTE"})).json()
    assert found["name"] == "HAV-Smittevern for alle"
    assert [(cell["position_id"], cell["state"]) for cell in found["cells"]] == [
        (one, None) for one in positions
    ]
    results = await bulk(
        ward, *({"position_id": one, "plan_id": found["plan_id"]} for one in positions), key="hurtig"
    )
    assert [(one["position_id"], one["outcome"]) for one in results] == [(one, "done") for one in positions]
    for employee in selected:
        [line] = (await ward.client(employee).get("/me/plans")).json()
        assert (line["name"], line["state"]) == ("HAV-Smittevern for alle", "active")
    assert (await ward.client(unselected).get("/me/plans")).json() == []


@pytest.mark.rule("PLN-596")
async def test_what_is_kept_of_an_ended_plan_has_the_colours_of_whoever_looks(ward: Any, plan: Any) -> None:
    goals = await ward.assign(
        await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"], activities={"FKM-001": list(plan.items)})
    )
    assignment = await ward.assign(plan)
    for one in (assignment, goals):
        await ward.client(ward.boss).post(f"/assignments/{one}:deactivate")
    for viewer, colour in ((ward.kari, "red"), (ward.boss, "white")):
        section = (await ward.page(assignment, viewer))["sections"][0]
        assert (section["items"][0]["status"], section["items"][0]["colour"]) == ("not_begun", colour)
        goal = (await ward.page(goals, viewer))["themes"][0]["goals"][0]
        assert (goal["status"], goal["colour"], goal["items"][0]["colour"]) == ("not_begun", colour, colour)


async def test_ten_plans_for_a_hundred_employees_are_one_command(ward: Any) -> None:
    requirement = await ward.define.requirement()
    plans = [await ward.define.plan(f"HAV-{number}", ward.unit, requirement) for number in range(10)]
    people = [ward.world.person("P", str(n)).at(ward.unit, leader=ward.boss) for n in range(100)]
    await ward.news()
    results = await bulk(ward, *(pair(plan, one) for plan in plans for one in people))
    assert {one["outcome"] for one in results} == {"done"}
    twice = await ward.client(ward.boss).post(
        "/assignments:bulk", json={"pairs": [pair(plans[0], people[0])] * 2}
    )
    assert twice.json()["errors"][0]["code"] == "pair_repeated"
