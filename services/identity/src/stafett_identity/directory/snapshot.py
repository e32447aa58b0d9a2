"""The whole directory, page by page, for a service that fills a new or wiped copy (IDN-252).

Every object is told by the event of its present state under its present revision, so that events which arrive
meanwhile and this snapshot can be applied in any order. It never holds national ids, notes or comments.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Table, select

from stafett_chassis.paging import cursor_of, key_of
from stafett_chassis.problems import Fault, Invalid
from stafett_chassis.sql import Connection, Row, into_all
from stafett_contracts import identity
from stafett_contracts.event import Event, encode, source_of
from stafett_contracts.ids import EventId, SiteId, new_id
from stafett_contracts.vocabulary import Origin, PositionStatus
from stafett_identity.directory import facts, store, tables
from stafett_identity.directory.endings import grant_event
from stafett_identity.directory.model import (
    Deputy,
    EarlierLeading,
    Grant,
    Leading,
    Person,
    PersonLink,
    Position,
    Unit,
)

PAGE = 1000
CONTACTS_FOR = "notify"

Events = Callable[[Connection, Sequence[Row]], Awaitable[Iterable[Event]]]


@dataclass(frozen=True, slots=True)
class _Kind:
    """Objects of one table and how they are told; `told` leaves out what nobody was told of yet."""

    table: Table
    key: Column[UUID]
    events: Events
    told: ColumnElement[bool] | None = None


async def page(
    connection: Connection, cursor: str | None, *, service: str, site: str, now: datetime
) -> tuple[bytes, str | None]:
    """A page of lines, each an event in its envelope, and the cursor of the next one."""
    kinds = [*_KINDS, _CONTACTS] if service == CONTACTS_FOR else _KINDS
    number, after = key_of(cursor, int, UUID) or (0, None)
    if not 0 <= number < len(kinds):
        raise Invalid([Fault("cursor", "bad_cursor", "Ugyldig sidemerke.", "Unknown cursor.")])
    kind = kinds[number]
    query = select(kind.table).order_by(kind.key).limit(PAGE)
    if after is not None:
        query = query.where(kind.key > after)
    if kind.told is not None:
        query = query.where(kind.told)
    rows = await connection.all(query)
    lines = [_line(event, site, now) for event in await kind.events(connection, rows)]
    following: str | None
    if len(rows) == PAGE:
        following = cursor_of((number, rows[-1][kind.key.name]))
    else:
        following = cursor_of((number + 1, None)) if number + 1 < len(kinds) else None
    return b"".join(lines), following


def _line(event: Event, site: str, now: datetime) -> bytes:
    return (
        encode(
            event,
            id=EventId(new_id()),
            time=now,
            source=source_of(SiteId(site), "identity"),
            site=SiteId(site),
            origin=Origin.REBUILD,
        )
        + b"\n"
    )


async def _units(_: Connection, rows: Sequence[Row]) -> Iterable[Event]:
    units = into_all(Unit, rows)
    return [facts.unit(identity.OrgUnitChanged, row) for row in units]


async def _persons(_: Connection, rows: Sequence[Row]) -> Iterable[Event]:
    return [facts.person(identity.PersonChanged, row) for row in into_all(Person, rows)]


async def _contacts(_: Connection, rows: Sequence[Row]) -> Iterable[Event]:
    return [facts.contact(row) for row in into_all(Person, rows)]


async def _accounts(_: Connection, rows: Sequence[Row]) -> Iterable[Event]:
    return [facts.account(row) for row in rows]


async def _positions(connection: Connection, rows: Sequence[Row]) -> Iterable[Event]:
    positions = into_all(Position, rows)
    periods = await store.periods_of(connection, [row.position_id for row in positions])
    return [
        facts.deactivated(row, periods.get(row.position_id, ()))
        if row.status == PositionStatus.DEACTIVATED
        else facts.position(identity.PositionChanged, row, periods.get(row.position_id, ()))
        for row in positions
    ]


async def _leaders(connection: Connection, rows: Sequence[Row]) -> Iterable[Event]:
    leaders = into_all(Leading, rows)
    found: dict[UUID, list[EarlierLeading]] = {}
    link = tables.earlier_leader.c
    earlier = await connection.all(
        select(tables.earlier_leader)
        .where(store.among(link.employee_position_id, [row.employee_position_id for row in leaders]))
        .order_by(link.valid_from, link.link_id)
    )
    for one in into_all(EarlierLeading, earlier):
        found.setdefault(one.employee_position_id, []).append(one)
    return [facts.leader(row, found.get(row.employee_position_id, ())) for row in leaders]


async def _person_links(_: Connection, rows: Sequence[Row]) -> Iterable[Event]:
    return [facts.person_link(row) for row in into_all(PersonLink, rows)]


async def _training_leads(_: Connection, rows: Sequence[Row]) -> Iterable[Event]:
    return [facts.training_lead(row) for row in rows]


async def _deputies(_: Connection, rows: Sequence[Row]) -> Iterable[Event]:
    return [
        facts.deputy(identity.DeputyEnded if row.ended_at else identity.DeputyChanged, row)
        for row in into_all(Deputy, rows)
    ]


async def _grants(connection: Connection, rows: Sequence[Row]) -> Iterable[Event]:
    grants = into_all(Grant, rows)
    units = await store.grant_units(connection, [row.grant_id for row in grants])
    names = await store.names(connection, {row.person_id for row in grants})
    return [grant_event(row, names[row.person_id], units.get(row.grant_id, ())) for row in grants]


# In this order whoever is spoken of is known before.
_KINDS = [
    _Kind(tables.org_unit, tables.org_unit.c.unit_id, _units),
    _Kind(tables.person, tables.person.c.person_id, _persons, tables.person.c.revision > 0),
    _Kind(tables.account, tables.account.c.person_id, _accounts, tables.account.c.revision > 0),
    _Kind(
        tables.position,
        tables.position.c.position_id,
        _positions,
        tables.position.c.status != PositionStatus.PLANNED.value,
    ),
    _Kind(
        tables.leader_link,
        tables.leader_link.c.employee_position_id,
        _leaders,
        tables.leader_link.c.revision > 0,
    ),
    _Kind(tables.person_link, tables.person_link.c.link_id, _person_links),
    _Kind(tables.training_lead_link, tables.training_lead_link.c.link_id, _training_leads),
    _Kind(tables.deputy, tables.deputy.c.deputy_id, _deputies),
    _Kind(tables.role_grant, tables.role_grant.c.grant_id, _grants),
]
_CONTACTS = _Kind(tables.person, tables.person.c.person_id, _contacts, tables.person.c.contact_revision > 0)
