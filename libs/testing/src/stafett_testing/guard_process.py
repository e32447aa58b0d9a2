"""The process that stands between a test run and one server, so that nothing outlives the run.

Run as a script with nothing but the standard library, so that it starts in some 30 ms. It makes a
folder, starts the server as its child on request, and takes orders as JSON lines from its standard input.
When that input ends, because the run closed it or was killed in whatever way, the guard kills
the server and all its descendants and removes the folder. On Linux it is a subreaper: daemons that the
server leaves (Erlang's epmd) become its children and are found too.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
HAS_PROC = Path("/proc/self/stat").exists()


def main() -> None:
    """Serve orders until the input ends; the first line out names the folder."""
    parent = int(sys.argv[1])
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # Handlers, not SIG_IGN: an ignored signal would stay ignored in the servers.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGHUP, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    folder = Path(tempfile.mkdtemp(prefix="stafett-"))
    server = Server()
    try:
        folder.chmod(0o711)  # as root, PostgreSQL's unprivileged user has to pass through
        _answer({"folder": str(folder)})
        pending = b""
        # A forked child of the run may hold the pipe open, so the parent's own end is watched too.
        while os.getppid() == parent:
            server.reap()
            if not select.select([0], [], [], 0.5)[0]:
                continue
            received = os.read(0, 65536)
            if not received:
                return
            *lines, pending = (pending + received).split(b"\n")
            for line in lines:
                order = json.loads(line)
                if order["order"] == "close":
                    return
                _answer(server.obey(order))
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _answer(value: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(1, json.dumps(value).encode() + b"\n")


class Server:
    """The one server: its main process and whatever that has started."""

    def __init__(self) -> None:
        self._main: int | None = None
        self._code: int | None = None

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out one order; an error is an answer too."""
        try:
            match order["order"]:
                case "run":
                    return self._run(**order["with"])
                case "signal":
                    self._signal(order["signal"], everyone=order["everyone"])
                case "kill":
                    self.kill()
            self.reap()
            return {"pid": self._main, "code": self._code}
        except (OSError, subprocess.SubprocessError) as error:
            return {"error": str(error)}

    def _run(self, command: list[str], stdin: str, log: str, **how: Any) -> dict[str, Any]:
        self.kill()
        opened = os.open(stdin, os.O_RDONLY)
        try:
            with open(log, "ab") as output:
                process = subprocess.Popen(
                    command, stdin=opened, stdout=output, stderr=output, start_new_session=True, **how
                )
        finally:
            os.close(opened)
        self._main, self._code = process.pid, None
        process.returncode = 0  # reaped below, with its orphans; Popen shall neither wait nor warn
        return {"pid": process.pid, "code": None}

    def _signal(self, number: int, *, everyone: bool) -> None:
        for pid in _descendants() if everyone and HAS_PROC else [self._main]:
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def reap(self) -> None:
        """Take note of ended children, so that none stays a zombie and the exit code is known."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._main:
                self._main, self._code = None, os.waitstatus_to_exitcode(status)

    def kill(self) -> None:
        """Kill the server and everything it has started, and wait until they are gone."""
        if not HAS_PROC:
            if self._main is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._main, signal.SIGKILL)
                os.waitpid(self._main, 0)
                self._main, self._code = None, -signal.SIGKILL
            return
        while pids := _descendants():
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)
            self.reap()


def _descendants() -> list[int]:
    parents: dict[int, int] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                text = Path("/proc", entry, "stat").read_text(encoding="utf-8", errors="replace")
                parents[int(entry)] = int(text.rpartition(")")[2].split()[1])
    found: list[int] = []
    wave = {os.getpid()}
    while wave := {pid for pid, parent in parents.items() if parent in wave}:
        found += wave
    return found


if __name__ == "__main__":
    main()
