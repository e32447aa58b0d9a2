"""Who may do what with competence plans, each role with each operation."""

from datetime import date
from typing import Any

import pytest

from stafett_contracts.identity import RoleEnded
from stafett_contracts.vocabulary import GrantEndCause, GrantState, Role

ANY = {"if-match": "*"}
MAKERS = ("leader", "delegated", "lead_a", "lead_b", "hf_admin")
OTHERS = ("employee", "by_hand", "super_user", "training_lead", "lis_admin", "apprentice_admin", "other_hf_admin", "rhf_admin")  # fmt: skip


@pytest.mark.rule("PLN-241")
@pytest.mark.parametrize("role", MAKERS)
async def test_these_make_and_edit_competence_plans_of_their_departments(
    hospital: Any, editor_of: Any, role: str
) -> None:
    editor = editor_of(getattr(hospital, role))
    plan = await editor.plan()
    item = await editor.active(plan)
    await editor.put(f"/requirements/{item['requirement_id']}/draft", editor.content("Ny"))
    await editor.post(f"/plans/{plan['head']['plan_id']}/approve", {}, ANY)
    await editor.patch(f"/plans/{plan['head']['plan_id']}", {"description": "x"})
    shown = await editor.roles(plan, hospital.leader, hospital.leader)
    [publication] = shown["head"]["publications"]
    await editor.delete(f"/plans/{plan['head']['plan_id']}/publications/{publication['publication_id']}")
    # The trust belongs to HF admin; the others have the ward only.
    body = editor.body("Foretaket", unit_id=str(hospital.trust.unit_id))
    if role == "hf_admin":
        await editor.post("/plans", body)
    else:
        assert await editor.refused("/plans", body) == "403 not_own_department"
    elsewhere = editor.body("x", unit_id=str(hospital.other_trust.unit_id))
    assert await editor.refused("/plans", elsewhere) == "403 not_own_department"


@pytest.mark.rule("PLN-241")
@pytest.mark.parametrize("role", OTHERS)
async def test_these_do_not(hospital: Any, leader: Any, editor_of: Any, role: str) -> None:
    plan = await leader.plan()
    item = await leader.published(plan)
    await leader.put(f"/requirements/{item['requirement_id']}/draft", leader.content("Ny"))
    shown = await leader.roles(plan, hospital.leader, hospital.leader)
    before = await leader.shown(plan)
    path = f"/plans/{plan['head']['plan_id']}"
    section = f"{path}/sections/{plan['sections'][0]['section_id']}"
    publication = shown["head"]["publications"][0]["publication_id"]
    requirement = f"/requirements/{item['requirement_id']}"
    persons = {
        name: str(hospital.leader.person_id) for name in ("document_owner_id", "document_responsible_id")
    }
    editor = editor_of(getattr(hospital, role))
    assert await editor.refused("/plans", editor.body("Min")) == "403 not_own_department"
    sees = (await editor.raw.get(path)).status_code == 200
    assert sees is (role in ("lis_admin", "apprentice_admin", "other_hf_admin", "rhf_admin"))
    for method, of, body in (
        ("PATCH", path, {"description": "x"}),
        ("POST", f"{path}/sections", {"name": "x"}),
        ("PATCH", section, {"name": "x"}),
        ("DELETE", section, None),
        ("POST", f"{path}/items", {"section_id": plan["sections"][0]["section_id"], "new": {"name": "x"}}),
        ("POST", f"{path}/items/{item['item_id']}/activate", None),
        ("POST", f"{path}/approve", {}),
        ("PUT", f"{path}/document-roles", persons),
        ("POST", f"{path}/publications", {"units": [{"unit_id": str(hospital.ward.unit_id)}]}),
        ("DELETE", f"{path}/publications/{publication}", None),
    ):  # fmt: skip
        refused = await editor.refused(of, body, method)
        assert refused == ("403 plan_not_yours" if sees else "404 not_found"), (method, of)
    for method, of, body in (
        ("PUT", f"{requirement}/draft", editor.content()),
        ("DELETE", f"{requirement}/draft", None),
        ("POST", f"{requirement}/publish", None),
    ):
        refused = await editor.refused(of, body, method)
        assert refused == ("403 requirement_not_yours" if sees else "404 not_found"), (method, of)
    assert await leader.shown(plan) == before


@pytest.mark.rule("PLN-002")
async def test_being_leader_by_hand_gives_no_right_to_make_plans(hospital: Any, editor_of: Any) -> None:
    by_hand = editor_of(hospital.by_hand)
    assert await by_hand.refused("/plans", by_hand.body()) == "403 not_own_department"
    hospital.world.grant(hospital.by_hand, Role.PROFESSIONAL_LEAD_A, hospital.ward)
    await hospital.learn()
    await by_hand.plan()


