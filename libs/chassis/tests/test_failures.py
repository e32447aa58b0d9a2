"""What goes wrong in a request is told as a problem document, and tells no more than it should."""

import asyncio
import json
from typing import Any

import asyncpg
import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from stafett_chassis.blobs import BlobUnavailable
from stafett_chassis.clock import SetClock
from stafett_chassis.telemetry import _without_values
from stafett_testing.people import Position, World
from stafett_testing.sample import DDL, service
from stafett_testing.service import ServiceUnderTest, service_under_test


@pytest.fixture
async def boss(sample: ServiceUnderTest) -> Position:
    world = World()
    unit = world.unit("Havnes sykehus")
    boss = world.person("Torbjørn", "Engeskår").at(unit)
    world.person("Kari", "Hansen").at(unit, leader=boss)
    await sample.deliver(*world.news())
    return boss


async def post(sample: ServiceUnderTest, boss: Position, text: Any, **headers: str) -> httpx.Response:
    path = f"/positions/{boss.position_id}/notes"
    body = json.dumps({"text": text}).encode()
    return await sample.client(boss).post(
        path, content=body, headers={"content-type": "application/json", **headers}
    )


@pytest.mark.parametrize(("text", "code"), [("a\x00b", "bad_character"), ("a\ud800b", "string_unicode")])
async def test_a_character_that_cannot_be_stored_is_the_callers_fault(
    sample: ServiceUnderTest, boss: Position, text: str, code: str
) -> None:
    kari = await sample.runtime.database.pool.fetchval("select employee_position_id from directory_leader")
    body = json.dumps({"text": text}).encode()
    answer = await sample.client(boss).post(
        f"/positions/{kari}/notes", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422, answer.text
    assert [fault["code"] for fault in answer.json()["errors"]] == [code]
    assert answer.json()["errors"][0]["messages"]["nb"] == "Teksten har et tegn som ikke kan lagres."
    assert await sample.told() == []


async def test_the_name_of_an_unknown_field_is_told_whatever_it_holds(
    sample: ServiceUnderTest, boss: Position
) -> None:
    answer = await sample.client(boss).post(
        f"/positions/{boss.position_id}/notes",
        content=b'{"te\\ud800xt": 1}',
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "text"


async def test_what_is_no_json_is_told_so(sample: ServiceUnderTest, boss: Position) -> None:
    answer = await sample.client(boss).post(
        f"/positions/{boss.position_id}/notes",
        content=b"{",
        headers={"content-type": "application/json", "accept-language": "en"},
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"] == "The content is not valid JSON."


async def test_a_wrong_method_and_a_wrong_address_are_problem_documents_too(sample: ServiceUnderTest) -> None:
    client = sample.client()
    for path, method, status, code in (
        ("/nothing", "GET", 404, "not_found"),
        ("/hello", "DELETE", 405, "method_not_allowed"),
    ):
        answer = await client.request(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == code


async def test_a_lost_database_is_503_and_everything_goes_on_when_it_is_back(
    private_postgres: Any, clock: SetClock, eventually: Any
) -> None:
    from stafett_chassis import migrate

    url = f"{private_postgres.url}/postgres"
    await migrate.upgrade("stafett_chassis", url)
    async with service_under_test(service, url, clock=clock) as sample:
        await sample.runtime.database.pool.execute(DDL)
        world = World()
        boss = world.person("Torbjørn", "Engeskår").at(world.unit("Havnes sykehus"))
        kari = world.person("Kari", "Hansen").at(boss.unit, leader=boss)
        await sample.deliver(*world.news())
        client, path = sample.client(boss), f"/positions/{kari.position_id}/notes"
        root = httpx.AsyncClient(transport=httpx.ASGITransport(sample.app), base_url="http://service")
        assert (await root.get("/ready")).json() == {"status": "ready"}
        await asyncio.to_thread(private_postgres.kill)
        for answer in (await client.post(path, json={"text": "a"}), await client.get("/notes")):
            assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
            assert answer.headers["retry-after"]
        waiting = await root.get("/ready")
        assert (waiting.status_code, waiting.json()) == (503, {"status": "waiting", "for": ["database"]})
        assert (await root.get("/live")).status_code == 200
        # Events wait as long as it takes; nothing is given up.
        late = asyncio.create_task(sample.deliver(*_more(world, boss)))
        await asyncio.sleep(0.5)
        assert not late.done()
        await asyncio.to_thread(private_postgres.start)
        await asyncio.wait_for(late, 30)
        assert await sample.held() == await sample.held("dead") == []
        assert (await client.post(path, json={"text": "b"})).status_code == 201
        assert (await root.get("/ready")).status_code == 200
        await asyncio.to_thread(private_postgres.freeze)
        try:
            assert (await asyncio.wait_for(root.get("/ready"), 10)).status_code == 503
        finally:
            await asyncio.to_thread(private_postgres.thaw)
        await root.aclose()


def _more(world: World, boss: Position) -> list[Any]:
    world.person("Per", "Ås").at(boss.unit, leader=boss)
    return world.news()


@pytest.mark.rule("IDN-064")
async def test_logs_name_the_route_and_never_the_token_in_the_address(sample: ServiceUnderTest) -> None:
    failures: list[Exception] = [
        OSError("no database"),
        ValueError("a fault of ours"),
        BlobUnavailable("away"),
        asyncpg.CharacterNotInRepertoireError("NUL"),
    ]

    @sample.app.get("/api/sample/doors/{token}")
    async def door(token: str) -> None:
        raise failures[0]

    with capture_logs() as logs:
        while failures:
            assert (await sample.client().get("/doors/opensesame")).status_code >= 400
            del failures[0]
    assert [entry["path"] for entry in logs] == ["/api/sample/doors/{token}"] * 4
    assert "opensesame" not in repr([{**entry, "exc_info": None} for entry in logs])


async def test_a_full_file_store_is_503(sample: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    @sample.app.get("/api/sample/full")
    async def full() -> None:
        raise BlobUnavailable("No space left on device")

    answer = await sample.client().get("/full")
    assert (answer.status_code, answer.json()["code"]) == (503, "file_store_unavailable")
    assert "space" not in answer.text


async def test_a_request_keeps_the_id_it_came_with_if_that_is_one(sample: ServiceUnderTest) -> None:
    client = sample.client()
    given = await client.get("/hello", headers={"x-request-id": "abcd-1234"})
    assert given.headers["x-request-id"] == "abcd-1234"
    for forged in ("short", "a" * 65, "abcd 1234\tx", "<script>12345"):
        answer = await client.get("/hello", headers={"x-request-id": forged})
        assert answer.headers["x-request-id"] != forged


async def test_logs_of_a_database_error_do_not_quote_the_row(sample: ServiceUnderTest) -> None:
    pool = sample.runtime.database.pool
    await pool.execute("alter table note add constraint short check (length(text) < 3)")
    formatted: list[str] = []
    with capture_logs(processors=[_without_values, structlog.processors.format_exc_info]) as logs:
        for act in (
            pool.execute("insert into note values ($1, $1, 'Kari er syk', 1)", boss_id()),
            pool.fetchval("select $1::int", "Kari er syk"),
        ):
            try:
                try:
                    await act
                except Exception as error:
                    raise ValueError("outer") from error
            except ValueError:
                structlog.get_logger().exception("failed")
        formatted = [entry["exception"] for entry in logs]
    assert len(formatted) == 2
    assert all("outer" in text and "Kari" not in text for text in formatted)
    assert "CheckViolation" in formatted[0]


def boss_id() -> Any:
    from stafett_contracts.ids import new_id

    return new_id()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("en", "en"),
        ("nb-NO,nb;q=0.9,en;q=0.8", "nb"),
        ("de, en;q=0.4, no;q=0.3", "en"),
        ("nn", "nb"),
        ("", "nb"),
        ("en;q=x, nb", "nb"),
        ("*", "nb"),
    ],
)
async def test_the_language_is_the_one_preferred_of_those_we_have(
    sample: ServiceUnderTest, header: str, language: str
) -> None:
    answer = await sample.client().get("/hello", headers={"accept-language": header})
    assert answer.json() == {"language": language}
