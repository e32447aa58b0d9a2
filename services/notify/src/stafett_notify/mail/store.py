"""Outgoing e-mail, and what is collected for immediate e-mails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, SmallInteger, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from stafett_chassis.sql import Connection, Row
from stafett_chassis.tables import Moment
from stafett_notify.tables import metadata

CHANNEL = "mail"
"""NOTIFY channel: there is something to hand over at once."""

# `content` is what the text is made of, erased with time (NTF-143); `source_*` whose event asked for it. The address
# and the language are taken at hand-over; the message id is fixed at the first. `priority` 0 goes first.
mail = Table(
    "mail",
    metadata,
    Column("mail_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("keys", ARRAY(Text), nullable=False),
    Column("once_key", Text, nullable=False, unique=True),
    Column("recipient_id", Uuid),
    Column("address", Text),
    Column("language", Text),
    Column("message_id", Text),
    Column("state", Text, nullable=False),
    Column("state_at", Moment, nullable=False),
    Column("attempts", JSONB, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("not_after", Moment),
    Column("created_at", Moment, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("content", JSONB),
    Column("source_event_id", Uuid),
    Column("source_kind", Text),
    Column("source_id", Uuid),
    Column("source_revision", Integer),
    Index("mail_due", "priority", "due_at", postgresql_where=text("state in ('waiting', 'deferred')")),
    Index("mail_lease", "lease_until", postgresql_where=text("state = 'handing_over'")),
    Index("mail_recipient", "recipient_id", "created_at"),
    Index("mail_created", "created_at"),
    Index("mail_source", "source_id", postgresql_where=text("source_id is not null")),
)

# Alerts of one type to one person that go into one e-mail; `opens_at` is null while none is open. `handed_at` is when
# the last one was handed over.
collection = Table(
    "collection",
    metadata,
    Column("person_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("opens_at", Moment),
    Column("closes_at", Moment),
    Column("alert_ids", ARRAY(Uuid), nullable=False),
    Column("handed_at", Moment),
    PrimaryKeyConstraint("person_id", "type"),
    Index("collection_closes", "closes_at", postgresql_where=text("opens_at is not null")),
)

_CLOSE = """
with due as (
    select person_id, type, alert_ids from collection where opens_at is not null and closes_at <= $1
    order by closes_at limit $2 for update skip locked
), closed as (
    update collection c set opens_at = null, closes_at = null, alert_ids = '{}'
    from due d where c.person_id = d.person_id and c.type = d.type
)
insert into mail (mail_id, kind, keys, once_key, recipient_id, state, state_at, attempts, due_at, created_at, priority, content)
select gen_random_uuid(), 'single', array[type], 'single:' || alert_ids[1], person_id, 'waiting', $1, '[]', $1, $1, 1,
    jsonb_build_object('alerts', to_jsonb(alert_ids))
from due where cardinality(alert_ids) > 0 on conflict (once_key) do nothing returning mail_id
"""

_WRITE = """
insert into mail as m (mail_id, kind, keys, once_key, recipient_id, state, state_at, attempts, due_at, not_after,
    created_at, priority, content, source_event_id, source_kind, source_id, source_revision)
values (gen_random_uuid(), 'mandatory', array[$1::text], $2, $3, 'waiting', $4, '[]', $5, $6, $4, 0, $7, $8, $9, $10, $11)
on conflict (once_key) do update set content = jsonb_set(m.content, '{items}', (m.content->'items') || ($7::jsonb->'items'))
    where $12 and m.state = 'waiting'
returning mail_id
"""

_CLAIM = """
update mail set state = 'handing_over', state_at = $1, lease_until = $2, message_id = coalesce(message_id, mail_id || '@' || $3)
where mail_id = (
    select mail_id from mail where state in ('waiting', 'deferred') and due_at <= $1
    order by priority, due_at, mail_id limit 1 for update skip locked)
returning *
"""

_READER = """
select p.person_id is not null and not p.erased as known, coalesce(a.state = 'deactivated', false) as deactivated,
    exists (select from directory_position o where o.person_id = $1 and o.status = 'active'
        and (o.access_until is null or o.access_until >= $2)) as has_position,
    c.address, coalesce(c.language, 'nb') as language, coalesce(c.state, 'ok') as address_state,
    to_jsonb(s) as settings
from (select $1::uuid as id) x
left join directory_person p on p.person_id = x.id
left join directory_account a on a.person_id = x.id
left join contact c on c.person_id = x.id
left join alert_settings s on s.person_id = x.id
"""

_ALERTS = """
select params, items, link from alert where alert_id = any($1::uuid[]) and state = 'active'
order by occurred_at, arrival, alert_id
"""

_OUTCOME = """
update mail set state = $2, state_at = $3, due_at = coalesce($4, due_at), lease_until = null,
    attempts = attempts || $5::jsonb
