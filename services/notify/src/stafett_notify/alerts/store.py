"""Alerts and the topics that end them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from stafett_chassis.sql import Connection, Row
from stafett_chassis.tables import Moment
from stafett_notify.alerts.rules import Notice, Recipient
from stafett_notify.tables import metadata

# `state`: active, dismissed, resolved, aged_out. `arrival` grows with each change told to the person, in the order of
# the commits: what a person has seen came before what they have not (NTF-025).
alert = Table(
    "alert",
    metadata,
    Column("alert_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("position_id", Uuid),
    Column("type", Text, nullable=False),
    Column("once_key", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("params", JSONB, nullable=False),
    Column("items", JSONB, nullable=False),
    Column("link", Text),
    Column("assignment_id", Uuid),
    Column("about_id", Uuid),
    Column("source_event_ids", ARRAY(Uuid), nullable=False),
    Column("actor_id", Uuid),
    Column("actor_name", Text),
    Column("occurred_at", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_at", Moment, nullable=False),
    Column("arrival", BigInteger, nullable=False),
    UniqueConstraint("person_id", "type", "once_key", name="alert_once"),
    Index("alert_active", "person_id", "type", postgresql_where=text("state = 'active'")),
    Index("alert_assignment", "assignment_id", postgresql_where=text("assignment_id is not null")),
    Index("alert_about", "about_id", postgresql_where=text("about_id is not null")),
    Index("alert_created", "created_at"),
    Index("alert_ended", "state_at", postgresql_where=text("state <> 'active'")),
)

# The topics that end an item of an alert. Of those with `every`, all must end.
alert_until = Table(
    "alert_until",
    metadata,
    Column("topic", Text, nullable=False),
    Column("alert_id", Uuid, ForeignKey("alert.alert_id", ondelete="CASCADE"), nullable=False),
    Column("item_key", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("every", Boolean, nullable=False),
    PrimaryKeyConstraint("topic", "alert_id", "item_key"),
    Index("alert_until_alert", "alert_id"),
)

# The highest version known to be ended on each topic that something was heard of, for 30 days (NTF-111).
topic = Table(
    "topic",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("ended", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Index("topic_at", "at"),
)

# Positions that continue another: whoever leads them is not told of a new employee (NTF-007).
continuing_position = Table(
    "continuing_position",
    metadata,
    Column("position_id", Uuid, primary_key=True),
    Column("predecessor_id", Uuid, nullable=False),
)

# One who makes an alert and one who ends its topic meet at the topic's row: the second sees what the first did.
_TOUCH = """
insert into topic as t (topic, ended, at) select topic, ended, $3 from unnest($1::text[], $2::bigint[]) as n(topic, ended)
order by topic
on conflict (topic) do update set ended = greatest(t.ended, excluded.ended), at = excluded.at
returning topic, ended
"""

# Whoever changes a person's alerts holds the person's head of the stream until the commit: changes of one person come
# one after another, and `arrival` follows the order of the commits.
_RECIPIENTS = """
with head as (
    insert into stream_head as h (person_id, seq) select person_id, 0 from unnest($1::uuid[]) as n(person_id)
    order by person_id on conflict (person_id) do update set seq = h.seq returning person_id, seq
)
select head.person_id, head.seq, p.person_id is not null as known, coalesce(p.erased, false) as erased,
    coalesce(a.state = 'deactivated', false) as deactivated,
    exists (select from directory_position o where o.person_id = head.person_id and o.status = 'active'
        and (o.access_until is null or o.access_until >= $2)) as has_position
