"""`stafett run`: two processes under one, which live and die together."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from stafett_chassis.auth import public_keys
from stafett_chassis.clock import SetClock
from stafett_testing.people import World
from stafett_testing.service import ServiceUnderTest, signing_key
from stafett_testing.waiting import find_free_port

STAFETT = str(Path(sys.executable).with_name("stafett"))


class Keys(BaseHTTPRequestHandler):
    """Identity's published keys."""

    def do_GET(self) -> None:
        body = json.dumps(public_keys([signing_key()])).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def identity_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


class Running:
    """`stafett run sample`, and where its two processes answer."""

    def __init__(self, environment: dict[str, str], command: str = "run") -> None:
        self.http_port, self.worker_port = find_free_port(), find_free_port()
        self.environment = {
            **environment,
            "STAFETT_HTTP_PORT": str(self.http_port),
            "STAFETT_WORKER_PORT": str(self.worker_port),
        }
        self.command = command
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            STAFETT,
            self.command,
            "sample",
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def children(self) -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    async def ready(self) -> bool:
        async with httpx.AsyncClient() as client:
            for port in (self.http_port, self.worker_port):
                try:
                    answer = await client.get(f"http://127.0.0.1:{port}/ready")
                except httpx.TransportError:
                    return False
                if answer.status_code != 200:
                    return False
        return True

    async def ended(self, seconds: float = 30) -> int:
        assert self.process is not None
        return await asyncio.wait_for(self.process.wait(), seconds)


@pytest.fixture
async def running(
    service_environment: Callable[..., dict[str, str]], identity_url: str
) -> AsyncIterator[Running]:
    run = Running(service_environment(STAFETT_IDENTITY_URL=identity_url))
    yield run
    if run.process is not None and run.process.returncode is None:
        run.process.kill()
        await run.process.wait()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


async def test_both_processes_answer_relay_and_end_at_sigterm(
    running: Running, sample: ServiceUnderTest, eventually: Any
) -> None:
    world = World()
    boss = world.person("Torbjørn", "Engeskår").at(world.unit("Havnes sykehus"))
    kari = world.person("Kari", "Hansen").at(boss.unit, leader=boss)
    await sample.deliver(*world.news())
    await running.start()
    await eventually(running.ready, timeout=40)
    children = running.children()
    assert len(children) == 2
    token = sample.token(sample.caller(boss))
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {token}"}) as client:
        notes = f"http://127.0.0.1:{running.http_port}/api/sample/positions/{kari.position_id}/notes"
        assert (await client.post(notes, json={"text": "a"})).status_code == 201

        async def published() -> bool:
            shown = (await client.get(f"http://127.0.0.1:{running.worker_port}/metrics")).text
            return 'stafett_events_published_total{service="sample",site="vest"}' in shown

        await eventually(published, timeout=20)
        assert await sample.told() == []
        shown = (await client.get(f"http://127.0.0.1:{running.http_port}/metrics")).text
        assert 'method="POST",route="/positions/{position_id}/notes"' in shown
        # A request under way when the signal comes is finished.
        holding = sample.runtime.database.pool
        async with holding.acquire() as held, held.transaction():
            await held.execute("lock table note")
            slow = asyncio.create_task(client.post(notes, json={"text": "b"}, timeout=20))
            await asyncio.sleep(0.5)
            os.kill(running.pid, signal.SIGTERM)
            await asyncio.sleep(0.5)
            assert not slow.done()
        assert (await slow).status_code == 201
    assert await running.ended() == 0
    assert [pid for pid in children if alive(pid)] == []
    assert len(await sample.told()) == 1


async def test_a_parent_that_is_killed_leaves_nobody_behind(running: Running, eventually: Any) -> None:
    await running.start()
    await eventually(running.ready, timeout=40)
    children = running.children()
    os.kill(running.pid, signal.SIGKILL)
    await running.ended()
    await eventually(lambda: not [pid for pid in children if alive(pid)], timeout=15)


@pytest.mark.parametrize("which", [0, 1])
async def test_when_one_dies_the_other_is_stopped_and_the_failure_shows(
    running: Running, eventually: Any, which: int
) -> None:
    await running.start()
    await eventually(running.ready, timeout=40)
    children = running.children()
    os.kill(children[which], signal.SIGKILL)
    assert await running.ended() == signal.SIGKILL
    assert [pid for pid in children if alive(pid)] == []


async def test_a_worker_waits_for_its_broker_and_says_so(
    running: Running, private_rabbit: Any, eventually: Any
) -> None:
    running.environment["STAFETT_AMQP_URL"] = private_rabbit.broker.amqp_url("/")
    running.command = "work"
    await asyncio.to_thread(private_rabbit.kill)
    await running.start()
    url = f"http://127.0.0.1:{running.worker_port}"
    async with httpx.AsyncClient() as client:

        async def waiting() -> bool:
            try:
                answer = await client.get(f"{url}/ready")
            except httpx.TransportError:
                return False
            return answer.status_code == 503 and bool(answer.json() == {"status": "waiting", "for": ["bus"]})

        await eventually(waiting, timeout=40)
        await asyncio.to_thread(private_rabbit.start)

        async def ready() -> bool:
            return (await client.get(f"{url}/ready")).status_code == 200

        await eventually(ready, timeout=30)
    os.kill(running.pid, signal.SIGTERM)
    assert await running.ended() == 0


async def test_a_port_that_is_taken_is_told_and_ends_both(running: Running) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", running.http_port))
        taken.listen()
        await running.start()
        assert await running.ended(40) == 1
    assert running.process is not None
    assert running.process.stderr is not None
    assert b"address already in use" in await running.process.stderr.read()


async def test_wrong_settings_are_told_and_start_nothing(running: Running) -> None:
    running.environment["STAFETT_SITE_KIND"] = "county"
    await running.start()
    assert await running.ended() == 2
    assert running.process is not None
    assert running.process.stderr is not None
    assert b"STAFETT_SITE_KIND" in await running.process.stderr.read()
