"""A run's servers are shared, come from where the developer says, and are gone when the run is."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from stafett_chassis.embedded.binaries import PostgresUnavailable
from stafett_testing import containers, servers
from stafett_testing import postgres as local_postgres
from stafett_testing.databases import Databases, server_answers
from stafett_testing.guard import Guard, ServerUnavailable
from stafett_testing.servers import RemoteRun, TestRun

SHARING = """
import json, os, pytest
from pathlib import Path

@pytest.mark.parametrize("number", range(4))
def test_tells_its_servers(number, postgres_url, rabbit, databases, vhost):
    template = databases.template("once", lambda url: None)
    told = [os.environ["PYTEST_XDIST_WORKER"], postgres_url, rabbit.base_url, template]
    Path(f"told-{number}").write_text(json.dumps(told))
"""
NEEDING_NOTHING = """
import os

def test_needs_no_server(free_port):
    assert not [name for name in os.listdir(os.environ["TMPDIR"]) if name.startswith("stafett-")]
"""
LASTING = """
import time
from pathlib import Path

def test_lasts({fixtures}):
    Path("lasting").touch()
    time.sleep(60)
"""
ON_A_GIVEN_SERVER = """
import os
from pathlib import Path

def test_uses_the_given_server(databases, new_database, postgres_url):
    databases.template("kept", lambda url: None)
    new_database()
    assert postgres_url == os.environ["STAFETT_TEST_DATABASE_URL"]
    Path("prefix").write_text(databases._prefix)
"""


class InnerRun:
    """pytest on one file in a folder and a TMPDIR of its own, by which all its processes are known."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()

    def start(self, test: str, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        (self.folder / "test_inner.py").write_text(test)
        (self.folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
        outer = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
            cwd=self.folder,
            env={**outer, **environment, "TMPDIR": str(self.temporary)},
            start_new_session=True,
        )

    def left(self) -> list[str]:
        """Folders and processes of the run that are still there."""
        mark = os.fsencode(self.temporary)
        found = [entry.name for entry in self.temporary.glob("stafett-*")]
        for process in Path("/proc").glob("[0-9]*"):
            try:
                about = (process / "environ").read_bytes() + os.fsencode(os.readlink(process / "cwd"))
                if mark in about:
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:200])
            except OSError:  # ended meanwhile
                continue
        return found

    def wait_for(self, name: str) -> None:
        wait(lambda: (self.folder / name).exists(), "the inner test to begin")


def wait(condition: Callable[[], object], what: str, timeout: float = 60.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout:.0f} s for {what}"
        time.sleep(0.05)


@pytest.fixture
def inner() -> Iterator[InnerRun]:
    with TemporaryDirectory(prefix="inner-run-") as folder:
        yield InnerRun(Path(folder))


def test_workers_share_servers_and_templates_and_leave_nothing(inner: InnerRun) -> None:
    with inner.start(SHARING, "-n", "2", "--dist", "each") as run:
        assert run.wait() == 0
    told = [json.loads(path.read_text()) for path in inner.folder.glob("told-*")]
    assert len(told) == 4
    assert len({tuple(servers) for _worker, *servers in told}) == 1
    assert inner.left() == []


def test_a_run_that_needs_no_server_starts_none(inner: InnerRun) -> None:
    with inner.start(NEEDING_NOTHING, "-n", "1") as run:
        assert run.wait() == 0


@pytest.mark.parametrize(
    ("number", "fixtures", "options"),
    [
        (signal.SIGKILL, "new_database, vhost, private_postgres", ["-n", "2"]),
        (signal.SIGKILL, "new_database, smtp", []),
        (signal.SIGTERM, "new_database, private_postgres", []),
        (signal.SIGINT, "new_database, private_postgres", []),
    ],
)
def test_nothing_outlives_a_run_that_was_ended(
    inner: InnerRun, number: signal.Signals, fixtures: str, options: list[str]
) -> None:
    with inner.start(LASTING.format(fixtures=fixtures), *options) as run:
        inner.wait_for("lasting")
        assert len(inner.left()) > 5
        run.send_signal(number)
        assert run.wait(30) != 0
    try:
        wait(lambda: not inner.left(), "what the run had started to end", 20)
    except AssertionError:
        assert inner.left() == []
        raise


