"""What one can act from, choosing it, and what the token and the session then say."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from joserfc import jwt

from stafett_chassis.auth import claims_of, new_key, sign
from stafett_contracts.identity import SessionRevoked
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import DeactivationCause, PositionKind, Role, Track
from stafett_identity.directory import actions as directory
from stafett_identity.directory import store as directory_store


@pytest.fixture
async def ward(hospital: Any) -> dict[str, Any]:
    """Åse has two positions, one temporary, and stands in for Bo and for Anna."""
    hf = await hospital.unit("Havnes")
    units = {name: await hospital.unit(name, hf) for name in ("Aure", "Ålesund", "Lunge", "Akutt")}
    ase = await hospital.person("Åse", "Dahl")
    bo, anna = await hospital.person("Bo", "Ås"), await hospital.person("Anna", "Berg")
    found = {
        "ase": ase,
        "units": units,
        "ålesund": await hospital.position(ase, units["Ålesund"]),
        "lunge": await hospital.position(ase, units["Lunge"], track=Track.LIS2_3),
        "temporary": await hospital.position(
            ase,
            units["Akutt"],
            kind=PositionKind.TEMPORARY,
            start_date=date(2026, 11, 1),
            end_date=date(2026, 12, 24),
        ),
        "bo": await hospital.position(bo, units["Aure"]),
        "anna": await hospital.position(anna, units["Aure"]),
    }
    found["for_bo"] = await hospital.deputy(found["bo"], ase, date(2026, 12, 5))
    found["for_anna"] = await hospital.deputy(found["anna"], ase)
    return found


async def _log_in(site: Any, person: Any) -> Any:
    client = site.identity.client()
    answer = await client.post("/login/demo", json={"person_id": str(person.person_id)})
    return client, answer.json()


@pytest.mark.rule("IDN-038", "IDN-040")
async def test_own_positions_come_first_by_department_then_temporary_then_deputy(
    hospital: Any, ward: Any
) -> None:
    client, answer = await _log_in(hospital, ward["ase"])
    assert answer["state"] == "choose"
    options = (await client.get("/session/options")).json()
    assert [(option["kind"], option["label"]) for option in options] == [
        ("own", "Lunge"),
        ("own", "Ålesund"),
        ("temporary", "Midlertidig utlånt til avdeling Akutt"),
        ("deputy", "Stedfortreder for Anna Berg"),
        ("deputy", "Stedfortreder for Bo Ås"),
    ]
    assert (options[2]["start_date"], options[2]["end_date"]) == ("2026-11-01", "2026-12-24")
    assert [option["current"] for option in options] == [False] * 5
    hospital.clock.move(days=5)  # 6 December: Bo is back
    client, answer = await _log_in(hospital, ward["ase"])
    assert len(answer["session"]["options"]) == 4
    hospital.clock.move(days=20)
    client, answer = await _log_in(hospital, ward["ase"])
    assert [option["kind"] for option in answer["session"]["options"]] == ["own", "own", "deputy"]


@pytest.mark.rule("IDN-039")
async def test_with_one_option_the_choice_is_skipped(hospital: Any, ward: Any) -> None:
    client = hospital.identity.client()
    answer = await client.post("/login/demo", json={"person_id": str(ward["bo"].person_id)})
    assert answer.json()["state"] == "acting"
    assert answer.json()["session"]["option"]["position_id"] == str(ward["bo"].position_id)
    assert (await client.post("/session/token")).status_code == 200


@pytest.mark.rule("IDN-041")
async def test_switching_shows_the_same_choice_without_logging_out_to_those_with_several(
    hospital: Any, ward: Any
) -> None:
    client = await hospital.logged_in(ward["ase"], ward["lunge"].position_id)
    told = (await client.get("/session")).json()
    assert told["can_switch"] is True
    assert "switch_position" in [entry["key"] for entry in told["menu"]]
    kept = client.cookies["stafett_session"]
    switched = await client.post("/session/option", json={"option_id": str(ward["ålesund"].position_id)})
    assert switched.json()["option"]["label"] == "Ålesund"
    assert client.cookies["stafett_session"] == kept
    assert "stafett_token" not in client.cookies  # it told of the position before
    alone = (await (await hospital.logged_in(ward["bo"].person_id)).get("/session")).json()
    assert alone["can_switch"] is False
    assert "switch_position" not in [entry["key"] for entry in alone["menu"]]


@pytest.mark.rule("IDN-042")
async def test_a_session_acts_from_one_option_whose_leader_and_roles_alone_are_shown(
    hospital: Any, ward: Any
) -> None:
    await hospital.lead(ward["lunge"], ward["bo"])
    await hospital.grant(ward["ålesund"], Role.SUPER_USER, ward["units"]["Ålesund"])
    client, _ = await _log_in(hospital, ward["ase"])
    nothing = (await client.get("/session")).json()
    assert (nothing["option"], nothing["leader"], nothing["roles"], nothing["menu"]) == (None, None, [], [])
    refused = await client.post("/session/token")
    assert (refused.status_code, refused.json()["code"]) == (403, "choose_position")

    async def choose(option: Any) -> Any:
        return (await client.post("/session/option", json={"option_id": str(option)})).json()

    lunge = await choose(ward["lunge"].position_id)
    assert lunge["roles"] == ["employee", "trainee"]
    assert lunge["leader"]["name"] == "Bo Ås"
    ålesund = await choose(ward["ålesund"].position_id)
    assert ålesund["roles"] == ["employee", "super_user"]
    assert ålesund["leader"] is None
    deputy = await choose(ward["for_bo"].deputy_id)
    assert deputy["roles"] == ["deputy"]
    assert deputy["leader"] is None
    assert [option["label"] for option in deputy["options"] if option["current"]] == [
        "Stedfortreder for Bo Ås"
    ]


async def test_what_is_not_ones_own_cannot_be_chosen(hospital: Any, ward: Any) -> None:
    client, _ = await _log_in(hospital, ward["ase"])
    for other in (ward["bo"].position_id, new_id()):
        answer = await client.post("/session/option", json={"option_id": str(other)})
        assert answer.status_code == 404
    assert (await client.get("/session")).json()["option"] is None
    assert (await hospital.identity.client().post("/session/option", json={})).status_code == 401


@pytest.mark.rule("IDN-043")
async def test_the_token_says_who_acts_from_what_and_nothing_about_the_person(
    hospital: Any, ward: Any
) -> None:
    plan = new_id()
    await hospital.grant(ward["ålesund"], Role.SUPER_USER, ward["units"]["Ålesund"])
    await hospital.grant(ward["ålesund"], Role.PLAN_STEWARD, plans=[plan])
    client = await hospital.logged_in(ward["ase"], ward["ålesund"].position_id)
    answer = (await client.post("/session/token")).json()
    keys = (await hospital.identity.client().get("/.well-known/jwks.json")).json()
    from joserfc.jwk import KeySet

    claims = jwt.decode(answer["access_token"], KeySet.import_key_set(keys), algorithms=["ES256"]).claims
    assert claims.keys() == {
        "iss", "aud", "sub", "sid", "iat", "exp", "acting", "acr", "amr", "auth_time", "roles", "pos"
    }  # fmt: skip
    assert claims["sub"] == str(ward["ase"].person_id)
    assert claims["pos"] == str(ward["ålesund"].position_id)
    assert (claims["acting"], claims["acr"], claims["aud"]) == ("own", "high", "stafett:vest")
    assert claims["exp"] - claims["iat"] == answer["expires_in"] <= 600
    assert claims["roles"] == [
        {"role": "employee", "units": [], "specialties": [], "plans": []},
        {"role": "plan_steward", "units": [], "specialties": [], "plans": [str(plan)]},
        {
            "role": "super_user",
            "units": [[str(ward["units"]["Ålesund"].unit_id), True]],
            "specialties": [],
            "plans": [],
        },
    ]
    await client.post("/session/option", json={"option_id": str(ward["for_bo"].deputy_id)})
    token = (await client.post("/session/token")).json()["access_token"]
    caller = await hospital.identity.runtime.tokens.verify(token)
    assert caller.acting_as == "deputy"
    assert caller.position_id == ward["ålesund"].position_id  # the own position last chosen
    assert (caller.leader_position_id, caller.leader_person_id) == (
        ward["bo"].position_id,
        ward["bo"].person_id,
    )
    assert [granted.role for granted in caller.roles] == [Role.DEPUTY]


@pytest.mark.rule("IDN-043")
async def test_a_token_stops_after_ten_minutes_at_the_latest(hospital: Any, ward: Any) -> None:
    client = await hospital.logged_in(ward["bo"].person_id)
    token = (await client.post("/session/token")).json()["access_token"]
    reader = hospital.identity.client()
    reader.headers["authorization"] = f"Bearer {token}"
    hospital.clock.move(minutes=9, seconds=45)
    assert (await reader.get("/me/personalia")).status_code == 200
    hospital.clock.move(seconds=15)
    assert (await reader.get("/me/personalia")).json()["code"] == "token_expired"


async def test_forged_and_foreign_tokens_are_refused(hospital: Any, ward: Any) -> None:
    runtime = hospital.identity.runtime
    client = await hospital.logged_in(ward["bo"].person_id)
    token = (await client.post("/session/token")).json()["access_token"]
    caller = await runtime.tokens.verify(token)
    now = int(hospital.clock.now().timestamp())
    ours = hospital.keyring.signing(hospital.clock.now())
    claims = claims_of(caller, issuer="x", now=now, lifetime=600)
    unsigned = jwt.encode({"alg": "none", "kid": ours.kid}, claims, ours, algorithms=["none"])
    elsewhere = sign({**claims, "aud": "stafett:midt"}, ours)
    stranger = new_key(ours.kid)  # another key under our key's id
    head, body, signature = token.split(".")
    for forged, code in (
        (sign(claims, ours), None),
        (elsewhere, "wrong_site"),
        (sign(claims, stranger), "bad_token"),
        (sign(claims, new_key("unknown")), "bad_token"),
        (unsigned, "bad_token"),
        (f"{head}.{body}.", "bad_token"),
        (f"{head}.{body[:-2]}AA.{signature}", "bad_token"),
        ("nonsense", "bad_token"),
    ):
        reader = hospital.identity.client()
        reader.headers["authorization"] = f"Bearer {forged}"
        answer = await reader.get("/me/personalia")
        assert answer.json().get("code") == code
        assert answer.status_code == (200 if code is None else 401)


@pytest.mark.rule("IDN-044")
async def test_a_withdrawn_role_is_gone_from_the_next_token_and_a_new_one_there_after_switching(
    hospital: Any, ward: Any
) -> None:
    grant = await hospital.grant(ward["ålesund"], Role.SUPER_USER, ward["units"]["Ålesund"])
    client = await hospital.logged_in(ward["ase"], ward["ålesund"].position_id)

    async def roles() -> list[str]:
        token = (await client.post("/session/token")).json()["access_token"]
        return [one.role.value for one in (await hospital.identity.runtime.tokens.verify(token)).roles]

    assert await roles() == ["employee", "super_user"]
    await hospital.sql("update role_grant set state = 'ended' where grant_id = $1", grant.grant_id)
    assert await roles() == ["employee"]
    await hospital.grant(ward["ålesund"], Role.ARCHIVIST, ward["units"]["Ålesund"])
    await client.post("/session/option", json={"option_id": str(ward["ålesund"].position_id)})
    assert await roles() == ["employee", "archivist"]


@pytest.mark.rule("IDN-044")
async def test_after_an_ended_position_or_deputy_there_are_no_more_tokens(hospital: Any, ward: Any) -> None:
    as_deputy = await hospital.logged_in(ward["ase"], ward["for_anna"].deputy_id)
    await hospital.end_deputy(ward["for_anna"])
    refused = await as_deputy.post("/session/token")
    assert (refused.status_code, refused.json()["code"]) == (401, "option_ended")
    assert (await as_deputy.get("/session")).status_code == 401
    assert len(await hospital.identity.told(SessionRevoked)) == 1

    lent = await hospital.logged_in(ward["ase"], ward["temporary"].position_id)
    await hospital.sql(
        "update position set access_until = $2 where position_id = $1",
        ward["temporary"].position_id,
        hospital.clock.now().date() - timedelta(days=1),
    )
    assert (await lent.post("/session/token")).json()["code"] == "option_ended"

    leader_gone = await hospital.logged_in(ward["ase"], ward["for_bo"].deputy_id)
    await hospital.sql(
        "update position set status = 'deactivated' where position_id = $1", ward["bo"].position_id
    )
    assert (await leader_gone.post("/session/token")).json()["code"] == "option_ended"


async def test_sessions_acting_from_a_deactivated_position_end_with_it(hospital: Any, ward: Any) -> None:
    acting = await hospital.logged_in(ward["ase"], ward["lunge"].position_id)
    elsewhere = await hospital.logged_in(ward["ase"], ward["ålesund"].position_id)
    async with hospital.identity.runtime.units.begin() as work:
        position = await directory_store.position(work, ward["lunge"].position_id)
        assert position is not None
        await directory.close_position(work, position, DeactivationCause.ENDED)
    assert (await acting.get("/session")).status_code == 401
    assert (await elsewhere.get("/session")).status_code == 200
    [told] = await hospital.identity.told(SessionRevoked)
    assert told.person_id == ward["ase"].person_id


async def test_choices_and_tokens_at_once_leave_one_option(hospital: Any, ward: Any) -> None:
    client = await hospital.logged_in(ward["ase"], ward["lunge"].position_id)
    options = [ward[name].position_id for name in ("lunge", "ålesund", "temporary")] * 4
    answers = await asyncio.gather(
        *(client.post("/session/option", json={"option_id": str(one)}) for one in options),
        *(client.post("/session/token") for _ in range(6)),
    )
    assert {answer.status_code for answer in answers} == {200}
    last = (await client.get("/session")).json()["option"]["option_id"]
    token = (await client.post("/session/token")).json()["access_token"]
    assert str((await hospital.identity.runtime.tokens.verify(token)).position_id) == last
