"""Goal plans made from templates over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from stafett_chassis.clock import SetClock
from stafett_contracts.plans import GoalAdded, PlanCreated, PlanItemActivated
from stafett_contracts.vocabulary import Role
from stafett_plans.app import service
from stafett_testing.people import World
from stafett_testing.service import ServiceUnderTest, service_under_test

ANY = {"if-match": "*"}


@pytest.fixture
async def lis(hospital: Any, editor_of: Any) -> Any:
    """LIS HF admin at a site that has the LIS1 templates."""
    editor = editor_of(hospital.lis_admin)
    for name in ("lis1-fkm", "lis1-kls"):
        await hospital.imported(name)
    return editor


def from_template(hospital: Any, code: str = "FKM", **values: Any) -> dict[str, Any]:
    return {
        "type": "learning_goal",
        "unit_id": str(hospital.trust.unit_id),
        "template": {"code": code},
        **values,
    }


@pytest.mark.rule("PLN-251")
async def test_a_plan_from_a_template_has_all_its_goals_with_active_activities_and_no_version(
    hospital: Any, lis: Any
) -> None:
    made = await lis.post("/plans", from_template(hospital))
    head = made["head"]
    assert (head["name"], head["version"], head["state"]) == (
        "DEL 1 – Felles kompetansemål (FKM) (LIS1)",
        None,
        "unpublished",
    )
    assert (head["template_code"], head["track"], head["variant"]) == ("FKM", "lis1", "local")
    assert [goal["number"] for goal in made["goals"][:2]] == ["FKM-001", "FKM-002"]
    assert len(made["goals"]) == 50
    assert {goal["must_be_updated"] for goal in made["goals"]} == {False}
    assert len({item["requirement_id"] for item in made["items"]}) == 105
    assert {(item["state"], item["level"]) for item in made["items"]} == {("active", "national")}
    await hospital.imported("amm")
    mixed = await lis.post("/plans", from_template(hospital, "AMM"))
    assert {(item["state"], item["level"]) for item in mixed["items"]} == {
        ("active", "national"),
        ("active", "regional"),
    }
    where = [goal["carried_out_in"] for goal in made["goals"]]
    assert (where.count("hospital"), where.count("municipality")) == (24, 26)
    [created, _] = await hospital.plans.told(PlanCreated)
    assert (created.template_code, created.hf_id, created.track) == ("FKM", hospital.trust.unit_id, "lis1")


@pytest.mark.rule("PLN-257")
async def test_events_name_goals_by_number_and_key_and_national_activities_by_external_key(
    hospital: Any, lis: Any
) -> None:
    await lis.post("/plans", from_template(hospital, "KLS"))
    told = await hospital.plans.told(PlanItemActivated)
    assert len(told) > 40
    for each in told:
        assert each.goal_number is not None
        assert each.goal_number.startswith("KLS-")
        assert each.goal_key == f"KLS{int(each.goal_number[4:])}"
        assert each.external_key is not None
        assert each.external_key.startswith("N-KLS-")
    added = await hospital.plans.told(GoalAdded)
    assert {(each.goal_number, each.goal_key) for each in added} >= {("FKM-012", "FKM12")}


@pytest.mark.rule("PLN-249")
async def test_who_makes_goal_plans(hospital: Any, lis: Any, editor_of: Any) -> None:
    body = from_template(hospital)
    for position in (
        hospital.employee, hospital.leader, hospital.delegated, hospital.lead_a, hospital.lead_b, hospital.super_user,
        hospital.training_lead, hospital.hf_admin, hospital.apprentice_admin, hospital.rhf_admin, hospital.other_lis_admin,
    ):  # fmt: skip
        assert await editor_of(position).refused("/plans", body) == "403 not_own_department"
    assert (await lis.raw.post("/plans", json=body)).status_code == 201
    assert await lis.refused("/plans", lis.body()) == "403 not_own_department"


@pytest.mark.rule("PLN-249")
async def test_apprentice_admins_make_competence_goal_plans(hospital: Any, editor_of: Any) -> None:
    goal = {"number": "HEL-001", "theme": "T", "text": "Kunne.", "carried_out_in": "any", "activities": []}
    document = {
        "format": "goal-catalogue/1",
        "template": {"code": "HEL", "name": "Helsefag", "plan_type": "competence_goal", "track": "apprentice"},
        "themes": [{"code": "T", "name": "Tema"}],
        "goals": [goal],
    }  # fmt: skip
    admin = hospital.plans.client(hospital.rhf_admin)
    run = (await admin.post("/imports", json=document)).json()
    await admin.post(f"/imports/{run['run_id']}/apply")
    body = from_template(hospital, "HEL", type="competence_goal")
    assert await editor_of(hospital.lis_admin).refused("/plans", body) == "403 not_own_department"
    apprentice = editor_of(hospital.apprentice_admin)
    assert (await apprentice.post("/plans", body))["head"]["type"] == "competence_goal"
    wrong = from_template(hospital, "HEL")
    assert await editor_of(hospital.lis_admin).refused("/plans", wrong) == "template: other_plan_type"


@pytest.mark.rule("PLN-250")
async def test_a_goal_plan_is_owned_by_the_trust(hospital: Any, lis: Any) -> None:
    body = from_template(hospital, unit_id=str(hospital.ward.unit_id))
    assert await lis.refused("/plans", body) == "422 owner_must_be_trust"


@pytest.mark.rule("PLN-254")
async def test_a_trust_has_one_plan_from_a_template(hospital: Any, lis: Any, editor_of: Any) -> None:
    answers = await asyncio.gather(*(lis.raw.post("/plans", json=from_template(hospital)) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"template_already_used"}
    other = editor_of(hospital.other_lis_admin)
    await other.post("/plans", from_template(hospital, unit_id=str(hospital.other_trust.unit_id)))


@pytest.mark.rule("PLN-252")
@pytest.mark.rule("PLN-255")
async def test_themes_goals_and_names_cannot_be_changed_in_a_local_plan(hospital: Any, lis: Any) -> None:
    made = await lis.post("/plans", from_template(hospital, "KLS"))
    path = f"/plans/{made['head']['plan_id']}"
    assert await lis.refused(f"{path}/sections", {"name": "Nytt tema"}) == "409 goal_plan_has_themes"
    assert await lis.refused(path, {"name": "Annet navn"}, "PATCH") == "name: from_template"
    assert await lis.refused(path, {"completion": "leader_approval"}, "PATCH") == "completion: from_template"
    for field, value in (("name", "Annet"), ("completion", "automatic")):
        body = from_template(hospital, **{field: value})
        assert await lis.refused("/plans", body) == f"{field}: from_template"
    shown = await lis.patch(path, {"description": "Om planen"})
    assert shown["head"]["description"] == "Om planen"
    goals = {goal["local_goal_id"] for goal in shown["goals"]}
    assert {item["local_goal_id"] for item in shown["items"]} <= goals
    assert {item["section_id"] for item in shown["items"]} == {None}
    assert {goal["theme_name"] for goal in shown["goals"]} != {None}
    paths = hospital.plans.app.openapi()["paths"]
    assert [path for path in paths if "/goals" in path and set(paths[path]) & {"patch", "delete"}] == []


async def test_an_unknown_or_missing_template_is_refused(hospital: Any, lis: Any) -> None:
    assert await lis.refused("/plans", from_template(hospital, "XYZ")) == "template: unknown_template"
    body = from_template(hospital)
    del body["template"]
    assert await lis.refused("/plans", body) == "template: missing"


async def test_a_local_activity_is_made_under_a_goal_and_approved(hospital: Any, lis: Any) -> None:
    made = await lis.post("/plans", from_template(hospital, "KLS"))
    path = f"/plans/{made['head']['plan_id']}"
    new = lis.content("Lokal undervisning", documentation_form="signature_mentor")
    added = await lis.post(f"{path}/items", {"goal_number": "kls 1", "new": new})
    [item] = [each for each in added["items"] if each["name"] == "Lokal undervisning"]
    assert (item["kind"], item["level"], item["state"], item["may_edit"]) == (
        "activity",
        "local",
        "inactive",
        True,
    )
    assert {each["may_edit"] for each in added["items"] if each["level"] == "national"} == {False}
    approved = await lis.post(f"{path}/approve", {}, ANY)
    # PLN-375: a goal plan's first version comes with its first activation.
    assert (approved["version"], approved["activated"]) == ("1.0", [item["item_id"]])
    content = (await lis.get(f"{path}/versions/1.0"))["content"]
    first = next(goal for goal in content["goals"] if goal["goal_number"] == "KLS-001")
    assert first["items"][-1]["name"] == "Lokal undervisning"
    assert await lis.refused(f"{path}/items", {"goal_number": "FKM-001", "new": new}) == (
        "goal_number: unknown_goal"
    )
    assert await lis.refused(f"{path}/items", {"goal_number": "ikke noe", "new": new}) == (
        "goal_number: unknown_goal"
    )


@pytest.mark.rule("PLN-292")
async def test_an_activity_may_lie_under_several_goals_but_once_under_each(hospital: Any, lis: Any) -> None:
    made = await lis.post("/plans", from_template(hospital, "KLS"))
    path = f"/plans/{made['head']['plan_id']}/items"
    added = await lis.post(path, {"goal_number": "KLS-001", "new": lis.content("Lokal")})
    [item] = [each for each in added["items"] if each["name"] == "Lokal"]
    await lis.post(f"/requirements/{item['requirement_id']}/publish", headers=ANY)
    body = {"goal_number": "KLS-002", "requirement_ids": [item["requirement_id"]]}
    twice = await lis.post(path, body)
    assert len([each for each in twice["items"] if each["name"] == "Lokal"]) == 2
    assert await lis.refused(path, body) == "requirement_ids.0: already_in_plan"


async def test_nobody_edits_national_activities(hospital: Any, lis: Any, editor_of: Any) -> None:
    made = await lis.post("/plans", from_template(hospital, "KLS"))
    path = f"/requirements/{made['items'][0]['requirement_id']}"
    for position in (hospital.lis_admin, hospital.hf_admin, hospital.rhf_admin, hospital.leader):
        editor = editor_of(position)
        assert (await editor.get(path))["may_edit"] is False
        assert await editor.refused(f"{path}/draft", lis.content(), "PUT") == "403 national_activity"
        assert await editor.refused(f"{path}/publish") == "403 national_activity"
    assert (await editor_of(hospital.employee).raw.get(path)).status_code == 404


async def test_regional_activities_are_edited_by_rhf_admin_only(hospital: Any, editor_of: Any) -> None:
    admin = editor_of(hospital.rhf_admin)
    await hospital.imported("amm")
    template = await admin.get("/templates/AMM")
    regional = next(
        activity
        for theme in template["themes"]
        for goal in theme["goals"]
        for activity in goal["activities"]
        if activity["level"] == "regional"
    )
    path = f"/requirements/{regional['requirement_id']}"
    for position in (hospital.lis_admin, hospital.hf_admin, hospital.leader):
        assert await editor_of(position).refused(f"{path}/draft", admin.content(), "PUT") == (
            "403 requirement_not_yours"
        )
    await admin.put(f"{path}/draft", admin.content("Nytt regionalt navn"))
    run = await hospital.dry_run("amm")
    published = await admin.post(f"{path}/publish", headers=ANY)
    assert (published["version"], published["published"]["name"]) == (2, "Nytt regionalt navn")
    answer = await admin.raw.post(f"/imports/{run['run_id']}/apply")
    assert answer.json()["code"] == "stale_dry_run"


@pytest.fixture
async def municipal(database: str, clock: SetClock) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test(
        service, database, clock=clock, site="kommune", site_kind="municipal"
    ) as under_test:
        yield under_test


@pytest.mark.rule("PLN-259")
async def test_at_the_municipal_site_the_template_is_one_central_plan(municipal: ServiceUnderTest) -> None:
    world = World()
    towns = [world.unit(name) for name in ("Fjordby kommune", "Viddebygda kommune")]
    owner = world.person("Ada", "Dahl").at(towns[0])
    local = world.person("Bo", "Eik").at(towns[1])
    world.grant(owner, Role.SYSTEM_MANAGER, towns[0])
    world.grant(local, Role.LIS_HF_ADMIN, towns[1])
    world.grant(local, Role.HF_ADMIN, towns[1])
    await municipal.deliver(*world.news())
    client, other = municipal.client(owner), municipal.client(local)
    await client.post("/categories", json={"name": "Felles"})
    activity = {
        "key": "N-FKM-1-1", "level": "national", "name": "Undervisning", "learning_form": "Kurs",
        "documentation_form": "Egenregistrering", "category": "Felles",
    }  # fmt: skip
    goal = {"number": "FKM-001", "theme": "T", "text": "Kunne.", "carried_out_in": "municipality"}
    document = {
        "format": "goal-catalogue/1",
        "template": {"code": "FKM", "name": "Felles", "plan_type": "learning_goal", "track": "lis1"},
        "themes": [{"code": "T", "name": "Tema"}],
        "goals": [{**goal, "activities": [activity]}],
    }

    async def imported() -> None:
        run = (await client.post("/imports", json=document)).json()
        answer = await client.post(f"/imports/{run['run_id']}/apply")
        assert answer.status_code == 200, run

    await imported()
    body = {"type": "learning_goal", "variant": "central", "template": {"code": "FKM"}}
    assert (await other.post("/plans", json=body)).status_code == 403
    made = (await client.post("/plans", json=body)).json()
    assert (made["head"]["variant"], made["head"]["owner_unit_id"], len(made["items"])) == (
        "central",
        None,
        1,
    )
    assert (await client.post("/plans", json=body)).json()["code"] == "template_already_used"
    path = f"/plans/{made['head']['plan_id']}"
    persons = {name: str(owner.person_id) for name in ("document_owner_id", "document_responsible_id")}
    await client.put(f"{path}/document-roles", json=persons, headers=ANY)
    units = [{"unit_id": str(town.unit_id), "include_sub_units": True} for town in towns]
    published = await client.post(f"{path}/publications", json={"units": units})
    assert len(published.json()["publications"]) == 2
    # The municipalities cannot change its content, and nobody does but by import.
    new = {"goal_number": "FKM-001", "new": {"name": "Lokal"}}
    assert (await other.post(f"{path}/items", json=new)).status_code == 403
    assert (await other.patch(path, json={"description": "x"}, headers=ANY)).status_code == 403
    assert (await client.post(f"{path}/items", json=new)).json()["code"] == "template_in_use"
    document["goals"] = [
        {**goal, "activities": [activity]},
        {**goal, "number": "FKM-002", "text": "Mer.", "effective_from": "2027-03-01", "activities": []},
    ]
    await imported()
    shown = (await client.get(path)).json()
    assert [each["must_be_updated"] for each in shown["goals"]] == [False, False]
