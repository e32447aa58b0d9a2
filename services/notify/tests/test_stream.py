"""Live updates over server-sent events, on a real HTTP server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import orjson
import pytest

from stafett_chassis.clock import SetClock
from stafett_chassis.run import http_server, serve_tasks
from stafett_contracts import identity
from stafett_contracts.ids import SessionId
from stafett_contracts.vocabulary import Origin
from stafett_notify.configuration import NotifySettings
from stafett_testing.people import Position
from stafett_testing.service import ServiceUnderTest
from stafett_testing.waiting import eventually, find_free_port


@dataclass
class Heard:
    """A browser's stream: its events, in order, and the last id."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    beats: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    leave: Callable[[], object] = lambda: None

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.events]

    async def read(self, answer: httpx.Response) -> None:
        name, data = "", ""
        async for line in answer.aiter_lines():
            if line.startswith(": "):
                self.beats += 1
            elif line.startswith("id: "):
                self.ids.append(line[4:])
            elif line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                data = line[6:]
            elif not line and name:
                self.events.append((name, orjson.loads(data)))
                name = ""


Listen = Callable[..., Awaitable[Heard]]


@asynccontextmanager
async def listening(under_test: ServiceUnderTest, port: int) -> AsyncIterator[Listen]:
    """A server for `under_test` on `port`, and a way to open streams on it."""
    server = http_server(under_test.app, "127.0.0.1", port)
    serving = asyncio.create_task(server._serve())
    tasks = serve_tasks(under_test.runtime)
    await eventually(lambda: server.started)
    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/notify", timeout=10)
    readers: list[asyncio.Task[None]] = []

    async def listen(
        position: Position, *, since: str | None = None, caller: Any = None, **login: Any
    ) -> Heard:
        who = caller or under_test.caller(position, **login)
        headers = {"authorization": f"Bearer {under_test.token(who, lifetime=600)}"}
        if since:
            headers["last-event-id"] = since
        heard = Heard()
        opened = asyncio.Event()

        async def read() -> None:
            try:
                async with client.stream("GET", "/me/stream", headers=headers) as answer:
                    assert answer.status_code == 200, await answer.aread()
                    assert answer.headers["content-type"].startswith("text/event-stream")
                    opened.set()
                    await heard.read(answer)
            finally:
                heard.closed.set()
                opened.set()

        task = asyncio.create_task(read())
        readers.append(task)
        heard.leave = task.cancel
        await opened.wait()
        await eventually(lambda: heard.ids or heard.closed.is_set(), interval=0.005)
        return heard

    try:
        yield listen
    finally:
        for task in readers:
            task.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        await client.aclose()
        server.should_exit = True
        for waiting in tasks:
            waiting.cancel()
        await asyncio.gather(serving, *tasks, return_exceptions=True)


@pytest.fixture
async def listen(scene: Any, free_port: int) -> AsyncIterator[Listen]:
    async with listening(scene.notify, free_port) as opener:
        yield opener


@pytest.mark.rule("NTF-139")
async def test_an_open_browser_hears_ids_and_counts_of_what_happens(scene: Any, listen: Listen) -> None:
    kari, boss = await listen(scene.kari), await listen(scene.boss)
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss))
    await eventually(lambda: len(kari.events) == 1)
    [alert] = await scene.alerts(scene.kari, "upd")
    assert kari.events == [("alert.added", {"alert_id": alert["alert_id"], "card": "upd"})]
    client = scene.client(scene.kari)
    await client.post(f"/me/alerts/{alert['alert_id']}/dismiss")
    await client.post(f"/me/alerts/{alert['alert_id']}/undo-dismiss")
    await eventually(lambda: kari.names == ["alert.added", "alert.removed", "alert.added"])
    await scene.deliver(scene.counts(scene.boss, 1, goals=2))
    await eventually(lambda: len(boss.events) == 1)
    assert boss.events == [("card.count", {"card": "f_goal", "waiting": 2, "has_handled": False})]
    groups = (await client.get("/me/settings")).json()["groups"]
    groups["ASG"]["home"] = False
    await client.put("/me/settings", json={"no_email": False, "groups": groups}, headers={"if-match": "*"})
    await eventually(lambda: kari.names[-1] == "reset")
    assert "Akutt" not in str(kari.events)


@pytest.mark.rule("NTF-139")
async def test_a_quiet_stream_gives_signs_of_life(start: Any, make_scene: Any, free_port: int) -> None:
    async with start(stream_heartbeat_seconds=0.05) as under_test:
        scene = make_scene(under_test)
        await scene.begin()
        async with listening(under_test, free_port) as opener:
            kari = await opener(scene.kari)
            await eventually(lambda: kari.beats >= 2)
            assert kari.events == []
    assert NotifySettings.model_fields["stream_heartbeat_seconds"].default == 25


@pytest.mark.rule("NTF-140")
async def test_who_comes_back_gets_what_was_missed_in_order_and_without_gaps(
    scene: Any, listen: Listen, clock: SetClock
) -> None:
    first = await listen(scene.kari)
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss))
    await eventually(lambda: len(first.events) == 1)
    first.leave()
    for number in range(5):
        await scene.deliver(scene.assigned(scene.kari, plan_name=str(number)), by=scene.by(scene.boss))
    again = await listen(scene.kari, since=first.ids[-1])
    await eventually(lambda: len(again.events) == 5)
    rows = await scene.notify.runtime.database.pool.fetch(
        "select data from stream_event where person_id = $1 order by seq", scene.kari.person_id
    )
    assert [data for _, data in again.events] == [row["data"] for row in rows][1:]
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss))
    await eventually(lambda: len(again.events) == 6)
    nothing = await listen(scene.kari, since=again.ids[-1])
    other = await listen(scene.per, since=again.ids[-1])
    await eventually(lambda: other.names == ["reset"])
    assert nothing.names == []
    # older than ten minutes
    last = again.ids[-1]
    clock.move(minutes=9)
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss))
    in_time = await listen(scene.kari, since=last)
    await eventually(lambda: in_time.names == ["alert.added"])
    clock.move(minutes=2)
    too_late = await listen(scene.kari, since=first.ids[-1])
    await eventually(lambda: too_late.names == ["reset"])


