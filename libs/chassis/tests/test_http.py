"""Actions and reads over HTTP: rights, versions, keys, problem documents, paging."""

import asyncio

from stafett_contracts.identity import ImportRefused
from stafett_contracts.vocabulary import Role
from stafett_testing.people import Position, World
from stafett_testing.service import ServiceUnderTest


async def ward(sample: ServiceUnderTest) -> tuple[World, Position, Position]:
    world = World()
    hf = world.unit("Havnes sykehus")
    unit = world.unit("Sengepost 2", parent=hf)
    boss = world.person("Torbjørn", "Engeskår").at(unit)
    kari = world.person("Kari", "Hansen").at(unit, leader=boss)
    await sample.deliver(*world.news())
    assert await sample.held() == []
    return world, boss, kari


async def test_a_leader_writes_a_note_and_the_event_is_stored_with_it(sample: ServiceUnderTest) -> None:
    _, boss, kari = await ward(sample)
    answer = await sample.client(boss).post(f"/positions/{kari.position_id}/notes", json={"text": "flink"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["name"] == "Kari Hansen"
    assert answer.headers["etag"] == '"1"'
    [told] = await sample.told(ImportRefused)
    assert told.reason == "flink"
    [envelope] = await sample.envelopes()
    assert envelope.actor is not None
    assert envelope.actor.person_id == boss.person_id


async def test_what_is_refused_stores_nothing_and_tells_nothing(sample: ServiceUnderTest) -> None:
    _, boss, kari = await ward(sample)
    client = sample.client(boss)
    answer = await client.post(
        f"/positions/{kari.position_id}/notes", json={"text": "forbidden"}, headers={"accept-language": "en"}
    )
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "bad_word"
    assert answer.json()["title"] == "No."
    assert answer.json()["word"] == "forbidden"
    assert (await client.get("/notes")).json() == {"items": [], "next": None}
    assert await sample.told() == []


async def test_rights_are_checked_in_the_query(sample: ServiceUnderTest) -> None:
    world, boss, kari = await ward(sample)
    other = world.person("Per", "Ås").at(kari.unit)
    admin = world.person("Gro", "Tø").at(kari.unit)
    world.grant(admin, Role.HF_ADMIN, kari.unit)
    stand_in = world.person("Siri", "Moe").at(kari.unit)
    world.deputy(boss, stand_in.person)
    await sample.deliver(*world.news())
    path = f"/positions/{kari.position_id}/notes"
    for client, status in (
        (sample.client(kari), 404),
        (sample.client(other), 404),
        (sample.client(stand_in), 404),
        (sample.client(), 401),
        (sample.client(admin), 201),
        (sample.client(stand_in, deputy_for=boss), 201),
        (sample.client(other, deputy_for=boss), 404),
    ):
        assert (await client.post(path, json={"text": "x"})).status_code == status
    assert len((await sample.client(boss).get("/notes")).json()["items"]) == 2


async def test_a_stale_version_is_412_with_the_state_and_a_missing_one_428(sample: ServiceUnderTest) -> None:
    _, boss, kari = await ward(sample)
    client = sample.client(boss)
    note = (await client.post(f"/positions/{kari.position_id}/notes", json={"text": "a"})).json()
    path = f"/notes/{note['note_id']}"
    assert (await client.put(path, json={"text": "b"})).status_code == 428
    assert (await client.put(path, json={"text": "b"}, headers={"if-match": '"1"'})).headers["etag"] == '"2"'
    stale = await client.put(path, json={"text": "c"}, headers={"if-match": '"1"'})
    assert stale.status_code == 412
    assert stale.json()["current"]["text"] == "b"
    assert (await client.put(path, json={"text": "c"}, headers={"if-match": "soon"})).status_code == 422
    assert (await client.put(path, json={"text": "c"}, headers={"if-match": "*"})).status_code == 200


async def test_a_repeated_key_gets_the_first_answer_and_makes_nothing_more(sample: ServiceUnderTest) -> None:
    _, boss, kari = await ward(sample)
    client, path = sample.client(boss), f"/positions/{kari.position_id}/notes"
    key = {"idempotency-key": "one"}
    answers = await asyncio.gather(*(client.post(path, json={"text": "a"}, headers=key) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(await sample.told()) == 1
    reused = await client.post(path, json={"text": "b"}, headers=key)
    assert reused.status_code == 422
    assert reused.json()["code"] == "idempotency_key_reused"
    # Another person's key of the same name is another key.
    sample.clock.move(hours=25)  # type: ignore[attr-defined]
    later = await client.post(path, json={"text": "b"}, headers=key)
    assert later.status_code == 201
    assert later.json()["text"] == "b"


async def test_every_faulty_field_is_named_at_once(sample: ServiceUnderTest) -> None:
    _, boss, _ = await ward(sample)
    answer = await sample.client(boss).post("/positions/x/notes", json={"text": ""})
    assert answer.status_code == 422
    assert {fault["field"] for fault in answer.json()["errors"]} == {"position_id", "text"}
    assert (await sample.client(boss).get("/nothing")).json()["code"] == "not_found"


async def test_a_failure_of_ours_tells_nothing_but_a_reference(sample: ServiceUnderTest) -> None:
    answer = await sample.client().get("/broken")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] in answer.json()["title"]


async def test_pages_follow_one_another_without_gap_or_repeat(sample: ServiceUnderTest) -> None:
    _, boss, kari = await ward(sample)
    client = sample.client(boss)
    for number in range(7):
        await client.post(f"/positions/{kari.position_id}/notes", json={"text": str(number % 3)})
    texts, cursor = [], None
    while True:
        page = (
            await client.get("/notes", params={"size": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        texts += [item["text"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert texts == ["0", "0", "0", "1", "1", "2", "2"]
    assert (await client.get("/notes?cursor=abc")).json()["errors"][0]["code"] == "bad_cursor"


async def test_a_cookie_serves_reading_but_a_foreign_page_changes_nothing(sample: ServiceUnderTest) -> None:
    _, boss, kari = await ward(sample)
    client = sample.client()
    client.cookies.set("stafett_token", sample.token(sample.caller(boss)))
    assert (await client.get("/notes")).status_code == 200
    path = f"/positions/{kari.position_id}/notes"
    for origin in ("http://evil", "null", "http://[", ""):
        foreign = await client.post(path, json={"text": "a"}, headers={"origin": origin})
        assert (foreign.status_code, foreign.json()["code"]) == (403, "foreign_origin"), origin
    assert (
        await client.post(path, json={"text": "a"}, headers={"origin": "http://service"})
    ).status_code == 201
