"""A wiped copy is filled from identity's snapshot while events go on coming in."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.requests import HTTPConnection

from stafett_chassis.clock import SetClock
from stafett_chassis.directory.rebuild import PATH, rebuild
from stafett_chassis.reactions import Later
from stafett_chassis.service_auth import calling_service
from stafett_contracts.event import Event, encode
from stafett_contracts.ids import EventId, PersonId, SiteId, new_id
from stafett_contracts.signing import CountsChanged
from stafett_contracts.vocabulary import Origin
from stafett_testing.people import World
from stafett_testing.sample import service
from stafett_testing.service import ServiceUnderTest, service_under_test

TABLES = (
    "account deputy earlier_leader leader person position relation role role_unit unit unit_above".split()
)


class Snapshot:
    """Identity's snapshot, served a few objects a page to services of the site."""

    def __init__(self, events: list[Event]) -> None:
        self.events = events
        self.settings: Any = None
        self.clock: Any = None
        self.size = 3
        self.callers: list[str] = []
        self.fail_at: int | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = urlsplit(self.path)
                headers = [(b"authorization", self.headers["authorization"].encode())]
                connection = HTTPConnection({"type": "http", "headers": headers})
                outer.callers.append(calling_service(connection, outer.settings, outer.clock))
                start = int(parse_qs(asked.query).get("cursor", ["0"])[0])
                page = outer.events[start : start + outer.size]
                body = b"\n".join(_encoded(event) for event in page)
                self.send_response(500 if start == outer.fail_at or asked.path != PATH else 200)
                self.send_header("content-length", str(len(body)))
                if start + outer.size < len(outer.events):
                    self.send_header("next-cursor", str(start + outer.size))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


def _encoded(event: Event) -> bytes:
    return encode(
        event,
        id=EventId(new_id()),
        time=SetClock().now(),
        source="/sites/vest/identity",
        site=SiteId("vest"),
        origin=Origin.REBUILD,
    )


@pytest.fixture
def world() -> World:
    world = World()
    trust = world.unit("Havnes sykehus")
    ward = world.unit("Sengepost 2", parent=trust)
    boss = world.person("Torbjørn", "Engeskår").at(ward)
    kari = world.person("Kari", "Hansen").at(ward, leader=boss)
    world.mentor(kari.person, boss.person)
    world.deputy(boss, kari.person)
    return world


@pytest.fixture
def snapshot() -> Iterator[Snapshot]:
    served = Snapshot([])
    yield served
    served.server.shutdown()
    served.server.server_close()


async def contents(sample: ServiceUnderTest) -> dict[str, set[tuple[Any, ...]]]:
    pool = sample.runtime.database.pool
    return {
        name: {tuple(map(str, row)) for row in await pool.fetch(f"select * from directory_{name}")}
        for name in TABLES
    }


@pytest.fixture
async def wiped(database: str, clock: SetClock, snapshot: Snapshot) -> Any:
    async with service_under_test(service, database, clock=clock, identity_url=snapshot.url) as under_test:
        snapshot.settings, snapshot.clock = under_test.runtime.settings, clock
        yield under_test


async def test_a_wiped_copy_is_filled_as_it_was(
    wiped: ServiceUnderTest, snapshot: Snapshot, world: World
) -> None:
    news = world.news()
    await wiped.deliver(*news)
    before = await contents(wiped)
    for name in TABLES:
        await wiped.runtime.database.pool.execute(f"delete from directory_{name}")
    snapshot.events = list(reversed(news))
    assert await rebuild(wiped.runtime) == len(news)
    assert await contents(wiped) == before
    assert set(snapshot.callers) == {"sample"}
    assert await rebuild(wiped.runtime) == len(news)
    assert await contents(wiped) == before


async def test_news_that_came_meanwhile_stand(
    wiped: ServiceUnderTest, snapshot: Snapshot, world: World
) -> None:
    snapshot.events = world.news()
    kari = world.person("Kari", "Hansen")
    world.news()
    old = snapshot.events[2]
    newer = old.model_copy(update={"revision": 7, "given_name": "Tor"})
    await wiped.deliver(newer)
    await rebuild(wiped.runtime)
    found = await wiped.runtime.database.pool.fetch(
        "select given_name from directory_person where revision = 7"
    )
    assert [row[0] for row in found] == ["Tor"]
    assert kari.person_id not in {row[0] for row in (await contents(wiped))["person"]}


async def test_an_interrupted_rebuild_is_run_again(
    wiped: ServiceUnderTest, snapshot: Snapshot, world: World
) -> None:
    snapshot.events = world.news()
    snapshot.fail_at = 6
    with pytest.raises(httpx.HTTPStatusError):
        await rebuild(wiped.runtime)
    snapshot.fail_at = None
    assert await rebuild(wiped.runtime) == len(snapshot.events)
    assert len((await contents(wiped))["position"]) == 2


async def test_what_speaks_of_something_on_a_later_page_waits_for_it(
    wiped: ServiceUnderTest, snapshot: Snapshot, world: World
) -> None:
    """The sample's reaction to this revision wants the person to be known."""
    kari = world.person("Kari", "Hansen")
    news = world.news()
    snapshot.events = [CountsChanged(revision=404, person_id=kari.person_id, lists=()), *news]
    await rebuild(wiped.runtime)
    assert await wiped.runtime.database.pool.fetchval("select times from seen") == 1
    snapshot.events = [CountsChanged(revision=404, person_id=PersonId(new_id()), lists=())]
    with pytest.raises(Later):
        await rebuild(wiped.runtime)
