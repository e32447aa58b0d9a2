"""The door of the service is open: it starts, is ready, keeps its copy of the directory and describes itself."""

import httpx

from stafett_chassis import migrate
from stafett_dialog.app import service
from stafett_testing import fuzz
from stafett_testing.people import World
from stafett_testing.service import ServiceUnderTest


async def test_it_starts_and_is_ready(under_test: ServiceUnderTest) -> None:
    transport = httpx.ASGITransport(under_test.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        assert (await client.get("/live")).status_code == 200
        assert (await client.get("/ready")).json() == {"status": "ready"}
        assert "http_server_request_duration_seconds" in (await client.get("/metrics")).text


async def test_it_keeps_its_copy_of_the_directory(under_test: ServiceUnderTest) -> None:
    world = World()
    unit = world.unit("Havnes sykehus")
    boss = world.person("Torbjørn", "Engeskår").at(unit)
    kari = world.person("Kari", "Hansen").at(unit, leader=boss)
    await under_test.deliver(*world.news())
    assert await under_test.held() == []
    leads = await under_test.runtime.database.pool.fetch(
        "select employee_position_id, leader_position_id from directory_leader"
    )
    assert [tuple(row) for row in leads] == [(kari.position_id, boss.position_id)]


async def test_it_describes_itself_and_answers_problem_documents(under_test: ServiceUnderTest) -> None:
    client = under_test.client()
    document = (await client.get("/openapi.json")).json()
    assert document["info"]["title"] == "Stafett dialog"
    assert (await client.get("/nothing")).json()["code"] == "not_found"
    await fuzz.survives(under_test, client)


async def test_its_database_is_migrated_although_it_has_no_tables_of_its_own(database: str) -> None:
    assert not await migrate.upgrade(service.package, database)
