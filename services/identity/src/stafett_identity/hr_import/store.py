"""What an import reads, and the runs it leaves."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from stafett_chassis.sql import Connection, Row
from stafett_contracts.vocabulary import ImportState, PositionStatus
from stafett_identity.directory import tables
from stafett_identity.directory.model import EarlierLeading, Leading, Period, Person, Position, Unit
from stafett_identity.hr_import.rules.known import Known
from stafett_identity.hr_import.tables import import_file, import_run

_LOCK = 0x57AF_1D01
APPLY = "apply"
DRY_RUN = "dry_run"


async def one_at_a_time(work: Connection) -> None:
    """Wait until no other import is under way, and keep others waiting until this unit of work ends (IDN-089)."""
    await work.raw.execute("select pg_advisory_xact_lock($1)", _LOCK)


async def load_known(work: Connection) -> Known:
    """The directory as an import looks things up: a few statements, whatever the size of the site."""
    units = [Unit(**row) for row in await work.all(select(tables.org_unit))]
    persons = [Person(**row) for row in await work.all(select(tables.person))]
    former = await work.all(
        select(tables.former_national_id.c.national_id_hash, tables.former_national_id.c.person_id)
    )
    positions: dict[UUID, list[Position]] = defaultdict(list)
    for row in await work.all(select(tables.position).order_by(tables.position.c.position_id)):
        positions[row["person_id"]].append(Position(**row))
    periods: dict[UUID, list[Period]] = defaultdict(list)
    for row in await work.all(select(tables.employment_period)):
        periods[row["position_id"]].append(Period(**row))
    leaders = await work.all(select(tables.leader_link))
    by_id = {one.person_id: one for one in persons}
    owners = {one.national_id_hash: one for one in persons if one.national_id_hash is not None}
    owners.update((row["national_id_hash"], by_id[row["person_id"]]) for row in former)
    return Known(
        units={one.code: one for one in units},
        persons={one.object_id: one for one in persons if one.object_id is not None},
        unnumbered={
            one.national_id_hash: one
            for one in persons
            if one.object_id is None and one.national_id_hash is not None
        },
        owners=owners,
        hpr_owners={one.hpr_number: one.person_id for one in persons if one.hpr_number is not None},
        positions=positions,
        periods=periods,
        leaders={row["employee_position_id"]: Leading(**row) for row in leaders},
        last_links=await _last_links(work),
        last_runs=await last_runs(work),
    )


async def _last_links(work: Connection) -> dict[UUID, EarlierLeading]:
    """The latest closed leader link of each deactivated position."""
    link = tables.earlier_leader.c
    rows = await work.all(
        select(tables.earlier_leader)
        .join(tables.position, tables.position.c.position_id == link.employee_position_id)
        .where(tables.position.c.status == PositionStatus.DEACTIVATED.value)
        .order_by(link.employee_position_id, link.valid_to.desc(), link.link_id.desc())
        .ext(distinct_on(link.employee_position_id))
    )
    return {row["employee_position_id"]: EarlierLeading(**row) for row in rows}


def _applied() -> Any:
    run = import_run.c
    return (
        select(func.unnest(run.hf_codes).label("hf_code"), run.run_on, run.file_created_at)
        .where(run.mode == APPLY, run.state == ImportState.APPLIED.value)
        .subquery()
    )


async def last_runs(work: Connection) -> dict[str, date]:
    """The day of the last applied run of each HF."""
    applied = _applied()
    rows = await work.all(
        select(applied.c.hf_code, func.max(applied.c.run_on).label("day")).group_by(applied.c.hf_code)
    )
    return {row["hf_code"]: row["day"] for row in rows}


async def newest_applied(work: Connection, hf_codes: Sequence[str]) -> datetime | None:
    """When the newest file applied to any of these HFs was made."""
    applied = _applied()
    found: datetime | None = await work.value(
        select(func.max(applied.c.file_created_at)).where(applied.c.hf_code.in_(list(hf_codes)))
    )
    return found


async def applied_on(work: Connection, day: date) -> bool:
    """Whether a file was applied in a run of `day` (IDN-092)."""
    run = import_run.c
    return bool(
        await work.value(
            select(run.run_id)
            .where(run.mode == APPLY, run.state == ImportState.APPLIED.value, run.run_on == day)
            .limit(1)
        )
    )


# --- runs ---


@dataclass(frozen=True, slots=True)
class Run:
    """One run as stored, its long lists left out."""

    run_id: UUID
    file_id: str | None
    file_created_at: datetime | None
    hf_codes: list[str]
    mode: str
    state: str
    run_on: date
    started_at: datetime
    started_by: UUID | None
    decided_by: UUID | None
    decided_at: datetime | None
    refusal: dict[str, Any] | None
    counts: dict[str, int]


_RUN = [import_run.c[name] for name in Run.__slots__]


async def run(connection: Connection, run_id: UUID, *, lock: bool = False) -> Run | None:
    """A run; with `lock` nobody else decides over it until this unit of work ends."""
    query = select(*_RUN).where(import_run.c.run_id == run_id)
    row = await connection.maybe(query.with_for_update() if lock else query)
    return Run(**row) if row else None


async def run_of_file(work: Connection, file_hash: bytes) -> Run | None:
    """The run that imported this very file."""
    row = await work.maybe(
        select(*_RUN).where(import_run.c.file_hash == file_hash, import_run.c.mode == APPLY)
    )
    return Run(**row) if row else None


async def report(connection: Connection, run_id: UUID) -> Row | None:
    """Errors, warnings and changes of a run."""
    return await connection.maybe(
        select(import_run.c.errors, import_run.c.warnings, import_run.c.changes).where(
            import_run.c.run_id == run_id
        )
    )


async def add_run(work: Connection, **columns: Any) -> None:
    """Store a new run."""
    await work.run(insert(import_run).values(**columns))


async def decide_run(work: Connection, run_id: UUID, **columns: Any) -> None:
    """Change what was decided about a run."""
    await work.run(update(import_run).where(import_run.c.run_id == run_id).values(**columns))


async def keep_file(work: Connection, run_id: UUID, content: bytes, at: datetime) -> None:
    """Keep the file of a run that is held."""
    await work.run(
        insert(import_file).values(run_id=run_id, content=content, stored_at=at).on_conflict_do_nothing()
    )


async def kept_file(work: Connection, run_id: UUID) -> bytes | None:
    """The file of a held run."""
    content: bytes | None = await work.value(
        select(import_file.c.content).where(import_file.c.run_id == run_id)
    )
    return content


async def drop_file(work: Connection, run_id: UUID) -> None:
    """Forget the file of a run that was decided."""
    await work.run(import_file.delete().where(import_file.c.run_id == run_id))


async def forget_files(work: Connection, before: datetime) -> None:
    """Forget the files that have waited since earlier than this."""
    await work.run(import_file.delete().where(import_file.c.stored_at < before))
