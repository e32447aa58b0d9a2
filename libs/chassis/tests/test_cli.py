"""The command `stafett`, as an operator uses it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from stafett_chassis import cli
from stafett_contracts.identity import ImportRefused
from stafett_contracts.ids import PersonId, new_id
from stafett_contracts.signing import CountsChanged
from stafett_testing.rabbit import Rabbit
from stafett_testing.service import ServiceUnderTest

Command = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def stafett(
    service_environment: Callable[..., dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Runs one command; its exit status, output and complaints."""
    environment = service_environment()
    for name, value in environment.items():
        if name.startswith("STAFETT_"):
            monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(environment["PYTHONPATH"])

    async def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            status = await asyncio.to_thread(cli.main, arguments)
        except SystemExit as ended:
            status = int(ended.code or 0)
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


async def kill_events(sample: ServiceUnderTest, count: int) -> None:
    """Events the sample can never apply, given up."""
    for _ in range(count):
        await sample.deliver(CountsChanged(revision=13, person_id=PersonId(new_id()), lists=()))
    for _ in range(10):
        sample.clock.move(hours=1)  # type: ignore[attr-defined]
        await sample.inbox.retry_due()
    sample.clock.move(hours=-10)  # type: ignore[attr-defined]
    assert len(await sample.held("dead")) == count


async def test_the_settings_of_a_service_are_listed(stafett: Command) -> None:
    status, out, _ = await stafett("settings", "sample")
    assert status == 0
    assert "STAFETT_DATABASE_URL" in out
    assert "this service's own database" in out


async def test_an_unknown_service_is_told_with_those_there_are(stafett: Command) -> None:
    status, out, err = await stafett("settings", "plants")
    assert (status, out) == (2, "")
    assert "no service 'plants' is installed; there are: " in err
    assert "sample" in err


async def test_the_openapi_document_is_printed(stafett: Command) -> None:
    status, out, _ = await stafett("openapi", "sample")
    assert status == 0
    document = json.loads(out)
    assert "/api/sample/notes" in document["paths"]
    assert document["security"] == [{"token": []}]
    assert "422" not in document["paths"]["/api/sample/notes"]["get"]["responses"]


async def test_wrong_use_is_status_two(stafett: Command) -> None:
    assert (await stafett())[0] == 2
    assert (await stafett("dance"))[0] == 2
    assert (await stafett("dead"))[0] == 2
    assert (await stafett("--help"))[0] == 0


