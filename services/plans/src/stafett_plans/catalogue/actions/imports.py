"""Importing goal catalogues: first a dry run, then applying it (PLN-485 to PLN-498)."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy import insert, select, update

from stafett_chassis.http import Reading
from stafett_chassis.paging import Page, key_of, page_of
from stafett_chassis.problems import Conflict, Forbidden, NotFound
from stafett_chassis.sql import Connection, Row
from stafett_chassis.work import Cause, Work
from stafett_contracts.ids import BatchId, RunId, new_id
from stafett_contracts.plans import CatalogueImported
from stafett_contracts.values import CountOf
from stafett_contracts.vocabulary import Origin
from stafett_plans.catalogue.actions.applying import Applying
from stafett_plans.catalogue.actions.exporting import download
from stafett_plans.catalogue.rules.checking import check
from stafett_plans.catalogue.rules.difference import Difference, difference
from stafett_plans.catalogue.rules.file import Catalogue
from stafett_plans.catalogue.rules.findings import Findings, Unreadable
from stafett_plans.catalogue.rules.known import Known
from stafett_plans.catalogue.rules.reading import read
from stafett_plans.catalogue.rules.report import report
from stafett_plans.catalogue.schemas import ImportView
from stafett_plans.catalogue.store import import_file, import_run, imports
from stafett_plans.catalogue.store.known import known as load_known
from stafett_plans.definitions import hooks
from stafett_plans.definitions.store import rights
from stafett_plans.fields import moment
from stafett_plans.settings import PlansSettings


@dataclass(frozen=True, slots=True)
class Upload:
    """The files of an import by part (`catalogue`, or `goals` and `activities`), with the names they had."""

    parts: Mapping[str, bytes]
    names: Mapping[str, str]

    def fingerprint(self) -> bytes:
        """What tells one upload from another, for `Idempotency-Key`."""
        digests = {part: hashlib.sha256(content).hexdigest() for part, content in self.parts.items()}
        return repr(sorted(digests.items())).encode()


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a file says, compared with the catalogue."""

    state: str  # refused, errors, ready
    findings: Findings
    catalogue: Catalogue | None
    known: Known | None
    difference: Difference | None


async def refuse_others(connection: Connection, caller: Any, today: Any, site_kind: str) -> None:
    """PLN-485: RHF admin imports; at the municipal site also its system manager."""
    roles = rights.central_roles(site_kind)
    if not await connection.value(select(rights.holds(caller, today, *roles))):
        raise Forbidden(
            "import_not_allowed", "Du kan ikke importere målkataloger.", "You may not import goal catalogues."
        )


async def dry_run(work: Work, upload: Upload, settings: PlansSettings) -> ImportView:
    """Store the files and the report of what applying them would do, and nothing else (PLN-489)."""
    await refuse_others(work, work.caller, work.today, work.site_kind)
    revision = await imports.catalogue_revision(work)
    outcome = await _compare(work, upload.parts, settings)
    template = outcome.catalogue.template if outcome.catalogue else None
    run_id = new_id()
    await work.run(
        insert(import_run).values(
            run_id=run_id,
            state=outcome.state,
            format="json" if "catalogue" in upload.parts else "csv",
            template_code=template.code if template else None,
            report=report(outcome.state, outcome.findings, outcome.difference),
            catalogue_revision=revision,
            started_by=work.caller.person_id,
            started_at=work.at,
            revision=1,
        )
    )
    for part, content in upload.parts.items():
        await work.run(
            insert(import_file).values(
                run_id=run_id,
                part=part,
                name=upload.names[part],
                sha256=hashlib.sha256(content).hexdigest(),
                content=content,
            )
        )
    return await _shown(work, run_id)


async def _compare(work: Work, parts: Mapping[str, bytes], settings: PlansSettings) -> _Outcome:
    """Read and check; large files take a second or two, which other requests must not wait for."""
    found = Findings()
    try:
        catalogue = await asyncio.to_thread(
            read,
            parts,
            found,
            max_goals=settings.catalogue_max_goals,
            max_activities=settings.catalogue_max_activities,
        )
    except Unreadable as refusal:
        found.errors.append(refusal.finding)
        return _Outcome("refused", found, None, None, None)
    known = await load_known(work, catalogue, work.today)
    known = replace(known, begun=await hooks.begun_goals(work, list(known.goals)))
    await asyncio.to_thread(check, catalogue, known, found)
    if found.errors:
        return _Outcome("errors", found, catalogue, known, None)
    return _Outcome("ready", found, catalogue, known, await asyncio.to_thread(difference, catalogue, known))


