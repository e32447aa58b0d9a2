"""docker-compose.yml and what it names, as far as can be seen without a container engine."""

import asyncio
import json
import re
import shlex
from importlib.resources import files
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import aio_pika
import asyncpg
import crossplane  # type: ignore[import-untyped]
import jsonschema
import pytest
import yaml

from stafett_chassis import cli
from stafett_chassis.bus import BusUnavailable
from stafett_chassis.rabbit import RabbitBus
from stafett_chassis.runtime import installed_service, installed_services
from stafett_chassis.settings import load

ROOT = Path(__file__).parent.parent
SERVICES = ("identity", "plans", "signing", "dialog", "training-time", "notify", "sync")
SITES = ("hkv", "kom")
VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?P<default>:-[^}]*)?\}")


def filled(text: str) -> str:
    """As compose fills it in where no variable is set; a variable without default is a fault."""
    for found in VARIABLE.finditer(text):
        assert found["default"], f"{found['name']} has no default"
    return VARIABLE.sub(lambda found: found["default"][2:], text).replace("$$", "$")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return cast(
        dict[str, Any], yaml.safe_load(filled((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    )


@pytest.fixture(scope="module")
def dockerfile() -> list[tuple[str, str]]:
    """(instruction, arguments), continued lines joined."""
    text = (ROOT / "deploy/images/Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1].strip()) for line in lines]


def test_it_follows_the_compose_specification(compose: dict[str, Any]) -> None:
    schema = files("check_jsonschema.builtin_schemas.vendor") / "compose-spec.json"
    jsonschema.validate(compose, json.loads(schema.read_text(encoding="utf-8")))


def test_every_file_volume_and_service_it_names_is_there(compose: dict[str, Any]) -> None:
    services = compose["services"]
    used = set()
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= set(services), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).is_file(), (name, source)
            else:
                used.add(source)
        build = service.get("build")
        if build:
            assert (ROOT / build["dockerfile"]).is_file()
            assert (ROOT / build["args"]["MEMBER"] / "pyproject.toml").is_file()
            assert build["context"] == "."
    assert used == set(compose["volumes"])


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_started_as_the_tests_start_it_with_settings_that_hold(
    compose: dict[str, Any],
    dockerfile: list[tuple[str, str]],
    site: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serving, migrating = compose["services"][f"{site}-{name}"], compose["services"][f"{site}-{name}-migrate"]
    assert dict(dockerfile)["ENTRYPOINT"] == '["stafett"]'
    assert serving["command"] == ["run", name]
    assert migrating["command"] == ["migrate", name]
    for command in (serving["command"], migrating["command"]):
        assert cli._parser().parse_args(command).service == name
    assert serving["image"] == migrating["image"] == f"stafett-{name}"
    assert serving["environment"] == migrating["environment"]
    assert serving["build"]["args"]["MEMBER"] == f"services/{name}"
    in_image = re.findall(r"(STAFETT_\w+)=(\S+)", dict(dockerfile)["ENV"])
    for variable, value in [*in_image, *serving["environment"].items()]:
        assert isinstance(value, str), f"{variable} must be quoted"
        monkeypatch.setenv(variable, value)
    settings = load(installed_service(name).settings)
    assert settings.site == site
    assert urlsplit(str(settings.database_url)).path == f"/{site}_{name.replace('-', '_')}"
    assert str(settings.amqp_url).endswith(f"/{site}")
    checked = " ".join(serving["healthcheck"]["test"])
    assert f"({settings.http_port}, {settings.worker_port})" in checked
    needs = compose["services"][f"{site}-{name}"]["depends_on"]
    assert needs == {
        f"{site}-{other}-migrate": {"condition": "service_completed_successfully"} for other in SERVICES
    }


def test_all_seven_services_are_there_and_no_other() -> None:
    assert set(installed_services()) == set(SERVICES)


def test_the_other_commands_exist(compose: dict[str, Any]) -> None:
    mail = compose["services"]["mail"]
    chosen = cli._parser().parse_args(mail["command"])
    assert (chosen.host, chosen.smtp_port, chosen.http_port) == ("0.0.0.0", 1025, 8025)
    assert compose["services"]["hkv-notify"]["environment"]["STAFETT_SMTP_PORT"] == "1025"
    [keys] = compose["services"]["national-keys"]["command"]
    arguments = re.search(r"exec stafett (.*)$", keys)
    assert arguments
    made = cli._parser().parse_args(shlex.split(arguments[1]))
    assert [site.split(":")[0] for site in made.sites] == list(SITES)
    for site in SITES:
        environment = compose["services"][f"{site}-sync"]["environment"]
        assert environment["STAFETT_SITE_PRIVATE_KEY_FILE"] == f"{made.folder}/{site}.private.json"
        assert environment["STAFETT_REGISTRY_FILE"] == f"{made.folder}/registry.jws"


def test_the_image_is_built_in_stages_and_runs_without_rights(
    dockerfile: list[tuple[str, str]], compose: dict[str, Any]
) -> None:
    assert [arguments.split(" AS ")[0] for instruction, arguments in dockerfile if instruction == "FROM"] == [
        "python:${PYTHON}-slim-bookworm"
    ] * 2
    users = [arguments for instruction, arguments in dockerfile if instruction == "USER"]
    assert users == ["10001"]
    for instruction, arguments in dockerfile:
        if instruction == "COPY" and not arguments.startswith(("--from", "${MEMBER}")):
            assert (ROOT / arguments.split()[0]).exists(), arguments
    ignored = (ROOT / "deploy/images/Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored.index("*") < ignored.index("!libs") < ignored.index("**/tests")
    assert compose["services"]["hkv-plans"]["build"]["dockerfile"] == "deploy/images/Dockerfile"


@pytest.mark.parametrize("site", SITES)
def test_the_gateway_leads_each_services_paths_to_it_unchanged(
    compose: dict[str, Any], site: str, tmp_path: Path
) -> None:
    gateway = compose["services"][f"{site}-gateway"]
    source, target = gateway["volumes"][0].split(":")[:2]
    assert target == "/etc/nginx/templates/default.conf.template"
    filter_ = re.compile(gateway["environment"]["NGINX_ENVSUBST_FILTER"])
    assert filter_.search("SITE")
    assert not filter_.search("service")
    text = (ROOT / source).read_text(encoding="utf-8").replace("${SITE}", gateway["environment"]["SITE"])
    assert "${" not in text
    (tmp_path / "site.conf").write_text(f"events {{}} http {{ {text} }}", encoding="utf-8")
    parsed = crossplane.parse(str(tmp_path / "site.conf"))
    assert parsed["errors"] == []
    [http] = [one for one in parsed["config"][0]["parsed"] if one["directive"] == "http"]
    [server] = [one for one in http["block"] if one["directive"] == "server"]
    [routed] = [one for one in server["block"] if one["directive"] == "location" and one["args"][0] == "~"]
    pattern = re.compile(routed["args"][1].replace("(?<", "(?P<"))
    for name in SERVICES:
        found = pattern.match(f"/api/{name}/things")
        assert found
        assert found["service"] == name
    for path in ("/api/other/x", "/api/plans", "/metrics", "/x/api/plans/", "/ready"):
        assert not pattern.match(path)
    [target] = [one["args"][0] for one in routed["block"] if one["directive"] == "proxy_pass"]
    assert target == f"http://{site}-$service:8000"  # with no path of its own nginx changes none
    assert {f"{site}-{name}" for name in SERVICES} == set(gateway["depends_on"])
    port = gateway["ports"][0].split(":")
    assert (port[0], port[2]) == ("127.0.0.1", "8080")
    url = compose["services"][f"{site}-plans"]["environment"]["STAFETT_PUBLIC_URL"]
    assert urlsplit(url).port == int(port[1])


async def test_the_brokers_users_can_do_their_work_and_no_more(
    compose: dict[str, Any], private_rabbit: Any
) -> None:
    assert "definitions.local.path = /etc/rabbitmq/definitions.json" in (
        ROOT / "deploy/compose/rabbitmq.conf"
    ).read_text(encoding="utf-8")
    definitions = json.loads((ROOT / "deploy/compose/rabbitmq-definitions.json").read_text(encoding="utf-8"))
    private_rabbit.broker.manage("POST", "definitions", definitions)
    ours = urlsplit(private_rabbit.broker.amqp_url("x"))

    def here(url: str) -> str:
        given = urlsplit(url)
        assert given.hostname == "rabbitmq"
        return f"amqp://{given.username}:{given.password}@{ours.hostname}:{ours.port}{given.path}"

    for site, other in (SITES, reversed(SITES)):
        environment = compose["services"][f"{site}-sync"]["environment"]
        own, national = (
            RabbitBus(here(environment[name]), exchange=exchange)
            for name, exchange in (
                ("STAFETT_AMQP_URL", "events"),
                ("STAFETT_NATIONAL_AMQP_URL", "national"),
            )
        )
        await own.declare("sync", ["a.b"])
        await national.declare(f"sync.{site}", [site, "all"])
        assert await own.ready()
        assert await national.ready()
        with pytest.raises(BusUnavailable, match="access to queue"):
            await national.declare(f"sync.{other}", ["all"])
        await own.close()
        await national.close()
        with pytest.raises(aio_pika.exceptions.AMQPError):
            await aio_pika.connect(here(f"amqp://{site}:stafett@rabbitmq/{other}"))


async def test_the_script_makes_a_database_for_every_service_that_only_it_may_enter(
    compose: dict[str, Any], private_postgres: Any, tmp_path: Path
) -> None:
    """psql is stood in for by one that hands its input to this run's server: the script's own names and SQL."""
    postgres = compose["services"]["postgres"]
    [script] = [volume.split(":")[0] for volume in postgres["volumes"] if volume.startswith(".")]
    assert (ROOT / script).stat().st_mode & 0o111
    log = tmp_path / "log"
    (tmp_path / "psql").write_text(
        "#!/bin/sh\n"
        "for word; do case $word in name=*) n=${word#name=};; password=*) p=${word#password=};; esac; done\n"
        f'sed "s/:\\"name\\"/\\"$n\\"/g; s/:\'password\'/\'$p\'/g" >> {log}\n'
    )
    (tmp_path / "psql").chmod(0o755)
    environment = {key: str(value) for key, value in postgres["environment"].items()}
    made = await asyncio.create_subprocess_exec(
        "sh", ROOT / script, env={**environment, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    )
    assert await made.wait() == 0
    admin = await asyncpg.connect(f"{private_postgres.url}/postgres")
    for statement in log.read_text().split(";"):
        if statement.strip():
            await admin.execute(statement)
    await admin.close()
    where = urlsplit(private_postgres.url)
    for site in SITES:
        for name in SERVICES:
            url = urlsplit(compose["services"][f"{site}-{name}"]["environment"]["STAFETT_DATABASE_URL"])
            assert url.hostname == "postgres"
            login = {
                "user": url.username,
                "password": url.password,
                "host": where.hostname,
                "port": where.port,
            }
            own = await asyncpg.connect(database=url.path[1:], **login)
            await own.execute("create table t (id int)")
            await own.close()
            if name != "plans":
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await asyncpg.connect(database=f"{site}_plans", **login)
