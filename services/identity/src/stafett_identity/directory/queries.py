"""Finding units."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from stafett_chassis.http import Reading
from stafett_chassis.problems import Fault, Invalid, NotFound
from stafett_chassis.sql import Connection
from stafett_identity.directory import rules

MOST = 50


def _prefixes(q: str) -> str:
    words = rules.search_words(q)
    if not words:
        raise Invalid([Fault("q", "too_short", "Skriv minst to bokstaver.", "Write at least two letters.")])
    # The words hold letters and digits only, so they cannot be taken for operators.
    return " & ".join(f"'{word}':*" for word in words)


@dataclass(frozen=True, slots=True)
class UnitView:
    """A unit with the way to it from the top; `path` ends with its own name."""

    unit_id: UUID
    code: str
    name: str
    level: str
    parent_id: UUID | None
    hf_id: UUID | None
    path: Sequence[str]
    has_units: bool
    leader_person_id: UUID | None
    leader_name: str | None
    managed_by_hr: bool
    revision: int


@dataclass(frozen=True, slots=True)
class UnitList:
    """Units; `more` when the search has to be narrowed."""

    items: Sequence[UnitView]
    more: bool


_UNITS = """
with recursive way as (
    select u.unit_id, array[u.name] as path, u.search_text as words from org_unit u where u.parent_id is null
    union all
    select u.unit_id, w.path || u.name, w.words || ' ' || u.search_text
    from org_unit u join way w on w.unit_id = u.parent_id
)
select u.unit_id, u.code, u.name, u.level, u.parent_id, u.hf_id, w.path,
    exists (select 1 from org_unit c where c.parent_id = u.unit_id and c.valid_to is null) as has_units,
    u.leader_person_id, nullif(trim(concat_ws(' ', p.given_name, p.family_name)), '') as leader_name,
    u.source = 'hr' as managed_by_hr, u.revision
from way w join org_unit u on u.unit_id = w.unit_id left join person p on p.person_id = u.leader_person_id
where {condition}
order by {order} limit $2
"""
# A word must begin one in the unit's own name or code; the others may lie on the way to it (IDN-079).
_SEARCH = _UNITS.format(
    condition="u.valid_to is null and array_to_tsvector(string_to_array(w.words, ' ')) @@ $1::text::tsquery"
    " and array_to_tsvector(string_to_array(u.search_text, ' ')) @@ replace($1::text, '&', '|')::tsquery",
    order="array_length(w.path, 1), w.path, u.unit_id",
)
_CHILDREN = _UNITS.format(
    condition="u.valid_to is null and u.parent_id is not distinct from $1::uuid", order="u.name, u.unit_id"
)
_ONE = _UNITS.format(condition="u.unit_id = $1::uuid", order="1")
_ALL = 1000


async def units(read: Reading, parent: UUID | None, q: str | None) -> UnitList:
    """The units right below `parent` (none: the top ones), or those that `q` finds."""
    if q is None:
        rows = await read.raw.fetch(_CHILDREN, parent, _ALL + 1)
        return UnitList([UnitView(**row) for row in rows[:_ALL]], len(rows) > _ALL)
    rows = await read.raw.fetch(_SEARCH, _prefixes(q), MOST + 1)
    return UnitList([UnitView(**row) for row in rows[:MOST]], len(rows) > MOST)


async def unit(read: Connection, unit_id: UUID) -> UnitView:
    """A unit, also a closed one."""
    rows = await read.raw.fetch(_ONE, unit_id, 1)
    if not rows:
        raise NotFound()
    return UnitView(**rows[0])
