"""A trainee registers at the municipal site, and the address becomes theirs when its link is opened."""

import asyncio
from typing import Any

import pytest

from stafett_contracts.identity import (
    EmailVerificationRequested,
    PersonChanged,
    PersonContactChanged,
    PersonRegistered,
    PositionChanged,
    PositionCreated,
)
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import Track


@pytest.mark.rule("IDN-054")
async def test_a_trainee_identified_with_e_id_registers_and_is_logged_in(town: Any) -> None:
    client = await town.site.identified("02899822253", "Sunniva", "Lillebø-Hætta", hpr_number="990003887")
    form = (await client.get("/registration/form")).json()
    assert (form["given_name"], form["family_name"]) == ("Sunniva", "Lillebø-Hætta")
    assert [one["code"] for one in form["specialties"]] == ["ALM", "SAM", "ARB"]
    assert [(one["name"], len(one["departments"])) for one in form["enterprises"]] == [
        ("Lyngvær kommune", 2),
        ("Ytre Sund kommune", 1),
    ]
    answer = await client.post("/registration", json=town.form(track="lis2_3", specialty="ALM"))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["login"]["state"] == "acting"
    [person] = await town.site.identity.told(PersonRegistered)
    assert (person.given_name, person.family_name, person.hpr_number) == (
        "Sunniva",
        "Lillebø-Hætta",
        "990003887",
    )
    [position] = await town.site.identity.told(PositionCreated)
    assert (str(position.position_id), str(position.person_id)) == (told["position_id"], told["person_id"])
    assert (position.kind, position.track, position.specialty) == ("self_registered", "lis2_3", "ALM")
    assert position.unit_id == town.centre
    assert (await client.post("/session/token")).status_code == 200
    shown = (await client.get("/me/personalia")).json()
    assert (shown["phone"], shown["hpr_number"], shown["hpr_source"]) == ("+4710305908", "990003887", "eid")
    [row] = await town.site.sql("select national_id, national_id_hash, synthetic from person")
    assert b"02899822253" not in bytes(row["national_id"]) + bytes(row["national_id_hash"])
    assert row["synthetic"]


@pytest.mark.rule("IDN-056")
async def test_a_form_that_is_refused_leaves_no_account_and_names_every_faulty_field(town: Any) -> None:
    client = await town.site.identified("02899822253", "Sunniva", "Lillebø")
    wrong = town.form(
        email="sunniva@", phone="123", track="lis2_3", specialty="HUD", department_id=str(new_id())
    )
    answer = await client.post("/registration", json=wrong)
    assert answer.status_code == 422
    assert {(fault["field"], fault["code"]) for fault in answer.json()["errors"]} == {
        ("email", "bad_email"),
        ("phone", "bad_phone"),
        ("specialty", "bad_specialty"),
        ("department_id", "unknown_department"),
    }
    assert (await client.post("/registration", json={"email": "a@b.no"})).status_code == 422
    enterprise = await town.site.sql("select unit_id from org_unit where level = 'training_enterprise'")
    for unit in (enterprise[0]["unit_id"], town.site.root.unit_id):
        answer = await client.post("/registration", json=town.form(department_id=str(unit)))
        assert answer.json()["errors"][0]["code"] == "unknown_department"
    counts = await town.site.sql(
        "select (select count(*) from person), (select count(*) from account), (select count(*) from position),"
        " (select count(*) from login_session), (select count(*) from email_verification)"
    )
    assert tuple(counts[0]) == (0, 0, 0, 0, 0)
    assert (
        await client.post("/registration", json=town.form())
    ).status_code == 201  # the same e-ID still serves


async def test_registering_needs_an_e_id_that_is_fresh_and_unused(town: Any) -> None:
    nobody = town.site.identity.client()
    assert (await nobody.post("/registration", json=town.form())).json()["code"] == "not_identified"
    assert (await nobody.get("/registration/form")).status_code == 401
    forged = town.form(identification="x" * 43)
    assert (await nobody.post("/registration", json=forged)).status_code == 401
    late = await town.site.identified("02899822253", "Sunniva", "Lillebø")
    town.site.clock.move(minutes=31)
    assert (await late.post("/registration", json=town.form())).status_code == 401
    login = await nobody.post(
        "/login/demo-eid",
        json={"national_id": "20836500475", "given_name": "Oddrun", "family_name": "Eira"},
    )
    token = login.json()["identification"]["token"]
    other = town.site.identity.client()  # without the cookie: the token goes with the form
    form = town.form(identification=token)
    assert (await other.post("/registration", json=form)).status_code == 201
    again = await town.site.identity.client().post("/registration", json=form)
    assert again.json()["code"] == "not_identified"


