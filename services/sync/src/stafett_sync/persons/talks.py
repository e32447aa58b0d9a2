"""What was said between this site and each peer about a trainee: confirmations, and questions for facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Column, Index, Integer, PrimaryKeyConstraint, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from stafett_chassis.sql import Connection
from stafett_chassis.tables import Moment
from stafett_sync.metadata import metadata
from stafett_sync.persons.store import trainee

# How a peer stands to a trainee, where people have said something about it (SYN-012).
peer_link = Table(
    "peer_link",
    metadata,
    Column("person_id", Uuid, nullable=False),
    Column("hpr", Text, nullable=False),
    Column("peer", Text, nullable=False),
    Column("confirmed_here", Boolean, nullable=False),
    Column("confirmed_by", Uuid),
    Column("confirmed_at", Moment),
    Column("confirmed_there", Boolean, nullable=False),
    Column("told_name", Text),  # name and trust at the peer, to be compared by hf_admin
    Column("told_trust", Text),
    Column("told_answer", Text),  # what the peer says of the checks
    Column("revision", Integer, nullable=False),  # of what is confirmed here
    PrimaryKeyConstraint("person_id", "hpr", "peer"),
)
# Asking a peer for what it has about a trainee (SYN-140 to SYN-143).
load = Table(
    "load",
    metadata,
    Column("hpr", Text, nullable=False),
    Column("peer", Text, nullable=False),
    Column("request_id", Uuid, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("lines", Boolean, nullable=False),  # asked only for what differs
    Column("pages", ARRAY(Integer), nullable=False),
    Column("last_page", Integer),
    Column("digest", Text),
    Column("answer", Text),  # none, identical, facts, mismatch, unchecked
    Column("done_at", Moment),
    PrimaryKeyConstraint("hpr", "peer"),
    Index("load_due", "next_at", postgresql_where="done_at is null"),
)


@dataclass(frozen=True, slots=True)
class PeerLink:
    """What people have said about a trainee's being the same at a peer."""

    person_id: UUID
    hpr: str
    peer: str
    confirmed_here: bool = False
    confirmed_by: UUID | None = None
    confirmed_at: datetime | None = None
    confirmed_there: bool = False
    told_name: str | None = None
    told_trust: str | None = None
    told_answer: str | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """A question to a peer, and how far it is answered."""

    hpr: str
    peer: str
    request_id: UUID
    asked_at: datetime
    next_at: datetime
    tries: int
    lines: bool
    pages: Sequence[int]
    last_page: int | None
    digest: str | None
    answer: str | None
    done_at: datetime | None


async def links_of(connection: Connection, person_id: UUID, hpr: str) -> dict[str, PeerLink]:
    """What people have said about the trainee, by peer."""
    rows = await connection.all(
        select(peer_link).where(peer_link.c.person_id == person_id, peer_link.c.hpr == hpr)
    )
    return {row["peer"]: PeerLink(**row) for row in rows}


async def put_link(connection: Connection, link: PeerLink) -> None:
    """Store what was said."""
    row = {name: getattr(link, name) for name in PeerLink.__dataclass_fields__}
    statement = insert(peer_link).values(**row)
    keys = ("person_id", "hpr", "peer")
    await connection.run(
        statement.on_conflict_do_update(
            index_elements=list(keys),
            set_={name: statement.excluded[name] for name in row if name not in keys},
        )
    )


async def loads_of(connection: Connection, hpr: str) -> list[Load]:
    """The questions asked about a trainee."""
    return [
        Load(**row)
        for row in await connection.all(select(load).where(load.c.hpr == hpr).order_by(load.c.peer))
    ]


async def load_from(connection: Connection, hpr: str, peer: str) -> Load | None:
    """The question to one peer; locked."""
    row = await connection.maybe(select(load).where(load.c.hpr == hpr, load.c.peer == peer).with_for_update())
    return Load(**row) if row else None


async def put_load(connection: Connection, one: Load) -> None:
    """Store a question."""
    row = {name: getattr(one, name) for name in Load.__dataclass_fields__} | {"pages": list(one.pages)}
    statement = insert(load).values(**row)
    await connection.run(
        statement.on_conflict_do_update(
            index_elements=["hpr", "peer"],
            set_={name: statement.excluded[name] for name in row if name not in ("hpr", "peer")},
        )
    )


async def due_loads(connection: Connection, now: datetime, limit: int = 50) -> list[Load]:
    """Questions to ask again, of trainees present; whoever asks locks the person and looks again."""
    rows = await connection.all(
        select(load)
        .where(
            load.c.done_at.is_(None),
            load.c.next_at <= now,
            select(trainee.c.person_id)
            .where(trainee.c.hpr == load.c.hpr, trainee.c.open, trainee.c.present)
            .exists(),
        )
        .order_by(load.c.next_at)
        .limit(limit)
    )
    return [Load(**row) for row in rows]
