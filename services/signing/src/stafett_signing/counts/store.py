"""What waits for whom, counted as the lists show it (SGN-146)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    bindparam,
    cast,
    distinct,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from stafett_chassis.sql import Connection, Row
from stafett_contracts.vocabulary import SigningList
from stafett_signing.schema import counter, request

_ids = func.unnest(bindparam("persons", type_=ARRAY(Uuid))).column_valued("person_id")
_zero: ColumnElement[int] = literal_column("0")
_none: ColumnElement[list[str]] = literal_column("'{}'::text[]")
_fresh = insert(counter).from_select(
    [column.name for column in counter.c],
    select(_ids, _zero, _zero, _zero, _zero, _zero, _none, _none).order_by(_ids),
)
# The update that changes nothing takes the lock, in the order of the ids whoever else does the same.
_LOCK = _fresh.on_conflict_do_update(
    index_elements=["person_id"], set_={"person_id": _fresh.excluded.person_id}
).returning(counter)
_WAITING = (
    select(
        request.c.waits_for_person_id.label("person_id"),
        request.c.list,
        func.count(distinct(request.c.row_key)).label("waiting"),
    )
    .where(
        request.c.waits_for_person_id == func.any(bindparam("persons", type_=ARRAY(Uuid))),
        literal_column("open_items > 0"),  # literal, as in the partial index
    )
    .group_by(request.c.waits_for_person_id, request.c.list)
)
_STORE = (
    update(counter)
    .where(counter.c.person_id == bindparam("of"))
    .values({name: bindparam(name) for name in ("version", *sorted(SigningList), "had", "handled")})
)


async def lock(connection: Connection, persons: Iterable[UUID]) -> Sequence[Row]:
    """The counters of the persons, made where missing, locked until the transaction ends."""
    return await connection.all(_LOCK, persons=sorted(persons))


async def waiting(connection: Connection, persons: Iterable[UUID]) -> Mapping[UUID, Mapping[str, int]]:
    """What waits for each of the persons, by list; lists with nothing are left out."""
    found: dict[UUID, dict[str, int]] = {}
    for row in await connection.all(_WAITING, persons=list(persons)):
        found.setdefault(row["person_id"], {})[row["list"]] = row["waiting"]
    return found


async def store(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Keep new counts: `of`, `version`, a number for each list, `had` and `handled`."""
    await connection.run_many(_STORE, rows)


async def counted_after(connection: Connection, person_id: UUID | None, limit: int) -> list[UUID]:
    """The next persons with a counter, in the order of their ids."""
    query = select(counter.c.person_id).order_by(counter.c.person_id).limit(limit)
    if person_id is not None:
        query = query.where(counter.c.person_id > cast(person_id, Uuid))
    return await connection.column(query)