@pytest.mark.rule("IDN-054")
async def test_a_stranger_who_identifies_where_somebody_is_logged_in_registers_as_themselves(
    town: Any,
) -> None:
    client = await town.site.identified("02899822253", "Sunniva", "Lillebø")
    first = (await client.post("/registration", json=town.form())).json()
    assert (await client.post("/session/token")).status_code == 200
    told = await client.post(
        "/login/demo-eid",
        json={"national_id": "20836500475", "given_name": "Oddrun", "family_name": "Eira"},
    )
    assert told.json()["state"] == "register"
    assert (await client.get("/session")).status_code == 401
    assert (await client.get("/me/personalia")).status_code == 401
    assert (await client.get("/registration/form")).json()["given_name"] == "Oddrun"
    second = await client.post("/registration", json=town.form(email="oddrun@example.org"))
    assert second.status_code == 201, second.text
    assert second.json()["person_id"] != first["person_id"]


async def test_identifications_nobody_came_back_with_are_forgotten(town: Any) -> None:
    await town.site.identified("02899822253", "Sunniva", "Lillebø")
    town.site.clock.move(hours=2)
    await town.site.identity.run_job("sessions.tidy")
    assert await town.site.sql("select 1 from identification") == []


async def test_a_page_of_another_origin_cannot_register_anybody(town: Any) -> None:
    client = await town.site.identified("02899822253", "Sunniva", "Lillebø")
    answer = await client.post("/registration", json=town.form(), headers={"origin": "https://evil.example"})
    assert answer.json()["code"] == "foreign_origin"


async def test_there_is_no_registration_at_a_hospital(hospital: Any) -> None:
    person = await hospital.person("Kari", "Hansen")
    await hospital.position(person, await hospital.unit("Havnes"))
    client = await hospital.logged_in(person)
    form = {"email": "a@b.no", "phone": "99999999", "track": "lis1", "department_id": str(new_id())}
    answer = await client.post("/registration", json=form)
    assert (answer.status_code, answer.json()["code"]) == (403, "managed_by_hr")


@pytest.mark.rule("IDN-055")
async def test_somebody_registered_gets_a_trainee_position_on_the_same_person(town: Any) -> None:
    known = await town.site.person("Oddrun", "Eira", "20836500475")
    doctor = await town.site.position(known, await town.site.known_unit(town.centre))
    client = await town.site.logged_in(known)
    elsewhere = await client.post("/registration", json=town.form(department_id=str(town.office)))
    assert elsewhere.status_code == 201
    assert elsewhere.json()["person_id"] == str(known.person_id)
    assert elsewhere.json()["login"] is None
    assert elsewhere.json()["position_id"] != str(doctor.position_id)
    # At the department where they already have a position, that position becomes the trainee's (IDN-093).
    same = await client.post("/registration", json=town.form(track="lis2_3", specialty="SAM"))
    assert same.json()["position_id"] == str(doctor.position_id)
    changed = (await town.site.identity.told(PositionChanged))[-1]
    assert (changed.track, changed.specialty) == ("lis2_3", "SAM")
    again = await client.post("/registration", json=town.form())
    assert (again.status_code, again.json()["code"]) == (409, "already_registered")
    assert len(await town.site.sql("select 1 from person")) == 1


@pytest.mark.rule("IDN-055")
async def test_two_registrations_of_one_national_id_at_once_make_one_person(town: Any) -> None:
    clients = [await town.site.identified("02899822253", "Sunniva", "Lillebø") for _ in range(4)]
    answers = await asyncio.gather(*(one.post("/registration", json=town.form()) for one in clients))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(await town.site.sql("select 1 from person")) == 1
    assert len(await town.site.sql("select 1 from position")) == 1
    assert len(await town.site.sql("select 1 from login_session")) == 1


async def test_the_same_request_sent_twice_with_a_key_registers_once(town: Any) -> None:
    client = await town.site.identified("02899822253", "Sunniva", "Lillebø")
    token = client.cookies["stafett_identification"]
    headers = {"idempotency-key": "double-click"}
    form = town.form(identification=token)
    first = await client.post("/registration", json=form, headers=headers)
    assert first.status_code == 201
    assert "stafett_session" in client.cookies
    # Used up, the identification opens nothing: the answer is told only to whoever still can show it.
    second = await client.post("/registration", json=form, headers=headers)
    assert second.status_code == 401
    assert len(await town.site.sql("select 1 from position")) == 1


