"""Two sites as operators run them: every service its own processes, real PostgreSQL, RabbitMQ and SMTP.

    with Installation(folder, databases, rabbit) as installation:
        installation.kill("hkv:plans")             # -9, and all below it
        installation.start("hkv:plans")
        installation.url("hkv", "plans")

Services are named `hkv:plans` at the hospital site and `kom:plans` at the municipal one.
"""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from stafett_chassis import migrate
from stafett_chassis.runtime import installed_services
from stafett_testing.databases import Databases
from stafett_testing.rabbit import Rabbit
from stafett_testing.waiting import find_free_port

STAFETT = str(Path(sys.executable).with_name("stafett"))
SITES = {"hkv": ("Helse Kyst og Vidde", "rhf"), "kom": ("Kommunene", "municipal")}
_START_SECONDS = 90.0


class Installation:
    """Fourteen services and a mail catcher, all processes of this one."""

    def __init__(self, folder: Path, databases: Databases, rabbit: Rabbit, examples: Path) -> None:
        self._folder = folder
        self._databases = databases
        self._rabbit = rabbit
        self._examples = examples
        self._made: list[str] = []
        self._vhosts: list[str] = []
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._environments: dict[str, dict[str, str]] = {}
        self.ports: dict[str, int] = {}
        self.mail_url = ""

    def __enter__(self) -> Self:
        try:
            self._prepare()
            for name in self._environments:
                self.start(name, wait=False)
            for name in self._environments:
                self.wait_ready(name)
            self._first_people()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def services(self) -> list[str]:
        """Every service of both sites."""
        return list(self._environments)

    def url(self, site: str, service: str) -> str:
        """The address a service answers at."""
        return f"http://127.0.0.1:{self.ports[f'{site}:{service}']}"

    def start(self, name: str, *, wait: bool = True) -> None:
        """Start a service (again)."""
        log = (self._folder / f"{name.replace(':', '.')}.log").open("ab")
        self._processes[name] = subprocess.Popen(
            [STAFETT, "run", name.split(":")[1]],
            env=self._environment(name),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        if wait:
            self.wait_ready(name)

    def kill(self, name: str) -> None:
        """End a service with -9, parent and children at once."""
        process = self._processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def wait_ready(self, name: str) -> None:
        """Wait until a service says it is ready. Raises `TimeoutError` with the end of its log."""
        ends = time.monotonic() + _START_SECONDS
        url = f"http://127.0.0.1:{self.ports[name]}/ready"
        while time.monotonic() < ends:
            with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=2):
                return
            if self._processes[name].poll() is not None:
                break
            time.sleep(0.1)
        log = (self._folder / f"{name.replace(':', '.')}.log").read_text(errors="replace")
        raise TimeoutError(f"{name} is not ready:\n{log[-3000:]}")

    def operator(self, site: str, *arguments: str, given: str = "") -> str:
        """Run an operator's command on a site's identity; what it printed."""
        done = subprocess.run(
            [STAFETT, *arguments],
            env=self._environment(f"{site}:identity"),
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"stafett {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def database(self, site: str, service: str) -> str:
        """The URL of a service's database."""
        return self._environments[f"{site}:{service}"]["STAFETT_DATABASE_URL"]

    def close(self) -> None:
        """Stop everything and remove what was made."""
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._processes.clear()
        for url in self._made:
            self._databases.drop(url)
        for vhost in self._vhosts:
            self._rabbit.delete_vhost(vhost)
        self._made, self._vhosts = [], []

    def _environment(self, name: str) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("STAFETT_")}
        return {**inherited, **self._environments[name]}

    def _prepare(self) -> None:
        smtp, http = find_free_port(), find_free_port()
        self.mail_url = f"http://127.0.0.1:{http}"
        self._processes["mail"] = subprocess.Popen(
            [STAFETT, "mail-catcher", "--smtp-port", str(smtp), "--http-port", str(http)],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        exchange = self._folder / "national"
        subprocess.run(
            [
                STAFETT,
                "sync-registry",
                str(exchange),
                *(f"{site}:{kind}:{name}" for site, (name, kind) in SITES.items()),
                "--env",
                "demo",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        national = self._vhost("national")
        services = installed_services()
        self.ports = {f"{site}:{service}": find_free_port() for site in SITES for service in services}
        for site, (name, kind) in SITES.items():
            common = {
                "STAFETT_SITE": site,
                "STAFETT_SITE_NAME": name,
                "STAFETT_SITE_KIND": kind,
                "STAFETT_ENVIRONMENT": "demo",
                "STAFETT_AMQP_URL": self._vhost(site),
                "STAFETT_NATIONAL_AMQP_URL": national,
                "STAFETT_PUBLIC_URL": self.url(site, "identity"),
                "STAFETT_IDENTITY_URL": self.url(site, "identity"),
                "STAFETT_SERVICE_SECRET": f"{site}-secret-of-a-test-that-is-long-enough",
                "STAFETT_SMTP_HOST": "127.0.0.1",
                "STAFETT_SMTP_PORT": str(smtp),
                "STAFETT_REGISTRY_FILE": str(exchange / "registry.jws"),
                "STAFETT_REGISTRY_ROOT": str(exchange / "root.public.json"),
                "STAFETT_SITE_PRIVATE_KEY_FILE": str(exchange / f"{site}.private.json"),
                "STAFETT_DATABASE_POOL": "5",
                "STAFETT_LOG_LEVEL": "warning",
            }
            for service in services:
                self._environments[f"{site}:{service}"] = {
                    **common,
                    "STAFETT_DATABASE_URL": self._database(service, services[service].package),
                    "STAFETT_HTTP_PORT": str(self.ports[f"{site}:{service}"]),
                    "STAFETT_BLOB_URL": (self._folder / "files" / site / service).as_uri(),
                }

    def _database(self, service: str, package: str) -> str:
        async def upgrade(url: str) -> None:
            await migrate.upgrade(package, url)

        template = self._databases.template(f"installation-{service}", upgrade)
        url = self._databases.create(template)
        self._made.append(url)
        return url

    def _vhost(self, name: str) -> str:
        vhost = f"installation-{os.getpid()}-{name}"
        self._rabbit.create_vhost(vhost)
        self._vhosts.append(vhost)
        return self._rabbit.amqp_url(vhost)

    def _first_people(self) -> None:
        from stafett_journey.journey import OPERATORS

        for site, operator in OPERATORS.items():
            self.operator(
                site,
                "bootstrap-operator",
                operator.given_name,
                operator.family_name,
                given=f"{operator.national_id}\n",
            )
        self.operator("kom", "bootstrap-municipal", str(self._examples / "hr" / "personas.json"))
