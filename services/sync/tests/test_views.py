"""What people see of earlier training, and who sees it."""

from datetime import date
from typing import Any

import pytest

from stafett_contracts.vocabulary import (
    GoalStatus,
    ItemStatus,
    LearningForm,
    RequirementLevel,
    Role,
    Track,
)
from stafett_sync.views import rules


@pytest.fixture
async def seen(two: Any) -> Any:
    """A doctor now at the municipal site, with training behind her in the region; who could look at it."""
    here = await two["vest"].hire()
    await here.plan("FKM-LIS1")
    await here.plan("AMM", track=Track.LIS2_3, specialty="AMM")
    await here.goal("FKM-012", GoalStatus.APPROVED)
    await here.item(
        "Hjertestans", level=RequirementLevel.LOCAL, comment="Gikk fint", fulfilled_on=date(2026, 2, 1)
    )
    await here.item("Regional simulering", level=RequirementLevel.REGIONAL, status=ItemStatus.BEGUN)
    await here.item(
        "Nasjonalt kurs", level=RequirementLevel.NATIONAL, learning_form=LearningForm.COURSE, external_key="K"
    )
    await here.item("Andre ting", goals=("FKM-014",))
    there = await two["kommune"].hire()
    await two.carry()
    site = two["kommune"]
    world = site.world
    mentor = world.person("Håvard", "Kvåle").at(site.ward)
    world.mentor(there.position.person, mentor.person)
    lead = world.person("Una", "Lie").at(site.ward)
    world.training_lead(there.position, lead, "KIR")
    stand_in = world.person("Siri", "Moe").at(site.ward)
    world.deputy(site.leader, stand_in.person)
    delegated = world.person("Dag", "Eie").at(site.ward)
    world.grant(delegated, Role.DELEGATED_LEADER, site.hf)
    admins = {}
    for role in (Role.HF_ADMIN, Role.LIS_HF_ADMIN, Role.RHF_ADMIN):
        admins[role] = world.person("Gro", str(role)).at(site.ward)
        world.grant(admins[role], role, site.hf)
    others = {}
    for role in (Role.SUPER_USER, Role.PROFESSIONAL_LEAD_B, Role.SUPERVISOR):
        others[role] = world.person("Per", str(role)).at(site.ward)
        world.grant(others[role], role, site.hf)
    elsewhere = world.unit("Annet foretak")
    outsider = world.person("Ute", "Seter").at(elsewhere)
    world.grant(outsider, Role.HF_ADMIN, elsewhere)
    colleague = world.person("Kol", "Lega").at(site.ward)
    await site.news()
    client = site.under_test.client
    return there, {
        "self": client(there.position),
        "leader": client(site.leader),
        "deputy": client(stand_in, deputy_for=site.leader),
        "delegated": client(delegated),
        "mentor": client(mentor),
        "training lead": client(lead),
        "hf_admin": client(admins[Role.HF_ADMIN]),
        "lis_hf_admin": client(admins[Role.LIS_HF_ADMIN]),
        "rhf_admin": client(admins[Role.RHF_ADMIN]),
        "super_user": client(others[Role.SUPER_USER]),
        "professional lead": client(others[Role.PROFESSIONAL_LEAD_B]),
        "supervisor": client(others[Role.SUPERVISOR]),
        "outsider": client(outsider),
        "colleague": client(colleague),
    }


@pytest.mark.rule("SYN-216")
async def test_who_may_read_what(seen: Any) -> None:
    there, clients = seen
    full = {"self", "leader", "deputy", "delegated", "mentor", "training lead"}
    panel = full | {"hf_admin", "lis_hf_admin", "rhf_admin"}
    paths = {
        f"/persons/{there.person_id}/status": panel,
        f"/persons/{there.person_id}/earlier-plans": full,
        f"/persons/{there.person_id}/earlier-plans/vest~U1~FKM-LIS1": full,
        f"/persons/{there.person_id}/goals/FKM12/earlier-workplaces": full,
    }
    for path, allowed in paths.items():
        for who, client in clients.items():
            status = (await client.get(path)).status_code
            assert status == (200 if who in allowed else 403 if who in panel else 404), (path, who)


async def test_nobody_reads_without_logging_in(two: Any) -> None:
    there = await two["kommune"].hire()
    for path in ("status", "earlier-plans", "earlier-plans/x", "goals/FKM12/earlier-workplaces"):
        answer = await two["kommune"].under_test.client().get(f"/persons/{there.person_id}/{path}")
        assert answer.status_code == 401


@pytest.mark.rule("SYN-020")
async def test_the_panel_tells_state_peers_and_time(seen: Any) -> None:
    there, clients = seen
    view = (await clients["self"].get(f"/persons/{there.person_id}/status")).json()
    assert (view["state"], view["text"], view["text_en"]) == (
        "on", "Synkronisert 02.03.2026 13:00", "Synchronised 02.03.2026 13:00",
    )  # fmt: skip
    assert view["since"]
    assert view["advice"] is None
    [peer] = view["peers"]
    assert (peer["site"], peer["name"], peer["answer"], peer["loading"]) == (
        "vest",
        "Helse Vestkyst",
        "matched",
        False,
    )
    assert len(view["plans_not_assigned"]) == 2


@pytest.mark.rule("SYN-003")
@pytest.mark.parametrize(("site", "where"), [("vest", "Personalportalen"), ("kommune", "Personalia")])
async def test_a_missing_number_is_said_with_where_to_have_it_registered(
    two: Any, site: str, where: str
) -> None:
    doctor = await two[site].hire(None)
    client = two[site].under_test.client(doctor.position)
    view = (await client.get(f"/persons/{doctor.person_id}/status")).json()
    assert (view["state"], view["text"]) == ("no_hpr", "HPR-nummer mangler – planene synkroniseres ikke")
    assert where in view["advice"]


