"""Servers that cannot outlive the test run: the run's side of :mod:`stafett_testing.guard_process`."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from stafett_testing import guard_process


class ServerUnavailable(Exception):
    """A server for the tests could not be had; the message says what to install or look at."""


class Guard:
    """A private folder and at most one server in it, both gone when we are, however we end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", guard_process.__file__, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C ends the run, which then closes us in its own time
            cwd="/",
        )
        self.folder = Path(self._read()["folder"])

    def run(
        self,
        command: list[str],
        *,
        log: Path,
        env: dict[str, str],
        cwd: Path = Path("/"),
        stdin: Path = Path(os.devnull),
        user: int | None = None,
        group: int | None = None,
    ) -> int:
        """Start ``command`` as the server (an earlier one is killed first) and return its process id.

        ``stdin`` is opened for it, and may be a folder.
        """
        how: dict[str, Any] = {
            "command": command,
            "stdin": str(stdin),
            "log": str(log),
            "env": env,
            "cwd": str(cwd),
        }
        if user is not None:
            how |= {"user": user, "group": group, "extra_groups": []}
        return int(self._ask({"order": "run", "with": how})["pid"])

    def signal(self, number: signal.Signals, *, everyone: bool = False) -> None:
        """Send a signal to the server's main process, or to ``everyone`` below the guard."""
        self._ask({"order": "signal", "signal": int(number), "everyone": everyone})

    def kill(self) -> None:
        """SIGKILL the server and all its descendants; the folder stays."""
        self._ask({"order": "kill"})

    def running(self) -> bool:
        """Whether the server's main process lives."""
        return self._ask({"order": "look"})["pid"] is not None

    def close(self) -> None:
        """Kill what runs and remove the folder. Calling it again changes nothing."""
        with self._lock:
            stdin, stdout = self._process.stdin, self._process.stdout
            if stdin and not stdin.closed:
                # Said, not just closed: a forked child of ours may hold the pipe open.
                with contextlib.suppress(BrokenPipeError):
                    stdin.write(b'{"order": "close"}\n')
                    stdin.flush()
                with contextlib.suppress(BrokenPipeError):
                    stdin.close()
            self._process.wait()
            if stdout:
                stdout.close()

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            stdin = self._process.stdin
            if stdin is None or stdin.closed:
                raise ServerUnavailable("The server's guard is closed already")
            stdin.write(json.dumps(order).encode() + b"\n")
            stdin.flush()
            answer = self._read()
        if "error" in answer:
            raise ServerUnavailable(f"The server could not be started: {answer['error']}")
        return answer

    def _read(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise ServerUnavailable(f"The server's guard has ended with code {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer
