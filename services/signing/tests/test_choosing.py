"""Finding a supervisor, and the approvers of a goal."""

from datetime import date
from typing import Any

import pytest

from stafett_contracts.identity import LeaderPeriod, SupervisorRegistered
from stafett_contracts.ids import LinkId, new_id
from stafett_contracts.signing import RequestCreated, RequestRefused
from stafett_contracts.vocabulary import LeaderSource, RefusalCode, RelationCause, Role, Track


async def names(client: Any, **params: Any) -> list[str]:
    answer = await client.get("/supervisors", params=params)
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()]


@pytest.mark.rule("SGN-003")
async def test_supervisors_are_found_by_words_of_the_name_in_any_order(ward: Any) -> None:
    client = ward.as_(ward.kari)
    assert await names(client, q="moe siri") == ["Siri Moe"]
    assert await names(client, q="ENGES") == ["Torbjørn Engeskår"]
    assert await names(client, q="ås") == ["Per Ås"]
    assert await names(client, q="moe vik") == []
    assert await names(client, q="%%") == []
    [found] = (await client.get("/supervisors", params={"q": "siri"})).json()
    assert (found["title"], found["unit_name"], found["hf_name"]) == (
        "Lege",
        "Medisinsk sengepost",
        "Havnes sykehus",
    )


