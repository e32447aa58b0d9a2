"""The command `stafett`: running, migrating and repairing the services.

Installed packages add commands of their own through entry points of the group `stafett.commands`: a function that
is given the sub-parsers of this one and sets `run` on its own parser.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from importlib.metadata import entry_points
from typing import Any

import asyncpg
import httpx

from stafett_chassis import inbox, run
from stafett_chassis.app import description
from stafett_chassis.bus import BusUnavailable
from stafett_chassis.rabbit import RabbitBus
from stafett_chassis.runtime import Runtime, Service, installed_service, installed_services, running
from stafett_chassis.schedules import Scheduler
from stafett_chassis.settings import BadSettings, known_variables, load
from stafett_chassis.telemetry import set_up_logging, set_up_tracing


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 failed, 2 wrong use or configuration."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    chosen = _parser(given[0] if given else "").parse_args(given)
    try:
        return int(chosen.run(chosen) or 0)
    except (BadSettings, LookupError) as error:
        print(error.args[0] if error.args else error, file=sys.stderr)
        return 2
    except httpx.HTTPError as error:
        print(f"No answer: {error}", file=sys.stderr)
        return 1
    except BusUnavailable as error:
        print(f"The broker: {error}", file=sys.stderr)
        return 1
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        print(f"The database: {error}", file=sys.stderr)
        return 1


def _parser(wanted: str = "") -> argparse.ArgumentParser:
    """The parser of the command `wanted`, and of the others as far as that costs nothing."""
    parser = argparse.ArgumentParser(prog="stafett", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, text: str, act: Callable[[argparse.Namespace], Any], service: bool = True) -> Any:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=act)
        if service:
            sub.add_argument("service", help="name of an installed service")
        return sub

    command("services", "list the installed services", _list_services, service=False)
    command("settings", "list the settings a service understands", _settings)
    command("openapi", "print a service's OpenAPI document", _openapi)
    command("migrate", "bring a service's database to the newest version, and make its queue", _migrate)
    command("serve", "answer a service's HTTP requests", _serve)
    command("work", "relay, react and keep schedules for a service", _work)
    command("run", "serve and work, in two processes under one", _run)
    _dead_commands(command("dead", "events that were given up", lambda _: 2, service=False))
    directory = command("rebuild-directory", "fill a service's directory copy from identity", _rebuild)
    directory.description += "; events that arrive meanwhile are not lost"
    schedule = command("schedule", "run a scheduled job by hand", _schedule)
    schedule.add_argument("job")
    schedule.add_argument(
        "--date", type=date.fromisoformat, help="the day to run it for (default: the latest)"
    )
    if wanted not in commands.choices:
        # A service's process must not carry the code of every package that adds a command.
        for point in sorted(entry_points(group="stafett.commands")):
            point.load()(commands)
    return parser


def _dead_commands(dead: argparse.ArgumentParser) -> None:
    acts = dead.add_subparsers(title="acts", required=True, metavar="ACT")

    def act(name: str, text: str, function: Callable[[argparse.Namespace], Any]) -> argparse.ArgumentParser:
        sub = acts.add_parser(name, help=text, description=text)
        sub.set_defaults(run=function)
        sub.add_argument("service", help="name of an installed service")
        return sub

    listing = act("list", "list dead events, newest first", _dead_list)
    listing.add_argument("--waiting", action="store_true", help="list those that will be tried again instead")
    listing.add_argument("--limit", type=int, default=100)
    act("show", "print one event as it arrived", _dead_show).add_argument("id", type=int)
    again = act("replay", "try dead events again", _dead_replay)
    again.add_argument("ids", type=int, nargs="*", help="which; none with --all")
    again.add_argument("--all", action="store_true")


def _list_services(_: argparse.Namespace) -> None:
    for name, service in installed_services().items():
        print(f"{name:15} {service.meaning.splitlines()[0]}")


def _settings(chosen: argparse.Namespace) -> None:
    for name, meaning in known_variables(installed_service(chosen.service).settings).items():
        print(f"{name:35} {meaning}")


def _openapi(chosen: argparse.Namespace) -> None:
    json.dump(
        description(installed_service(chosen.service)),
        sys.stdout,
        ensure_ascii=False,
        indent=1,
        sort_keys=True,
    )
    print()


def _migrate(chosen: argparse.Namespace) -> None:
    service = installed_service(chosen.service)
    settings = load(service.settings)
    from stafett_chassis import migrate  # Alembic is of use here only

    changed = migrate.migrate(service.package, str(settings.database_url))
    if settings.amqp_url is not None:
        asyncio.run(RabbitBus(str(settings.amqp_url)).declare(service.name, service.reactions.types))
    print(
        f"{service.name}: {'brought to the newest version' if changed else 'already at the newest version'}"
    )


def _serve(chosen: argparse.Namespace) -> int:
    service, settings = _ready(chosen.service)
    return run.run_process(lambda: run.serve(service, settings))


def _work(chosen: argparse.Namespace) -> int:
    service, settings = _ready(chosen.service)
    return run.run_process(lambda: run.work(service, settings))


def _run(chosen: argparse.Namespace) -> int:
    service, settings = _ready(chosen.service)
    return run.run(service, settings)


def _ready(name: str) -> tuple[Service[Any], Any]:
    service = installed_service(name)
    settings = load(service.settings)
    set_up_logging(settings, service.name)
    set_up_tracing(settings, service.name)
    return service, settings


def _with_runtime(name: str, act: Callable[[Runtime[Any]], Awaitable[int | None]]) -> int:
    service = installed_service(name)
    settings = load(service.settings)

    async def acting() -> int:
        async with running(service, settings) as runtime:
            return await act(runtime) or 0

    return asyncio.run(acting())


def _rebuild(chosen: argparse.Namespace) -> int:
    from stafett_chassis.directory.rebuild import rebuild

    async def act(runtime: Runtime[Any]) -> None:
        print(f"{await rebuild(runtime)} objects")

    return _with_runtime(chosen.service, act)


def _schedule(chosen: argparse.Namespace) -> int:
    async def act(runtime: Runtime[Any]) -> int:
        scheduler = Scheduler(runtime.units, runtime.service.schedules, service=runtime.service.name)
        due = await scheduler.again(chosen.job, chosen.date)
        await scheduler.tick()
        row = await runtime.database.pool.fetchrow(
            "select finished_at, reason from scheduled_run where job = $1 and due_at = $2", chosen.job, due
        )
        outcome = "taken by another" if row is None else "done" if row["finished_at"] else row["reason"]
        print(f"{chosen.job} for {due.isoformat()}: {outcome}")
        return 0 if row is not None and row["finished_at"] else 1

    return _with_runtime(chosen.service, act)


def _dead_list(chosen: argparse.Namespace) -> int:
    async def act(runtime: Runtime[Any]) -> None:
        state = "waiting" if chosen.waiting else "dead"
        found = await inbox.list_held(runtime.database.pool, state=state, limit=chosen.limit)
        for held in found:
            print(
                f"{held.id:8}  {held.held_at:%Y-%m-%d %H:%M:%S}  {held.tries:2} tries  {held.type}  {held.subject}"
            )
            print(f"          {held.reason}")
        print(f"{len(found)} {state}")

    return _with_runtime(chosen.service, act)


def _dead_show(chosen: argparse.Namespace) -> int:
    async def act(runtime: Runtime[Any]) -> int:
        body = await inbox.body_of(runtime.database.pool, chosen.id)
        if body is None:
            print(f"no held event {chosen.id}", file=sys.stderr)
            return 1
        try:
            print(json.dumps(json.loads(body), ensure_ascii=False, indent=1))
        except (ValueError, RecursionError):  # no JSON, or nothing to be laid out
            print(body)
        return 0

    return _with_runtime(chosen.service, act)


def _dead_replay(chosen: argparse.Namespace) -> int:
    if bool(chosen.ids) == chosen.all:
        print("name the events to replay, or --all", file=sys.stderr)
        return 2

    async def act(runtime: Runtime[Any]) -> None:
        count = await inbox.replay(runtime.database.pool, chosen.ids or None, runtime.clock.now())
        print(f"{count} will be tried again now")

    return _with_runtime(chosen.service, act)
