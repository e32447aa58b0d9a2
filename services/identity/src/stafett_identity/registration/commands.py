"""`stafett bootstrap-municipal FILE`: the training enterprises and units that a new municipal site begins with."""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from stafett_chassis.runtime import running
from stafett_chassis.settings import load
from stafett_chassis.work import Cause
from stafett_contracts.vocabulary import Origin
from stafett_identity.registration import units
from stafett_identity.registration.units import Enterprise
from stafett_identity.settings import IdentitySettings


def add_commands(commands: Any) -> None:
    """Add the command to the sub-parsers of `stafett`."""
    text = "make a municipal site's training enterprises and units, those that are missing"
    command = commands.add_parser("bootstrap-municipal", help=text, description=text)
    command.add_argument(
        "file",
        type=Path,
        help='JSON with {"training_enterprises": [{"name", "units": [name, …]}, …]}, at the top or under "municipal"',
    )
    command.set_defaults(run=_bootstrap)


def enterprises_in(document: Any) -> list[Enterprise]:
    """The enterprises a document names. Raises `ValueError` saying what is wrong with it."""
    if isinstance(document, dict) and isinstance(document.get("municipal"), dict):
        document = document["municipal"]
    listed = document.get("training_enterprises") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no list «training_enterprises»")
    found = []
    for number, one in enumerate(listed, 1):
        names = one.get("units", []) if isinstance(one, dict) else None
        if not isinstance(names, list) or not all(_is_name(name) for name in [one.get("name"), *names]):
            raise ValueError(f"training enterprise {number} needs a name and a list of unit names")
        found.append(Enterprise(one["name"].strip(), [name.strip() for name in names]))
    return found


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _bootstrap(chosen: argparse.Namespace) -> int:
    from stafett_identity.app import service

    try:
        enterprises = enterprises_in(json.loads(chosen.file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{chosen.file}: {error}\n")
        return 2
    settings = load(IdentitySettings)
    if settings.site_kind != "municipal":
        sys.stderr.write("This is no municipal site (STAFETT_SITE_KIND)\n")
        return 2

    async def act() -> int:
        async with (
            running(service, settings) as runtime,
            runtime.units.begin(cause=Cause(origin=Origin.INITIAL_LOAD)) as work,
        ):
            return await units.bootstrap(work, enterprises)

    sys.stdout.write(f"{asyncio.run(act())} units made\n")
    return 0
