"""Loading and saving the directory's rows."""

from collections.abc import Collection, Iterable, Sequence
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Table, Uuid, any_, bindparam, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from stafett_chassis.sql import Connection, into_all
from stafett_identity.directory import tables
from stafett_identity.directory.model import (
    Deputy,
    EarlierLeading,
    Grant,
    GrantUnit,
    Leading,
    Period,
    Person,
    PersonLink,
    Position,
    Unit,
)

T = TypeVar("T")

_TABLES: dict[type[Any], Table] = {
    Person: tables.person,
    Unit: tables.org_unit,
    Position: tables.position,
    Period: tables.employment_period,
    Leading: tables.leader_link,
    EarlierLeading: tables.earlier_leader,
    PersonLink: tables.person_link,
    Deputy: tables.deputy,
    Grant: tables.role_grant,
}
_FEW = 20


async def put(work: Connection, *rows: Any) -> None:
    """Save `rows` (all of one kind) as they are, new ones and known ones, in one go."""
    await put_all(work, rows)


async def put_all(work: Connection, rows: Sequence[Any]) -> None:
    """As `put`; many are loaded with COPY into a temporary table first."""
    if not rows:
        return
    table = _TABLES[type(rows[0])]
    columns = [column.name for column in table.columns]
    values = attrgetter(*columns)
    keys = [column.name for column in table.primary_key]
    if len(rows) <= _FEW:
        statement = insert(table).values({name: bindparam(f"v_{name}") for name in columns})
        await work.run_many(
            statement.on_conflict_do_update(
                index_elements=keys,
                set_={name: statement.excluded[name] for name in columns if name not in keys},
            ),
            ({f"v_{name}": value for name, value in zip(columns, values(row), strict=True)} for row in rows),
        )
        return
    staging = f"staged_{table.name}"
    listed = ", ".join(columns)
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
    await work.raw.execute(
        f"create temporary table if not exists {staging} (like {table.name}) on commit drop; truncate {staging}"
    )
    await work.copy_in(staging, columns, map(values, rows))
    # Names of our own tables and columns only.
    await work.raw.execute(
        f"insert into {table.name} ({listed}) select {listed} from {staging}"  # noqa: S608
        f" on conflict ({', '.join(keys)}) do update set {changes}"
    )


def among(column: ColumnElement[Any], ids: Iterable[UUID]) -> ColumnElement[bool]:
    """Whether `column` is one of `ids`, however many: they travel as one array."""
    return column == any_(literal(list(ids), ARRAY(Uuid)))


_PERSON_BY_HASH = (
    select(tables.person)
    .outerjoin(tables.former_national_id, tables.former_national_id.c.person_id == tables.person.c.person_id)
    .where(
        (tables.person.c.national_id_hash == bindparam("hash"))
        | (tables.former_national_id.c.national_id_hash == bindparam("hash"))
    )
    .limit(1)
)


async def person_by_national_id(work: Connection, hashed: bytes) -> Person | None:
    """The person with this national id, now or before."""
    row = await work.maybe(_PERSON_BY_HASH, hash=hashed)
    return Person(**row) if row else None


async def person(work: Connection, person_id: UUID, *, lock: bool = False) -> Person | None:
    """A person; with `lock` nobody else changes it until this unit of work ends."""
    query = select(tables.person).where(tables.person.c.person_id == person_id)
    row = await work.maybe(query.with_for_update() if lock else query)
    return Person(**row) if row else None


async def unit(work: Connection, unit_id: UUID, *, lock: bool = False) -> Unit | None:
    """A unit."""
    query = select(tables.org_unit).where(tables.org_unit.c.unit_id == unit_id)
    row = await work.maybe(query.with_for_update() if lock else query)
    return Unit(**row) if row else None


async def unit_by_code(work: Connection, code: str) -> Unit | None:
    """The unit of this code."""
    row = await work.maybe(select(tables.org_unit).where(tables.org_unit.c.code == code))
    return Unit(**row) if row else None


# Few units and seldom changed: all lines anew is simpler than to mend those concerned.
_REFRESH_ABOVE = """
with recursive above as (
    select unit_id, unit_id as above_id from org_unit
    union
    select a.unit_id, u.parent_id from above a join org_unit u on u.unit_id = a.above_id where u.parent_id is not null
), gone as (
    delete from org_unit_above o where not exists (
        select 1 from above a where a.unit_id = o.unit_id and a.above_id = o.above_id)
)
insert into org_unit_above (unit_id, above_id) select unit_id, above_id from above on conflict do nothing
"""


async def refresh_above(work: Connection) -> None:
    """Bring the table of who is above whom in line with the tree (IDN-078)."""
    await work.raw.execute(_REFRESH_ABOVE)


