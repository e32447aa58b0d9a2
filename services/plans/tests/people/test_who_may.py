"""The table «Who may do what»: every role on every operation, and what is logged."""

from typing import Any

import pytest

from stafett_contracts.vocabulary import Role

# What each may do. A number is the answer expected; see `attempts`.
FOLLOWER = {
    "competence": 200, "goals": 200, "register": 200, "send": 200, "mark": 200, "send_goal": 403, "assign": "done",
    "deactivate": 200, "reactivate": 200, "offered": 200, "list": 200,
}  # fmt: skip
NOBODY = {
    "competence": 404, "goals": 404, "register": 404, "send": 404, "mark": 404, "send_goal": 404,
    "assign": "refused", "deactivate": 404, "reactivate": 404, "offered": 404, "list": 404,
}  # fmt: skip
READS_GOALS = {**NOBODY, "goals": 200, "send_goal": 403, "list": 200}
PERSON = {
    "competence": 200, "goals": 200, "register": 200, "send": 200, "mark": 200, "send_goal": 200,
    "assign": "refused", "deactivate": 403, "reactivate": 200, "offered": 404, "list": 200,
}  # fmt: skip

TABLE: dict[str, dict[str, Any]] = {
    "person": PERSON,
    "leader": FOLLOWER,
    "deputy": FOLLOWER,
    "delegated_leader": FOLLOWER,
    "professional_lead_b": FOLLOWER,
    "super_user": FOLLOWER,
    "hf_admin": FOLLOWER,
    "lis_hf_admin": READS_GOALS,
    "mentor": READS_GOALS,
    "training_lead": READS_GOALS,
    "professional_lead_a": NOBODY,
    "plan_steward": NOBODY,
    "rhf_admin": NOBODY,
    "apprentice_hf_admin": NOBODY,
    "colleague": NOBODY,
    "deputy_logged_in_as_self": NOBODY,
    "leader_elsewhere": NOBODY,
    "hf_admin_elsewhere": NOBODY,
}


@pytest.fixture
async def cast(ward: Any) -> dict[str, Any]:
    """One of each."""
    world = ward.world
    elsewhere = world.unit("Fjordens sykehus")
    people: dict[str, Any] = {"person": ward.client(ward.kari), "leader": ward.client(ward.boss)}
    for role in (
        Role.DELEGATED_LEADER, Role.PROFESSIONAL_LEAD_B, Role.SUPER_USER, Role.HF_ADMIN, Role.LIS_HF_ADMIN,
        Role.PROFESSIONAL_LEAD_A, Role.PLAN_STEWARD, Role.RHF_ADMIN, Role.APPRENTICE_HF_ADMIN,
    ):  # fmt: skip
        holder = world.person("Rolle", role.value).at(ward.unit)
        world.grant(holder, role, ward.hf)
        people[role.value] = ward.client(holder)
    stand_in = world.person("Vikar", "Moe").at(ward.unit)
    world.deputy(ward.boss, stand_in.person)
    people["deputy"] = ward.client(stand_in, deputy_for=ward.boss)
    people["deputy_logged_in_as_self"] = ward.client(stand_in)
    mentor = world.person("Veil", "Eder").at(ward.unit)
    world.mentor(ward.kari.person, mentor.person)
    people["mentor"] = ward.client(mentor)
    lead = world.person("Overlege", "Li").at(ward.unit)
    world.training_lead(ward.kari, lead, "Akutt- og mottaksmedisin")
    people["training_lead"] = ward.client(lead)
    people["colleague"] = ward.client(world.person("Kol", "Lega").at(ward.unit))
    other = world.person("Annen", "Leder").at(ward.unit)
    world.person("Deres", "Ansatt").at(ward.unit, leader=other)
    people["leader_elsewhere"] = ward.client(other)
    admin = world.person("Annen", "Admin").at(elsewhere)
    world.grant(admin, Role.HF_ADMIN, elsewhere)
    people["hf_admin_elsewhere"] = ward.client(admin)
    await ward.news()
    return people