@pytest.mark.rule("PLN-003")
async def test_a_deputy_has_the_leaders_rights_and_both_names_are_kept(hospital: Any, editor_of: Any) -> None:
    body = editor_of(hospital.leader).body()
    stranger = editor_of(hospital.employee, deputy_for=hospital.leader)
    assert await stranger.refused("/plans", body) == "403 not_own_department"
    hospital.world.deputy(hospital.leader, hospital.employee.person)
    await hospital.learn()
    plan = await stranger.plan()
    [event, *_] = [e for e in await hospital.plans.envelopes() if e.type == "plans.plan.created.v1"]
    assert event.actorperson == hospital.employee.person_id
    assert event.onbehalfof == hospital.leader.person_id
    # Not outside the deputy session, and not the deputy's own roles inside it.
    own = editor_of(hospital.employee)
    assert await own.refused(f"/plans/{plan['head']['plan_id']}", {"description": "x"}, "PATCH") == (
        "404 not_found"
    )
    hospital.world.grant(hospital.employee, Role.HF_ADMIN, hospital.trust)
    await hospital.learn()
    elsewhere = stranger.body("x", unit_id=str(hospital.other_ward.unit_id))
    assert await stranger.refused("/plans", elsewhere) == "403 not_own_department"


@pytest.mark.rule("PLN-001")
async def test_rights_follow_the_position_chosen_at_log_in(hospital: Any, editor_of: Any) -> None:
    second = hospital.leader.person.at(hospital.other_ward)
    await hospital.learn()
    editor = editor_of(second)
    assert await editor.refused("/plans", editor.body()) == "403 not_own_department"
    first = editor_of(hospital.leader)
    plan = await first.plan()
    listed = (await editor_of(hospital.rhf_admin).get("/plans", access="all"))["items"]
    assert [(each["plan_id"], each["may_edit"]) for each in listed] == [(plan["head"]["plan_id"], False)]
    assert [each["may_edit"] for each in (await first.get("/plans"))["items"]] == [True]


async def test_a_leader_makes_plans_for_departments_below_but_not_beside(
    hospital: Any, editor_of: Any
) -> None:
    chief = hospital.world.person("Liv", "Lund").at(hospital.clinic)
    hospital.world.set_leader(hospital.leader, chief)
    await hospital.learn()
    editor = editor_of(chief)
    await editor.plan("Under")
    await editor.plan("Nabo", unit_id=str(hospital.other_ward.unit_id))
    await editor.plan("Egen", unit_id=str(hospital.clinic.unit_id))
    above = editor.body("Over", unit_id=str(hospital.trust.unit_id))
    assert await editor.refused("/plans", above) == "403 not_own_department"


@pytest.mark.rule("PLN-435")
@pytest.mark.rule("PLN-438")
@pytest.mark.rule("PLN-440")
async def test_a_plan_steward_edits_the_named_plans_only(hospital: Any, leader: Any, editor_of: Any) -> None:
    mine, other = await leader.plan("Min"), await leader.plan("Annen")
    position = hospital.world.person("Siv", "Steen").at(hospital.other_ward)
    grant = hospital.world.grant(position, Role.PLAN_STEWARD, plans=[mine["head"]["plan_id"]])
    await hospital.learn()
    steward = editor_of(position)
    assert [each["plan_id"] for each in (await steward.get("/plans", access="all"))["items"]] == [
        mine["head"]["plan_id"]
    ]
    item = await steward.active(mine)
    await steward.roles(mine, hospital.leader, hospital.leader)
    await steward.put(f"/requirements/{item['requirement_id']}/draft", steward.content("Ny"))
    await steward.post(f"/requirements/{item['requirement_id']}/publish", headers=ANY)
    assert (await steward.raw.get(f"/plans/{other['head']['plan_id']}")).status_code == 404
    assert await steward.refused("/plans", steward.body("x")) == "403 not_own_department"
    # A requirement of another owner, fetched into the plan, is not the steward's to change.
    foreign = await editor_of(hospital.hf_admin).plan("Nabo", unit_id=str(hospital.other_ward.unit_id))
    strange = await editor_of(hospital.hf_admin).published(foreign, "Fremmed")
    pool = hospital.plans.runtime.database.pool
    await pool.execute(
        "insert into requirement_share (requirement_id, unit_id, include_sub_units) values ($1, $2, false)",
        strange["requirement_id"],
        hospital.ward.unit_id,
    )
    body = {
        "section_id": mine["sections"][0]["section_id"],
        "requirement_ids": [strange["requirement_id"]],
    }
    await steward.post(f"/plans/{mine['head']['plan_id']}/items", body)
    refused = await steward.refused(
        f"/requirements/{strange['requirement_id']}/draft", steward.content(), "PUT"
    )
    assert refused == "404 not_found"
    ended = RoleEnded(
        revision=2,
        grant_id=grant,
        position_id=position.position_id,
        person_id=position.person_id,
        person_name=position.person.name,
        role=Role.PLAN_STEWARD,
        plan_ids=(mine["head"]["plan_id"],),
        valid_from=date(2020, 1, 1),
        state=GrantState.ENDED,
        cause=GrantEndCause.POSITION_ENDED,
    )
    await hospital.plans.deliver(ended)
    assert (await steward.raw.get(f"/plans/{mine['head']['plan_id']}")).status_code == 404


async def test_without_log_in_nothing_is_seen(hospital: Any, leader: Any) -> None:
    plan = await leader.plan()
    guest = hospital.plans.client()
    for path in ("/plans", f"/plans/{plan['head']['plan_id']}", "/templates", "/imports", "/categories"):
        assert (await guest.get(path)).status_code == 401