async def test_somebody_who_is_no_trainee_has_no_line(two: Any) -> None:
    nurse = await two["vest"].hire(track=Track.NONE, checks=())
    client = two["vest"].under_test.client(nurse.position)
    view = (await client.get(f"/persons/{nurse.person_id}/status")).json()
    assert (view["state"], view["text"]) == ("not_trainee", "")


async def test_earlier_plans_are_listed_and_opened_read_only(seen: Any) -> None:
    there, clients = seen
    found = (await clients["self"].get(f"/persons/{there.person_id}/earlier-plans")).json()
    assert {(plan["name"], plan["workplace"], plan["active"]) for plan in found} == {
        ("Plan FKM-LIS1", "Helse Vestkyst", True),
        ("Plan AMM", "Helse Vestkyst", True),
    }
    key = next(plan["key"] for plan in found if plan["name"] == "Plan FKM-LIS1")
    opened = (await clients["mentor"].get(f"/persons/{there.person_id}/earlier-plans/{key}")).json()
    [theme] = opened["themes"]
    goals = {goal["number"]: goal for goal in theme["goals"]}
    assert set(goals) == {"FKM-012", "FKM-013", "FKM-014"}
    assert (goals["FKM-012"]["status"], goals["FKM-012"]["approver"]) == ("approved", "Kari Nes")
    assert goals["FKM-013"]["status_label"] == "Ikke påbegynt"
    assert {activity["name"] for activity in goals["FKM-012"]["activities"]} == {
        "Hjertestans", "Regional simulering", "Nasjonalt kurs",
    }  # fmt: skip
    assert (
        await clients["self"].get(f"/persons/{there.person_id}/earlier-plans/vest~X~Y")
    ).status_code == 404


@pytest.mark.rule("SYN-105")
async def test_the_tab_lists_what_was_done_at_other_sites_for_the_goal_by_workplace(seen: Any) -> None:
    there, clients = seen
    [place] = (
        await clients["leader"].get(f"/persons/{there.person_id}/goals/FKM12/earlier-workplaces")
    ).json()
    assert (place["site"], place["name"], place["present"]) == ("vest", "Helse Vestkyst", True)
    assert [(one["name"], one["level"], one["status_label"]) for one in place["activities"]] == [
        ("Nasjonalt kurs", "national_course", "Fullført"),
        ("Regional simulering", "regional", "Påbegynt"),
        ("Hjertestans", "local", "Fullført"),
    ]
    assert place["activities"][2]["comment"] == "Gikk fint"
    empty = await clients["leader"].get(f"/persons/{there.person_id}/goals/FKM13/earlier-workplaces")
    assert empty.json() == []
    assert (
        await clients["leader"].get(f"/persons/{there.person_id}/goals/x/earlier-workplaces")
    ).status_code == 404


@pytest.mark.rule("SYN-216")
async def test_a_training_lead_sees_lis1_plans_and_own_specialty_without_comments(seen: Any) -> None:
    there, clients = seen
    plans = (await clients["training lead"].get(f"/persons/{there.person_id}/earlier-plans")).json()
    assert [plan["name"] for plan in plans] == ["Plan FKM-LIS1"]
    path = f"/persons/{there.person_id}/goals/FKM12/earlier-workplaces"
    [place] = (await clients["training lead"].get(path)).json()
    assert {one["comment"] for one in place["activities"]} == {None}


@pytest.mark.rule("SYN-041", "SYN-004")
async def test_inside_a_region_the_tab_holds_what_another_trust_did_locally(two: Any) -> None:
    site = two["vest"]
    other = site.world.unit("Vidda sykehus")
    await site.news()
    doctor = await site.hire(None)  # no number is needed inside a site (SYN-004)
    await doctor.item("Lokalt her", hf_id=site.hf.unit_id)
    await doctor.item("Lokalt der", hf_id=other.unit_id)
    await doctor.item("Regionalt der", hf_id=other.unit_id, level=RequirementLevel.REGIONAL)
    client = site.under_test.client(doctor.position)
    [place] = (await client.get(f"/persons/{doctor.person_id}/goals/FKM12/earlier-workplaces")).json()
    assert [one["name"] for one in place["activities"]] == ["Lokalt der"]
    assert await site.waiting_post() == [], "sync sends no message for it"


def test_the_status_on_the_readers_day_depends_on_the_last_valid_day() -> None:
    last = date(2026, 6, 30)
    days = {
        date(2026, 5, 30): ItemStatus.FULFILLED,
        date(2026, 5, 31): ItemStatus.EXPIRING,
        date(2026, 6, 30): ItemStatus.EXPIRING,
        date(2026, 7, 1): ItemStatus.EXPIRED,
    }
    for day, status in days.items():
        assert rules.status_on(ItemStatus.FULFILLED, last, day) is status
    assert rules.status_on(ItemStatus.WAITING, last, date(2027, 1, 1)) is ItemStatus.WAITING
    assert rules.status_on(ItemStatus.FULFILLED, None, date(2027, 1, 1)) is ItemStatus.FULFILLED


def test_workplaces_are_ordered_running_first_then_by_their_end() -> None:
    places = [
        (False, date(2024, 1, 1), "B"),
        (False, date(2025, 1, 1), "C"),
        (False, date(2025, 1, 1), "A"),
        (True, None, "Z"),
        (False, None, "A"),
    ]
    assert sorted(places, key=lambda place: rules.workplace_place(*place)) == [
        places[3], places[2], places[1], places[0], places[4],
    ]  # fmt: skip
