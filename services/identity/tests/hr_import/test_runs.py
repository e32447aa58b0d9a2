"""Runs of the import: all or nothing, once, held, reported, missed (IDN-080 to IDN-092)."""

import asyncio
import csv
import io
import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from stafett_chassis.clock import SetClock
from stafett_contracts import identity as events
from stafett_contracts.vocabulary import Role
from stafett_identity.roles.actions import Order, UnitAsked, grant_role
from stafett_testing.service import ServiceUnderTest, service_under_test

D1, D2, D3 = date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3)

_CONTENTS = ("person", "position", "org_unit", "leader_link", "employment_period", "outbox")


async def contents(identity: ServiceUnderTest) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that an import may change."""
    pool = identity.runtime.database.pool
    return {
        name: sorted(
            (tuple(map(str, row.values())) for row in await pool.fetch(f"select * from {name}")), key=repr
        )
        for name in _CONTENTS
    }


@pytest.fixture
async def manager(identity: ServiceUnderTest, operator: Any) -> httpx.AsyncClient:
    client: httpx.AsyncClient = identity.client(await operator())
    return client


@pytest.mark.rule("IDN-086")
@pytest.mark.parametrize(
    "fault",
    [
        {"title": ""},
        {"hpr_number": "12"},
        {"cost_centre": "nowhere"},
        {"start_date": "soon"},
        {"employment_id": "other", "percentage": "300"},
        {"employment_id": "", "cost_centre": ""},
        {"national_id": "12345678901"},
    ],
)
async def test_a_refused_row_leaves_its_position_exactly_as_it_was(
    fault: dict[str, Any], hr: Any, identity: ServiceUnderTest
) -> None:
    hr.employ(1, "E1", end_date="2026-12-31", title="Lege")
    hr.employ(2, "E2")
    await hr.arrive(D1)
    before = await contents(identity)
    hr.change("E1", **fault)
    done = await hr.arrive(D2)
    assert [one["row"] for one in done["errors"]] == [1] * len(done["errors"])
    assert done["errors"]
    after = await contents(identity)
    assert {**after, "outbox": []} == {**before, "outbox": []}


@pytest.mark.rule("IDN-086")
async def test_the_other_rows_are_used(hr: Any, identity: ServiceUnderTest) -> None:
    hr.employ(1, "E1", title="")
    hr.employ(2, "E2")
    done = await hr.arrive(D1)
    assert [one["object_id"] for one in done["changes"]["created"]] == ["P2"]


@pytest.mark.rule("IDN-083")
async def test_a_refused_file_changes_nothing(hr: Any, identity: ServiceUnderTest, import_file: Any) -> None:
    hr.employ(1, "E1")
    await hr.arrive(D2)
    before = await contents(identity)
    hr.employ(2, "E2")
    for upload, code in (
        (hr.file(D1), "older_than_applied"),
        (hr.file(D3, rows={"units": 4, "positions": 3}), "row_count_mismatch"),
        (hr.file(D3, hf_codes=[]), "malformed"),
        (hr.file(D3, created_at="2026-12-03T01:00:00"), "malformed"),
    ):
        done = await import_file(upload, D3)
        assert (done["state"], done["refusal"]["code"]) == ("refused", code)
    assert {**await contents(identity), "outbox": []} == {**before, "outbox": []}
    refusals = await identity.told(events.ImportRefused)
    assert [event.reason for event in refusals] == [
        "older_than_applied",
        "row_count_mismatch",
        "malformed",
        "malformed",
    ]


@pytest.mark.rule("IDN-083")
@pytest.mark.parametrize(("rows", "faulty", "refused"), [(100, 20, False), (100, 21, True), (430, 21, False)])
async def test_a_file_is_refused_above_five_per_cent_and_twenty_errors(
    rows: int, faulty: int, refused: bool, hr: Any, national_ids: list[str]
) -> None:
    for number in range(rows):
        hr.employ(number % 190, f"E{number}", **({"percentage": "300"} if number < faulty else {}))
    done = await hr.arrive(D1)
    assert (done["state"] == "refused") is refused


@pytest.mark.rule("IDN-083")
async def test_older_counts_for_each_trust_by_itself(hr: Any, import_file: Any) -> None:
    hr.employ(1, "E1")
    await hr.arrive(D2)
    hr.hf_codes = ["TS2"]
    hr.units, hr.rows = {}, {}
    hr.unit("TS2", "hf", None, hf_code="TS2")
    hr.unit("201", "cost_centre", "TS2", hf_code="TS2")
    hr.employ(2, "E2", "201", hf_code="TS2")
    assert (await import_file(hr.file(D1), D3))["state"] == "applied"


@pytest.mark.rule("IDN-081")
async def test_other_trusts_are_untouched(hr: Any, identity: ServiceUnderTest) -> None:
    hr.employ(1, "E1")
    await hr.arrive(D1)
    hr.hf_codes = ["TS2"]
    hr.units, hr.rows = {}, {}
    hr.unit("TS2", "hf", None, hf_code="TS2")
    hr.unit("201", "cost_centre", "TS2", hf_code="TS2")
    hr.employ(2, "E2", "201", hf_code="TS2")
    done = await hr.arrive(D2)
    assert done["counts"]["ended"] == 0
    assert done["counts"]["units_closed"] == 0
    assert done["counts"]["created"] == 1


@pytest.mark.rule("IDN-081")
async def test_dates_may_be_norwegian_and_a_byte_order_mark_is_borne(
    hr: Any, identity: ServiceUnderTest, import_file: Any
) -> None:
    hr.employ(1, "E1", start_date="05.03.2024")
    upload = hr.file(D1)
    from dataclasses import replace

    done = await import_file(replace(upload, json=b"\xef\xbb\xbf" + (upload.json or b"")), D1)
    assert done["changes"]["created"][0]["start_date"] == "2024-03-05"


@pytest.mark.rule("IDN-082")
async def test_a_missing_track_is_read_from_the_job_codes(hr: Any, identity: ServiceUnderTest) -> None:
    hr.employ(1, "E1", job_code="2110", hpr_number="9000001")
    hr.employ(2, "E2", job_code="2110", track="none")
    hr.employ(3, "E3", job_code="9999")
    hr.employ(4, "E4", job_code="3290")
    await hr.arrive(D1)
    created = await identity.told(events.PositionCreated)
    assert [event.track for event in created] == ["lis2_3", "none", "none", "apprentice"]


@pytest.mark.rule("IDN-087")
async def test_a_d_number_becomes_a_national_id_when_the_row_says_so(
    hr: Any, identity: ServiceUnderTest, national_ids: list[str]
) -> None:
    hr.employ(1, "E1")
    await hr.arrive(D1)
    hr.change("E1", national_id=national_ids[150])
    refused = await hr.arrive(D2)
    assert [one["code"] for one in refused["errors"]] == ["person_mismatch"]
    hr.change("E1", previous_national_id=national_ids[1])
    await identity.forget_told()
    done = await hr.arrive(D3)
    assert done["errors"] == []
    everything: list[Any] = await identity.told()
    assert [type(event) for event in everything] == [events.ImportApplied]
    from stafett_identity.directory.actions import find_person_by_national_id
    from stafett_identity.national_ids import NationalIds

    keys = NationalIds.of(identity.runtime.settings)
    async with identity.runtime.units.begin() as work:
        now = await find_person_by_national_id(work, keys, national_ids[150])
        before = await find_person_by_national_id(work, keys, national_ids[1])
    assert now is not None
    assert now == before
    assert keys.decrypt(now.national_id or b"") == national_ids[150]


@pytest.mark.rule("IDN-088")
async def test_a_dry_run_reports_the_same_and_changes_nothing(hr: Any, identity: ServiceUnderTest) -> None:
    hr.employ(1, "E1", end_date="2026-12-01", track="lis2_3", hpr_number="9000001")
    hr.employ(2, "E2")
    hr.employ(3, "E3", leader_object_id="P2")
    await hr.arrive(D1)
    hr.employ(1, "E1b", "102", start_date="2026-12-02", track="lis2_3", hpr_number="9000001")
    hr.employ(4, "E4", title="")
    hr.drop("E2")
    before = await contents(identity)
    dry = await hr.arrive(D2, dry_run=True)
    assert await contents(identity) == before
    real = await hr.arrive(D2)
    for name in ("state", "counts", "errors", "warnings", "changes"):
        assert dry[name] == real[name], name
    assert dry["counts"]["rotated"] == dry["counts"]["ended"] == dry["counts"]["without_leader"] == 1


@pytest.mark.rule("IDN-088")
async def test_a_dry_run_does_not_count_as_an_import(hr: Any, import_file: Any) -> None:
    hr.employ(1, "E1")
    upload = hr.file(D2)
    await import_file(upload, D2, dry_run=True)
    assert (await import_file(hr.file(D1), D2))["state"] == "applied"
    done = await import_file(upload, D2)
    assert done["counts"]["created"] == 0
    assert done["state"] == "applied"


@pytest.mark.rule("IDN-089")
async def test_the_same_file_again_gives_the_first_run(
    hr: Any, identity: ServiceUnderTest, import_file: Any
) -> None:
    hr.employ(1, "E1", start_date="2027-01-10")
    upload = hr.file(D1)
    first = await import_file(upload, D1)
    before = await contents(identity)
    again = await import_file(upload, date(2027, 1, 11))
    assert again["run_id"] == first["run_id"]
    assert await contents(identity) == before


@pytest.mark.rule("IDN-089")
async def test_runs_wait_for_one_another(hr: Any, identity: ServiceUnderTest, import_file: Any) -> None:
    for person in range(50):
        hr.employ(person, f"E{person}")
    upload = hr.file(D1)
    hr.employ(60, "E60")
    newer = hr.file(D2)
    done = await asyncio.gather(
        *(import_file(one, D2) for one in (upload, newer, upload, newer)), return_exceptions=True
    )
    assert [one for one in done if isinstance(one, BaseException)] == []
    runs = {one["run_id"]: one["state"] for one in done if not isinstance(one, BaseException)}
    assert len(runs) == 2
    created = await identity.told(events.PositionCreated)
    assert len(created) == len({event.position_id for event in created})
    assert await identity.runtime.database.pool.fetchval("select count(*) from position") in (50, 51)


@pytest.mark.rule("IDN-090")
@pytest.mark.parametrize(("staff", "gone", "held"), [(60, 20, False), (60, 21, True), (190, 21, True)])
async def test_a_run_that_would_end_too_many_is_held(
    staff: int, gone: int, held: bool, hr: Any, identity: ServiceUnderTest
) -> None:
    for person in range(staff):
        hr.employ(person, f"E{person}")
    await hr.arrive(D1)
    for person in range(gone):
        hr.drop(f"E{person}")
    before = await contents(identity)
    done = await hr.arrive(D2)
    assert (done["state"] == "held") is held
    assert done["counts"]["ended"] == gone
    if held:
        assert {**await contents(identity), "outbox": []} == {**before, "outbox": []}
        [event] = await identity.told(events.ImportHeld)
        assert event.run_id == done["run_id"]


@pytest.mark.rule("IDN-090")
async def test_successors_do_not_count_as_endings(hr: Any, identity: ServiceUnderTest) -> None:
    for person in range(30):
        hr.employ(person, f"E{person}", end_date="2026-12-01")
    await hr.arrive(D1)
    for person in range(30):
        hr.employ(person, f"N{person}", "102", start_date="2026-12-02")
    assert (await hr.arrive(D2))["state"] == "applied"


@pytest.fixture
async def held(hr: Any) -> Any:
    for person in range(40):
        hr.employ(person, f"E{person}")
    await hr.arrive(D1)
    for person in range(30):
        hr.drop(f"E{person}")
    done = await hr.arrive(D2)
    assert done["state"] == "held"
    return done


@pytest.mark.rule("IDN-090")
async def test_the_system_manager_approves_a_held_run(
    held: Any, manager: httpx.AsyncClient, identity: ServiceUnderTest
) -> None:
    answer = await manager.post(f"/imports/{held['run_id']}/approve")
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "applied"
    assert answer.json()["counts"]["ended"] == 30
    assert len(await identity.told(events.PositionDeactivated)) == 30
    told: list[events.ImportData] = await identity.told(events.ImportHeld, events.ImportApplied)
    assert [event.revision for event in told if event.run_id == held["run_id"]] == [1, 2]
    again = await manager.post(f"/imports/{held['run_id']}/approve")
    assert (again.status_code, again.json()["code"]) == (409, "not_held")


@pytest.mark.rule("IDN-090")
async def test_the_system_manager_rejects_a_held_run(
    held: Any, manager: httpx.AsyncClient, identity: ServiceUnderTest
) -> None:
    answer = await manager.post(f"/imports/{held['run_id']}/reject")
    assert answer.json()["state"] == "refused"
    assert answer.json()["refusal"]["code"] == "rejected"
    assert await identity.told(events.PositionDeactivated) == []
    assert (await manager.post(f"/imports/{held['run_id']}/approve")).status_code == 409


async def test_a_held_run_that_was_overtaken_cannot_be_approved(
    held: Any, hr: Any, manager: httpx.AsyncClient
) -> None:
    for person in range(30):
        hr.employ(person, f"E{person}")
    assert (await hr.arrive(D3))["state"] == "applied"
    answer = await manager.post(f"/imports/{held['run_id']}/approve")
    assert (answer.status_code, answer.json()["code"]) == (409, "older_than_applied")
    assert (await manager.get(f"/imports/{held['run_id']}")).json()["state"] == "held"


async def test_the_file_of_a_run_nobody_decided_over_is_erased_after_thirty_days(
    held: Any, manager: httpx.AsyncClient, identity: ServiceUnderTest, clock: SetClock
) -> None:
    for days, status in ((30, True), (1, False)):
        clock.move(days=days)
        await identity.run_job("hr.forget")
        kept = await identity.runtime.database.pool.fetchval("select count(*) from import_file")
        assert bool(kept) is status
    answer = await manager.post(f"/imports/{held['run_id']}/approve")
    assert (answer.status_code, answer.json()["code"]) == (409, "file_erased")


async def admin_of(identity: ServiceUnderTest, person: int, unit_code: str, seat: Any) -> httpx.AsyncClient:
    """A client of the person with this number, made hf_admin of a trust."""
    pool = identity.runtime.database.pool
    acting = await seat(f"P{person}")
    unit = await pool.fetchval("select unit_id from org_unit where code = $1", unit_code)
    async with identity.runtime.units.begin() as work:
        await grant_role(
            work, Order(f"admin-{person}", acting.position_id, Role.HF_ADMIN, units=[UnitAsked(unit)])
        )
    client: httpx.AsyncClient = identity.client(acting)
    return client


@pytest.mark.rule("IDN-091")
async def test_reports_are_for_the_system_manager_and_the_own_trusts_hf_admin(
    hr: Any, manager: httpx.AsyncClient, identity: ServiceUnderTest, seat: Any, national_ids: list[str]
) -> None:
    hr.hf_codes = ["TST", "TS2"]
    hr.unit("TS2", "hf", None, hf_code="TS2")
    hr.unit("201", "cost_centre", "TS2", hf_code="TS2")
    hr.employ(1, "E1")
    hr.employ(2, "E2", "201", hf_code="TS2")
    hr.employ(3, "E3", title="")
    hr.employ(4, "E4", "201", hf_code="TS2", percentage="300")
    run = (await hr.arrive(D1))["run_id"]
    hr.hf_codes = ["TST"]
    for code in ("TS2", "201"):
        del hr.units[code]
    for employment in ("E2", "E3", "E4"):
        hr.drop(employment)
    alone = (await hr.arrive(D2))["run_id"]
    here, there = await admin_of(identity, 1, "TST", seat), await admin_of(identity, 2, "TS2", seat)
    whole = (await manager.get(f"/imports/{run}/report")).json()
    assert [one["row"] for one in whole["errors"]] == [3, 4]
    assert {one["object_id"] for one in whole["changes"]["created"]} == {"P1", "P2"}
    for client, row, person in ((here, 3, "P1"), (there, 4, "P2")):
        own = (await client.get(f"/imports/{run}/report")).json()
        assert [one["row"] for one in own["errors"]] == [row]
        assert [one["object_id"] for one in own["changes"]["created"]] == [person]
        lines = (await client.get(f"/imports/{run}/report.csv")).text.removeprefix("\ufeff")
        rows = list(csv.DictReader(io.StringIO(lines), delimiter=";"))
        assert {one["hf_code"] for one in rows} == {"TST" if client is here else "TS2"}
    assert [one["run_id"] for one in (await there.get("/imports")).json()["items"]] == [str(run)]
    assert [one["run_id"] for one in (await here.get("/imports")).json()["items"]] == [str(alone), str(run)]
    assert (await there.get(f"/imports/{alone}")).status_code == 404
    assert (await there.get(f"/imports/{alone}/report")).status_code == 404
    texts = [(await manager.get(f"/imports/{run}{path}")).text for path in ("", "/report", "/report.csv")]
    assert not [number for number in national_ids for text in texts if number in text]


async def test_others_see_no_imports_and_start_none(
    hr: Any, identity: ServiceUnderTest, seat: Any, operator: Any
) -> None:
    hr.employ(1, "E1")
    hr.employ(2, "E2")
    run = (await hr.arrive(D1))["run_id"]
    admin = await admin_of(identity, 2, "TST", seat)
    for client, status in (
        (identity.client(), 401),
        (identity.client(await seat("P1")), 403),
        (identity.client(await operator(Role.PRIVACY_OFFICER)), 403),
    ):
        for path in ("/imports", f"/imports/{run}", f"/imports/{run}/report", f"/imports/{run}/report.csv"):
            assert (await client.get(path)).status_code == status
    for path in ("/imports", f"/imports/{run}/approve", f"/imports/{run}/reject"):
        assert (await admin.post(path, content=b"{}")).status_code == 403


@pytest.mark.rule("IDN-080")
async def test_the_system_manager_starts_a_run_by_hand(
    manager: httpx.AsyncClient, examples: Path, identity: ServiceUnderTest
) -> None:
    dry = await manager.post(
        "/imports", params={"mode": "dry_run"}, content=(examples / "snapshot.json").read_bytes()
    )
    assert dry.status_code == 201, dry.text
    assert dry.json()["counts"]["created"] == 306
    parts = {name: (examples / f"{name}.csv").read_bytes() for name in ("units", "positions")}
    files = {"manifest": ("manifest.json", (examples / "manifest.json").read_bytes())} | {
        name: (f"{name}.csv", content) for name, content in parts.items()
    }
    real = await manager.post("/imports", files=files)
    assert real.status_code == 201, real.text
    assert (real.json()["state"], real.json()["mode"]) == ("applied", "apply")
    assert real.json()["counts"] == dry.json()["counts"]
    again = await manager.post("/imports", files=files)
    assert again.json()["run_id"] == real.json()["run_id"]
    missing = await manager.post("/imports", files={"manifest": ("m", b"{}"), "units": ("u", b"")})
    assert missing.status_code == 422
    broken = await manager.post("/imports", content=b"{")
    assert (broken.status_code, broken.json()["state"]) == (201, "refused")
    assert broken.json()["refusal"]["code"] == "malformed"


@pytest.mark.rule("IDN-080")
@pytest.mark.rule("IDN-092")
async def test_the_night_imports_what_lies_in_hrs_folder_and_the_morning_misses_it(
    database: str, clock: SetClock, examples: Path, tmp_path: Path
) -> None:
    from stafett_identity.app import service

    async with service_under_test(service, database, clock=clock, hr_folder=str(tmp_path)) as identity:
        monday, tuesday = date(2026, 11, 30), date(2026, 12, 1)
        clock.moment = datetime(2026, 11, 30, 9, tzinfo=UTC)
        await identity.run_job("hr.import", monday)
        await identity.run_job("hr.missed", monday)
        missed = {event.expected_on for event in await identity.told(events.ImportMissed)}
        assert missed == {monday}
        shutil.copytree(examples, tmp_path / "hkv", ignore=shutil.ignore_patterns("faulty", "next"))
        clock.moment = datetime(2026, 12, 1, 9, tzinfo=UTC)
        for _ in range(2):
            await identity.run_job("hr.import", tuesday)
        await identity.run_job("hr.missed", tuesday)
        assert len(await identity.told(events.ImportApplied)) == 1
        missed = {event.expected_on for event in await identity.told(events.ImportMissed)}
        assert missed == {monday}


@pytest.mark.rule("IDN-080")
def test_the_import_is_due_at_two_on_weekdays_only() -> None:
    from datetime import timedelta

    from stafett_chassis.clock import OSLO
    from stafett_chassis.schedules import last_due
    from stafett_identity.hr_import.schedules import schedules

    crons = {schedule.job: schedule.cron for schedule in schedules}
    dues = {
        last_due(
            crons["hr.import"], datetime(2026, 12, 21, 12, tzinfo=UTC) + timedelta(days=days)
        ).astimezone(OSLO)
        for days in range(14)
    }
    # Christmas is no weekend; two weeks have ten weekdays.
    assert sorted({due.date().isoweekday() for due in dues}) == [1, 2, 3, 4, 5]
    assert datetime(2026, 12, 25, 2, tzinfo=OSLO) in dues
    assert len(dues) == 10
    assert {(due.hour, due.minute) for due in dues} == {(2, 0)}


@pytest.mark.rule("IDN-092")
async def test_a_municipal_site_misses_no_import(database: str, clock: SetClock) -> None:
    from stafett_identity.app import service

    async with service_under_test(service, database, clock=clock, site_kind="municipal") as identity:
        await identity.run_job("hr.missed")
        assert await identity.told(events.ImportMissed) == []


async def test_a_file_of_junk_is_refused_and_never_an_error(
    hr: Any, import_file: Any, identity: ServiceUnderTest
) -> None:
    from stafett_identity.hr_import.upload import Upload

    hr.employ(1, "E1")
    good = json.loads(hr.file(D1).json or b"")
    junk: list[Any] = [
        [],
        None,
        {},
        {**good, "positions": "x"},
        {**good, "positions": [1]},
        {**good, "manifest": 3},
        {**good, "manifest": {**good["manifest"], "rows": {"units": "4", "positions": True}}},
        {**good, "units": [{**good["units"][0], "name": "a\0b"}, *good["units"][1:]]},
        {**good, "positions": [{**good["positions"][0], "title": ["x"]}]},
    ]
    for content in junk:
        done = await import_file(Upload(json=json.dumps(content).encode()), D1)
        assert done["state"] == "refused", content
    assert (await import_file(Upload(manifest=b"{}"), D1))["refusal"]["code"] == "malformed"


@pytest.mark.rule("IDN-084")
@pytest.mark.parametrize("percentage", ["NaN", "sNaN", "-NaN", "Infinity", "1e999", "-0.01", "100.01"])
async def test_a_percentage_that_is_no_number_of_a_hundred_is_an_error_of_its_row(
    hr: Any, percentage: str
) -> None:
    hr.employ(1, "E1", percentage=percentage)
    hr.employ(2, "E2", percentage="100")
    done = await hr.arrive(D1)
    assert [(one["row"], one["code"]) for one in done["errors"]] == [(1, "bad_percentage")]
    assert [one["object_id"] for one in done["changes"]["created"]] == ["P2"]


@pytest.mark.rule("IDN-091", "IDN-006")
async def test_a_report_tells_no_value_from_a_cell_that_is_no_trust_of_the_file(
    hr: Any, national_ids: list[str]
) -> None:
    hr.employ(1, "E1", hf_code=national_ids[1])  # columns that have slipped
    done = await hr.arrive(D1)
    assert [one["code"] for one in done["errors"]] == ["hf_not_in_manifest"]
    assert national_ids[1] not in repr(done)


@pytest.mark.rule("IDN-096", "IDN-098")
@pytest.mark.parametrize("track", ["none", "lis1"])
async def test_an_employment_may_last_until_the_end_of_the_calendar(hr: Any, track: str) -> None:
    hr.employ(1, "E1", track=track, end_date="9999-12-31")
    hr.employ(1, "E2", start_date="0001-01-01", end_date="9999-12-30")
    hr.employ(2, "E3", track=track, start_date="0001-01-01", end_date="0001-01-02")
    assert (await hr.arrive(D1))["state"] == "applied"
    hr.drop("E1")
    assert (await hr.arrive(D2))["state"] == "applied"
