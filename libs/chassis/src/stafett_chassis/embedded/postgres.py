"""The embedded PostgreSQL: a real server out of a PyPI wheel, for a demo or a small installation.

    with EmbeddedPostgres(Path("~/.stafett/postgres").expanduser()) as server:
        url = server.create_database("plans")

The folder holds ``data`` (the cluster), ``password`` (mode 0600), ``log`` and ``lock``. Data survives
stops, crashes and kills; only one process at a time may serve a folder.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

from stafett_chassis.embedded import cluster
from stafett_chassis.embedded.binaries import (
    CACHE,
    Account,
    PostgresUnavailable,
    account_for,
    reachable_programs,
    run_as,
)

START_TIMEOUT = 60.0
STOP_TIMEOUT = 30.0
PORT_ATTEMPTS = 5
CREATE_DATABASE = """
SELECT format('CREATE DATABASE %I', :'name')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec
"""


class FolderInUse(PostgresUnavailable):
    """Another process serves this folder."""


class EmbeddedPostgres:
    """One PostgreSQL server on 127.0.0.1, its data in ``folder``."""

    def __init__(self, folder: Path, *, cache: Path = CACHE) -> None:
        """``cache`` receives a copy of the programs when root must hand them to an unprivileged user."""
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self._cache = cache
        self._lock: IO[str] | None = None
        self._programs: Path | None = None
        self._postmaster: subprocess.Popen[bytes] | None = None
        self._port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """``postgresql://postgres:<password>@127.0.0.1:<port>``, without a database; only while started."""
        if self._postmaster is None:
            raise PostgresUnavailable(f"The server in {self.folder} is not started")
        return f"postgresql://{cluster.SUPERUSER}:{self._password()}@127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        return self._postmaster.pid if self._postmaster and self._postmaster.poll() is None else None

    def start(self) -> str:
        """Serve the folder and return the base URL. Calling it while the server runs changes nothing.

        Makes the cluster when the folder is empty and recovers it after a crash. A postmaster left over from a
        process that was killed is stopped cleanly first. Raises FolderInUse while another process serves
        the folder, and PostgresUnavailable when the programs are missing or the server does not come up.
        """
        if self.pid is not None:
            return self.url
        self._take_lock()
        try:
            account = account_for(self.data)
            self._programs = reachable_programs(account, self._cache)
            if (self.data / "PG_VERSION").exists():
                self._refuse_other_version(self._programs)
                self._clear_leftovers()
            else:
                cluster.initialise(self._programs, self.data, self._password(), account)
            self._serve(self._programs, account)
        except BaseException:
            self._release_lock()
            raise
        return self.url

    def stop(self) -> None:
        """End all sessions, write everything to disk and stop. Calling it while stopped changes nothing."""
        postmaster, self._postmaster = self._postmaster, None
        try:
            if postmaster is not None:
                # SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one (recovers at the next start).
                for wanted in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                    if postmaster.poll() is None:
                        postmaster.send_signal(wanted)
                    try:
                        postmaster.wait(STOP_TIMEOUT)
                    except subprocess.TimeoutExpired:
                        continue
                    break
        finally:
            self._release_lock()

    def create_database(self, name: str) -> str:
        """Make the database ``name`` unless it exists, and return its URL."""
        if self._programs is None or self._postmaster is None:
            raise PostgresUnavailable(f"The server in {self.folder} is not started")
        done = subprocess.run(
            [str(self._programs / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", f"name={name}"],
            input=CREATE_DATABASE,
            env={
                **cluster.ENVIRONMENT,
                "PGHOST": "127.0.0.1",
                "PGPORT": str(self._port),
                "PGUSER": cluster.SUPERUSER,
                "PGPASSWORD": self._password(),
                "PGDATABASE": "postgres",
            },
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
        if done.returncode != 0:
            raise PostgresUnavailable(f"The database «{name}» could not be made: {done.stderr.strip()}")
        return f"{self.url}/{quote(name)}"

    def _take_lock(self) -> None:
        if self._lock is not None:  # the server crashed under us; the folder is still ours
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = open(self.folder / "lock", "a+", encoding="ascii")  # noqa: SIM115 - held until stop()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise FolderInUse(
                f"{self.folder} is already served by process {holder}. Stop it first, or choose another folder."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _release_lock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _password(self) -> str:
        path = self.folder / "password"
        try:
            return path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            if (self.data / "PG_VERSION").exists():
                raise PostgresUnavailable(
                    f"{path} is missing, and the data in {self.data} needs it"
                ) from None
        password = secrets.token_urlsafe(24)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(password + "\n")
        return password

    def _refuse_other_version(self, programs: Path) -> None:
        data, ours = (
            (self.data / "PG_VERSION").read_text(encoding="ascii").strip(),
            cluster.major_version(programs),
        )
        if data != ours:
            raise PostgresUnavailable(
                f"{self.data} was made by PostgreSQL {data}, the installed programs are {ours}. "
                f"Move the data with pg_dump, or start with an empty folder."
            )

    def _clear_leftovers(self) -> None:
        """End what a killed process left running, and remove a postmaster.pid that nobody stands behind."""
        self._postmaster = None
        deadline = time.monotonic() + STOP_TIMEOUT
        asked: int | None = None
        while left := cluster.serving(self.data):
            pid = cluster.postmaster_pid(self.data)
            if pid in left and pid != asked:
                os.kill(pid, signal.SIGINT)
                asked = pid
            if time.monotonic() > deadline:
                raise PostgresUnavailable(f"Processes {left} still use {self.data}; end them and start again")
            time.sleep(0.02)
        # The number in the file may by now belong to a stranger, and PostgreSQL would refuse to start.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _serve(self, programs: Path, account: Account | None) -> None:
        for _ in range(PORT_ATTEMPTS):
            port = _free_port()
            log_path = self.folder / "log"
            opened = os.open(self.data, os.O_RDONLY)
            try:
                with open(log_path, "ab") as log:
                    written = log.tell()
                    postmaster = subprocess.Popen(
                        cluster.serve_command(programs, self.data, port, account),
                        env=cluster.ENVIRONMENT,
                        cwd="/",
                        stdin=opened,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,  # Ctrl-C is for us, who stop the server last
                        **run_as(account),
                    )
            finally:
                os.close(opened)
            deadline = time.monotonic() + START_TIMEOUT
            while postmaster.poll() is None and time.monotonic() < deadline:
                if cluster.is_ready(self.data, postmaster.pid):
                    self._postmaster, self._port = postmaster, port
                    return
                time.sleep(0.01)
            if postmaster.poll() is None:
                postmaster.send_signal(signal.SIGQUIT)
                postmaster.wait(STOP_TIMEOUT)
                raise PostgresUnavailable(
                    f"PostgreSQL was not ready after {START_TIMEOUT:.0f} s; see {log_path}"
                )
            said = log_path.read_bytes()[written:].decode(errors="replace")
            if "Address already in use" not in said:
                raise PostgresUnavailable(f"PostgreSQL did not start in {self.folder}:\n{said[-2000:]}")
        raise PostgresUnavailable(f"No free port on 127.0.0.1 after {PORT_ATTEMPTS} attempts")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
