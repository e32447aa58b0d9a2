"""The main job on real servers: every service its own processes, real PostgreSQL, RabbitMQ and SMTP."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from stafett_journey import journey
from stafett_journey.journey import Installation as Addresses
from stafett_testing.databases import Databases
from stafett_testing.installation import Installation
from stafett_testing.rabbit import Rabbit

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def installation(tmp_path: Path, databases: Databases, rabbit: Rabbit) -> Iterator[Installation]:
    with Installation(tmp_path, databases, rabbit, EXAMPLES) as running:
        yield running


def addresses(installation: Installation) -> Addresses:
    return Addresses(
        hospital=lambda service: installation.url("hkv", service),
        municipal=lambda service: installation.url("kom", service),
        mail_url=installation.mail_url,
        examples=EXAMPLES,
    )


async def mails_sent(installation: Installation) -> Counter[tuple[str, str]]:
    """How often each (address, subject) was handed over."""
    async with httpx.AsyncClient() as http:
        found = (await http.get(f"{installation.mail_url}/messages")).json()
    return Counter((mail["to"][0], mail["subject"]) for mail in found)


async def held_events(installation: Installation) -> dict[str, list[str]]:
    """What any service could not apply."""
    found: dict[str, list[str]] = {}
    for name in installation.services:
        connection = await asyncpg.connect(installation.database(*name.split(":")))
        rows = await connection.fetch("select state, type, reason from held_event where state = 'dead'")
        await connection.close()
        if rows:
            found[name] = [f"{row['type']}: {row['reason']}" for row in rows]
    return found


async def play(installation: Installation) -> list[str]:
    told: list[str] = []
    await journey.play(addresses(installation), told.append)
    return told


@pytest.mark.timeout(400)
async def test_a_trainees_learning_goes_the_whole_way(installation: Installation) -> None:
    told = await play(installation)
    assert len(told) >= 25
    assert await held_events(installation) == {}
    assert set((await mails_sent(installation)).values()) == {1}


@pytest.mark.timeout(600)
async def test_each_service_killed_in_the_middle_changes_nothing_of_the_end(
    installation: Installation,
) -> None:
    """While the journey runs every service in turn is killed with -9 and started again."""

    done = asyncio.Event()

    def kill_and_start(name: str) -> None:
        installation.kill(name)
        installation.start(name)

    async def kill_in_turn() -> int:
        killed = 0
        while not done.is_set():
            for name in installation.services:
                if not done.is_set():
                    await asyncio.to_thread(kill_and_start, name)
                    killed += 1
        return killed

    killing = asyncio.create_task(kill_in_turn())
    try:
        told = await play(installation)
    finally:
        done.set()
        killed = await killing
    assert killed >= len(installation.services)
    assert len(told) >= 25
    assert await held_events(installation) == {}
    assert set((await mails_sent(installation)).values()) == {1}
