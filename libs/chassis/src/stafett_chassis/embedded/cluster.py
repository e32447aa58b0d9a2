"""One PostgreSQL cluster on disk: making it, the command that serves it, and who is still serving it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from stafett_chassis.embedded.binaries import Account, PostgresUnavailable, run_as

SUPERUSER = "postgres"
# Nothing of the caller's locale, PG* variables or library paths reaches the server.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def initialise(
    programs: Path, data: Path, password: str, account: Account | None, *, sync: bool = True
) -> None:
    """Make a new cluster in ``data``: UTF-8, C.UTF-8 where the build has it, SCRAM password for ``postgres``.

    Raises PostgresUnavailable with the output of initdb when it fails. A cluster that was cut short
    is never found in ``data``: it is made aside and renamed.
    """
    # As root, the folder may lie below a home that ``account`` cannot enter. The kernel lets a process into a
    # folder that it holds open, whatever the folders above allow.
    aside = data.with_name(f"{data.name}.making")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(mode=0o700)
    if account:
        os.chown(aside, account.uid, account.gid)
    with tempfile.NamedTemporaryFile("w") as secret:
        secret.write(password + "\n")
        secret.flush()
        if account:
            os.chown(secret.name, account.uid, account.gid)
        opened = os.open(aside, os.O_RDONLY)
        command = [
            str(programs / "initdb"),
            f"--pgdata=/proc/self/fd/{opened}" if account else f"--pgdata={aside}",
            f"--username={SUPERUSER}",
            "--auth=scram-sha-256",
            "--pwfile=/dev/stdin",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-instructions",
        ]
        if not sync:
            command.append("--no-sync")
        try:
            with open(secret.name, "rb") as stdin:
                done = subprocess.run(
                    command,
                    env=ENVIRONMENT,
                    cwd="/",
                    stdin=stdin,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    pass_fds=(opened,),
                    text=True,
                    check=False,
                    **run_as(account),
                )
        finally:
            os.close(opened)
    if done.returncode != 0:
        shutil.rmtree(aside, ignore_errors=True)
        raise PostgresUnavailable(f"initdb could not make a cluster in {data}:\n{done.stdout[-2000:]}")
    aside.rename(data)


def serve_command(
    programs: Path, data: Path, port: int, account: Account | None, settings: dict[str, str] | None = None
) -> list[str]:
    """The command that serves ``data`` on 127.0.0.1:``port``.

    Its standard input has to be ``data``, opened: with an ``account`` that is how it gets there.
    """
    merged = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",  # a socket's path is limited to 107 bytes; TCP is not
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **(settings or {}),
    }
    command = [str(programs / "postgres"), "-D", "/proc/self/fd/0" if account else str(data), "-p", str(port)]
    for name, value in merged.items():
        command += ["-c", f"{name}={value}"]
    return command


def major_version(programs: Path) -> str:
    """The major version of the programs, as a cluster writes it in PG_VERSION."""
    answer = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, text=True, check=True, cwd="/"
    )
    return answer.stdout.split()[2].split(".")[0]


def postmaster_pid(data: Path) -> int | None:
    """The process id in postmaster.pid, whether or not that process still runs."""
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def is_ready(data: Path, pid: int) -> bool:
    """Whether the postmaster ``pid`` has written that it takes connections."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def serving(data: Path) -> list[int]:
    """Ids of the PostgreSQL processes that work in ``data``: its postmaster and the postmaster's children.

    Process ids are reused, so the number in postmaster.pid alone proves nothing; the working folder does.
    """
    if os.path.isdir("/proc/self"):
        where = os.path.realpath(data)
        return [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and _works_in(entry, where)]
    pid = postmaster_pid(data)
    if pid is None:
        return []
    answer = subprocess.run(
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return [pid] if str(data) in answer.stdout else []


def _works_in(pid: str, folder: str) -> bool:
    try:
        # The name too: somebody's shell may stand there.
        return (
            os.readlink(f"/proc/{pid}/cwd") == folder
            and Path("/proc", pid, "comm").read_text(encoding="utf-8").strip() == "postgres"
        )
    except OSError:  # gone, a zombie, or another user's
        return False
