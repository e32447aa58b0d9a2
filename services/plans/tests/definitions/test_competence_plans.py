"""Making and changing competence plans over HTTP."""

import asyncio
from datetime import date
from typing import Any

import pytest

from stafett_contracts.identity import OrgUnitClosed
from stafett_contracts.plans import PlanChanged, PlanCreated
from stafett_contracts.vocabulary import OrgLevel

ANY = {"if-match": "*"}


@pytest.mark.rule("PLN-242")
async def test_a_competence_plan_has_a_name_a_completion_and_a_department(leader: Any) -> None:
    made = await leader.post(
        "/plans",
        leader.body(description="Hva", time_frame="Et år", literature="Boken", completion="leader_approval"),
    )
    head = made["head"]
    assert (head["description"], head["time_frame"], head["literature"], head["completion"]) == (
        "Hva",
        "Et år",
        "Boken",
        "leader_approval",
    )
    assert (head["state"], head["version"], head["publications"]) == ("unpublished", None, [])
    [told] = await leader.hospital.plans.told(PlanCreated)
    assert (told.name, told.completion, told.revision) == (head["name"], "leader_approval", 1)
    for field in ("name", "completion", "unit_id"):
        body = {key: value for key, value in leader.body("Annet").items() if key != field}
        assert await leader.refused("/plans", body) == f"{field}: missing"


@pytest.mark.rule("PLN-006")
async def test_every_faulty_field_is_told_at_once_and_nothing_is_stored(leader: Any) -> None:
    body = {"type": "competence", "name": "", "unit_id": "x", "size": 1}
    refused = await leader.refused("/plans", body)
    assert refused == "name: string_too_short, size: extra_forbidden, unit_id: uuid_parsing"
    assert (await leader.get("/plans", access="all"))["items"] == []
    assert await leader.hospital.plans.told(PlanCreated) == []


@pytest.mark.rule("PLN-244")
async def test_a_local_plan_is_named_after_its_trust(leader: Any) -> None:
    assert await leader.refused("/plans", leader.body(name="Kursveiledning")) == "name: name_prefix_missing"
    plan = await leader.plan()
    path = f"/plans/{plan['head']['plan_id']}"
    assert await leader.refused(path, {"name": "Kursveiledning"}, "PATCH") == "name: name_prefix_missing"


@pytest.mark.rule("PLN-245")
async def test_a_name_is_used_once_in_a_trust(hospital: Any, leader: Any, editor_of: Any) -> None:
    await leader.plan("Kurs")
    twin = leader.body("x", name=f"{hospital.short_name.lower()}—KURS ")
    assert await leader.refused("/plans", twin) == "409 name_taken"
    second = await leader.plan("Annet")
    path = f"/plans/{second['head']['plan_id']}"
    assert await leader.refused(path, {"name": leader.named("Kurs")}, "PATCH") == "409 name_taken"
    # Its own name in another spelling is no other plan's.
    changed = await leader.patch(path, {"name": leader.named("ANNET")})
    assert changed["head"]["name"].endswith("ANNET")
    # Another trust may have the same name after its own prefix; the trust's code is what differs.
    other = editor_of(hospital.other_hf_admin)
    name = f"{hospital.code_of[hospital.other_trust.unit_id]} – Kurs"
    await other.post("/plans", leader.body(name=name, unit_id=str(hospital.other_trust.unit_id)))


@pytest.mark.rule("PLN-245")
async def test_two_who_choose_the_same_name_at_once_do_not_both_get_it(leader: Any) -> None:
    answers = await asyncio.gather(*(leader.raw.post("/plans", json=leader.body()) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.rule("PLN-240")
async def test_the_type_of_a_plan_is_chosen_once(leader: Any) -> None:
    plan = await leader.plan()
    path = f"/plans/{plan['head']['plan_id']}"
    assert await leader.refused(path, {"type": "learning_goal"}, "PATCH") == "type: extra_forbidden"
    assert await leader.refused("/plans", leader.body(type="procedure")) == "type: enum"
    assert await leader.refused("/plans", leader.body("x", template={"code": "FKM"})) == (
        "template: not_for_this_type"
    )


@pytest.mark.rule("PLN-261")
@pytest.mark.rule("PLN-246")
async def test_texts_and_completion_can_be_changed_without_a_version(leader: Any) -> None:
    plan = await leader.plan()
    await leader.active(plan)
    await leader.hospital.plans.forget_told()
    changed = await leader.patch(
        f"/plans/{plan['head']['plan_id']}",
        {
            "name": leader.named("Ny"),
            "completion": "leader_approval",
            "description": "a\nb",
            "literature": "c",
            "time_frame": "d",
        },
    )
    assert changed["head"]["completion"] == "leader_approval"
    assert changed["head"]["version"] == "1.0"
    [told] = await leader.hospital.plans.told(PlanChanged)
    assert (told.name, told.completion) == (leader.named("Ny"), "leader_approval")
    again = await leader.patch(f"/plans/{plan['head']['plan_id']}", {"description": "a\nb"})
    assert again["revision"] == changed["revision"]


@pytest.mark.rule("PLN-004")
async def test_a_change_based_on_an_old_revision_is_refused_with_the_present_content(leader: Any) -> None:
    plan = await leader.plan()
    path = f"/plans/{plan['head']['plan_id']}"
    seen = {"if-match": f'"{plan["revision"]}"'}
    first = await leader.raw.patch(path, json={"description": "min"}, headers=seen)
    assert first.headers["etag"] == f'"{plan["revision"] + 1}"'
    second = await leader.raw.patch(path, json={"description": "din"}, headers=seen)
    assert (second.status_code, second.json()["code"]) == (412, "stale_version")
    assert second.json()["current"]["head"]["description"] == "min"
    assert (await leader.shown(plan))["head"]["description"] == "min"
    assert (await leader.raw.patch(path, json={"description": "x"})).status_code == 428


@pytest.mark.rule("PLN-005")
async def test_a_repeated_command_is_carried_out_once(leader: Any) -> None:
    key = {"idempotency-key": "a"}
    answers = [await leader.raw.post("/plans", json=leader.body(), headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    reused = await leader.raw.post("/plans", json=leader.body("Annet"), headers=key)
    assert reused.json()["code"] == "idempotency_key_reused"
    assert (await leader.get("/plans"))["total"] == 1


@pytest.mark.rule("PLN-275")
async def test_a_requirement_needs_a_section(leader: Any) -> None:
    made = await leader.post("/plans", leader.body())
    path = f"/plans/{made['head']['plan_id']}/items"
    assert await leader.refused(path, {"new": leader.content()}) == "section_id: unknown_section"
    other = await leader.plan("Annet")
    section = other["sections"][0]["section_id"]
    assert await leader.refused(path, {"section_id": section, "new": leader.content()}) == (
        "section_id: unknown_section"
    )


@pytest.mark.rule("PLN-279")
async def test_sections_are_renamed_moved_and_set_without_a_version(leader: Any) -> None:
    plan = await leader.plan()
    await leader.active(plan)
    path = f"/plans/{plan['head']['plan_id']}"
    for name in ("Brann", "Data"):
        plan = await leader.post(f"{path}/sections", {"name": name})
    assert [each["name"] for each in plan["sections"]] == ["Smittevern", "Brann", "Data"]
    last = plan["sections"][2]["section_id"]
    moved = await leader.patch(
        f"{path}/sections/{last}", {"place": 1, "name": "IKT", "may_be_not_relevant": True}
    )
    assert [(each["name"], each["may_be_not_relevant"]) for each in moved["sections"]] == [
        ("IKT", True),
        ("Smittevern", False),
        ("Brann", False),
    ]
    assert moved["head"]["version"] == "1.0"
    again = await leader.patch(f"{path}/sections/{last}", {"place": 1, "name": "IKT"})
    assert again["revision"] == moved["revision"]


@pytest.mark.rule("PLN-277")
async def test_a_section_with_requirements_cannot_be_removed(leader: Any) -> None:
    plan = await leader.plan()
    path = f"/plans/{plan['head']['plan_id']}/sections/{plan['sections'][0]['section_id']}"
    item = await leader.published(plan)
    assert await leader.refused(path, method="DELETE") == "409 section_not_empty"
    await leader.post(f"/plans/{plan['head']['plan_id']}/items/{item['item_id']}/activate")
    assert await leader.refused(path, method="DELETE") == "409 section_not_empty"
    empty = await leader.post(f"/plans/{plan['head']['plan_id']}/sections", {"name": "Tom"})
    section = empty["sections"][1]["section_id"]
    left = await leader.delete(f"/plans/{plan['head']['plan_id']}/sections/{section}")
    assert [each["name"] for each in left["sections"]] == ["Smittevern"]


@pytest.mark.rule("PLN-010")
async def test_plans_are_searched_and_paged_in_norwegian_order_with_the_total(leader: Any) -> None:
    names = ["Brann", "Åpne dører", "Ærlighet", "Øvelse", "Aksjon", "Åtte øvelser", "zoonoser", "Øye", "X1", "X2", "X3"]  # fmt: skip
    for name in names:
        await leader.post("/plans", leader.body(name))

    def short(page: Any) -> list[str]:
        return [each["name"].split(" – ")[1] for each in page["items"]]

    first = await leader.get("/plans", size=10)
    assert (first["total"], len(first["items"])) == (11, 10)
    second = await leader.get("/plans", size=10, cursor=first["next"])
    assert second["next"] is None
    assert short(first) + short(second) == [
        "Aksjon", "Brann", "X1", "X2", "X3", "zoonoser", "Ærlighet", "Øvelse", "Øye", "Åpne dører", "Åtte øvelser",
    ]  # fmt: skip
    assert short(await leader.get("/plans", q="ØVELS")) == ["Øvelse", "Åtte øvelser"]
    assert short(await leader.get("/plans", q="øvels åtte")) == ["Åtte øvelser"]
    assert short(await leader.get("/plans", q="ovelse")) == []
    assert short(await leader.get("/plans", q="%")) == []
    assert (await leader.raw.get("/plans", params={"size": 11})).status_code == 422


@pytest.mark.rule("PLN-415")
@pytest.mark.rule("PLN-416")
async def test_the_list_shows_what_one_may_edit_and_on_demand_every_plan_at_the_site(
    hospital: Any, leader: Any, editor_of: Any
) -> None:
    plan = await leader.plan()
    for position, edits, sees in (
        (hospital.leader, 1, 1), (hospital.hf_admin, 1, 1), (hospital.lead_a, 1, 1), (hospital.other_hf_admin, 0, 1),
        (hospital.lis_admin, 0, 1), (hospital.apprentice_admin, 0, 1), (hospital.rhf_admin, 0, 1),
        (hospital.employee, 0, 0), (hospital.super_user, 0, 0), (hospital.by_hand, 0, 0), (hospital.training_lead, 0, 0),
    ):  # fmt: skip
        editor = editor_of(position)
        assert (await editor.get("/plans"))["total"] == edits, position.person.name
        listed = await editor.get("/plans", access="all")
        assert listed["total"] == sees, position.person.name
        assert [each["may_edit"] for each in listed["items"]] == [bool(edits)] * sees
        seen = await editor.raw.get(f"/plans/{plan['head']['plan_id']}")
        assert seen.status_code == (200 if sees else 404)


async def test_a_plan_whose_department_is_closed_stays_in_use_and_says_so(hospital: Any, leader: Any) -> None:
    plan = await leader.plan()
    assert plan["head"]["owner_closed"] is False
    closed = OrgUnitClosed(
        revision=9,
        unit_id=hospital.ward.unit_id,
        code="X",
        name="Sengepost 2",
        level=OrgLevel.DEPARTMENT,
        parent_id=hospital.clinic.unit_id,
        hf_id=hospital.trust.unit_id,
        valid_from=date(2020, 1, 1),
        valid_to=date(2026, 11, 30),
    )
    await hospital.plans.deliver(closed)
    shown = await leader.shown(plan)
    assert shown["head"]["owner_closed"] is True
    assert (await leader.patch(f"/plans/{plan['head']['plan_id']}", {"description": "x"}))["head"]


@pytest.mark.rule("PLN-008")
async def test_every_change_is_logged_with_who_for_whom_and_before_and_after(
    hospital: Any, leader: Any, editor_of: Any
) -> None:
    plan = await leader.plan()
    path = f"/plans/{plan['head']['plan_id']}"
    hospital.world.deputy(hospital.leader, hospital.employee.person)
    await hospital.learn()
    deputy = editor_of(hospital.employee, deputy_for=hospital.leader)
    await deputy.patch(path, {"description": "Ny tekst"})
    log = (await leader.get(f"{path}/log"))["items"]
    assert [each["act"] for each in log] == ["changed", "section_added", "created"]
    assert log[0]["changes"] == {"description": ["", "Ny tekst"]}
    assert (log[0]["by_name"], log[0]["on_behalf_of_name"]) == ("Kari Hansen", "Torbjørn Engeskår")
    assert (log[2]["by_name"], log[2]["on_behalf_of_name"]) == ("Torbjørn Engeskår", None)
    for position, status in (
        (hospital.hf_admin, 200), (hospital.rhf_admin, 200), (hospital.other_hf_admin, 404), (hospital.employee, 404),
    ):  # fmt: skip
        assert (await editor_of(position).raw.get(f"{path}/log")).status_code == status
    page = await leader.get(f"{path}/log", size=10)
    assert page["next"] is None
