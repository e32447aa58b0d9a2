"""Importing HR files into identity."""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from stafett_chassis.clock import OSLO, SetClock
from stafett_chassis.work import Cause
from stafett_contracts.vocabulary import Origin
from stafett_identity.hr_import import store
from stafett_identity.hr_import.actions import run_import
from stafett_identity.hr_import.upload import Upload
from stafett_testing.service import ServiceUnderTest

EXAMPLES = Path(__file__).parents[4] / "examples" / "hr"

Report = dict[str, Any]
Import = Callable[..., Awaitable[Report]]


@pytest.fixture
def examples() -> Path:
    return EXAMPLES


@pytest.fixture
def read_upload() -> Callable[[Path], Upload]:
    """The file in a folder of examples."""

    def read(folder: Path, name: str = "snapshot.json") -> Upload:
        if (folder / name).exists():
            return Upload(json=(folder / name).read_bytes())
        return Upload(
            manifest=(folder / "manifest.json").read_bytes(),
            units=(folder / "units.csv").read_bytes(),
            positions=(folder / "positions.csv").read_bytes(),
        )

    return read


@pytest.fixture
def import_file(identity: ServiceUnderTest, clock: SetClock) -> Import:
    """Imports a file on a day (at 02:00 in Norway) and gives the run with its lists."""

    async def run(file: Upload, on: date, *, dry_run: bool = False) -> Report:
        clock.moment = datetime.combine(on, time(2), OSLO).astimezone(UTC)
        runtime = identity.runtime
        async with runtime.units.begin(cause=Cause(origin=Origin.IMPORT)) as work:
            done = await run_import(work, runtime.settings, file, dry_run=dry_run)
            lists = await store.report(work, done.run_id)
        assert lists is not None
        return {
            "run_id": done.run_id,
            "state": done.state,
            "refusal": done.refusal,
            "counts": done.counts,
            **lists,
        }

    return run


class Hr:
    """A small trust whose HR file is made anew for every import."""

    def __init__(self, run: Import) -> None:
        self._run = run
        self._files = 0
        self.hf_codes = ["TST"]
        self.units: dict[str, dict[str, Any]] = {}
        self.rows: dict[str, dict[str, Any]] = {}
        self.unit("TST", "hf", None, name="Prøvesykehuset HF")
        self.unit("TST-A", "department", "TST")
        self.unit("101", "cost_centre", "TST-A")
        self.unit("102", "cost_centre", "TST-A")

    def unit(self, code: str, level: str, parent: str | None, **more: Any) -> None:
        given = {"unit_code": code, "hf_code": "TST", "name": f"Enhet {code}", "level": level}
        self.units[code] = {**given, **({"parent_code": parent} if parent else {}), **more}

    def employ(self, person: int, employment: str, cost_centre: str = "101", **more: Any) -> None:
        """An employment of the person with this number (synthetic, under a hundred)."""
        self.rows[employment] = {
            "object_id": f"P{person}",
            "national_id": NATIONAL_IDS[person],
            "given_name": f"Fornavn{person}",
            "family_name": "Prøve",
            "hf_code": "TST",
            "cost_centre": cost_centre,
            "employment_id": employment,
            "title": "Overlege",
            "start_date": "2024-01-01",
            **more,
        }

    def change(self, employment: str, **more: Any) -> None:
        self.rows[employment] = {**self.rows[employment], **more}

    def drop(self, employment: str) -> None:
        del self.rows[employment]

    def file(self, on: date, **manifest: Any) -> Upload:
        self._files += 1
        content: Mapping[str, Any] = {
            "manifest": {
                "file_id": f"test-{self._files}",
                "created_at": f"{on.isoformat()}T00:30:00+01:00",
                "hf_codes": self.hf_codes,
                "rows": {"units": len(self.units), "positions": len(self.rows)},
                **manifest,
            },
            "units": list(self.units.values()),
            "positions": list(self.rows.values()),
        }
        return Upload(json=json.dumps(content).encode())

    async def arrive(self, on: date, *, dry_run: bool = False) -> Report:
        """Import the file as it is now."""
        return await self._run(self.file(on), on, dry_run=dry_run)


def _national_ids() -> list[str]:
    from stafett_identity.directory.rules import is_national_id

    found = []
    for day in range(1, 28):
        for number in range(200, 1000):
            head = f"{day:02}8575{number:03}"
            for check in range(100):
                candidate = f"{head}{check:02}"
                if is_national_id(candidate, synthetic=True):
                    found.append(candidate)
                    break
            if len(found) == 200:
                return found
    raise AssertionError("too few")


NATIONAL_IDS = _national_ids()


@pytest.fixture
def hr(import_file: Import) -> Hr:
    return Hr(import_file)


@pytest.fixture(scope="session")
def national_ids() -> list[str]:
    return NATIONAL_IDS