@pytest.mark.rule("IDN-012")
async def test_the_name_is_that_of_e_id_and_cannot_be_edited(town: Any) -> None:
    client, registered = await town.trainee()
    shown = (await client.get("/me/personalia")).json()
    assert shown["name"] == "Sunniva Lillebø-Hætta"
    assert not {"given_name", "family_name", "name"} & set(shown["editable"])
    for field in ("given_name", "family_name", "name"):
        answer = await client.patch("/me/personalia", json={field: "Kari"}, headers={"if-match": "*"})
        assert answer.json()["errors"][0]["code"] == "extra_forbidden"
    assert (await client.post("/registration", json=town.form(given_name="Kari"))).status_code == 422
    # Married: e-ID says the new name at the next log-in, and everybody is told.
    await town.site.identified("02899822253", "Sunniva", "Hætta")
    [told] = await town.site.identity.told(PersonChanged)
    assert (str(told.person_id), told.name) == (registered["person_id"], "Sunniva Hætta")


@pytest.mark.rule("IDN-012")
async def test_at_a_hospital_the_name_is_that_of_hr_whatever_e_id_says(hospital: Any) -> None:
    person = await hospital.person("Kari", "Hansen", "02899822253")
    await hospital.position(person, await hospital.unit("Havnes"))
    client = await hospital.identified("02899822253", "Kari Anne", "Moe", hpr_number="990003887")
    assert (await client.get("/session")).json()["person"]["name"] == "Kari Hansen"
    [told] = await hospital.identity.told(PersonChanged)
    assert (told.name, told.hpr_number) == ("Kari Hansen", "990003887")


@pytest.mark.rule("IDN-013")
async def test_the_form_advises_a_personal_address_and_warns_of_a_work_address_without_blocking(
    new_site: Any, town: Any
) -> None:
    client = await town.site.identified("02899822253", "Sunniva", "Lillebø")
    form = (await client.get("/registration/form")).json()
    assert form["email_advice"] == (
        "Bruk en personlig e-postadresse. Bruker du arbeids-e-post, mister du tilgangen til den når du bytter"
        " arbeidssted."
    )
    work = await new_site(
        site="kommune",
        site_kind="municipal",
        work_email_domains=["lyngvaer.example"],
        service_secret="s" * 32,
    )
    for number, address, warned in (
        ("20836500475", "oddrun@lege.lyngvaer.example", True),
        ("17837727936", "havard@post.example", False),
        ("10818828492", "zaneta@notlyngvaer.example", False),
    ):
        client = await work.identified(number, "Oddrun", "Eira")
        answer = await client.post("/registration", json=town.form(email=address))
        assert answer.status_code == 201
        assert answer.json()["email_warning"] is warned


@pytest.mark.rule("IDN-057")
async def test_leader_and_mentor_are_missing_until_they_are_set(town: Any) -> None:
    client, registered = await town.trainee()
    assert registered["missing"] == ["leader", "mentor"]
    assert (await town.relations(client))["missing"] == ["leader", "mentor"]
    _, token = await town.invite(client)
    await town.accept(token)
    assert (await town.relations(client))["missing"] == ["leader"]
    mentor = (await town.relations(client))["mentors"][0]["person_id"]
    chosen = await client.put(f"/positions/{registered['position_id']}/leader", json={"person_id": mentor})
    assert chosen.json()["missing"] == []
    assert (await town.relations(client))["missing"] == []


# --- the address ---


@pytest.mark.rule("IDN-014")
async def test_a_typed_address_is_used_only_after_its_link_was_opened_within_24_hours(town: Any) -> None:
    client, registered = await town.trainee()
    assert registered["email_verified"] is False
    [asked] = await town.site.identity.told(EmailVerificationRequested)
    assert (asked.address, str(asked.person_id)) == ("sunniva@post.example", registered["person_id"])
    contacts = await town.site.identity.told(PersonContactChanged)
    assert {contact.email for contact in contacts} == {None}  # nothing but the verification is sent there
    shown = (await client.get("/me/personalia")).json()
    assert (shown["email"], shown["pending_email"]) == (None, "sunniva@post.example")
    await town.verify_newest()
    await town.verify_newest()  # people click twice
    contacts = await town.site.identity.told(PersonContactChanged)
    assert [contact.email for contact in contacts if contact.email] == ["sunniva@post.example"]
    shown = (await client.get("/me/personalia")).json()
    assert (shown["email"], shown["pending_email"]) == ("sunniva@post.example", None)

    assert (await client.post("/me/email", json={"address": "ny@post.example"})).status_code == 204
    shown = (await client.get("/me/personalia")).json()
    assert (shown["email"], shown["pending_email"]) == ("sunniva@post.example", "ny@post.example")
    link = (await town.site.identity.told(EmailVerificationRequested))[-1].link
    town.site.clock.move(hours=24)
    late = await client.post("/me/email/verify", json={"token": link.rsplit("/", 1)[1]})
    assert (late.status_code, late.json()["code"]) == (409, "verification_expired")
    assert [row["private_email"] for row in await town.site.sql("select private_email from person")] == [
        "sunniva@post.example"
    ]