from head
left join directory_person p on p.person_id = head.person_id
left join directory_account a on a.person_id = head.person_id
"""

# New alerts, what ends them, and the open e-mails they go into; what is there already is left alone. `$8`: a later
# closing time moves that of an open e-mail.
_ADD = """
with added as (
    insert into alert (alert_id, person_id, position_id, type, once_key, subject_kind, subject_id, params, items, link,
        assignment_id, about_id, source_event_ids, actor_id, actor_name, occurred_at, created_at, state, state_at, arrival)
    select n.alert_id, n.person_id, n.position_id, n.type, n.once_key, n.subject_kind, n.subject_id, n.params, n.items,
        n.link, n.assignment_id, n.about_id, n.source_event_ids, n.actor_id, n.actor_name, n.occurred_at, $2, 'active', $2,
        n.arrival
    from jsonb_to_recordset($1::jsonb) as n(alert_id uuid, person_id uuid, position_id uuid, type text, once_key text,
        subject_kind text, subject_id text, params jsonb, items jsonb, link text, assignment_id uuid, about_id uuid,
        source_event_ids uuid[], actor_id uuid, actor_name text, occurred_at timestamptz, arrival bigint)
    on conflict on constraint alert_once do nothing
    returning alert_id
), ending as (
    insert into alert_until (topic, alert_id, item_key, version, every)
    select u.topic, u.alert_id, u.item_key, u.version, u.every
    from unnest($3::text[], $4::uuid[], $5::text[], $6::bigint[], $7::boolean[]) as u(topic, alert_id, item_key, version, every)
    join added using (alert_id) on conflict do nothing
), collected as (
    insert into collection as c (person_id, type, opens_at, closes_at, alert_ids)
    select n.person_id, n.type, $2, max(n.closes_at), array_agg(n.alert_id order by n.alert_id)
    from jsonb_to_recordset($1::jsonb) as n(alert_id uuid, person_id uuid, type text, closes_at timestamptz)
    join added using (alert_id) where n.closes_at is not null
    group by n.person_id, n.type order by n.person_id, n.type
    on conflict (person_id, type) do update set
        opens_at = coalesce(c.opens_at, excluded.opens_at),
        closes_at = case
            when c.opens_at is null then greatest(excluded.closes_at, c.handed_at + interval '15 minutes')
            when $8 then greatest(c.closes_at, excluded.closes_at)
            else c.closes_at end,
        alert_ids = c.alert_ids || excluded.alert_ids
)
select alert_id from added
"""

# What an alert that is there already is about in addition; nothing when it holds the item.
_ADD_ITEM = """
update alert set items = items || $4::jsonb, source_event_ids = array_append(source_event_ids, $6)
where person_id = $1 and type = $2 and once_key = $3 and state = 'active'
    and not items @> jsonb_build_array(jsonb_build_object('key', $5::text))
returning alert_id
"""

_ADD_UNTIL = """
insert into alert_until (topic, alert_id, item_key, version, every)
select * from unnest($1::text[], $2::uuid[], $3::text[], $4::bigint[], $5::boolean[]) on conflict do nothing
"""

# An item has ended when a topic of it has, or every one of those that must.
_END = """
with hit as (
    delete from alert_until u using unnest($1::text[], $2::bigint[]) as e(topic, ended)
    where u.topic = e.topic and u.version < e.ended returning u.alert_id, u.item_key, u.every
)
select distinct h.alert_id, h.item_key, a.person_id from hit h join alert a on a.alert_id = h.alert_id
where not h.every or not exists (
    select from alert_until u where u.alert_id = h.alert_id and u.item_key = h.item_key and u.every
        and not exists (select from unnest($1::text[], $2::bigint[]) as e(topic, ended)
            where u.topic = e.topic and u.version < e.ended))
"""

_TAKE_ITEMS = """
with gone as (
    select alert_id, array_agg(item_key) as keys from unnest($1::uuid[], $2::text[]) as g(alert_id, item_key)
    group by alert_id
), lessened as (
    select a.alert_id, coalesce(jsonb_agg(i order by place) filter (where not i->>'key' = any(gone.keys)), '[]') as items
    from gone join alert a on a.alert_id = gone.alert_id, jsonb_array_elements(a.items) with ordinality as e(i, place)
    where a.state in ('active', 'dismissed')
    group by a.alert_id
)
update alert a set
    items = case when l.items = '[]' then a.items else l.items end,
    state = case when l.items = '[]' then 'resolved' else a.state end,
    state_at = case when l.items = '[]' then $3 else a.state_at end