async def position(work: Connection, position_id: UUID, *, lock: bool = False) -> Position | None:
    """A position."""
    query = select(tables.position).where(tables.position.c.position_id == position_id)
    row = await work.maybe(query.with_for_update() if lock else query)
    return Position(**row) if row else None


async def positions_of(work: Connection, person_id: UUID) -> list[Position]:
    """Every position of a person, the oldest first."""
    rows = await work.all(
        select(tables.position)
        .where(tables.position.c.person_id == person_id)
        .order_by(tables.position.c.start_date, tables.position.c.position_id)
    )
    return into_all(Position, rows)


async def periods_of(work: Connection, position_ids: Collection[UUID]) -> dict[UUID, list[Period]]:
    """The employments in each of `position_ids` that has any."""
    found: dict[UUID, list[Period]] = {}
    rows = await work.all(
        select(tables.employment_period).where(among(tables.employment_period.c.position_id, position_ids))
    )
    for row in rows:
        found.setdefault(row["position_id"], []).append(Period(**row))
    return found


async def leading(work: Connection, employee_position_id: UUID) -> Leading | None:
    """Who leads a position, locked; none when it never had a leader."""
    row = await work.maybe(
        select(tables.leader_link)
        .where(tables.leader_link.c.employee_position_id == employee_position_id)
        .with_for_update()
    )
    return Leading(**row) if row else None


async def led_from(work: Connection, leader_position_id: UUID) -> list[Position]:
    """The positions led from this one."""
    rows = await work.all(
        select(tables.position)
        .join(tables.leader_link, tables.leader_link.c.employee_position_id == tables.position.c.position_id)
        .where(tables.leader_link.c.leader_position_id == leader_position_id)
        .order_by(tables.position.c.position_id)
    )
    return into_all(Position, rows)


async def earlier_leaders(work: Connection, employee_position_id: UUID) -> list[EarlierLeading]:
    """The closed leader links of a position, the oldest first."""
    rows = await work.all(
        select(tables.earlier_leader)
        .where(tables.earlier_leader.c.employee_position_id == employee_position_id)
        .order_by(tables.earlier_leader.c.valid_from, tables.earlier_leader.c.link_id)
    )
    return into_all(EarlierLeading, rows)


_CHAIN = """
with recursive chain as (
    select $1::uuid as person_id
    union
    select l.leader_person_id from leader_link l join chain c on l.employee_person_id = c.person_id
    where l.leader_person_id is not null
)
select exists (select 1 from chain where person_id = $2)
"""


async def is_led_by(work: Connection, person_id: UUID, leader_person_id: UUID) -> bool:
    """Whether `leader_person_id` is among the leaders above a person (or the person)."""
    return bool(await work.raw.fetchval(_CHAIN, person_id, leader_person_id))


async def open_person_link(
    work: Connection, kind: str, trainee_person_id: UUID, holder_person_id: UUID
) -> PersonLink | None:
    """The open mentor or supervisor link between two persons."""
    link = tables.person_link.c
    row = await work.maybe(
        select(tables.person_link)
        .where(
            link.kind == kind,
            link.trainee_person_id == trainee_person_id,
            link.holder_person_id == holder_person_id,
            link.valid_to.is_(None),
        )
        .with_for_update()
    )
    return PersonLink(**row) if row else None


async def grant_units(work: Connection, grant_ids: Iterable[UUID]) -> dict[UUID, list[GrantUnit]]:
    """The units that each of the grants reaches, named."""
    found: dict[UUID, list[GrantUnit]] = {}
    rows = await work.all(
        select(tables.role_unit, tables.org_unit.c.code, tables.org_unit.c.name)
        .join(tables.org_unit, tables.org_unit.c.unit_id == tables.role_unit.c.unit_id)
        .where(among(tables.role_unit.c.grant_id, grant_ids))
        .order_by(tables.org_unit.c.code)
    )
    for row in rows:
        found.setdefault(row["grant_id"], []).append(GrantUnit(**row))
    return found


async def names(work: Connection, person_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names shown of persons."""
    rows = await work.all(
        select(tables.person.c.person_id, tables.person.c.given_name, tables.person.c.family_name).where(
            among(tables.person.c.person_id, person_ids)
        )
    )
    return {row["person_id"]: f"{row['given_name']} {row['family_name']}".strip() for row in rows}


async def without_active_position(work: Connection, person_ids: Collection[UUID]) -> set[UUID]:
    """Those of the persons who have no active position."""
    active = await work.column(
        select(tables.position.c.person_id).where(
            among(tables.position.c.person_id, person_ids), tables.position.c.status == "active"
        )
    )
    return set(person_ids) - set(active)


async def active_positions(work: Connection, position_ids: Collection[UUID]) -> set[UUID]:
    """Those of the positions that are active."""
    return set(
        await work.column(
            select(tables.position.c.position_id).where(
                among(tables.position.c.position_id, position_ids), tables.position.c.status == "active"
            )
        )
    )
