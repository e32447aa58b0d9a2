"""What an operator does from the command line: the first import and the first roles of a site."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from stafett_chassis.problems import Problem
from stafett_chassis.runtime import running
from stafett_chassis.settings import load
from stafett_chassis.work import Cause, Work
from stafett_contracts.vocabulary import ImportState, Origin, Role
from stafett_identity.hr_import import actions, store
from stafett_identity.hr_import.schedules import upload_at
from stafett_identity.roles.bootstrap import (
    SITE_ROLES,
    CannotBootstrap,
    FirstGrant,
    grant_first_roles,
    register_operator,
)
from stafett_identity.settings import IdentitySettings

_SHOWN = 50


def add_commands(commands: Any) -> None:
    """Add the commands to the sub-parsers of `stafett`."""

    def command(name: str, text: str, act: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
        parser.set_defaults(run=act)
        return parser

    imports = command("import-hr", "import an HR file, all or nothing", _import)
    imports.add_argument(
        "path", type=Path, help="a JSON file, or a folder with manifest.json, units.csv and positions.csv"
    )
    imports.add_argument("--dry-run", action="store_true", help="only say what it would change")

    roles = command("bootstrap-roles", "grant the first roles to people HR has named", _roles)
    roles.add_argument(
        "file",
        type=Path,
        help="JSON: [{object_id, role, unit_codes, include_sub_units, specialties, plan_ids, cost_centre}, …]",
    )

    operator = command(
        "bootstrap-operator",
        "register a person who runs the site; the national id is read from standard input",
        _operator,
    )
    operator.add_argument("given_name")
    operator.add_argument("family_name")
    operator.add_argument(
        "--role",
        type=Role,
        default=Role.SYSTEM_MANAGER,
        help=f"{' or '.join(SITE_ROLES)} (default: the first)",
    )


def _in_work(act: Callable[[Work, IdentitySettings], Awaitable[int]], origin: Origin) -> int:
    """`act` in one unit of work on the site's own database; 1 with what is wrong when it is refused."""
    from stafett_identity.app import service

    settings = load(IdentitySettings)

    async def acting() -> int:
        async with running(service, settings) as runtime, runtime.units.begin(cause=Cause(origin)) as work:
            return await act(work, settings)

    try:
        return asyncio.run(acting())
    except Problem as refused:
        faults = "".join(f"\n  {fault.field}: {fault.en}" for fault in refused.faults)
        sys.stderr.write(f"{refused.code}: {refused.en}{faults}\n")
    except CannotBootstrap as error:
        sys.stderr.write(f"{error}\n")
    return 1


def _import(chosen: argparse.Namespace) -> int:
    try:
        upload = upload_at(chosen.path)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if upload is None:
        sys.stderr.write(f"{chosen.path} holds no HR file\n")
        return 2

    async def act(work: Work, settings: IdentitySettings) -> int:
        run = await actions.run_import(work, settings, upload, dry_run=chosen.dry_run)
        lists = await store.report(work, run.run_id)
        why = run.refusal or {}
        sys.stdout.write(f"{run.state} {' '.join(str(part) for part in why.values() if part)}".strip() + "\n")
        for name, count in run.counts.items():
            if count:
                sys.stdout.write(f"{count:8} {name}\n")
        for kind in ("errors", "warnings"):
            for found in list(lists[kind] if lists else ())[:_SHOWN]:
                parts = (found["file"], found["row"], found["field"], found["code"])
                sys.stdout.write(f"{kind}: {' '.join(str(part) for part in parts if part is not None)}\n")
        return 0 if run.state == ImportState.APPLIED else 1

    return _in_work(act, Origin.IMPORT)


def _roles(chosen: argparse.Namespace) -> int:
    try:
        document = json.loads(chosen.file.read_text(encoding="utf-8"))
        if not isinstance(document, list):
            raise CannotBootstrap("no list of roles")
        wanted = [FirstGrant.of(one) for one in document]
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{chosen.file}: {error}\n")
        return 2

    async def act(work: Work, _: IdentitySettings) -> int:
        sys.stdout.write(f"{await grant_first_roles(work, wanted)} roles granted\n")
        return 0

    return _in_work(act, Origin.INITIAL_LOAD)


def _operator(chosen: argparse.Namespace) -> int:
    national_id = sys.stdin.readline().strip()

    async def act(work: Work, settings: IdentitySettings) -> int:
        position = await register_operator(
            work,
            settings,
            given_name=chosen.given_name,
            family_name=chosen.family_name,
            national_id=national_id,
            role=chosen.role,
        )
        sys.stdout.write(f"{chosen.role} on position {position.position_id}\n")
        return 0

    return _in_work(act, Origin.INITIAL_LOAD)