def test_a_given_server_is_used_and_left_as_it_was(inner: InnerRun, postgres_url: str) -> None:
    with inner.start(ON_A_GIVEN_SERVER, STAFETT_TEST_DATABASE_URL=postgres_url) as run:
        assert run.wait() == 0
    prefix = (inner.folder / "prefix").read_text()
    assert Databases(postgres_url, prefix.removeprefix("stafett_")).names() == []


def test_a_given_broker_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFETT_TEST_AMQP_URL", "amqp://me:secret@mq.example:5672/")
    run = TestRun()
    assert run.rabbit().amqp_url("a/b") == "amqp://me:secret@mq.example:5672/a%2Fb"
    assert run.rabbit().management_url == "http://me:secret@mq.example:15672"
    monkeypatch.setenv("STAFETT_TEST_AMQP_MANAGEMENT_URL", "http://me:secret@mq.example:80")
    assert TestRun().rabbit().management_url == "http://me:secret@mq.example:80"


def test_the_embedded_wheel_stands_in_for_debians_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFETT_TEST_SERVERS", "embedded")
    server = servers.private_postgres()
    try:
        assert server_answers(server.url)
    finally:
        server.close()


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_wheel(*_: object) -> Path:
        raise PostgresUnavailable("No wheel either")

    for name in list(os.environ):
        if name.startswith("STAFETT_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(containers, "engine_answers", lambda: False)
    monkeypatch.setattr(servers, "PROGRAM", Path("/nowhere"))
    monkeypatch.setattr(local_postgres, "DEBIAN", Path("/nowhere"))
    monkeypatch.setattr(local_postgres, "reachable_programs", no_wheel)


@pytest.mark.usefixtures("bare_machine")
def test_a_machine_without_servers_is_told_what_to_install() -> None:
    with pytest.raises(ServerUnavailable, match="apt-get install postgresql-15"):
        TestRun().postgres_url()
    with pytest.raises(ServerUnavailable, match="apt-get install rabbitmq-server"):
        TestRun().rabbit()


@pytest.mark.usefixtures("bare_machine")
def test_a_worker_is_told_too() -> None:
    run = TestRun()
    try:
        for _ in range(2):
            with pytest.raises(ServerUnavailable, match="apt-get install rabbitmq-server"):
                RemoteRun(run.address()).rabbit()
    finally:
        run.close()


@pytest.mark.parametrize(("status", "there"), [("200 OK", True), ("503 Service Unavailable", False)])
def test_a_docker_engine_counts_when_it_answers(
    monkeypatch: pytest.MonkeyPatch, status: str, there: bool
) -> None:
    with TemporaryDirectory(prefix="engine-") as folder, socket.socket(socket.AF_UNIX) as engine:
        engine.bind(f"{folder}/docker.sock")
        engine.listen()

        def answer() -> None:
            connection, _ = engine.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(f"HTTP/1.0 {status}\r\n\r\n".encode())

        answering = threading.Thread(target=answer)
        answering.start()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{folder}/docker.sock")
        assert containers.engine_answers() is there
        answering.join()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{folder}/no-such.sock")
        assert not containers.engine_answers()


def test_a_way_that_does_not_exist_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFETT_TEST_SERVERS", "cloud")
    with pytest.raises(ServerUnavailable, match="may be one of docker, local, embedded"):
        servers.private_postgres()


def test_a_guard_finds_daemons_that_left_their_parent() -> None:
    guard = Guard()
    daemon = "import subprocess as s; s.Popen(['sleep', '60'], start_new_session=True); open('ready', 'w')"
    try:
        guard.run(
            [sys.executable, "-c", daemon],
            log=guard.folder / "log",
            env={"PATH": os.defpath},
            cwd=guard.folder,
        )
        wait(lambda: not guard.running(), "the daemon's parent to end")
        assert (guard.folder / "ready").exists()
        where = os.path.realpath(guard.folder)
        assert standing_in(where)
    finally:
        guard.close()
    assert not standing_in(where)
    assert not Path(where).exists()


def test_a_child_that_holds_the_pipe_does_not_hold_up_the_end() -> None:
    guard = Guard()
    pipe = guard._process.stdin
    assert pipe
    with subprocess.Popen(["sleep", "60"], pass_fds=[pipe.fileno()]) as child:
        guard.close()
        assert child.poll() is None
        child.kill()
    assert not guard.folder.exists()


def standing_in(folder: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "cwd").startswith(folder):
                found.append(process.name)
        except OSError:
            continue
    return found