async def apply(work: Work, run_id: UUID, settings: PlansSettings) -> ImportView:
    """All or nothing, and only what the dry run said (PLN-490). Applying again answers with the first time."""
    await refuse_others(work, work.caller, work.today, work.site_kind)
    # Whoever changes the catalogue holds this lock, so what is compared now is what is changed.
    revision = await imports.catalogue_revision(work, lock=True)
    row = await imports.run(work, run_id, lock=True)
    if row is None:
        raise NotFound()
    if row["state"] == "applied":
        return view(row)
    if row["state"] != "ready":
        raise Conflict(
            "import_has_errors", "Importen har feil og kan ikke utføres.", "The import has errors and cannot be applied."
        )  # fmt: skip
    outcome = await _compare(work, await imports.files(work, run_id), settings)
    # A day that has passed may make an error of what was none.
    if revision != row["catalogue_revision"] or outcome.difference is None:
        raise Conflict(
            "stale_dry_run",
            "Katalogen er endret siden prøvekjøringen. Kjør den på nytt.",
            "The catalogue has changed since the dry run. Run it again.",
        )
    run = work.part(
        Cause(
            origin=Origin.IMPORT,
            actor=work.caller.actor(),
            run_id=RunId(run_id),
            batch_id=BatchId(new_id()),
        )
    )
    if not outcome.difference.changes_nothing():
        assert outcome.catalogue is not None
        assert outcome.known is not None
        await Applying(run, outcome.catalogue, outcome.known, outcome.difference).apply()
        await imports.raise_revision(run)
    await work.run(
        update(import_run)
        .where(import_run.c.run_id == run_id)
        .values(
            state="applied",
            applied_by=work.caller.person_id,
            applied_at=work.at,
            revision=import_run.c.revision + 1,
        )
    )
    run.emit(_imported(row, outcome.difference))
    return await _shown(work, run_id)


def _imported(row: Row, applied: Difference) -> CatalogueImported:
    counts = [
        CountOf(name=f"{kind}_{status}", count=count)
        for kind, tally in applied.counts().items()
        for status, count in tally.items()
    ]
    return CatalogueImported(
        revision=row["revision"] + 1,
        run_id=row["run_id"],
        template_code=row["template_code"],
        counts=tuple(counts),
    )


async def _shown(work: Work, run_id: UUID) -> ImportView:
    row = await imports.run(work, run_id)
    assert row is not None
    return view(row)


def view(row: Row) -> ImportView:
    """A row of `imports.run`, or of `imports.runs`, which has no report."""
    shown = {name: value for name, value in row.items() if name != "catalogue_revision"}
    return ImportView(**{"report": None, **shown})


async def list_runs(read: Reading, site_kind: str, cursor: str | None, size: int) -> Page[ImportView]:
    """Runs, newest first, without their reports."""
    await refuse_others(read, read.caller, read.today, site_kind)
    before = key_of(cursor, moment, UUID)
    rows = await imports.runs(read, before, size)
    page = page_of(rows, size, lambda row: (row["started_at"], row["run_id"]))
    return Page([view(row) for row in page.items], page.next)


async def uploaded_file(read: Reading, site_kind: str, run_id: UUID, part: str) -> Response:
    """A file as it was uploaded (PLN-498)."""
    await refuse_others(read, read.caller, read.today, site_kind)
    row = await imports.file(read, run_id, part)
    if row is None:
        raise NotFound()
    return download(row["content"], row["name"], "application/octet-stream")


async def read_run(connection: Reading, site_kind: str, run_id: UUID) -> ImportView:
    """One run with its report."""
    await refuse_others(connection, connection.caller, connection.today, site_kind)
    row = await imports.run(connection, run_id)
    if row is None:
        raise NotFound()
    return view(row)
