"""Import runs and the files they came with."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_, update

from stafett_chassis.sql import Connection, Row
from stafett_plans.catalogue.store.tables import catalogue, import_file, import_run
from stafett_plans.json_sql import json_list, json_object


async def catalogue_revision(connection: Connection, *, lock: bool = False) -> int:
    """How often the catalogue has changed; locked, nobody else changes it until this unit of work ends."""
    query = select(catalogue.c.revision)
    return int(await connection.value(query.with_for_update() if lock else query))


def _runs(*, with_report: bool) -> Select[Any]:
    files = (
        select(
            json_list(
                json_object(
                    part=import_file.c.part,
                    name=import_file.c.name,
                    size=func.length(import_file.c.content),
                    sha256=import_file.c.sha256,
                ),
                import_file.c.part,
            )
        )
        .where(import_file.c.run_id == import_run.c.run_id)
        .correlate(import_run)
        .scalar_subquery()
    )
    columns = [column for column in import_run.c if with_report or column.name != "report"]
    return select(*columns, files.label("files"))


async def run(connection: Connection, run_id: UUID, *, lock: bool = False) -> Row | None:
    """One run with its report."""
    query = _runs(with_report=True).where(import_run.c.run_id == run_id)
    return await connection.maybe(query.with_for_update(of=import_run) if lock else query)


async def runs(connection: Connection, before: tuple[datetime, UUID] | None, size: int) -> list[Row]:
    """One more than `size` runs, newest first."""
    query = _runs(with_report=False).order_by(import_run.c.started_at.desc(), import_run.c.run_id.desc())
    if before is not None:
        query = query.where(tuple_(import_run.c.started_at, import_run.c.run_id) < before)
    return list(await connection.all(query.limit(size + 1)))


async def files(connection: Connection, run_id: UUID) -> dict[str, bytes]:
    """The uploaded files of a run, by part."""
    rows = await connection.all(
        select(import_file.c.part, import_file.c.content).where(import_file.c.run_id == run_id)
    )
    return {row["part"]: row["content"] for row in rows}


async def file(connection: Connection, run_id: UUID, part: str) -> Row | None:
    """One uploaded file."""
    return await connection.maybe(
        select(import_file).where(import_file.c.run_id == run_id, import_file.c.part == part)
    )


async def raise_revision(connection: Connection) -> None:
    """Note that the catalogue has changed, so that earlier dry runs are stale (PLN-490)."""
    await connection.run(update(catalogue).values(revision=catalogue.c.revision + 1))
