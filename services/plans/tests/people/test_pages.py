"""The person's plan pages, the home page, and that SQL and rules say the same."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import PositionStatus
from stafett_plans.assignment.fragments import COUNTS_AS_DONE, SCOPE
from stafett_plans.progress.rules.registration import SITE_WIDE
from stafett_plans.progress.rules.status import DONE, scope_of, shown


@pytest.mark.rule("PLN-574")
async def test_my_plans_are_those_of_the_position_logged_in_on(ward: Any) -> None:
    requirement, other = await ward.define.requirement("A"), await ward.define.requirement("B")
    second = ward.kari.person.at(ward.world.unit("Legevakt", parent=ward.hf), leader=ward.boss)
    await ward.news()
    plan = await ward.define.plan("HAV-Plan", ward.unit, requirement, other)
    await ward.assign(plan)
    await ward.assign(await ward.define.plan("HAV-Hele", ward.hf, requirement), second)
    assignment = await ward.assign(await ward.define.plan("HAV-Av", ward.unit, requirement))
    await ward.client(ward.boss).post(f"/assignments/{assignment}:deactivate")
    await ward.client(ward.kari).put(
        f"/assignments/{(await ward.client(ward.kari).get('/me/plans')).json()[0]['assignment_id']}"
        f"/requirements/{requirement}/draft",
        json={"comment": "x"},
        headers={"if-match": "*"},
    )
    [line] = (await ward.client(ward.kari).get("/me/plans")).json()
    assert (line["name"], line["owner_unit_name"], line["plan_type"]) == (
        "HAV-Plan",
        "Sengepost 2",
        "competence",
    )
    assert (line["status"], line["label"], line["colour"]) == ("begun", "Påbegynt", "yellow")
    assert (line["done"], line["counting"], line["percent"]) == (0, 2, 0)
    [there] = (await ward.client(second).get("/me/plans")).json()
    assert there["name"] == "HAV-Hele"


@pytest.mark.rule("PLN-577")
async def test_an_opened_plan_shows_what_it_is_and_what_is_in_it(ward: Any) -> None:
    requirement = await ward.define.requirement("A", description="Les")
    plan = await ward.define.plan("HAV-Plan", ward.unit, requirement)
    await ward.define.set_plan(
        plan, document_owner_id=ward.boss.person_id, document_responsible_id=ward.supervisor.person_id
    )
    page = await ward.page(await ward.assign(plan))
    assert (page["description"], page["time_frame"], page["literature"]) == ("Om planen", "To år", "Bok")
    assert (page["document_owner"], page["document_responsible"]) == ("Torbjørn Engeskår", "Siri Moe")
    assert (page["version"], page["owner_unit"]) == ("1.0", "Sengepost 2")
    assert [section["name"] for section in page["sections"]] == ["Del 1"]
    goals = await ward.assign(
        await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"], activities={"FKM-001": [requirement]})
    )
    [theme] = (await ward.page(goals))["themes"]
    assert (theme["name"], theme["goals"][0]["instruction"]) == ("Tema", "Se på listen")
    assert theme["goals"][0]["items"][0]["name"] == "A"
    assert (await ward.client(ward.kari).get(f"/assignments/{goals}/goals")).json() == [theme]


async def test_the_home_page_counts_what_needs_attention(ward: Any) -> None:
    expired, expiring, rejected = (
        await ward.define.requirement("A", validity_days=10),
        await ward.define.requirement("B", validity_days=40),
        await ward.define.requirement("C", requires_signing=True),
    )
    plan = await ward.define.plan("HAV-Plan", ward.unit, expired, expiring, rejected)
    assignment = await ward.assign(plan)
    new = await ward.assign(await ward.define.plan("HAV-Ny", ward.unit, expired))
    for one in (expired, expiring):
        await ward.post(assignment, one, ":fulfil", {"fulfilled_on": "2026-11-01"})
    sending = {"fulfilled_on": "2026-11-01", "supervisor_id": str(ward.supervisor.person_id)}
    await ward.post(assignment, rejected, ":send", sending)
    await ward.hear(ward.signing.rejected(await ward.signing.last(), ward.supervisor))
    summary = (await ward.client(ward.kari).get("/me/summary")).json()
    assert (summary["expired"], summary["expiring"], summary["rejected"], summary["waiting"]) == (1, 1, 1, 0)
    assert [line["assignment_id"] for line in summary["newly_assigned"]] == [str(new)]
    assert len(summary["plans"]) == 2


@pytest.mark.rule("PLN-560")
async def test_a_leader_sees_ended_plans_of_the_position_and_of_ended_positions_in_the_trust(
    ward: Any,
) -> None:
    boss = ward.world.person("Ane", "Li").at(ward.unit)
    ended = ward.kari.person.at(ward.unit, leader=boss)
    still = ward.kari.person.at(ward.unit, leader=boss)
    await ward.news()
    plans = [await ward.define.plan(f"HAV-{n}", ward.hf, await ward.define.requirement()) for n in range(3)]
    for plan, position in zip(plans, (ward.kari, ended, still), strict=True):
        await ward.assign(plan, position)
    for plan, position in ((plans[0], ward.kari), (plans[2], still)):
        pair = {
            "position_id": str(position.position_id),
            "plan_id": str(plan.plan_id),
            "action": "deactivate",
        }
        await ward.client(position.leader).post("/assignments:bulk", json={"pairs": [pair]})
    ward.world.deactivate(ended)
    await ward.news()
    lines = (
        await ward.client(ward.boss).get(
            f"/positions/{ward.kari.position_id}/assignments", params={"state": "deactivated"}
        )
    ).json()
    assert {(line["name"], line["reason"]) for line in lines} == {
        ("HAV-0", "manual"),
        ("HAV-1", "position_ended"),
    }


@pytest.mark.rule("PLN-546")
@pytest.mark.rule("PLN-555")
async def test_plans_end_with_the_position_and_come_back_with_it(ward: Any) -> None:
    from stafett_contracts.identity import PositionReactivated
    from stafett_contracts.vocabulary import ReactivationCause

    requirement = await ward.define.requirement()
    kept = await ward.assign(await ward.define.plan("HAV-Plan", ward.unit, requirement))
    before = await ward.assign(await ward.define.plan("HAV-Før", ward.unit, requirement))
    await ward.post(kept, requirement, ":fulfil", {"fulfilled_on": "2026-11-01"})
    await ward.client(ward.boss).post(f"/assignments/{before}:deactivate")
    ward.world.deactivate(ward.kari)
    [ended] = ward.world.news()
    await ward.hear(ended)
    page = await ward.page(kept)
    assert (page["state"], page["reason"]) == ("deactivated", "position_ended")
    assert page["sections"][0]["items"][0]["status"] == "fulfilled"
    back = PositionReactivated(
        **{
            **{name: getattr(ended, name) for name in PositionReactivated.model_fields if hasattr(ended, name)},
            "revision": ended.revision + 1, "status": PositionStatus.ACTIVE,
            "cause": ReactivationCause.MANUAL,
        }
    )  # fmt: skip
    await ward.hear(back)
    assert (await ward.page(kept))["state"] == "active"
    assert (await ward.page(before))["state"] == "deactivated"
    await ward.hear(ended)  # late and old
    assert (await ward.page(kept))["state"] == "active"
    again = ended.model_copy(update={"revision": ended.revision + 2})
    await ward.hear(again)
    assert (await ward.page(kept))["state"] == "deactivated"


@pytest.mark.rule("PLN-550")
@pytest.mark.rule("PLN-552")
@pytest.mark.rule("PLN-553")
async def test_a_rotation_takes_learning_goal_plans_along(ward: Any) -> None:
    from stafett_contracts.plans import AssignmentDeactivated, AssignmentMoved

    other_unit = ward.world.unit("Post 9", parent=ward.hf)
    await ward.news()
    new_boss = ward.world.person("Ane", "Li").at(other_unit)
    goals = await ward.assign(await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"]))
    plan = await ward.assign(await ward.define.plan("HAV-Plan", ward.unit, await ward.define.requirement()))
    successor = ward.kari.person.at(other_unit, leader=new_boss)
    arrived = ward.world.news()
    ward.world.deactivate(ward.kari, rotation=True, successor_id=successor.position_id)
    await ward.plans.deliver(*ward.world.news())
    assert len(await ward.plans.held()) == 1
    assert (await ward.page(goals))["state"] == "active"  # still readable and writable
    await ward.plans.deliver(*arrived)
    ward.plans.clock.move(seconds=30)
    await ward.plans.inbox.retry_due()
    assert await ward.plans.held() == []
    [moved] = await ward.plans.told(AssignmentMoved)
    assert (moved.assignment_id, moved.from_position_id, moved.to_position_id) == (
        goals,
        ward.kari.position_id,
        successor.position_id,
    )
    [ended] = await ward.plans.told(AssignmentDeactivated)
    assert ended.assignment_id == plan
    assert (await ward.client(new_boss).get(f"/assignments/{goals}")).status_code == 200
    assert (await ward.client(ward.boss).get(f"/assignments/{goals}")).status_code == 404
    history = (await ward.client(successor).get(f"/assignments/{goals}/history")).json()
    assert history[0]["comment"] == "Flyttet til ny stilling"


_DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 1))
_STATES = st.sampled_from(["not_begun", "begun", "waiting", "rejected", "fulfilled"])


@settings(
    derandomize=True,
    database=None,
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    state=_STATES,
    fulfilled=_DAYS,
    kept=st.none() | _DAYS,
    days=st.none() | st.integers(1, 400),
    manual=st.booleans(),
    kept_manual=st.booleans(),
)
async def test_sql_and_rule_agree_on_what_is_done(
    ward: Any,
    state: str,
    fulfilled: date,
    kept: date | None,
    days: int | None,
    manual: bool,
    kept_manual: bool,
) -> None:
    """Wherever thousands of rows are counted in SQL, it must say what the rule says."""
    expiry = fulfilled + timedelta(days=100) if manual else None
    kept_expiry = kept + timedelta(days=50) if kept and kept_manual else None
    today = date(2026, 12, 1)
    said = await ward.plans.runtime.database.pool.fetchval(
        f"""
        select {COUNTS_AS_DONE} from
            (select $1::text as state, $3::date as fulfilled_on, $4::date as manual_expiry,
                $5::date as kept_fulfilled_on, $6::date as kept_manual_expiry) r,
            (select $7::int as days) s
        """,
        state, today, fulfilled if state == "fulfilled" else None, expiry if state == "fulfilled" else None,
        kept, kept_expiry, days,
    )  # fmt: skip
    rule = shown(
        state, fulfilled if state == "fulfilled" else None, expiry if state == "fulfilled" else None,
        kept, kept_expiry, days, today,
    )  # fmt: skip
    assert said == (rule.status in DONE)


async def test_sql_and_rule_agree_on_the_scope_of_a_registration(ward: Any) -> None:
    hf = new_id()
    for kind in ("requirement", "activity"):
        for level in ("local", "trust_central", "regional", "national"):
            for form in ("course", "e_learning", "procedure_list", "supervision"):
                said = await ward.plans.runtime.database.pool.fetchval(
                    f"select {SCOPE} from (select $1::text as kind, $2::text as level) q,"
                    " (select $3::text as learning_form) v, (select $4::uuid as hf_id) a",
                    kind, level, form, hf,
                )  # fmt: skip
                assert said == (hf if scope_of(kind, level, form) == "hf" else SITE_WIDE)
