"""Runs and their reports, as the system manager and, for their own HF, hf_admin see them (IDN-091)."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, cast, select, tuple_

from stafett_chassis.http import Reading
from stafett_chassis.paging import Page, key_of, page_of
from stafett_chassis.problems import Forbidden, NotFound
from stafett_contracts.vocabulary import Role
from stafett_identity.directory import access
from stafett_identity.hr_import import store
from stafett_identity.hr_import.rules.report import Entry
from stafett_identity.hr_import.store import Run
from stafett_identity.hr_import.tables import import_run


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found and changed; for hf_admin only what concerns the own trust."""

    run: Run
    errors: Sequence[Entry]
    warnings: Sequence[Entry]
    changes: Mapping[str, Sequence[Entry]]


async def _sees(read: Reading) -> set[str] | None:
    """The codes of the trusts whose runs the caller may see; none: all."""
    if await access.holds(read, read.caller, read.today, Role.SYSTEM_MANAGER):
        return None
    trusts = await access.trusts_administered(read, read.caller, read.today)
    if not trusts:
        raise Forbidden()
    return trusts


async def runs(read: Reading, cursor: str | None, size: int) -> Page[Run]:
    """Runs, the newest first."""
    seen = await _sees(read)
    key = key_of(cursor, datetime.fromisoformat, UUID)
    columns = [import_run.c[name] for name in Run.__slots__]
    order = tuple_(import_run.c.started_at, import_run.c.run_id)
    query = (
        select(*columns).order_by(import_run.c.started_at.desc(), import_run.c.run_id.desc()).limit(size + 1)
    )
    if seen is not None:
        query = query.where(import_run.c.hf_codes.overlap(cast(sorted(seen), ARRAY(Text))))
    if key:
        query = query.where(order < key)
    found = [Run(**row) for row in await read.all(query)]
    return page_of(found, size, lambda run: (run.started_at.isoformat(), run.run_id))


async def one_run(read: Reading, run_id: UUID) -> Run:
    """A run."""
    seen = await _sees(read)
    run = await store.run(read, run_id)
    if run is None or (seen is not None and not seen & set(run.hf_codes)):
        raise NotFound()
    return run


async def run_report(read: Reading, run_id: UUID) -> Report:
    """A run with everything it found and changed."""
    run = await one_run(read, run_id)
    lists = await store.report(read, run_id)
    assert lists is not None
    seen = await _sees(read)

    def own(entries: Sequence[Entry]) -> list[Entry]:
        return [entry for entry in entries if seen is None or entry.get("hf_code") in seen]

    changes = {name: own(entries) for name, entries in lists["changes"].items()}
    return Report(run, own(lists["errors"]), own(lists["warnings"]), changes)


_COLUMNS = (
    "list",
    "file",
    "row",
    "field",
    "code",
    "hf_code",
    "unit_code",
    "cost_centre",
    "object_id",
    "name",
    "from",
    "to",
    "start_date",
    "end_date",
    "cause",
    "fields",
)


def as_csv(report: Report) -> str:
    """The report as CSV: a line an error, warning or change."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, delimiter=";", extrasaction="ignore")
    writer.writeheader()
    lists: dict[str, Sequence[Entry]] = {
        "error": report.errors,
        "warning": report.warnings,
        **report.changes,
    }
    for name, entries in lists.items():
        for entry in entries:
            writer.writerow({"list": name, **{key: _cell(value) for key, value in entry.items()}})
    return text.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(str(one) for one in value)
    if isinstance(value, date):
        return value.isoformat()
    # A spreadsheet must not take a text for a formula.
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value
