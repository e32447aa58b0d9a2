"""PostgreSQL and RabbitMQ in containers, for machines where a Docker engine runs.

Host ports are fixed when a container is made, so that addresses survive a restart. Should the run be killed,
testcontainers' own reaper removes the containers.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable
from typing import Any

from stafett_testing.databases import server_answers
from stafett_testing.guard import ServerUnavailable
from stafett_testing.rabbit import BrokerRefused, Rabbit
from stafett_testing.waiting import find_free_port

POSTGRES_IMAGE = os.environ.get("STAFETT_TEST_POSTGRES_IMAGE", "postgres:15")
RABBIT_IMAGE = os.environ.get("STAFETT_TEST_RABBIT_IMAGE", "rabbitmq:3.13-management")
START_TIMEOUT = 120.0


def engine_answers() -> bool:
    """Whether a Docker engine answers on this machine; a client alone is not enough."""
    where = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    if not where.startswith("unix://"):
        return False  # the addresses below hold for this machine only
    try:
        with socket.socket(socket.AF_UNIX) as engine:
            engine.settimeout(5)
            engine.connect(where.removeprefix("unix://"))
            engine.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            return b" 200 " in engine.recv(64)
    except OSError:
        return False


class _Container:
    """One container with fixed host ports."""

    def __init__(
        self, image: str, environment: dict[str, str], ports: dict[int, int], command: str = ""
    ) -> None:
        from testcontainers.core.container import DockerContainer

        container = DockerContainer(image)
        for name, value in environment.items():
            container.with_env(name, value)
        for inside, outside in ports.items():
            container.with_bind_ports(inside, outside)
        if command:
            container.with_command(command)
        self._container = container.start()
        try:
            self._wait(self._ready)
        except BaseException:
            self.close()
            raise

    def _ready(self) -> bool:
        raise NotImplementedError

    @property
    def _docker(self) -> Any:
        wrapped = self._container.get_wrapped_container()
        wrapped.reload()
        return wrapped

    def start(self) -> None:
        """Serve again after ``kill`` or ``stop``; nothing to do when it runs."""
        if self._docker.status != "running":
            self._docker.start()
        self._wait(self._ready)

    def stop(self) -> None:
        """Stop cleanly."""
        self._docker.stop(timeout=60)

    def kill(self) -> None:
        """SIGKILL all processes of the container."""
        self._docker.kill()

    def restart(self) -> None:
        """Down and up again: every connection is lost, no data is."""
        self.kill()
        self.start()

    def freeze(self) -> None:
        """Halt all processes: connections stay open and nobody answers."""
        self._docker.pause()

    def thaw(self) -> None:
        """Go on after ``freeze``."""
        if self._docker.status == "paused":
            self._docker.unpause()

    def close(self) -> None:
        """Remove the container and its data."""
        self._container.stop(force=True, delete_volume=True)

    def _wait(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while not ready():
            if time.monotonic() > deadline:
                said = self._docker.logs(tail=40).decode(errors="replace")
                raise ServerUnavailable(
                    f"{self._docker.image} was not ready after {START_TIMEOUT:.0f} s:\n{said}"
                )
            time.sleep(0.1)


class PostgresContainer(_Container):
    """PostgreSQL in a container; fsync stays on."""

    def __init__(self, image: str = POSTGRES_IMAGE) -> None:
        password = secrets.token_urlsafe(16)
        port = find_free_port()
        self.url = f"postgresql://postgres:{password}@127.0.0.1:{port}"
        environment = {
            "POSTGRES_PASSWORD": password,
            "POSTGRES_INITDB_ARGS": "--locale=C.UTF-8 --encoding=UTF8",
            "TZ": "UTC",
        }
        super().__init__(image, environment, {5432: port}, "postgres -c timezone=UTC -c max_connections=300")

    def _ready(self) -> bool:
        return server_answers(self.url)


class RabbitContainer(_Container):
    """RabbitMQ with its management API in a container."""

    def __init__(self, image: str = RABBIT_IMAGE) -> None:
        password = secrets.token_urlsafe(16)
        port, management = find_free_port(), find_free_port()
        login = f"stafett:{password}@127.0.0.1"
        self.broker = Rabbit(f"amqp://{login}:{port}", f"http://{login}:{management}")
        environment = {"RABBITMQ_DEFAULT_USER": "stafett", "RABBITMQ_DEFAULT_PASS": password}
        super().__init__(image, environment, {5672: port, 15672: management})

    def _ready(self) -> bool:
        try:
            answer = self.broker.manage("GET", "health/checks/port-listener/5672")
        except (OSError, BrokerRefused):
            return False
        return bool(answer["status"] == "ok")
