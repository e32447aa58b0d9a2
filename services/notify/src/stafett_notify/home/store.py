"""Queries of the home page, and the counts of the follow-up cards."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Integer, PrimaryKeyConstraint, Table, Text, Uuid

from stafett_chassis.sql import Connection, Row
from stafett_notify.tables import metadata

# What waits in the lists of a person, as signing last said.
card_count = Table(
    "card_count",
    metadata,
    Column("person_id", Uuid, nullable=False),
    Column("card", Text, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("has_handled", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    PrimaryKeyConstraint("person_id", "card"),
)

_HOME = """
select
    (select jsonb_object_agg(type, jsonb_build_object('count', n, 'newest', newest, 'arrival', arrival)) from (
        select type, count(*) as n, (array_agg(alert_id order by arrival desc, alert_id desc))[1] as newest,
            max(arrival) as arrival
        from alert where person_id = $1 and state = 'active' group by type) t) as alerts,
    (select jsonb_object_agg(card, jsonb_build_object('waiting', waiting, 'has_handled', has_handled))
        from card_count where person_id = $1) as counts,
    (select to_jsonb(s) from alert_settings s where person_id = $1) as settings,
    (select jsonb_build_object('address', address, 'since', since) from contact
        where person_id = $1 and state = 'suspended' and address is not null) as warning
"""

_PANEL = """
select a.alert_id, a.type, a.params, a.items, a.link, a.occurred_at, a.position_id, u.name as unit_name,
    coalesce(a.actor_name, case when p.erased then null else nullif(trim(p.given_name || ' ' || p.family_name), '') end)
        as actor_name, a.actor_id is not null and p.erased as actor_erased
from alert a
left join directory_person p on p.person_id = a.actor_id
left join directory_position o on o.position_id = a.position_id
left join directory_unit u on u.unit_id = o.unit_id
where a.person_id = $1 and a.state = 'active' and a.type = any($2::text[])
    and ($3::timestamptz is null or (a.occurred_at, a.alert_id) < ($3, $4::uuid))
order by a.occurred_at desc, a.alert_id desc limit $5
"""

_HEAD = """
insert into stream_head as h (person_id, seq) values ($1, 0)
on conflict (person_id) do update set seq = h.seq
"""

_DISMISS_CARD = """
update alert set state = 'dismissed', state_at = $4
where person_id = $1 and state = 'active' and type = any($2::text[])
    and arrival <= (select arrival from alert where alert_id = $3 and person_id = $1)
returning alert_id
"""

_COUNTS = """
insert into card_count as c (person_id, card, waiting, has_handled, revision)
select $1, card, waiting, has_handled, $2 from unnest($3::text[], $4::int[], $5::boolean[]) as n(card, waiting, has_handled)
on conflict (person_id, card) do update
    set waiting = excluded.waiting, has_handled = excluded.has_handled, revision = excluded.revision
    where c.revision < excluded.revision
returning card, waiting, has_handled
"""


async def home(connection: Connection, person_id: UUID) -> Row:
    """What the home page is made of: active alerts by type, counts by card, settings, address trouble."""
    row = await connection.raw.fetchrow(_HOME, person_id)
    assert row is not None
    found: Mapping[str, Any] = row
    return found


async def panel(
    connection: Connection,
    person_id: UUID,
    types: Sequence[str],
    after: tuple[datetime, UUID] | None,
    size: int,
) -> Sequence[Row]:
    """Active alerts of these types, newest first (NTF-020), from behind `after`; one more than `size`."""
    at, alert_id = after or (None, None)
    rows: Sequence[Row] = await connection.raw.fetch(_PANEL, person_id, list(types), at, alert_id, size + 1)
    return rows


async def hold(work: Connection, person_id: UUID) -> None:
    """Take the lock under which the person's alerts change."""
    await work.raw.execute(_HEAD, person_id)


async def find(work: Connection, person_id: UUID, alert_id: UUID) -> Row | None:
    """The person's alert."""
    row: Row | None = await work.raw.fetchrow(
        "select alert_id, type, state, state_at from alert where alert_id = $1 and person_id = $2",
        alert_id,
        person_id,
    )
    return row


async def set_state(work: Connection, alert_id: UUID, state: str, at: datetime) -> None:
    """Change the state of an alert."""
    await work.raw.execute(
        "update alert set state = $2, state_at = $3 where alert_id = $1", alert_id, state, at
    )


async def dismiss_shown(
    work: Connection, person_id: UUID, types: Sequence[str], up_to: UUID, at: datetime
) -> list[UUID]:
    """Dismiss the active alerts of these types that arrived no later than `up_to`; which."""
    rows = await work.raw.fetch(_DISMISS_CARD, person_id, list(types), up_to, at)
    return [row["alert_id"] for row in rows]


async def keep_counts(
    work: Connection, person_id: UUID, revision: int, counts: Sequence[tuple[str, int, bool]]
) -> Sequence[Row]:
    """Store counts (card, waiting, has handled) unless newer are known (NTF-038); those that were stored."""
    rows: Sequence[Row] = await work.raw.fetch(
        _COUNTS, person_id, revision, *(list(column) for column in zip(*counts, strict=True))
    )
    return rows