@pytest.mark.rule("IDN-014")
async def test_an_address_belongs_to_one_account_whatever_its_case(town: Any) -> None:
    await town.trainee()
    await town.verify_newest()
    other = await town.site.identified("20836500475", "Oddrun", "Eira")
    taken = await other.post("/registration", json=town.form(email="SUNNIVA@Post.Example"))
    assert (taken.json()["errors"][0]["field"], taken.json()["errors"][0]["code"]) == ("email", "email_taken")
    assert (await other.post("/registration", json=town.form(email="oddrun@post.example"))).status_code == 201
    await other.post("/session/token")
    taken = await other.post("/me/email", json={"address": "Sunniva@post.example"})
    assert taken.json()["errors"][0]["code"] == "email_taken"


@pytest.mark.rule("IDN-014")
async def test_of_two_who_typed_one_address_only_the_first_to_open_the_link_gets_it(town: Any) -> None:
    await town.trainee(email="felles@post.example")
    await town.trainee("20836500475", "Oddrun", "Eira", email="felles@post.example")
    links = [one.link.rsplit("/", 1)[1] for one in await town.site.identity.told(EmailVerificationRequested)]
    visitor = town.site.identity.client()
    answers = await asyncio.gather(
        *(visitor.post("/me/email/verify", json={"token": link}) for link in links)
    )
    assert sorted(answer.status_code for answer in answers) == [204, 422]
    holders = await town.site.sql("select 1 from person where private_email = 'felles@post.example'")
    assert len(holders) == 1


async def test_only_the_newest_link_opens_and_its_token_is_stored_as_a_hash(town: Any) -> None:
    client, _ = await town.trainee()
    await client.post("/me/email", json={"address": "annen@post.example"})
    old, new = [
        one.link.rsplit("/", 1)[1] for one in await town.site.identity.told(EmailVerificationRequested)
    ]
    assert (await client.post("/me/email/verify", json={"token": old})).status_code == 409
    assert (await client.post("/me/email/verify", json={"token": "x" * 43})).status_code == 404
    rows = await town.site.sql("select * from email_verification")
    assert new not in str([dict(row) for row in rows])
    assert (await client.post("/me/email/verify", json={"token": new})).status_code == 204


# --- HPR number ---


async def test_a_typed_hpr_number_yields_to_that_of_e_id(town: Any) -> None:
    first, _ = await town.trainee(hpr_number="990003887")
    other = await town.site.identified("20836500475", "Oddrun", "Eira")
    taken = await other.post("/registration", json=town.form(email="o@post.example", hpr_number="990003887"))
    assert taken.json()["errors"][0]["code"] == "hpr_taken"
    owner = await town.site.identified("17837727936", "Håvard", "Kvåle", hpr_number="990003887")
    assert (await owner.post("/registration", json=town.form(email="h@post.example"))).status_code == 201
    assert (await first.get("/me/personalia")).json()["hpr_number"] is None


async def test_a_trainee_without_hpr_number_is_marked_and_others_are_not(town: Any) -> None:
    client, _ = await town.trainee()
    shown = (await client.get("/me/personalia")).json()
    assert shown["hpr_missing"] == "HPR-nummer mangler – planene synkroniseres ikke"
    changed = await client.patch(
        "/me/personalia", json={"hpr_number": "990003887"}, headers={"if-match": "*"}
    )
    assert (changed.status_code, changed.json()["hpr_missing"]) == (200, None)
    nurse = await town.site.person("Kari", "Hansen")
    await town.site.position(nurse, await town.site.known_unit(town.centre), track=Track.NONE)
    other = await town.site.logged_in(nurse)
    assert (await other.get("/me/personalia")).json()["hpr_missing"] is None
