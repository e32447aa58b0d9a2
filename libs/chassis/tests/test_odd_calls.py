"""No call of the sample, however odd, is an error of ours; and the tool that tries it sees errors."""

from dataclasses import replace

import pytest
from fastapi import APIRouter

from stafett_chassis.http import OPEN
from stafett_testing import fuzz
from stafett_testing.people import World
from stafett_testing.sample import service
from stafett_testing.service import ServiceUnderTest, service_under_test


async def test_no_call_of_the_sample_is_an_error_of_ours(sample: ServiceUnderTest) -> None:
    world = World()
    boss = world.person("Torbjørn", "Engeskår").at(world.unit("Havnes sykehus"))
    kari = world.person("Kari", "Hansen").at(boss.unit, leader=boss)
    await sample.deliver(*world.news())
    client = sample.client(boss)
    note = (await client.post(f"/positions/{kari.position_id}/notes", json={"text": "a"})).json()["note_id"]
    await fuzz.survives(
        sample,
        client,
        known={"position_id": [kari.position_id], "note_id": [note]},
        without=["GET /api/sample/broken"],
    )
    assert len(await sample.told()) > 5  # some of the calls were good ones


async def test_errors_refusals_without_code_and_open_doors_are_seen(database: str) -> None:
    routes = APIRouter()

    @routes.get("/broken", openapi_extra=OPEN)
    async def broken(number: int) -> None:
        """Fail for some numbers."""
        if number % 2:
            raise ValueError("odd")

    @routes.get("/unguarded")
    async def unguarded() -> dict[str, int]:
        """Answer anybody, although not marked as open."""
        return {}

    faulty = replace(service, routers=[routes])
    async with service_under_test(faulty, database) as sample:
        with pytest.raises(AssertionError, match="answered badly") as seen:
            await fuzz.survives(sample, sample.client(), calls=40)
    told = str(seen.value)
    assert "500 to the client: GET http://service/api/sample/broken" in told
    assert "200 to nobody: GET http://service/api/sample/unguarded" in told
