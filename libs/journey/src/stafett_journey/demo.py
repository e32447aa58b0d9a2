"""The demo: a health region with two trusts and the municipal site, in one process, with invented people.

Everything it keeps lies in one folder: databases, files, secrets, and for each service the environment with which
operator commands reach it (`set -a; . FOLDER/hkv.identity.env; stafett dead list identity`).
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from stafett_chassis.embedded.site import RunningSite, Site, sites_running
from stafett_chassis.settings import PREFIX, Settings
from stafett_journey.journey import OPERATORS, Installation
from stafett_journey.mail_catcher import catching

Say = Callable[[str], None]
EXAMPLES = Path(__file__).parents[4] / "examples"

# Addresses that only exist in examples (RFC 2606) and that the catcher takes anyway.
_MAIL_DOMAINS = ("*.example",)


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    installation: Installation
    sites: Mapping[str, RunningSite]
    mail_url: str


@asynccontextmanager
async def demo_running(
    folder: Path, say: Say, *, ports: tuple[int, int, int] = (8400, 8401, 8402)
) -> AsyncIterator[Demo]:
    """Start the demo in `folder`; ports that are taken are replaced by free ones."""
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    async with catching("127.0.0.1", 0, await _free(ports[2])) as (_, smtp_port, mail_port):
        mail = {"smtp_host": "127.0.0.1", "smtp_port": smtp_port}
        exchange = await _registry(folder / "national", say)
        wanted = [
            Site("hkv", "Helse Kyst og Vidde", "rhf", ports[0], {**mail, **exchange["hkv"]}),
            Site(
                "kom",
                "Kommunene",
                "municipal",
                ports[1],
                {**mail, **exchange["kom"], "product": "KPHdir"},
            ),
        ]
        async with sites_running(folder, wanted, say=say) as running:
            sites = {found.site.site: found for found in running}
            for found in running:
                _leave_environments(folder, found)
                await _first_people(folder, found, say)
            mail_url = f"http://127.0.0.1:{mail_port}"
            urls = {name: site.url for name, site in sites.items()}
            installation = Installation(
                hospital=lambda _: urls["hkv"],
                municipal=lambda _: urls["kom"],
                mail_url=mail_url,
                examples=EXAMPLES,
            )
            yield Demo(installation, sites, mail_url)


async def _free(port: int) -> int:
    """`port`, or 0 (any) when it is taken."""
    try:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", port)
    except OSError:
        return 0
    server.close()
    await server.wait_closed()
    return port


async def _registry(folder: Path, say: Say) -> dict[str, dict[str, Any]]:
    """The settings with which the two sites trust one another; made once."""
    if not await asyncio.to_thread(folder.exists):
        say("Making keys for the exchange between sites")
        await command(
            {},
            "sync-registry",
            str(folder),
            "hkv:rhf:Helse Kyst og Vidde",
            "kom:municipal:Kommunene",
            "--env",
            "demo",
        )
    common = {"registry_file": folder / "registry.jws", "registry_root": str(folder / "root.public.json")}
    return {
        site: {**common, "site_private_key_file": folder / f"{site}.private.json"} for site in ("hkv", "kom")
    }


def _leave_environments(folder: Path, site: RunningSite) -> None:
    """Write down, for each service, how operator commands reach its database."""
    for name, runtime in site.runtimes.items():
        path = folder / f"{site.site.site}.{name}.env"
        path.touch(mode=0o600)
        lines = [f"{key}='{value}'" for key, value in environment_of(runtime.settings).items()]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


async def _first_people(folder: Path, site: RunningSite, say: Say) -> None:
    """Whoever runs the site can log in; the municipal site has its municipalities."""
    done = folder / f"{site.site.site}.begun"
    if done.exists():
        return
    environment = environment_of(site.runtimes["identity"].settings)
    operator = OPERATORS[site.site.site]
    say(f"Registering who runs {site.site.name}")
    await command(
        environment,
        "bootstrap-operator",
        operator.given_name,
        operator.family_name,
        given=operator.national_id,
    )
    if site.site.kind == "municipal":
        await command(environment, "bootstrap-municipal", str(EXAMPLES / "hr" / "personas.json"))
    done.touch()


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment variables that give `settings`."""
    found = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if isinstance(value, bool):
            value = str(value).lower()
        if isinstance(value, str | int | float) or (value is not None and not isinstance(value, list | dict)):
            found[PREFIX + name.upper()] = str(value)
    return found


async def command(environment: Mapping[str, str], *arguments: str, given: str = "") -> str:
    """Run a command of `stafett` as an operator would; what it printed. `RuntimeError` when it fails."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("stafett")),
        *arguments,
        env={**inherited, **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, complaints = await process.communicate(f"{given}\n".encode())
    if process.returncode:
        raise RuntimeError(f"stafett {' '.join(arguments)}: {complaints.decode().strip()}")
    return printed.decode()
