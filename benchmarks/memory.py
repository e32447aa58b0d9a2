"""Memory: a service at rest, and the embedded whole with two sites (proportional set size of all their processes)."""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from benchmarks.row import Row
from benchmarks.servers import Servers
from stafett_chassis import migrate
from stafett_chassis.runtime import installed_service
from stafett_testing.waiting import find_free_port

SERVICES = ("plans", "notify")
STAFETT = str(Path(sys.executable).with_name("stafett"))
_SETTLE = 5  # seconds after it is ready


async def measure(servers: Servers) -> list[Row]:
    """Megabytes."""
    rows = []
    for name in SERVICES:
        url = servers.databases.create()
        await migrate.upgrade(installed_service(name).package, url)
        port = find_free_port()
        environment = {
            "STAFETT_SITE": "vest",
            "STAFETT_SITE_NAME": "Helse Vestkyst",
            "STAFETT_SITE_KIND": "rhf",
            "STAFETT_ENVIRONMENT": "test",
            "STAFETT_DATABASE_URL": url,
            "STAFETT_AMQP_URL": servers.vhost(f"memory-{name}"),
            "STAFETT_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "STAFETT_IDENTITY_URL": f"http://127.0.0.1:{port}",
            "STAFETT_SERVICE_SECRET": "x" * 40,
            "STAFETT_HTTP_PORT": str(port),
        }
        async with _process([STAFETT, "run", name], environment) as pid:
            await _ready(f"http://127.0.0.1:{port}/ready")
            rows.append(Row(f"memory: {name} at rest", megabytes(pid), "MB", 150, "<= 1", "lower"))
    with tempfile.TemporaryDirectory() as folder:
        command = [STAFETT, "demo", "--folder", folder, "--no-journey"]
        async with _process(command, {}, group=True) as pid:
            await _grown(Path(folder) / "ready")
            rows.append(
                Row("memory: the embedded whole, two sites", megabytes(pid), "MB", 700, "<= 1", "lower")
            )
    return rows


def megabytes(root: int) -> float:
    """The memory of a process and all below it; pages that several share are counted once."""
    return sum(_pss(pid) for pid in _tree(root)) / 1024


def _tree(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text(encoding="ascii", errors="replace")
            except OSError:
                continue
            children.setdefault(int(stat.rsplit(")", 1)[1].split()[1]), []).append(int(entry))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def _pss(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)


@asynccontextmanager
async def _process(
    command: list[str], environment: dict[str, str], *, group: bool = False
) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=group,
    )
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


async def _ready(url: str) -> None:
    async with httpx.AsyncClient() as http, asyncio.timeout(60):
        while True:
            try:
                if (await http.get(url)).is_success:
                    break
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
    await asyncio.sleep(_SETTLE)


async def _grown(path: Path) -> None:
    async with asyncio.timeout(120):
        while not path.exists():  # noqa: ASYNC110, ASYNC240 - another process makes it
            await asyncio.sleep(0.1)
    await asyncio.sleep(_SETTLE)