where mail_id = $1 and state = 'handing_over' returning mail_id
"""

_ABANDONED = """
update mail set state = case when kind in ('single', 'weekly') then 'uncertain' else 'waiting' end,
    state_at = $1, due_at = $1, lease_until = null
where mail_id in (select mail_id from mail where state = 'handing_over' and lease_until < $1 for update skip locked)
returning mail_id, kind
"""

_DROP = """
update mail set state = 'dropped', state_at = $3
where source_id = $1 and keys = array[$2::text] and state in ('waiting', 'deferred') and source_revision < $4
"""


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail claimed for handing over."""

    mail_id: UUID
    kind: str
    keys: Sequence[str]
    recipient_id: UUID | None
    message_id: str
    attempts: Sequence[Mapping[str, Any]]
    not_after: datetime | None
    created_at: datetime
    content: Mapping[str, Any]
    source_event_id: UUID | None
    source_kind: str | None
    source_id: UUID | None

    @property
    def given_address(self) -> str | None:
        """The address the e-mail is for, where that is not simply the recipient's own."""
        return self.content.get("address")

    @property
    def key(self) -> str:
        """The alert type or the key of Table 5."""
        return self.keys[0]


def _mail(row: Row) -> Mail:
    return Mail(**{name: row[name] for name in Mail.__slots__})


async def close_collections(connection: Connection, now: datetime, most: int = 500) -> int:
    """Make an e-mail of every collection whose time is up; how many."""
    return len(await connection.raw.fetch(_CLOSE, now, most))


async def due(connection: Connection, now: datetime, most: int) -> int:
    """How many e-mails are due, `most` at the most."""
    found: int = await connection.raw.fetchval(
        "select count(*) from (select from mail where state in ('waiting', 'deferred') and due_at <= $1 limit $2) d",
        now,
        most,
    )
    return found


async def write(work: Connection, values: Sequence[Any]) -> UUID | None:
    """Store an e-mail of Table 5 (see `_WRITE`); none when one with the same once key is there."""
    found: UUID | None = await work.raw.fetchval(_WRITE, *values)
    return found


async def drop(work: Connection, key: str, source_id: UUID, revision: int, at: datetime) -> None:
    """Drop the e-mails of older revisions of the source that have not been handed over (NTF-073)."""
    await work.raw.execute(_DROP, source_id, key, at, revision)


async def claim(work: Connection, now: datetime, lease_until: datetime, domain: str) -> Mail | None:
    """Mark the next e-mail due as being handed over (NTF-102); none when nothing is due."""
    row = await work.raw.fetchrow(_CLAIM, now, lease_until, domain)
    return _mail(row) if row else None


async def reader(work: Connection, person_id: UUID, today: Any) -> Row:
    """Address, language, state and settings of the recipient, as they are now (NTF-047, NTF-108)."""
    row = await work.raw.fetchrow(_READER, person_id, today)
    assert row is not None
    found: Row = row
    return found


async def alerts(work: Connection, alert_ids: Sequence[str]) -> Sequence[Row]:
    """Those of the alerts that are still active (NTF-052), oldest first."""
    rows: Sequence[Row] = await work.raw.fetch(_ALERTS, [UUID(one) for one in alert_ids])
    return rows


async def address_to(work: Connection, mail_id: UUID, address: str, language: str) -> None:
    """Note where, and in which language, the e-mail goes."""
    await work.raw.execute(
        "update mail set address = $2, language = $3 where mail_id = $1", mail_id, address, language
    )


async def handed_over(work: Connection, person_id: UUID, key: str, at: datetime) -> None:
    """The next e-mail of the type waits a quarter of an hour from now (NTF-051)."""
    await work.raw.execute(
        "update collection set handed_at = $3, closes_at = greatest(closes_at, $3::timestamptz + interval '15 minutes')"
        " where person_id = $1 and type = $2",
        person_id,
        key,
        at,
    )


async def outcome(
    work: Connection,
    mail_id: UUID,
    state: str,
    at: datetime,
    *,
    due_at: datetime | None = None,
    attempt: Mapping[str, Any] | None = None,
) -> bool:
    """Store what became of an e-mail being handed over; whether it still was."""
    return bool(await work.raw.fetchval(_OUTCOME, mail_id, state, at, due_at, [attempt] if attempt else []))


async def take_back_abandoned(connection: Connection, now: datetime) -> Sequence[Row]:
    """Deal with e-mails whose process died while handing them over (NTF-102)."""
    rows: Sequence[Row] = await connection.raw.fetch(_ABANDONED, now)
    return rows


async def erase(work: Connection, person_id: UUID) -> None:
    """Delete everything about e-mail to the person."""
    await work.raw.execute("delete from collection where person_id = $1", person_id)
    await work.raw.execute("delete from mail where recipient_id = $1", person_id)
