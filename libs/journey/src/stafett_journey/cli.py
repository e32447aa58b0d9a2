"""The commands this package adds to `stafett`: `mail-catcher`, `demo` and `journey`."""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import structlog

from stafett_chassis.embedded.binaries import PostgresUnavailable
from stafett_chassis.run import run_process
from stafett_journey.demo import EXAMPLES, Demo, demo_running
from stafett_journey.journey import OPERATORS, Installation, StepFailed, play
from stafett_journey.mail_catcher import catching


def add_mail_catcher(commands: Any) -> None:
    """`stafett mail-catcher`: for trials, where e-mail must not leave the machine."""
    text = "take every e-mail and show it, delivering none"
    sub = commands.add_parser("mail-catcher", help=text, description=text)
    sub.add_argument("--host", default="127.0.0.1")
    sub.add_argument("--smtp-port", type=int, default=1025)
    sub.add_argument("--http-port", type=int, default=8025)
    sub.set_defaults(run=_catch_mail)


def _catch_mail(chosen: argparse.Namespace) -> int:
    async def main() -> None:
        async with catching(chosen.host, chosen.smtp_port, chosen.http_port) as (_, smtp, http):
            print(
                f"SMTP on {chosen.host}:{smtp}, what was caught on http://{chosen.host}:{http}/", flush=True
            )
            await asyncio.Event().wait()

    return run_process(main)


def add_demo(commands: Any) -> None:
    """`stafett demo`: two sites in one process."""
    text = "run a health region and the municipal site in this one process, with invented people"
    sub = commands.add_parser("demo", help=text, description=text)
    sub.add_argument(
        "--folder",
        type=Path,
        default=Path.home() / ".local" / "share" / "stafett-demo",
        help="where everything is kept between starts (default: %(default)s)",
    )
    sub.add_argument("--check", action="store_true", help="start from nothing, play the journey, and stop")
    sub.add_argument("--no-journey", action="store_true", help="start without playing the journey first")
    sub.set_defaults(run=_demo)


def _demo(chosen: argparse.Namespace) -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        if not chosen.check:
            return run_process(lambda: _stay(chosen.folder, journey=not chosen.no_journey))
        with tempfile.TemporaryDirectory(prefix="stafett-demo-") as folder:
            return run_process(lambda: _check(Path(folder)))
    except (StepFailed, PostgresUnavailable) as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1


async def _check(folder: Path) -> None:
    started = time.perf_counter()
    async with demo_running(folder / "demo", _say, ports=(0, 0, 0)) as demo:
        _say(f"Both sites answer after {time.perf_counter() - started:.1f} s; playing the journey")
        steps = await play(demo.installation, _say)
    _say(f"{len(steps)} steps held, in {sum(step.seconds for step in steps):.1f} s")


async def _stay(folder: Path, *, journey: bool) -> None:
    begun = (folder / "played").exists()
    async with demo_running(folder, _say) as demo:
        if journey and not begun:
            _say("Filling the demo: the main job is played once by its people")
            await play(demo.installation, _say)
            (folder / "played").touch()
        _say(_welcome(demo))
        (folder / "ready").touch()
        try:
            await asyncio.Event().wait()
        finally:
            (folder / "ready").unlink(missing_ok=True)
            _say("Stopping")


def _welcome(demo: Demo) -> str:
    lines = ["", "The demo is running. Stop it with Ctrl-C; what is in it stays.", ""]
    for site in demo.sites.values():
        lines.append(f"{site.site.name}  {site.url}/")
        lines += [f"    {name:14} {site.url}/api/{name}/docs" for name in site.runtimes]
    lines += [f"E-mail that would have been sent  {demo.mail_url}/", ""]
    lines.append("Demo persons (POST /api/identity/login/demo; more at GET /api/identity/login/demo?q=):")
    people = json.loads(demo.installation.read("hr", "personas.json"))
    for one in people["hospital"]:
        lines.append(f"    {one['given_name']} {one['family_name']:22} {one['tells']}")
    for key, operator in OPERATORS.items():
        lines.append(f"    {operator.name:30} Systemansvarlig, {demo.sites[key].site.name}.")
    return "\n".join(lines)


def add_journey(commands: Any) -> None:
    """`stafett journey`: the main job against a running installation."""
    text = "play the main job against a running installation, through HTTP alone; 0 only if every step held"
    sub = commands.add_parser("journey", help=text, description=text)
    sub.add_argument("--hospital", required=True, help="address of the region's site, as browsers see it")
    sub.add_argument("--municipal", required=True, help="address of the municipal site")
    sub.add_argument("--mail", required=True, help="address of the mail catcher (stafett mail-catcher)")
    sub.add_argument("--examples", type=Path, default=EXAMPLES, help="folder of the example files")
    sub.set_defaults(run=_journey)


def _journey(chosen: argparse.Namespace) -> int:
    installation = Installation(
        hospital=lambda _: chosen.hospital.rstrip("/"),
        municipal=lambda _: chosen.municipal.rstrip("/"),
        mail_url=chosen.mail.rstrip("/"),
        examples=chosen.examples,
    )
    try:
        steps = asyncio.run(play(installation, _say))
    except StepFailed as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    _say(f"{len(steps)} steps held, in {sum(step.seconds for step in steps):.1f} s")
    return 0


def _say(text: str) -> None:
    print(text, flush=True)
