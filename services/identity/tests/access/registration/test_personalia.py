"""What Personalia shows, and what can be changed there."""

import asyncio
from typing import Any

import pytest

from stafett_contracts.identity import PersonContactChanged, PositionChanged, PositionMoved
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import Track

ANY = {"if-match": "*"}


async def test_personalia_shows_position_leader_mentors_and_deputies(hospital: Any) -> None:
    hf = await hospital.unit("Havnes sykehus")
    ward = await hospital.unit("Sengepost", hf)
    boss, kari, per = [await hospital.person(name, "Moe") for name in ("Bo", "Kari", "Per")]
    leading = await hospital.position(boss, ward)
    position = await hospital.position(kari, ward, leader=leading, track=Track.LIS1)
    await hospital.position(per, ward, title="Overlege")
    await hospital.mentor(kari, per)
    await hospital.deputy(leading, per)
    shown = (await (await hospital.logged_in(kari)).get("/me/personalia")).json()
    assert shown["position"]["position_id"] == str(position.position_id)
    assert (shown["position"]["title"], shown["position"]["unit_name"], shown["position"]["hf_name"]) == (
        "Lege",
        "Sengepost",
        "Havnes sykehus",
    )
    assert (shown["leader"]["name"], shown["leader"]["source"]) == ("Bo Moe", "hr")
    [mentor] = shown["mentors"]
    assert (mentor["name"], mentor["title"], mentor["active"]) == ("Per Moe", "Overlege", True)
    assert shown["deputies"] == []
    shown = (await (await hospital.logged_in(boss)).get("/me/personalia")).json()
    assert [(one["name"], one["expires_on"]) for one in shown["deputies"]] == [("Per Moe", None)]
    assert shown["leader"] is None
    assert (await hospital.identity.client().get("/me/personalia")).status_code == 401


async def test_at_a_hospital_only_ones_own_contact_fields_can_be_changed(hospital: Any) -> None:
    kari = await hospital.person("Kari", "Moe")
    await hospital.position(kari, await hospital.unit("Havnes"), track=Track.LIS1)
    client = await hospital.logged_in(kari)
    assert (await client.get("/me/personalia")).json()["editable"] == ["email", "phone", "language"]
    for field, value in (
        ("title", "Overlege"),
        ("track", "lis2_3"),
        ("specialty", "ALM"),
        ("department_id", str(new_id())),
        ("hpr_number", "990003887"),
    ):
        answer = await client.patch("/me/personalia", json={field: value}, headers=ANY)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_editable")
        assert answer.json()["fields"] == [field]
    changed = await client.patch(
        "/me/personalia", json={"phone": "99 99 99 99", "language": "en"}, headers=ANY
    )
    assert (changed.json()["phone"], changed.json()["language"]) == ("+4799999999", "en")
    contact = (await hospital.identity.told(PersonContactChanged))[-1]
    assert (contact.phone, contact.language) == ("+4799999999", "en")


@pytest.mark.rule("IDN-020", "IDN-021")
async def test_a_municipal_trainee_goes_from_lis1_to_lis3_and_elsewhere_in_the_same_position(
    town: Any,
) -> None:
    client, registered = await town.trainee()
    _, token = await town.invite(client)
    await town.accept(token)
    changed = await client.patch(
        "/me/personalia",
        json={"track": "lis2_3", "specialty": "ALM", "title": "ALIS-lege"},
        headers=ANY,
    )
    assert changed.status_code == 200, changed.text
    position = changed.json()["position"]
    assert (position["track"], position["specialty"], position["title"]) == ("lis2_3", "ALM", "ALIS-lege")
    [told] = await town.site.identity.told(PositionChanged)
    assert (told.track, told.specialty, str(told.position_id)) == ("lis2_3", "ALM", registered["position_id"])
    moved = await client.patch("/me/personalia", json={"department_id": str(town.office)}, headers=ANY)
    assert moved.json()["position"]["hf_name"] == "Ytre Sund kommune"
    [told] = await town.site.identity.told(PositionMoved)
    assert (told.from_unit_id, told.to_unit_id, told.cause) == (town.centre, town.office, "self")
    assert moved.json()["position"]["position_id"] == registered["position_id"]
    assert [one["name"] for one in moved.json()["mentors"]] == ["Håvard Kvåle"]


@pytest.mark.rule("IDN-020")
async def test_going_to_lis3_needs_a_specialty_and_faulty_fields_are_all_named(town: Any) -> None:
    client, _ = await town.trainee()
    answer = await client.patch(
        "/me/personalia",
        json={"track": "lis2_3", "phone": "12", "department_id": str(new_id())},
        headers=ANY,
    )
    assert {(one["field"], one["code"]) for one in answer.json()["errors"]} == {
        ("specialty", "bad_specialty"),
        ("phone", "bad_phone"),
        ("department_id", "unknown_department"),
    }
    assert (await client.get("/me/personalia")).json()["position"]["track"] == "lis1"
    await client.post("/registration", json=town.form(department_id=str(town.duty)))
    there = await client.patch("/me/personalia", json={"department_id": str(town.duty)}, headers=ANY)
    assert there.json()["errors"][0]["code"] == "position_there_already"


async def test_a_change_must_say_what_it_was_based_on(town: Any) -> None:
    client, _ = await town.trainee()
    shown = await client.get("/me/personalia")
    assert (await client.patch("/me/personalia", json={"title": "A"})).status_code == 428
    first, second = await asyncio.gather(
        *(
            client.patch("/me/personalia", json={"title": title}, headers={"if-match": shown.headers["etag"]})
            for title in ("A", "B")
        )
    )
    assert sorted([first.status_code, second.status_code]) == [200, 412]
    [stale] = [answer for answer in (first, second) if answer.status_code == 412]
    assert stale.json()["current"]["position"]["title"] in ("A", "B")


async def test_a_change_of_nothing_tells_nothing(town: Any) -> None:
    client, _ = await town.trainee()
    shown = (await client.get("/me/personalia")).json()
    await town.site.identity.forget_told()
    for body in ({}, {"phone": shown["phone"]}, {"title": shown["position"]["title"]}, {"track": None}):
        answer = await client.patch("/me/personalia", json=body, headers=ANY)
        assert (answer.status_code, answer.json()["revision"]) == (200, shown["revision"])
    assert await town.site.identity.told() == []


async def test_a_deputy_changes_nobodys_personalia(hospital: Any) -> None:
    unit = await hospital.unit("Havnes")
    boss, kari = await hospital.person("Bo", "Moe"), await hospital.person("Kari", "Moe")
    leading = await hospital.position(boss, unit)
    await hospital.position(kari, unit)
    row = await hospital.deputy(leading, kari)
    client = await hospital.logged_in(kari, row.deputy_id)
    answer = await client.patch("/me/personalia", json={"phone": "99999999"}, headers=ANY)
    assert answer.status_code == 403
