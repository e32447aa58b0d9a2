"""Logging in and out in demo mode, and the session's life."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from stafett_chassis.settings import BadSettings
from stafett_contracts.identity import AccountReactivated, SessionRevoked
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import Role, Track


@pytest.mark.rule("IDN-036")
async def test_outside_demo_mode_the_demo_log_in_answers_404_and_is_not_listed(new_site: Any) -> None:
    site = await new_site(environment="test")
    hf = await site.unit("Havnes")
    person = await site.person("Kari", "Hansen")
    await site.position(person, hf)
    client = site.identity.client()
    assert (await client.get("/login/providers")).json()["providers"] == []
    assert (await client.get("/login/demo")).status_code == 404
    chosen = await client.post("/login/demo", json={"person_id": str(person.person_id)})
    assert chosen.status_code == 404
    eid = {"national_id": "02899822253", "given_name": "Kari", "family_name": "Hansen"}
    assert (await client.post("/login/demo-eid", json=eid)).status_code == 404
    assert await site.sql("select 1 from login_session") == []


@pytest.mark.rule("IDN-036")
async def test_demo_people_are_listed_by_name_with_units_and_roles_and_found_by_name(hospital: Any) -> None:
    hf = await hospital.unit("Havnes sykehus")
    ward = await hospital.unit("Sengepost 2", hf)
    boss = await hospital.position(await hospital.person("Torbjørn", "Åsen"), ward, title="Overlege")
    kari = await hospital.person("Kari", "Hansen")
    await hospital.position(kari, ward, track=Track.LIS1, leader=boss)
    gone = await hospital.person("Per", "Borte")
    await hospital.position(gone, ward, end_date=hospital.clock.now().date() - timedelta(days=1))
    client = hospital.identity.client()
    providers = (await client.get("/login/providers")).json()
    assert [provider["id"] for provider in providers["providers"]] == ["demo", "demo-eid"]
    listed = (await client.get("/login/demo")).json()["items"]
    assert [one["name"] for one in listed] == ["Kari Hansen", "Torbjørn Åsen"]
    assert listed[0]["roles"] == ["trainee"]
    assert listed[1]["roles"] == ["leader"]
    assert listed[1]["positions"][0] | {"position_id": None} == {
        "position_id": None,
        "title": "Overlege",
        "unit_name": "Sengepost 2",
        "hf_name": "Havnes sykehus",
    }
    found = (await client.get("/login/demo", params={"q": "hans kar"})).json()["items"]
    assert [one["name"] for one in found] == ["Kari Hansen"]
    first = (await client.get("/login/demo", params={"size": 1})).json()
    second = (await client.get("/login/demo", params={"size": 1, "cursor": first["next"]})).json()
    assert [one["name"] for one in first["items"] + second["items"]] == ["Kari Hansen", "Torbjørn Åsen"]
    assert second["next"] is None


@pytest.mark.rule("IDN-037")
async def test_demo_mode_is_refused_over_a_real_person_and_over_production(new_site: Any) -> None:
    site = await new_site(environment="test")
    person = await site.person("Kari", "Hansen")
    await new_site()  # synthetic people may be shown
    await site.sql("update person set synthetic = false where person_id = $1", person.person_id)
    with pytest.raises(BadSettings, match="not synthetic"):
        await new_site()
    await site.sql("update person set synthetic = true")
    with pytest.raises(ValueError, match="production"):
        await new_site(production=True)


@pytest.mark.rule("IDN-037")
async def test_the_session_says_demo_in_demo_mode(hospital: Any) -> None:
    person = await hospital.person("Kari", "Hansen")
    await hospital.position(person, await hospital.unit("Havnes"))
    client = await hospital.logged_in(person)
    assert (await client.get("/session")).json()["demo"] is True


async def test_a_log_in_as_nobody_is_404(hospital: Any) -> None:
    answer = await hospital.identity.client().post("/login/demo", json={"person_id": str(new_id())})
    assert answer.status_code == 404


@pytest.mark.rule("IDN-027")
async def test_without_a_position_that_gives_access_there_is_no_session_and_no_account(hospital: Any) -> None:
    hf = await hospital.unit("Havnes")
    kari = await hospital.person("Kari", "Hansen", "02899822253")
    yesterday = hospital.clock.now().date() - timedelta(days=1)
    await hospital.position(kari, hf, end_date=yesterday)
    client = hospital.identity.client()
    known = {"national_id": "02899822253", "given_name": "Kari", "family_name": "Hansen"}
    unknown = {**known, "national_id": "20836500475"}
    for path, body in (
        ("/login/demo", {"person_id": str(kari.person_id)}),
        ("/login/demo-eid", known),
        ("/login/demo-eid", unknown),
    ):
        answer = await client.post(path, json=body)
        assert answer.status_code == 403
        assert answer.json()["code"] == "no_active_position"
        assert answer.json()["title"] == "Du har ingen aktiv stilling i Kompetanseportalen"
    assert not client.cookies
    assert await hospital.sql("select 1 from login_session union all select 1 from account") == []
    assert await hospital.sql("select 1 from identification") == []


@pytest.mark.rule("IDN-027")
async def test_on_the_municipal_site_an_unknown_person_goes_to_registration(municipal: Any) -> None:
    client = municipal.identity.client()
    body = {"national_id": "02899822253", "given_name": "Sunniva", "family_name": "Lillebø"}
    answer = await client.post("/login/demo-eid", json=body)
    assert answer.status_code == 200
    assert answer.json()["state"] == "register"
    assert answer.json()["session"] is None
    assert answer.json()["identification"]["family_name"] == "Lillebø"
    assert "02899822253" not in answer.text + str(client.cookies)  # IDN-006
    assert await municipal.sql("select 1 from login_session union all select 1 from account") == []


@pytest.mark.rule("IDN-032")
async def test_an_e_id_log_in_works_from_the_day_the_position_is_made_before_its_start(hospital: Any) -> None:
    kari = await hospital.person("Kari", "Hansen", "02899822253")
    start = hospital.clock.now().date() + timedelta(days=30)
    await hospital.position(kari, await hospital.unit("Havnes"), start_date=start)
    body = {"national_id": "02899822253", "given_name": "Kari", "family_name": "Hansen"}
    answer = await hospital.identity.client().post("/login/demo-eid", json=body)
    assert answer.json()["state"] == "acting"
    assert answer.json()["session"]["method"] == "demo_eid"


async def test_a_position_gives_access_through_its_last_day(hospital: Any) -> None:
    kari = await hospital.person("Kari", "Hansen")
    today = hospital.clock.now().date()
    await hospital.position(kari, await hospital.unit("Havnes"), end_date=today)
    hospital.clock.move(hours=13, minutes=50)  # 23:50 in Norway
    client = await hospital.logged_in(kari)
    hospital.clock.move(minutes=9)
    assert (await client.post("/session/token")).status_code == 200
    hospital.clock.move(minutes=1)
    midnight = await client.post("/session/token")
    assert (midnight.status_code, midnight.json()["code"]) == (401, "option_ended")
    again = await client.post("/login/demo", json={"person_id": str(kari.person_id)})
    assert again.json()["code"] == "no_active_position"


@pytest.mark.rule("IDN-045")
async def test_a_session_ends_after_30_minutes_without_activity(hospital: Any) -> None:
    kari = await hospital.person("Kari", "Hansen")
    await hospital.position(kari, await hospital.unit("Havnes"))
    client = await hospital.logged_in(kari)
    hospital.clock.move(minutes=29, seconds=59)
    told = (await client.get("/session")).json()
    assert told["warn_seconds"] == 120
    assert told["idle_ends_at"] == (hospital.clock.now() + timedelta(seconds=1)).isoformat()
    hospital.clock.move(seconds=1)  # looking at the session was no activity
    for answer in (await client.get("/session"), await client.post("/session/token")):
        assert answer.status_code == 401
        assert answer.json()["code"] == "session_idle"


@pytest.mark.rule("IDN-045")
async def test_a_session_ends_after_12_hours_however_busy(hospital: Any) -> None:
    kari = await hospital.person("Kari", "Hansen")
    await hospital.position(kari, await hospital.unit("Havnes"))
    client = await hospital.logged_in(kari)
    for _ in range(25):
        hospital.clock.move(minutes=28)
        assert (await client.post("/session/token")).status_code == 200
    hospital.clock.move(minutes=19, seconds=30)
    last = (await client.post("/session/token")).json()
    assert last["expires_in"] == 30  # no token outlives its session
    hospital.clock.move(seconds=30)
    assert (await client.post("/session/token")).json()["code"] == "session_too_long"


async def test_sessions_that_have_run_out_are_marked_so(hospital: Any) -> None:
    kari = await hospital.person("Kari", "Hansen")
    await hospital.position(kari, await hospital.unit("Havnes"))
    await hospital.logged_in(kari)
    ran_out = hospital.clock.now() + timedelta(minutes=30)
    hospital.clock.move(hours=2)
    await hospital.identity.run_job("sessions.tidy")
    [row] = await hospital.sql("select ended_at, ended_cause from login_session")
    assert (row["ended_at"], row["ended_cause"]) == (ran_out, "idle")


async def test_log_out_ends_the_session_tells_of_it_and_can_be_repeated(hospital: Any) -> None:
    kari = await hospital.person("Kari", "Hansen")
    await hospital.position(kari, await hospital.unit("Havnes"))
    client = await hospital.logged_in(kari)
    cookies = dict(client.cookies)
    assert set(cookies) == {"stafett_session", "stafett_token"}
    assert (await client.post("/logout")).status_code == 204
    assert not client.cookies
    [told] = await hospital.identity.told(SessionRevoked)
    assert (told.person_id, told.revision) == (kari.person_id, 2)
    client.cookies.set("stafett_session", cookies["stafett_session"])
    assert (await client.post("/session/token")).json()["code"] == "not_logged_in"
    assert (await client.post("/logout")).status_code == 204
    assert len(await hospital.identity.told(SessionRevoked)) == 1


async def test_a_new_log_in_gets_a_new_session_and_ends_the_one_before(hospital: Any) -> None:
    kari = await hospital.person("Kari", "Hansen")
    await hospital.position(kari, await hospital.unit("Havnes"))
    client = await hospital.logged_in(kari)
    first = client.cookies["stafett_session"]
    await client.post("/login/demo", json={"person_id": str(kari.person_id)})
    assert client.cookies["stafett_session"] != first
    assert "stafett_token" not in client.cookies
    other = hospital.identity.client()
    other.cookies.set("stafett_session", first)
    assert (await other.get("/session")).status_code == 401
    assert [
        row["ended_cause"]
        for row in await hospital.sql("select ended_cause from login_session where ended_at is not null")
    ] == ["replaced"]


async def test_the_cookies_are_for_this_site_only_and_out_of_reach_of_scripts(new_site: Any) -> None:
    site = await new_site(public_url="https://portal.example")
    kari = await site.person("Kari", "Hansen")
    await site.position(kari, await site.unit("Havnes"))
    client = site.identity.client()
    login = await client.post("/login/demo", json={"person_id": str(kari.person_id)})
    given = login.headers.get_list("set-cookie")
    [session] = [cookie for cookie in given if cookie.startswith("stafett_session=")]
    for attribute in ("HttpOnly", "Secure", "SameSite=lax", "Path=/api/identity"):
        assert attribute in session
    assert "Max-Age" not in session
    client.cookies.set("stafett_session", session.split("=", 1)[1].split(";")[0])
    token = (await client.post("/session/token")).headers["set-cookie"]
    for attribute in ("HttpOnly", "Secure", "SameSite=lax", "Path=/api;", "Max-Age=590"):
        assert attribute in token + ";"


async def test_a_guessed_or_damaged_session_cookie_is_no_session(hospital: Any) -> None:
    kari = await hospital.person("Kari", "Hansen")
    await hospital.position(kari, await hospital.unit("Havnes"))
    real = (await hospital.logged_in(kari)).cookies["stafett_session"]
    for forged in (real[:-1] + "!", real.split(".")[0], "x.y", "." + real.split(".")[1], f"{new_id().hex}.a"):
        client = hospital.identity.client()
        client.cookies.set("stafett_session", forged)
        assert (await client.get("/session")).json()["code"] == "not_logged_in"
        assert (await client.post("/session/token")).status_code == 401
    [row] = await hospital.sql("select secret_hash from login_session")
    assert real.split(".")[1].encode() not in bytes(row["secret_hash"])


async def test_a_page_of_another_origin_can_use_no_session(hospital: Any) -> None:
    kari = await hospital.person("Kari", "Hansen")
    await hospital.position(kari, await hospital.unit("Havnes"))
    client = await hospital.logged_in(kari)
    foreign = {"origin": "https://evil.example"}
    body = {"person_id": str(kari.person_id)}
    for method, path, sent in (
        ("POST", "/session/token", None),
        ("POST", "/session/option", {"option_id": str(new_id())}),
        ("POST", "/logout", None),
        ("POST", "/login/demo", body),
        ("DELETE", f"/me/sessions/{new_id()}", None),
    ):
        answer = await client.request(method, path, json=sent, headers=foreign)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert (await client.post("/session/token")).status_code == 200


@pytest.mark.rule("IDN-047")
async def test_log_in_stores_time_and_method_and_a_choice_its_time_on_the_position(hospital: Any) -> None:
    hf = await hospital.unit("Havnes")
    kari = await hospital.person("Kari", "Hansen", "02899822253")
    first = await hospital.position(kari, await hospital.unit("A", hf))
    second = await hospital.position(kari, await hospital.unit("B", hf))
    body = {"national_id": "02899822253", "given_name": "Kari", "family_name": "Hansen"}
    client = hospital.identity.client()
    await client.post("/login/demo-eid", json=body)
    logged_in = hospital.clock.now()
    account = (
        "select last_login_at, last_login_method, registered_at, state from account where person_id = $1"
    )
    [row] = await hospital.sql(account, kari.person_id)
    assert tuple(row) == (logged_in, "demo_eid", logged_in, "active")
    hospital.clock.move(minutes=5)
    await client.post("/session/option", json={"option_id": str(second.position_id)})
    chosen = "select last_selected_at from position where position_id = $1"
    assert [tuple(row) for row in await hospital.sql(chosen, second.position_id)] == [(hospital.clock.now(),)]
    assert [tuple(row) for row in await hospital.sql(chosen, first.position_id)] == [(None,)]
    await client.post("/login/demo", json={"person_id": str(kari.person_id)})
    [row] = await hospital.sql(account, kari.person_id)
    assert tuple(row) == (hospital.clock.now(), "demo", logged_in, "active")


async def test_a_log_in_makes_a_warned_account_active_and_says_so(municipal: Any) -> None:
    unit = await municipal.unit("Legesenter", await municipal.unit("Lyngvær kommune"))
    kari = await municipal.person("Kari", "Hansen")
    await municipal.position(kari, unit)
    await municipal.logged_in(kari)
    assert await municipal.identity.told(AccountReactivated) == []
    await municipal.sql("update account set state = 'warned', warned_at = now()")
    await municipal.logged_in(kari)
    [told] = await municipal.identity.told(AccountReactivated)
    assert (told.person_id, told.state, told.cause) == (kari.person_id, "active", "login")
    await municipal.logged_in(kari)
    assert len(await municipal.identity.told(AccountReactivated)) == 1


@pytest.mark.rule("IDN-025")
async def test_the_session_and_its_token_carry_the_assurance_of_the_log_in(hospital: Any) -> None:
    kari = await hospital.person("Kari", "Hansen")
    await hospital.position(kari, await hospital.unit("Havnes"))
    from stafett_identity.sessions import actions, cookies
    from stafett_identity.sessions.rules import Method

    for method, stated, expected in (
        (Method.BANKID, None, "high"),
        (Method.BUYPASS, None, "high"),
        (Method.MINID, None, "substantial"),
        (Method.MINID, "high", "substantial"),
        (Method.PASSWORD, None, "low"),
        (Method.TRUST, "substantial", "substantial"),
        (Method.TRUST, "high", "high"),
        (Method.TRUST, None, "low"),
    ):
        how = actions.LoggingIn(
            hospital.identity.runtime.settings, method, cookies.new_secret(), stated_assurance=stated
        )
        async with hospital.identity.runtime.units.begin() as work:
            view = await actions.log_in(work, how, kari.person_id)
        assert view.session is not None
        client = hospital.identity.client()
        client.cookies.set("stafett_session", cookies.session_cookie(view.session.session_id, how.secret))
        assert (await client.get("/session")).json()["assurance"] == expected
        token = (await client.post("/session/token")).json()["access_token"]
        caller = await hospital.identity.runtime.tokens.verify(token)
        assert (caller.assurance.value, caller.method) == (expected, method.value)


async def test_people_see_their_own_sessions_and_can_end_them(hospital: Any) -> None:
    hf = await hospital.unit("Havnes")
    kari, per = await hospital.person("Kari", "Hansen"), await hospital.person("Per", "Moe")
    await hospital.position(kari, hf)
    await hospital.position(per, hf)
    phone, desk, other = [await hospital.logged_in(one) for one in (kari, kari, per)]
    listed = (await desk.get("/me/sessions")).json()
    assert [one["current"] for one in listed].count(True) == 1
    assert len(listed) == 2
    [elsewhere] = [one["session_id"] for one in listed if not one["current"]]
    assert (await other.delete(f"/me/sessions/{elsewhere}")).status_code == 404
    assert (await desk.delete(f"/me/sessions/{elsewhere}")).status_code == 204
    assert (await phone.get("/session")).status_code == 401
    assert (await desk.delete(f"/me/sessions/{elsewhere}")).status_code == 404
    [told] = await hospital.identity.told(SessionRevoked)
    assert str(told.session_id) == elsewhere


async def test_many_log_ins_at_once_all_succeed(hospital: Any) -> None:
    kari = await hospital.person("Kari", "Hansen")
    await hospital.position(kari, await hospital.unit("Havnes"))
    clients = await asyncio.gather(*(hospital.logged_in(kari) for _ in range(8)))
    assert len({client.cookies["stafett_session"] for client in clients}) == 8


@pytest.mark.rule("IDN-048")
async def test_the_menu_shows_what_the_roles_give_and_why(hospital: Any) -> None:
    hf = await hospital.unit("Havnes")
    ward = await hospital.unit("Sengepost", hf)
    plain = await hospital.person("Kari", "Hansen")
    await hospital.position(plain, ward)
    admin = await hospital.person("Gro", "Moe")
    position = await hospital.position(admin, ward)
    await hospital.grant(position, Role.HF_ADMIN, hf)
    await hospital.grant(position, Role.TRAINING_LEAD, hf)
    await hospital.grant(position, Role.PLAN_STEWARD, plans=[new_id()])

    async def menu(person: Any) -> dict[str, tuple[str, str]]:
        told = (await (await hospital.logged_in(person)).get("/session")).json()["menu"]
        return {entry["key"]: (entry["nb"], entry["reason"]) for entry in told}

    shown = await menu(plain)
    assert not {"my_candidates", "access_management", "global_administration"} & shown.keys()
    assert "local_administration" not in shown
    shown = await menu(admin)
    assert shown["my_candidates"] == ("Mine utdanningskandidater", "training_lead")
    assert shown["access_management"] == ("Tilgangsstyring", "hf_admin")
    assert shown["global_administration"] == ("Global administrasjon", "hf_admin")
    assert shown["local_administration"] == ("Lokal administrasjon", "plan_steward")
    assert "switch_position" not in shown