from lessened l, alert old where a.alert_id = l.alert_id and old.alert_id = a.alert_id
returning a.alert_id, a.person_id, a.type, old.state as was, a.state
"""

_MOVE = "update alert set position_id = $2 where assignment_id = $1 and position_id is distinct from $2"


async def touch(work: Connection, topics: Mapping[str, int], at: datetime) -> dict[str, int]:
    """Note endings (-1: none) and learn the highest known for each topic; holds the topics until the commit."""
    rows = await work.raw.fetch(_TOUCH, list(topics), list(topics.values()), at)
    return {row["topic"]: row["ended"] for row in rows}


async def recipients(
    work: Connection, persons: Sequence[UUID], today: Any
) -> dict[UUID, tuple[Recipient, int]]:
    """Who these persons are, with the number of what they were last told; holds them until the commit."""
    rows = await work.raw.fetch(_RECIPIENTS, sorted(set(persons)), today)
    return {
        row["person_id"]: (
            Recipient(row["person_id"], row["known"], row["erased"], row["deactivated"], row["has_position"]),
            row["seq"],
        )
        for row in rows
    }


Until = tuple[str, UUID, str, int, bool]
"""What ends which item: topic, alert, item, version, and whether every one of those must end."""


async def add(
    work: Connection,
    rows: Sequence[Mapping[str, Any]],
    until: Sequence[Until],
    at: datetime,
    *,
    moving: bool,
) -> set[UUID]:
    """Store new alerts; the ids of those that were not there before under the same type, person and once key.

    One with `closes_at` goes into the open e-mail of its person and type, which is closed then; `moving`: a later time
    moves that of an open one.
    """
    columns = [list(column) for column in zip(*until, strict=True)] or [[]] * 5
    found = await work.raw.fetch(_ADD, list(rows), at, *columns, moving)
    return {row["alert_id"] for row in found}


async def add_item(work: Connection, notice: Notice, item: Mapping[str, Any]) -> UUID | None:
    """Add what `notice` is about to its active alert; the alert, if it did not hold that already."""
    found: UUID | None = await work.raw.fetchval(
        _ADD_ITEM,
        notice.person_id,
        notice.type,
        notice.once_key,
        [dict(item)],
        notice.item_key,
        notice.told.event_id,
    )
    return found


async def add_until(work: Connection, rows: Sequence[Until]) -> None:
    """Store what ends items that were added to an alert."""
    if rows:
        await work.raw.execute(_ADD_UNTIL, *(list(column) for column in zip(*rows, strict=True)))


async def end(work: Connection, ended: Mapping[str, int]) -> list[tuple[UUID, str, UUID]]:
    """Take away the topics that have ended; the items (alert, key, whose) that are no longer true."""
    rows = await work.raw.fetch(_END, list(ended), list(ended.values()))
    return [(row["alert_id"], row["item_key"], row["person_id"]) for row in rows]


async def take_items(
    work: Connection, items: Sequence[tuple[UUID, str, UUID]], at: datetime
) -> Sequence[Row]:
    """Remove items from their alerts; an alert without any is resolved. The alerts, with their state before."""
    if not items:
        return []
    rows: Sequence[Row] = await work.raw.fetch(
        _TAKE_ITEMS, [alert_id for alert_id, *_ in items], [key for _, key, _ in items], at
    )
    return rows


async def move(work: Connection, assignment_id: UUID, position_id: UUID) -> None:
    """Let the alerts of an assignment follow it to another position (NTF-023)."""
    await work.raw.execute(_MOVE, assignment_id, position_id)


async def ended(work: Connection, about: str) -> int | None:
    """The highest version known to be ended on a topic."""
    found: int | None = await work.raw.fetchval("select ended from topic where topic = $1", about)
    return found