async def test_migrating_makes_the_tables_and_the_queue(
    stafett: Command, new_database: Any, rabbit: Rabbit, vhost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAFETT_DATABASE_URL", new_database())
    status, out, err = await stafett("migrate", "sample")
    assert (status, err) == (0, "")
    assert out == "sample: brought to the newest version\n"
    assert (await stafett("migrate", "sample"))[1] == "sample: already at the newest version\n"
    queues = rabbit.manage("GET", f"queues/{vhost}")
    assert {queue["name"] for queue in queues} == {"sample", "sample.dead"}


async def test_without_its_database_or_broker_a_command_says_so(
    stafett: Command, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setenv("STAFETT_AMQP_URL", f"amqp://127.0.0.1:{free_port}/x")
    status, _, err = await stafett("migrate", "sample")
    assert status == 1
    assert err.startswith("The broker: ")
    monkeypatch.setenv("STAFETT_DATABASE_URL", f"postgresql://127.0.0.1:{free_port}/x")
    status, _, err = await stafett("dead", "list", "sample")
    assert status == 1
    assert err.startswith("The database: ")


async def test_faulty_settings_are_listed(stafett: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFETT_SITE", "x")
    monkeypatch.delenv("STAFETT_SITE_NAME")
    status, _, err = await stafett("migrate", "sample")
    assert status == 2
    assert "STAFETT_SITE: " in err
    assert "STAFETT_SITE_NAME: Field required" in err


async def test_a_worker_without_a_broker_is_refused(
    service_environment: Callable[..., dict[str, str]],
) -> None:
    environment = service_environment()
    del environment["STAFETT_AMQP_URL"]
    worker = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("stafett"), "work", "sample", env=environment, stderr=subprocess.PIPE
    )
    _, err = await worker.communicate()
    assert worker.returncode == 2
    assert b"STAFETT_AMQP_URL is missing" in err


async def test_dead_events_are_listed_shown_and_replayed(stafett: Command, sample: ServiceUnderTest) -> None:
    await kill_events(sample, 2)
    first, second = sorted(await sample.held("dead"), key=lambda held: held.id)
    status, out, _ = await stafett("dead", "list", "sample")
    assert status == 0
    assert out.endswith("2 dead\n")
    assert "ValueError: unlucky" in out
    assert first.subject in out
    assert (await stafett("dead", "list", "sample", "--limit", "1"))[1].endswith("1 dead\n")
    assert (await stafett("dead", "list", "sample", "--waiting"))[1] == "0 waiting\n"

    status, out, _ = await stafett("dead", "show", "sample", str(first.id))
    assert (status, json.loads(out)["data"]["revision"]) == (0, 13)
    status, _, err = await stafett("dead", "show", "sample", "4711")
    assert (status, err) == (1, "no held event 4711\n")

    assert (await stafett("dead", "replay", "sample"))[0] == 2
    assert (await stafett("dead", "replay", "sample", "1", "--all"))[0] == 2
    status, out, _ = await stafett("dead", "replay", "sample", str(first.id))
    assert (status, out) == (0, "1 will be tried again now\n")
    assert [held.id for held in await sample.held("dead")] == [second.id]
    assert (await stafett("dead", "replay", "sample", "--all"))[1] == "1 will be tried again now\n"
    assert len(await sample.held("waiting")) == 2


async def test_what_was_no_event_at_all_is_shown_as_it_came(
    stafett: Command, sample: ServiceUnderTest
) -> None:
    await sample.inbox.take([b"\x00 nonsense"])
    [buried] = await sample.held("dead")
    status, out, _ = await stafett("dead", "show", "sample", str(buried.id))
    assert (status, out) == (0, "b'\\x00 nonsense'\n")
    await sample.inbox.take([b"[" * 50_000])
    deep = max(held.id for held in await sample.held("dead"))
    status, out, _ = await stafett("dead", "show", "sample", str(deep))
    assert (status, out[:5]) == (0, "b'[[[")


async def test_a_schedule_is_run_by_hand(stafett: Command, sample: ServiceUnderTest) -> None:
    status, out, _ = await stafett("schedule", "sample", "nightly", "--date", "2026-05-17")
    assert (status, out) == (0, "nightly for 2026-05-17T01:15:00+00:00: done\n")
    assert "nightly 2026-05-17" in {event.reason for event in await sample.told(ImportRefused)}
    status, _, err = await stafett("schedule", "sample", "weekly")
    assert status == 2
    assert "no job 'weekly'; there are: nightly" in err
    assert (await stafett("schedule", "sample", "nightly", "--date", "17 May"))[0] == 2


async def test_a_schedule_that_fails_says_why_and_ends_as_failed(
    stafett: Command, sample: ServiceUnderTest
) -> None:
    await sample.runtime.database.pool.execute(
        "alter table outbox add constraint stuck check (false) not valid"
    )
    status, out, _ = await stafett("schedule", "sample", "nightly", "--date", "2026-05-17")
    assert status == 1
    assert "CheckViolationError" in out


async def test_a_rebuild_without_identity_says_so(stafett: Command) -> None:
    status, _, err = await stafett("rebuild-directory", "sample")
    assert status == 1
    assert err.startswith("No answer: ")


async def test_installed_services_are_listed(stafett: Command) -> None:
    status, out, _ = await stafett("services")
    assert status == 0
    assert any(line.split() == ["sample", "Notes", "about", "employees."] for line in out.splitlines())