@pytest.mark.rule("PLN-500")
@pytest.mark.rule("PLN-816")
@pytest.mark.rule("PLN-817")
@pytest.mark.rule("PLN-696")
@pytest.mark.rule("PLN-698")
@pytest.mark.rule("PLN-700")
@pytest.mark.parametrize("who", sorted(TABLE))
async def test_each_may_do_what_the_table_gives_and_nothing_more(
    ward: Any, cast: dict[str, Any], who: str
) -> None:
    requirement, signed = (
        await ward.define.requirement("A"),
        await ward.define.requirement("B", requires_signing=True),
    )
    plan = await ward.define.plan("HAV-Plan", ward.unit, requirement, signed)
    competence = await ward.assign(plan)
    goals = await ward.assign(await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"]))
    client, any_version = cast[who], {"if-match": "*"}
    path = f"/assignments/{competence}"
    sending = {"fulfilled_on": "2026-11-01", "supervisor_id": str(ward.supervisor.person_id)}
    got: dict[str, Any] = {
        "competence": (await client.get(path)).status_code,
        "goals": (await client.get(f"/assignments/{goals}/goals/FKM-001")).status_code,
        "list": (await client.get(f"/positions/{ward.kari.position_id}/assignments")).status_code,
        "offered": (
            await client.get("/assignable-plans", params={"positions": [str(ward.kari.position_id)]})
        ).status_code,
    }
    assert (await client.get(f"/assignments/{goals}")).status_code == got["goals"]
    assert (await client.get(f"{path}/requirements/{requirement}")).status_code == got["competence"]
    for name, method, where, body in (
        ("register", "PUT", f"{path}/requirements/{requirement}/draft", {"comment": "x"}),
        ("register", "POST", f"{path}/requirements/{requirement}:fulfil", {"fulfilled_on": "2026-11-01"}),
        ("register", "POST", f"{path}/requirements/{requirement}:undo", {"unlock": True}),
        ("send", "POST", f"{path}/requirements/{signed}:send", sending),
        ("send", "POST", f"{path}/requirements/{signed}:recall", {}),
        ("mark", "POST", f"{path}/requirements/{requirement}:mark-not-relevant", {"comment": "Nei"}),
        (
            "send_goal",
            "POST",
            f"/assignments/{goals}/goals/FKM-001:send",
            {"completed_on": "2026-11-01", "approver_id": str(ward.boss.person_id)},
        ),
        ("deactivate", "POST", f"{path}:deactivate", {}),
    ):
        answer = await client.request(method, where, json=body, headers=any_version)
        assert got.setdefault(name, answer.status_code) == answer.status_code, answer.text
        if answer.status_code == 403:
            assert answer.json()["code"] == "forbidden"
    await ward.client(ward.boss).post(f"{path}:deactivate")
    got["reactivate"] = (await client.post(f"{path}:reactivate")).status_code
    pair = {"position_id": str(ward.kari.position_id), "plan_id": str(plan.plan_id), "action": "deactivate"}
    await ward.client(ward.boss).post(f"{path}:reactivate")
    [result] = (await client.post("/assignments:bulk", json={"pairs": [pair]})).json()["results"]
    got["assign"] = result["outcome"]
    assert got == TABLE[who]


@pytest.mark.rule("PLN-816")
async def test_apprentices_goal_plans_are_their_own_administrators_to_read(ward: Any, cast: Any) -> None:
    trade = await ward.assign(
        await ward.define.goal_plan(
            "HAF", ward.hf, ["HAF-001"], track="apprentice", plan_type="competence_goal"
        )
    )
    assert (await cast["apprentice_hf_admin"].get(f"/assignments/{trade}")).status_code == 200
    assert (await cast["lis_hf_admin"].get(f"/assignments/{trade}")).status_code == 404


async def test_a_training_lead_reads_own_specialty_and_lis1_only(ward: Any, cast: Any) -> None:
    for name, specialty, status in (
        ("AMM", "Akutt- og mottaksmedisin", 200),
        ("IND", "Indremedisin", 404),
    ):
        plan = await ward.assign(
            await ward.define.goal_plan(name, ward.hf, [f"{name}-001"], track="lis2_3", specialty=specialty)
        )
        assert (await cast["training_lead"].get(f"/assignments/{plan}")).status_code == status


@pytest.mark.rule("PLN-716")
async def test_the_supervisor_and_the_approver_asked_see_that_item_only(ward: Any) -> None:
    signed, other = await ward.define.requirement("B", requires_signing=True), await ward.define.requirement()
    plan = await ward.assign(await ward.define.plan("HAV-Plan", ward.unit, signed, other))
    client = ward.client(ward.supervisor)
    path = f"/assignments/{plan}/requirements"
    assert (await client.get(f"{path}/{signed}")).status_code == 404
    sending = {"fulfilled_on": "2026-11-01", "supervisor_id": str(ward.supervisor.person_id)}
    await ward.post(plan, signed, ":send", sending)
    seen = await client.get(f"{path}/{signed}")
    assert (seen.status_code, seen.json()["colour"]) == (200, "red")
    assert (await client.get(f"{path}/{other}")).status_code == 404
    assert (await client.get(f"/assignments/{plan}")).status_code == 404
    refused = await ward.post(plan, signed, "/draft", {"unlock": True}, by=ward.supervisor, method="PUT")
    assert refused.status_code == 404

    ane = ward.world.person("Ane", "Li").at(ward.unit)
    second = ward.kari.person.at(ward.unit, leader=ane)
    await ward.news()
    goals = await ward.assign(await ward.define.goal_plan("FKM", ward.hf, ["FKM-001", "FKM-002"]))
    body = {"completed_on": "2026-11-01", "approver_id": str(ane.person_id)}
    await ward.post_goal(goals, "FKM-001", ":send", body, by=second)
    theirs = ward.client(ane)
    assert (await theirs.get(f"/assignments/{goals}/goals/FKM-001")).status_code == 200
    assert (await theirs.get(f"/assignments/{goals}/goals/FKM-002")).status_code == 404
    assert (await theirs.get(f"/assignments/{goals}")).status_code == 404


@pytest.mark.rule("PLN-559")
async def test_access_goes_with_the_relation(ward: Any, cast: Any) -> None:
    plan = await ward.assign(await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"]))
    new = ward.world.person("Ny", "Leder").at(ward.unit)
    assert (await ward.client(new).get(f"/assignments/{plan}")).status_code == 404
    ward.world.set_leader(ward.kari, new)
    await ward.news()
    assert (await ward.client(new).get(f"/assignments/{plan}")).status_code == 200
    assert (await ward.client(ward.boss).get(f"/assignments/{plan}")).status_code == 404


async def test_training_leads_and_administrators_see_progress_without_comments(
    ward: Any, cast: dict[str, Any]
) -> None:
    # PLN-779, and the rows of the table about comments.
    activity = await ward.define.requirement(
        "Sutur", kind="activity", level="national", external_key="NAT-1", repetitions=3,
        learning_form="procedure_list",
    )  # fmt: skip
    plan = await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"], activities={"FKM-001": [activity]})
    goals = await ward.assign(plan)
    repeated = {"performed_on": "2026-11-01", "comment": "Nattevakt"}
    await ward.post(goals, activity, "/repetitions", repeated)
    await ward.post(goals, activity, "/draft", {"comment": "Mitt notat"}, method="PUT")
    sent = await ward.post_goal(
        goals, "FKM-001", ":send",
        {"completed_on": "2026-11-01", "approver_id": str(ward.boss.person_id), "comment": "Min kommentar",
         "confirmed": True, "deviation": "Mitt avvik"},
    )  # fmt: skip
    assert sent.status_code == 200, sent.text
    words = ("Nattevakt", "Mitt notat", "Min kommentar", "Mitt avvik")
    item, goal = f"/assignments/{goals}/requirements/{activity}", f"/assignments/{goals}/goals/FKM-001"
    paths = (item, f"{item}/history", goal, f"{goal}/history", f"/assignments/{goals}/goals")
    for who, seen in (
        ("person", words), ("leader", words), ("mentor", words), ("training_lead", ()), ("lis_hf_admin", ()),
    ):  # fmt: skip
        answers = [await cast[who].get(path) for path in paths]
        assert [answer.status_code for answer in answers] == [200] * len(paths)
        text = "".join(answer.text for answer in answers)
        assert tuple(word for word in words if word in text) == seen, who


@pytest.mark.rule("PLN-818")
async def test_opening_anothers_plan_goal_or_requirement_is_logged(ward: Any) -> None:
    requirement = await ward.define.requirement()
    plan = await ward.assign(await ward.define.plan("HAV-Plan", ward.unit, requirement))
    goals = await ward.assign(await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"]))
    await ward.page(plan)
    await ward.item(plan, requirement)
    await ward.goal(goals, "FKM-001")
    pool = ward.plans.runtime.database.pool
    assert await pool.fetchval("select count(*) from access_log") == 0
    await ward.page(plan, ward.boss)
    await ward.item(plan, requirement, ward.boss)
    await ward.goal(goals, "FKM-001", ward.boss)
    await ward.client(ward.supervisor).get(f"/assignments/{plan}")  # refused: nothing was opened
    rows = await pool.fetch("select * from access_log order by log_id")
    assert [(row["target_kind"], row["actor_id"], row["person_id"]) for row in rows] == [
        (kind, ward.boss.person_id, ward.kari.person_id) for kind in ("assignment", "requirement", "goal")
    ]
    assert rows[0]["target_id"] == str(plan)
    assert rows[0]["at"] == ward.plans.clock.now()


@pytest.mark.rule("PLN-818")
async def test_the_list_of_goals_and_the_histories_are_logged_as_well(ward: Any) -> None:
    requirement = await ward.define.requirement()
    plan = await ward.assign(await ward.define.plan("HAV-Plan", ward.unit, requirement))
    goals = await ward.assign(await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"]))
    paths = {
        f"/assignments/{goals}/goals": "assignment",
        f"/assignments/{plan}/history": "assignment",
        f"/assignments/{plan}/requirements/{requirement}/history": "requirement",
        f"/assignments/{goals}/goals/FKM-001/history": "goal",
    }
    for path in paths:
        assert (await ward.client(ward.kari).get(path)).status_code == 200
    pool = ward.plans.runtime.database.pool
    assert await pool.fetchval("select count(*) from access_log") == 0
    for path in paths:
        assert (await ward.client(ward.boss).get(path)).status_code == 200
    rows = await pool.fetch("select * from access_log order by log_id")
    assert [row["target_kind"] for row in rows] == list(paths.values())
    assert {(row["actor_id"], row["person_id"]) for row in rows} == {
        (ward.boss.person_id, ward.kari.person_id)
    }