@pytest.mark.rule("NTF-140")
async def test_unknown_positions_are_answered_with_reset(scene: Any, listen: Listen) -> None:
    known = await listen(scene.kari)
    for unknown in (f"999-{known.ids[0].split('-')[1]}", "x", "3-000000000000"):
        heard = await listen(scene.kari, since=unknown)
        await eventually(partial(_was_reset, heard))


def _was_reset(heard: Heard) -> bool:
    return heard.names == ["reset"]


async def test_what_happens_in_bursts_and_by_several_workers_arrives_once_and_in_order(
    scene: Any, listen: Listen, start: Any
) -> None:
    kari = await listen(scene.kari)
    async with start() as other:
        for _ in range(6):
            await asyncio.gather(
                *(
                    worker.deliver(
                        scene.assigned(scene.kari), scene.assigned(scene.kari), by=scene.by(scene.boss)
                    )
                    for worker in (scene.notify, other)
                )
            )
        for worker in (scene.notify, other):
            while await worker.held():
                scene.clock.move(seconds=2)
                await worker.inbox.retry_due()
    await eventually(lambda: len(kari.events) == 24)
    numbers = [int(one.split("-")[0]) for one in kari.ids]
    assert numbers == list(range(numbers[0], numbers[0] + 25))
    assert len({data["alert_id"] for _, data in kari.events}) == 24


async def test_another_process_hears_it_too(scene: Any, start: Any, free_port: int) -> None:
    async with start() as other, listening(other, free_port) as opener:
        kari = await opener(scene.kari)
        await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss))
        await eventually(lambda: kari.names == ["alert.added"])


async def test_a_lost_connection_to_the_database_loses_no_event(scene: Any, listen: Listen) -> None:
    kari = await listen(scene.kari)
    await scene.notify.runtime.database.pool.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
        " and query like 'LISTEN%'"
    )
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss))
    await eventually(lambda: kari.names == ["alert.added"])


@pytest.mark.rule("NTF-141")
async def test_a_stream_ends_with_its_session_its_account_or_its_token(
    scene: Any, listen: Listen, clock: SetClock
) -> None:
    caller = scene.notify.caller(scene.kari)
    ending, staying = await listen(scene.kari, caller=caller), await listen(scene.kari)
    account = await listen(scene.per)
    await scene.deliver(
        identity.SessionRevoked(
            revision=1, session_id=SessionId(caller.session_id), person_id=scene.kari.person_id
        )
    )
    scene.world.deactivate_account(scene.per.person)
    await scene.news()
    async with asyncio.timeout(5):
        await ending.closed.wait()
        await account.closed.wait()
    assert not staying.closed.is_set()
    refused = await listen_once(scene, caller)
    assert refused == 401
    clock.move(minutes=11)
    async with asyncio.timeout(5):
        await staying.closed.wait()


async def listen_once(scene: Any, caller: Any) -> int:
    client = scene.notify.client()
    token = scene.notify.token(caller)
    answer: httpx.Response = await client.get("/me/stream", headers={"authorization": f"Bearer {token}"})
    return answer.status_code


@pytest.mark.rule("NTF-141")
async def test_a_person_holds_five_streams_and_the_oldest_makes_room(
    scene: Any, listen: Listen, start: Any, clock: SetClock
) -> None:
    mine = []
    for _ in range(5):
        mine.append(await listen(scene.kari))
        clock.move(milliseconds=1)
    others = await listen(scene.per)
    async with start() as other, listening(other, find_free_port()) as elsewhere:
        sixth = await elsewhere(scene.kari)
        async with asyncio.timeout(5):
            await mine[0].closed.wait()
        await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss))
        await eventually(lambda: all(one.names == ["alert.added"] for one in [*mine[1:], sixth]))
    assert mine[0].names == []
    assert not others.closed.is_set()


@pytest.mark.rule("NTF-141")
async def test_a_stream_carries_ones_own_and_in_a_deputy_session_the_leaders_follow_up(
    scene: Any, listen: Listen
) -> None:
    scene.world.deputy(scene.boss, scene.per.person)
    await scene.notify.deliver(*scene.world.news(), origin=Origin.INITIAL_LOAD)
    per, as_deputy = await listen(scene.per), await listen(scene.per, deputy_for=scene.boss)
    await scene.deliver(scene.assigned(scene.per), scene.assigned(scene.boss), by=scene.by(scene.kari))
    await scene.deliver(scene.counts(scene.boss, 1, goals=2))
    await eventually(lambda: per.names == ["alert.added"] and as_deputy.names == ["card.count"])
    nobodys = scene.notify.caller(scene.kari, deputy_for=scene.boss)
    assert await listen_once(scene, nobodys) == 403


async def test_streams_that_have_closed_leave_nothing_behind(scene: Any, listen: Listen) -> None:
    kari = await listen(scene.kari)
    pool = scene.notify.runtime.database.pool
    assert await pool.fetchval("select count(*) from open_stream") == 1
    kari.leave()

    async def none_left() -> bool:
        return bool(await pool.fetchval("select count(*) = 0 from open_stream"))

    await eventually(none_left)
    assert scene.notify.runtime.own.hub._streams == {}