@pytest.mark.rule("SGN-003")
async def test_one_letter_is_too_few_and_fifty_hits_are_the_most(ward: Any) -> None:
    for number in range(55):
        ward.world.person("Anne", f"Berg{number:02}").at(ward.kari.unit)
    await ward.news()
    client = ward.as_(ward.kari)
    answer = await client.get("/supervisors", params={"q": "a"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "too_short")
    found = await names(client, q="anne")
    assert len(found) == 50
    assert found == sorted(found)


@pytest.mark.rule("SGN-003")
async def test_the_employee_and_the_deactivated_are_never_found(ward: Any) -> None:
    ward.world.deactivate_account(ward.siri.person)
    ward.world.deactivate(ward.ola)
    ward.world.person("Nils", "Utenplass")
    await ward.news()
    client = ward.as_(ward.kari)
    for q in ("siri", "ola", "kari", "nils"):
        assert await names(client, q=q) == []


@pytest.mark.rule("SGN-004")
async def test_mentors_come_first_for_the_form_that_mentors_sign_and_nobody_is_left_out(ward: Any) -> None:
    mentor = ward.world.person("Ærlig", "Åsen Moe").at(ward.kari.unit)
    ward.world.mentor(ward.kari.person, mentor.person)
    await ward.news()
    client = ward.as_(ward.kari)
    assert await names(client, q="moe", documentation_form="signature_mentor") == [
        "Ærlig Åsen Moe",
        "Siri Moe",
    ]
    assert await names(client, q="moe", documentation_form="signature") == ["Siri Moe", "Ærlig Åsen Moe"]
    assert await names(client, documentation_form="signature_mentor") == ["Ærlig Åsen Moe"]


@pytest.mark.rule("SGN-004")
@pytest.mark.parametrize("form", ["signature", "signature_supervisor", "signature_board"])
async def test_the_five_used_last_come_first_for_the_other_forms(ward: Any, form: str) -> None:
    used = [ward.world.person("Moe", f"Nr{number}").at(ward.kari.unit) for number in range(6)]
    await ward.news()
    for supervisor in used:
        await ward.ask(ward.asks.signature(ward.kari, supervisor))
        ward.signing.clock.move(minutes=1)
    client = ward.as_(ward.kari)
    newest = [f"Moe Nr{number}" for number in (5, 4, 3, 2, 1)]
    assert await names(client, documentation_form=form) == newest
    assert await names(client, q="moe", documentation_form=form) == [*newest, "Siri Moe", "Moe Nr0"]
    assert (await names(client, q="moe", documentation_form="signature_mentor"))[0] == "Siri Moe"


@pytest.mark.rule("SGN-004")
async def test_supervisors_registered_for_the_trainee_come_before_those_used_last(ward: Any) -> None:
    registered = ward.world.person("Moe", "Registrert").at(ward.kari.unit)
    mentor = ward.world.person("Moe", "Veileder").at(ward.kari.unit)
    ward.world.mentor(ward.kari.person, mentor.person)
    await ward.news()
    await ward.signing.deliver(
        SupervisorRegistered(
            revision=1,
            link_id=LinkId(new_id()),
            trainee_person_id=ward.kari.person_id,
            supervisor_person_id=registered.person_id,
            valid_from=date(2026, 1, 1),
            cause=RelationCause.CHOSEN,
        )
    )
    await ward.ask(ward.asks.signature(ward.kari, ward.siri))
    client = ward.as_(ward.kari)
    assert await names(client, q="moe") == ["Moe Registrert", "Siri Moe", "Moe Veileder"]
    assert await names(client, q="moe", documentation_form="signature_mentor") == [
        "Moe Veileder",
        "Moe Registrert",
        "Siri Moe",
    ]


@pytest.mark.rule("SGN-007")
async def test_who_sends_on_behalf_searches_for_the_employee(ward: Any) -> None:
    await ward.ask(ward.asks.signature(ward.kari, ward.siri))
    for_kari = {"employee": str(ward.kari.person_id)}
    leader = ward.as_(ward.boss)
    assert await names(leader, **for_kari) == ["Siri Moe"]
    assert await names(leader, q="kari", **for_kari) == []
    assert await names(leader, q="engeskår", **for_kari) == ["Torbjørn Engeskår"]  # SGN-008
    ward.world.grant(ward.gro, Role.HF_ADMIN, ward.gro.unit)
    await ward.news()
    assert await names(ward.as_(ward.gro), **for_kari) == ["Siri Moe"]
    assert (await ward.as_(ward.ola).get("/supervisors", params=for_kari)).status_code == 404


async def approvers(ward: Any, employee: Any) -> list[tuple[str, str, bool]]:
    answer = await ward.as_(employee).get(
        "/approvers", params={"employee_position_id": str(employee.position_id), "goal": "FKM12"}
    )
    assert answer.status_code == 200, answer.text
    return [(one["name"], one["relation"], one["preselected"]) for one in answer.json()]


def period(leader: Any, first: date, last: date) -> LeaderPeriod:
    return LeaderPeriod(
        link_id=LinkId(new_id()),
        leader_position_id=leader.position_id,
        leader_person_id=leader.person_id,
        source=LeaderSource.HR,
        valid_from=first,
        valid_to=last,
    )


@pytest.mark.rule("SGN-071")
async def test_approvers_come_in_the_order_of_nearness(ward: Any) -> None:
    world = ward.world
    elsewhere = world.unit("Sunnvik sykehus")
    old = world.person("Eldst", "Leder").at(elsewhere)
    newer = world.person("Nyere", "Leder").at(ward.boss.unit)
    world.position(ward.kari.person, elsewhere, leader=ward.gro, track=Track.LIS1)
    world.set_leader(
        ward.kari,
        ward.boss,
        earlier=[
            period(old, date(2020, 1, 1), date(2021, 12, 31)),
            period(newer, date(2022, 1, 1), date(2024, 12, 31)),
            period(ward.boss, date(2019, 1, 1), date(2019, 12, 31)),
        ],
    )
    await ward.news()
    assert await approvers(ward, ward.kari) == [
        ("Torbjørn Engeskår", "leader", True),
        ("Gro Østby", "other_leader", False),
        ("Nyere Leder", "earlier_leader", False),
        ("Eldst Leder", "earlier_leader", False),
    ]
    answer = await ward.as_(ward.kari).get(
        "/approvers", params={"employee_position_id": str(ward.kari.position_id)}
    )
    assert [(one["led_from"], one["led_to"]) for one in answer.json()] == [
        (None, None),
        (None, None),
        ("2022-01-01", "2024-12-31"),
        ("2020-01-01", "2021-12-31"),
    ]


async def test_the_leader_of_the_position_acted_from_is_preselected(ward: Any) -> None:
    second = ward.world.position(ward.kari.person, ward.kari.unit, leader=ward.gro, track=Track.LIS1)
    await ward.news()
    assert [name for name, _, preselected in await approvers(ward, second) if preselected] == ["Gro Østby"]


@pytest.mark.rule("SGN-071")
async def test_deactivated_leaders_are_not_listed_and_the_list_may_be_empty(ward: Any) -> None:
    ward.world.set_leader(
        ward.kari, ward.boss, earlier=[period(ward.gro, date(2020, 1, 1), date(2021, 1, 1))]
    )
    ward.world.deactivate_account(ward.boss.person)
    await ward.news()
    assert await approvers(ward, ward.kari) == [("Gro Østby", "earlier_leader", False)]
    ward.world.deactivate_account(ward.gro.person)
    await ward.news()
    assert await approvers(ward, ward.kari) == []


@pytest.mark.rule("SGN-071")
async def test_the_leader_of_a_position_that_has_ended_is_an_earlier_leader(ward: Any) -> None:
    second = ward.world.position(ward.kari.person, ward.kari.unit, leader=ward.gro, track=Track.LIS1)
    ward.world.deactivate(second, end_date=date(2026, 10, 1))
    await ward.news()
    assert (await approvers(ward, ward.kari))[1] == ("Gro Østby", "earlier_leader", False)


async def test_approvers_are_listed_for_ones_own_positions_only(ward: Any) -> None:
    params = {"employee_position_id": str(ward.kari.position_id)}
    for client in (ward.as_(ward.boss), ward.as_(ward.ola), ward.as_(ward.per, deputy_for=ward.boss)):
        assert (await client.get("/approvers", params=params)).status_code == 404


@pytest.mark.rule("SGN-013")
async def test_a_goal_sent_to_anybody_else_is_refused(ward: Any) -> None:
    ward.world.mentor(ward.kari.person, ward.ola.person)
    await ward.news()
    for stranger in (ward.siri, ward.ola, ward.gro):
        await ward.ask(ward.asks.goal(ward.kari, stranger))
    told = await ward.signing.told(RequestRefused)
    assert [event.code for event in told] == [RefusalCode.ADDRESSEE_NOT_ALLOWED] * 3


async def test_a_goal_may_be_sent_to_every_approver_listed(ward: Any) -> None:
    second = ward.world.position(ward.kari.person, ward.kari.unit, leader=ward.gro, track=Track.LIS1)
    ward.world.set_leader(
        ward.kari, ward.boss, earlier=[period(ward.ola, date(2020, 1, 1), date(2021, 1, 1))]
    )
    await ward.news()
    capacities = []
    for approver in (ward.boss, ward.gro, ward.ola):
        asked = await ward.ask(ward.asks.goal(ward.kari, approver))
        capacities.append((await ward.decide(ward.as_(approver), asked)).json()["capacity"])
    assert len(await ward.signing.told(RequestCreated)) == 3
    assert capacities == ["leader", "leader", "earlier_leader"]
    assert second


@pytest.mark.rule("SGN-013")
async def test_a_goal_of_somebody_without_any_leader_is_refused_as_such(ward: Any) -> None:
    ward.world.set_leader(ward.kari, None)
    await ward.news()
    await ward.ask(ward.asks.goal(ward.kari, ward.siri))
    [told] = await ward.signing.told(RequestRefused)
    assert told.code is RefusalCode.NO_LEADER
