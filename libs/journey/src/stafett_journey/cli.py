"""The commands this package adds to `stafett`: `mail-catcher`, `demo` and `journey`."""

import argparse
import asyncio
from typing import Any

from stafett_chassis.run import run_process
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
