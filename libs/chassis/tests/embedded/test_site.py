"""Sites in one process: one address a site, and nothing half done when the process is killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import httpx
import pytest

from stafett_contracts.ids import new_id
from stafett_testing.waiting import eventually

PROGRAM = '''
"""Two services of each of two sites: parcels are written down, and counted by the other when it hears of them."""
import asyncio, sys
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID
from fastapi import APIRouter, Response
from stafett_chassis.embedded.site import Site, sites_running
from stafett_chassis.http import CHANGE, OPEN, Visit
from stafett_chassis.reactions import Reactions
from stafett_chassis.runtime import Service
from stafett_chassis.settings import Settings
from stafett_contracts.identity import ImportRefused
from stafett_testing.sample import told

async def write(work, number):
    await work.raw.execute("insert into parcel (number) values ($1)", number)
    work.emit(told(number, 1, "written"))
    return {"number": number}

def reading(table):
    async def read(visit: Visit) -> list[UUID]:
        """List them, each as often as it is there."""
        rows = await visit.runtime.database.pool.fetch(f"select number from {table}")
        return [row[0] for row in rows]
    return read

post = APIRouter()
@post.post("/parcels/{number}", openapi_extra=OPEN | CHANGE)
async def post_parcel(number: UUID, visit: Visit) -> Response:
    """Write a parcel down."""
    return await visit.create(write, number)
post.get("/parcels", openapi_extra=OPEN)(reading("parcel"))

count = APIRouter()
count.get("/parcels", openapi_extra=OPEN)(reading("counted"))
@count.get("/waiting", openapi_extra=OPEN)
async def waiting(visit: Visit) -> int:
    """Events held."""
    return await visit.runtime.database.pool.fetchval("select count(*) from held_event")
reactions = Reactions()
@reactions.on(ImportRefused)
async def counted(work, event):
    await work.raw.execute("insert into counted (number) values ($1)", event.run_id)

def opening(ddl):
    @asynccontextmanager
    async def opened(runtime):
        await runtime.database.pool.execute(ddl)
        yield None
    return opened

def service(name, routes, ddl, **more):
    return Service(name=name, meaning=name, package="stafett_chassis", settings=Settings, routers=[routes],
        open=opening(ddl), **more)

services = {
    "post": service("post", post, "create table if not exists parcel (number uuid primary key)"),
    "count": service("count", count, "create table if not exists counted (number uuid)", reactions=reactions),
}
async def main():
    sites = [Site("vest", "Helse Vestkyst", "rhf"), Site("kom", "Kommunene", "municipal")]
    async with sites_running(Path(sys.argv[1]), sites, services=services) as running:
        ready = Path(sys.argv[2])
        ready.with_suffix(".new").write_text(" ".join(site.url for site in running))
        ready.with_suffix(".new").rename(ready)
        await asyncio.to_thread(sys.stdin.read)
asyncio.run(main())
'''


class Sites:
    """The program, its sites' addresses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "program.py"
        self.program.write_text(PROGRAM)
        self.process: asyncio.subprocess.Process | None = None
        self.urls: list[str] = []

    async def start(self) -> None:
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            self.program,
            self.folder / "data",
            ready,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        await eventually(ready.exists, timeout=60)
        self.urls = ready.read_text().split()
        assert len(self.urls) == 2

    async def kill(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            assert self.process.stdin is not None
            self.process.stdin.close()
            assert await asyncio.wait_for(self.process.wait(), 30) == 0


@pytest.fixture
async def sites(tmp_path: Path) -> AsyncIterator[Sites]:
    made = Sites(tmp_path)
    await made.start()
    yield made
    await made.stop()


async def test_a_site_is_one_address_and_does_not_see_the_other(sites: Sites) -> None:
    vest, kom = sites.urls
    async with httpx.AsyncClient() as client:
        index = (await client.get(vest)).json()
        assert (index["site"], set(index["services"])) == ("vest", {"post", "count"})
        assert (await client.get(f"{vest}/api/nothing")).status_code == 404
        assert (await client.get(f"{vest}{index['services']['post']}")).status_code == 200
        assert (await client.get(f"{kom}/api/count/openapi.json")).json()["info"]["title"] == "Stafett count"
        number = "01900000-0000-7000-8000-000000000001"
        assert (await client.post(f"{vest}/api/post/parcels/{number}")).status_code == 201

        async def counted() -> bool:
            return bool((await client.get(f"{vest}/api/count/parcels")).json() == [number])

        await eventually(counted, timeout=15)
        assert (await client.get(f"{kom}/api/post/parcels")).json() == []
        assert (await client.get(f"{kom}/api/count/parcels")).json() == []


async def test_killed_in_a_flood_of_writes_every_accepted_one_has_its_whole_effect_once(sites: Sites) -> None:
    accepted: list[set[str]] = [set(), set()]
    unsure: list[set[str]] = [set(), set()]

    for _ in range(3):
        enough = _written(accepted) + 120
        flood = [
            asyncio.create_task(_send(url, accepted[place], unsure[place], lambda: str(new_id())))
            for place, url in enumerate(sites.urls)
            for _ in range(6)
        ]
        await eventually(partial(_written, accepted, enough), timeout=60, interval=0.005)
        await sites.kill()
        await asyncio.gather(*flood)
        await sites.start()
    assert all(unsure), "no request was under way at a kill: this proves too little"
    async with httpx.AsyncClient(timeout=30) as client:
        for place, url in enumerate(sites.urls):
            # Who got no answer asks again with the same key, and gets the first one's if there was one.
            for number in unsure[place]:
                again = await client.post(
                    f"{url}/api/post/parcels/{number}", headers={"idempotency-key": number}
                )
                assert again.status_code == 201
            wanted = sorted(accepted[place] | unsure[place])
            assert sorted((await client.get(f"{url}/api/post/parcels")).json()) == wanted

            async def all_counted(url: str = url, wanted: list[str] = wanted) -> bool:
                return len((await client.get(f"{url}/api/count/parcels")).json()) >= len(wanted)

            await eventually(all_counted, timeout=60)
            assert sorted((await client.get(f"{url}/api/count/parcels")).json()) == wanted
            assert (await client.get(f"{url}/api/count/waiting")).json() == 0


def _written(accepted: list[set[str]], enough: int = 0) -> int:
    """How many, when they are enough."""
    written = sum(map(len, accepted))
    return written if written >= enough else 0


async def _send(url: str, accepted: set[str], unsure: set[str], new: Callable[[], str]) -> None:
    """Write parcels until there is no answer."""
    async with httpx.AsyncClient(timeout=30) as client:
        while True:
            number = new()
            try:
                answer = await client.post(
                    f"{url}/api/post/parcels/{number}", headers={"idempotency-key": number}
                )
            except httpx.TransportError:
                unsure.add(number)
                return
            assert answer.status_code == 201
            accepted.add(number)
