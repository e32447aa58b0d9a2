"""RabbitMQ for tests: what a test sees of a broker, and a private node that may be hurt."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from stafett_testing.guard import Guard, ServerUnavailable
from stafett_testing.waiting import find_free_port

START_TIMEOUT = 90.0
# Not /usr/sbin/rabbitmq-server: that wrapper changes user and loses the environment.
PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
PLUGINS = ("rabbitmq_management",)


class BrokerRefused(Exception):
    """The management API answered with an error."""


@dataclass(frozen=True)
class Rabbit:
    """A broker as a test sees it.

    ``base_url`` is ``amqp://user:password@host:port``, ``management_url`` ``http://user:password@host:port``.
    """

    base_url: str
    management_url: str

    def amqp_url(self, vhost: str = "/") -> str:
        """The URL to connect to ``vhost`` with."""
        return f"{self.base_url}/{quote(vhost, safe='')}"

    def create_vhost(self, name: str) -> None:
        """Make a vhost that this user may do everything in (about 30 ms)."""
        user = quote(urlsplit(self.management_url).username or "guest", safe="")
        path = quote(name, safe="")
        self.manage("PUT", f"vhosts/{path}", {})
        self.manage("PUT", f"permissions/{path}/{user}", {"configure": ".*", "write": ".*", "read": ".*"})

    def delete_vhost(self, name: str) -> None:
        """Remove a vhost with its queues; its connections are closed."""
        self.manage("DELETE", f"vhosts/{quote(name, safe='')}")

    def close_connections(self, vhost: str) -> int:
        """Cut every connection to ``vhost`` as a broken network would, and return how many there were.

        The broker lists a connection some moments after it was opened.
        """
        open_now = self.manage("GET", f"vhosts/{quote(vhost, safe='')}/connections")
        for connection in open_now:
            self.manage("DELETE", f"connections/{quote(connection['name'], safe='')}")
        return len(open_now)

    def manage(self, method: str, path: str, body: object = None) -> Any:
        """Call the management API (``path`` below ``/api/``) and return its JSON, None when it has none."""
        where = urlsplit(self.management_url)
        login = base64.b64encode(f"{where.username}:{where.password}".encode()).decode()
        request = urllib.request.Request(  # noqa: S310 - always http, to our own broker
            f"{where.scheme}://{where.hostname}:{where.port}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
                answer = response.read()
        except urllib.error.HTTPError as error:
            raise BrokerRefused(
                f"{method} {path}: {error.code} {error.read().decode(errors='replace')}"
            ) from error
        return json.loads(answer) if answer else None


class LocalRabbit:
    """A node of its own on 127.0.0.1, with its own ports, epmd, cookie and folder (10 s to start).

    URLs and durable messages stay the same through ``kill``, ``stop``, ``start`` and ``restart``. A quorum
    queue declared less than a second before a ``kill`` does not come back: wait two seconds.
    """

    def __init__(self, plugins: Sequence[str] = PLUGINS) -> None:
        if not PROGRAM.exists() or not shutil.which("epmd"):
            raise ServerUnavailable(f"No RabbitMQ here ({PROGRAM})")
        self._guard = Guard()
        self._folder = self._guard.folder
        self._password = secrets.token_urlsafe(16)
        self._plugins = plugins
        try:
            for _ in range(4):
                self._choose_ports()
                if self._start():
                    return
            raise ServerUnavailable(f"RabbitMQ found no free ports:\n{self._said()}")
        except BaseException:
            self._guard.close()
            raise

    @property
    def broker(self) -> Rabbit:
        """The node as a test sees it."""
        login = f"stafett:{self._password}@127.0.0.1"
        return Rabbit(f"amqp://{login}:{self._port}", f"http://{login}:{self._management}")

    def start(self) -> None:
        """Serve again after ``kill`` or ``stop``; nothing to do when it runs."""
        if not self._guard.running() and not self._start():
            raise ServerUnavailable(f"A port of RabbitMQ was taken while it was down:\n{self._said()}")

    def stop(self) -> None:
        """Stop cleanly (about 6 s)."""
        self._guard.signal(signal.SIGTERM)
        deadline = time.monotonic() + START_TIMEOUT
        while self._guard.running():
            if time.monotonic() > deadline:
                raise ServerUnavailable(f"RabbitMQ did not stop in {START_TIMEOUT:.0f} s:\n{self._said()}")
            time.sleep(0.05)
        self._guard.kill()  # epmd stays behind

    def kill(self) -> None:
        """SIGKILL every process of the node."""
        self._guard.kill()

    def restart(self) -> None:
        """Kill and start: every connection is lost, no confirmed message is."""
        self.kill()
        self.start()

    def freeze(self) -> None:
        """Halt every process (SIGSTOP): connections stay open and nobody answers."""
        self._guard.signal(signal.SIGSTOP, everyone=True)

    def thaw(self) -> None:
        """Let the processes go on after ``freeze``."""
        self._guard.signal(signal.SIGCONT, everyone=True)

    def close(self) -> None:
        """Kill the node and remove its folder."""
        self._guard.close()

    def _choose_ports(self) -> None:
        self._port, self._management, self._distribution, self._epmd = (find_free_port() for _ in range(4))
        for name in ("mnesia", "log", "generated", "schema"):
            (self._folder / name).mkdir(exist_ok=True)
        (self._folder / "env.conf").touch()
        (self._folder / "enabled_plugins").write_text(f"[{','.join(self._plugins)}].\n")
        (self._folder / "rabbitmq.conf").write_text(
            "default_user = stafett\n"
            f"default_pass = {self._password}\n"
            f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self._management}\n"
            # The management API is 5 s behind by default; tests look at it.
            "collect_statistics_interval = 250\n"
            "management.sample_retention_policies.global.minute = 1\n"
            "management.sample_retention_policies.basic.minute = 1\n"
            "management.sample_retention_policies.detailed.minute = 1\n"
            "log.console = false\nlog.file.level = warning\n"
            "vm_memory_high_watermark.absolute = 2GB\ndisk_free_limit.absolute = 100MB\n"
        )
        # The first attempt's log would make a later one look like a taken port.
        (self._folder / "out").write_bytes(b"")

    def _environment(self) -> dict[str, str]:
        folder = self._folder
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(folder),  # holds the private .erlang.cookie
            "LANG": "C.UTF-8",
            "RABBITMQ_NODENAME": f"t{self._port}@localhost",  # does not depend on the machine's name
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "ERL_EPMD_PORT": str(self._epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
            "RABBITMQ_SCHEMA_DIR": str(folder / "schema"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "env.conf"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            # No busy waiting on a small machine; without the last one the node listens on every address.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none "
            "-kernel inet_dist_use_interface {127,0,0,1} -rabbit quorum_tick_interval 250",
        }

    def _said(self) -> str:
        logs = [self._folder / "out", *sorted((self._folder / "log").glob("*.log"))]
        return "\n".join(path.read_text(errors="replace")[-2000:] for path in logs if path.exists())

    def _start(self) -> bool:
        """Start and wait until AMQP and the management API answer; False when a port is taken."""
        self._guard.run([str(PROGRAM)], log=self._folder / "out", env=self._environment(), cwd=self._folder)
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if _speaks_amqp(self._port) and self._manages():
                return True
            if not self._guard.running():
                said = self._said()
                if "eaddrinuse" in said or "already in use" in said:
                    return False
                raise ServerUnavailable(f"RabbitMQ did not start:\n{said}")
            time.sleep(0.05)
        raise ServerUnavailable(f"RabbitMQ was not ready after {START_TIMEOUT:.0f} s:\n{self._said()}")

    def _manages(self) -> bool:
        try:
            self.broker.manage("GET", "whoami")
        except (OSError, BrokerRefused):
            return False
        return True


def _speaks_amqp(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.settimeout(2)
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return connection.recv(1) == b"\x01"
    except OSError:
        return False
