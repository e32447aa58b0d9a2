"""Tables and queries of the register."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    delete,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from stafett_chassis.sql import Connection, Row
from stafett_chassis.tables import Moment
from stafett_contracts.vocabulary import FactState
from stafett_sync.metadata import metadata
from stafett_sync.statements.rules import FactKey, Statement

# What this site has to say, by person: also of people without an HPR number, for the day they get one (SYN-006).
own_fact = Table(
    "own_fact",
    metadata,
    Column("person_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("trust", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("source_id", Uuid),  # the object whose event it comes from
    Column("source_revision", BigInteger, nullable=False),
    Column("source_at", Moment),  # when the state began, as the event says
    PrimaryKeyConstraint("person_id", "type", "subject"),
    Index("own_fact_source", "source_id"),
)
# The winning statement of every fact, this site's own included (SYN-075).
fact = Table(
    "fact",
    metadata,
    Column("site", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("hpr", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("major", Integer, nullable=False),
    Column("trust", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("cause", Text),
    Column("kid", Text, nullable=False),
    Column("jws", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("received_from", Text, nullable=False),
    Column("verdict", Text, nullable=False),  # in_force, held, not_understood
    Column("reason", Text),
    PrimaryKeyConstraint("site", "type", "hpr", "subject"),
    Index("fact_hpr", "hpr"),
    Index("fact_held", "reason", "subject"),
)
# Statements kept beside the winner: signed by a key not acceptable now (SYN-079), or said twice (SYN-076).
kept_statement = Table(
    "kept_statement",
    metadata,
    Column("site", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("hpr", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("kid", Text, nullable=False),
    Column("jws", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("received_from", Text, nullable=False),
    PrimaryKeyConstraint("site", "type", "hpr", "subject", "hash"),
)
# What a peer has refused of this site's facts: that version is not sent to it again (SYN-165).
refused_fact = Table(
    "refused_fact",
    metadata,
    Column("peer", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("hpr", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("told_at", Moment, nullable=False),
    PrimaryKeyConstraint("peer", "type", "hpr", "subject"),
)
IN_FORCE, HELD, NOT_UNDERSTOOD = "in_force", "held", "not_understood"
_STATEMENT = (
    "type",
    "major",
    "site",
    "trust",
    "hpr",
    "subject",
    "epoch",
    "seq",
    "issued_at",
    "state",
    "hash",
    "body",
)


@dataclass(frozen=True, slots=True)
class OwnFact:
    """Something this site has to say about a person."""

    person_id: UUID
    type: str
    subject: str
    trust: str
    state: FactState
    body: Mapping[str, Any] = field(hash=False)
    source_id: UUID | None = None
    source_revision: int = 0
    source_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeldFact:
    """A fact of the register: its winning statement, signed, and the verdict on it."""

    statement: Statement
    jws: str
    kid: str
    verdict: str
    reason: str | None = None


async def keep_own(connection: Connection, own: OwnFact) -> None:
    """Store what this site says now."""
    row = {name: getattr(own, name) for name in OwnFact.__dataclass_fields__} | {
        "state": own.state.value,
        "body": dict(own.body),
    }
    statement = insert(own_fact).values(**row)
    await connection.run(
        statement.on_conflict_do_update(
            index_elements=["person_id", "type", "subject"],
            set_={
                name: statement.excluded[name] for name in row if name not in ("person_id", "type", "subject")
            },
        )
    )


async def own_facts(
    connection: Connection, person_id: UUID, subjects: Collection[tuple[str, str]] | None = None
) -> list[OwnFact]:
    """What this site says of the person; of (type, subject) only, when given."""
    query = select(own_fact).where(own_fact.c.person_id == person_id)
    if subjects is not None:
        query = query.where(own_fact.c.subject.in_({subject for _, subject in subjects}))
    rows = await connection.all(query.order_by(own_fact.c.type, own_fact.c.subject))
    found = [_own(row) for row in rows]
    return found if subjects is None else [own for own in found if (own.type, own.subject) in subjects]


async def own_from(connection: Connection, source_id: UUID) -> list[OwnFact]:
    """What this site says because of one object, e.g. a registration; locked."""
    rows = await connection.all(select(own_fact).where(own_fact.c.source_id == source_id).with_for_update())
    return [_own(row) for row in rows]


async def own_one(connection: Connection, person_id: UUID, type: str, subject: str) -> OwnFact | None:
    """One thing this site says; locked."""
    row = await connection.maybe(
        select(own_fact)
        .where(own_fact.c.person_id == person_id, own_fact.c.type == type, own_fact.c.subject == subject)
        .with_for_update()
    )
    return _own(row) if row else None


async def in_register(connection: Connection, key: FactKey) -> HeldFact | None:
    """The winning statement of a fact; locked."""
    row = await connection.maybe(
        select(fact)
        .where(
            fact.c.site == key.site,
            fact.c.type == key.type,
            fact.c.hpr == key.hpr,
            fact.c.subject == key.subject,
        )
        .with_for_update()
    )
    return held_fact(row) if row else None


async def facts_of(
    connection: Connection, hpr: str, *, site: str | None = None, in_force_only: bool = False
) -> list[HeldFact]:
    """Everything the register holds of a trainee (of one origin, when `site` is given)."""
    query = select(fact).where(fact.c.hpr == hpr)
    if site is not None:
        query = query.where(fact.c.site == site)
    if in_force_only:
        query = query.where(fact.c.verdict == IN_FORCE)
    return [
        held_fact(row)
        for row in await connection.all(query.order_by(fact.c.site, fact.c.type, fact.c.subject))
    ]


async def put(connection: Connection, held: HeldFact, *, received_at: datetime, received_from: str) -> None:
    """Make `held` the winner of its fact."""
    statement = held.statement
    row = {name: getattr(statement, name) for name in (*_STATEMENT, "cause")} | {
        "state": statement.state.value,
        "body": dict(statement.body),
        "kid": held.kid,
        "jws": held.jws,
        "verdict": held.verdict,
        "reason": held.reason,
        "received_at": received_at,
        "received_from": received_from,
    }
    upsert = insert(fact).values(**row)
    keys = ("site", "type", "hpr", "subject")
    await connection.run(
        upsert.on_conflict_do_update(
            index_elements=list(keys), set_={name: upsert.excluded[name] for name in row if name not in keys}
        )
    )


async def remove(connection: Connection, key: FactKey) -> None:
    """Take a fact out of the register."""
    await connection.run(
        delete(fact).where(
            fact.c.site == key.site,
            fact.c.type == key.type,
            fact.c.hpr == key.hpr,
            fact.c.subject == key.subject,
        )
    )


async def keep_beside(
    connection: Connection, held: HeldFact, reason: str, *, received_at: datetime, received_from: str
) -> None:
    """Keep a statement that does not hold, with the reason."""
    key = held.statement.key
    await connection.run(
        insert(kept_statement)
        .values(
            site=key.site,
            type=key.type,
            hpr=key.hpr,
            subject=key.subject,
            hash=held.statement.hash,
            kid=held.kid,
            jws=held.jws,
            reason=reason,
            received_at=received_at,
            received_from=received_from,
        )
        .on_conflict_do_nothing()
    )


async def release(connection: Connection, reason: str, subject: str) -> list[str]:
    """Put facts held for `reason` on `subject` in force; the HPR numbers they are about."""
    rows = await connection.raw.fetch(
        "update fact set verdict = 'in_force', reason = null"
        " where verdict = 'held' and reason = $1 and subject = $2 returning hpr",
        reason,
        subject,
    )
    return sorted({row["hpr"] for row in rows})


async def to_be_judged_anew(connection: Connection, after: tuple[str, ...], limit: int = 200) -> list[Row]:
    """Statements that another registry or an upgrade may let take effect, behind `after`, in order of their keys."""
    return list(
        await connection.raw.fetch(
            """
            select site, type, hpr, subject, jws, received_from from (
                select site, type, hpr, subject, jws, received_from, '' as hash from fact
                where verdict = 'not_understood' or reason = 'trust_unknown'
                union all
                select site, type, hpr, subject, jws, received_from, hash from kept_statement
                where reason in ('unconfirmed', 'key_retired')
            ) held where (site, type, hpr, subject) > ($1, $2, $3, $4)
            order by site, type, hpr, subject, hash limit $5
            """,
            *after,
            limit,
        )
    )


async def forget_held(connection: Connection, key: FactKey) -> None:
    """Take out what is held of a fact because of its trust or its type; it is judged anew."""
    await connection.raw.execute(
        "delete from fact where (site, type, hpr, subject) = ($1, $2, $3, $4)"
        " and (verdict = 'not_understood' or reason = 'trust_unknown')",
        key.site,
        key.type,
        key.hpr,
        key.subject,
    )


async def note_refusal(
    connection: Connection, peer: str, statement_key: FactKey, epoch: int, seq: int, code: str, at: datetime
) -> None:
    """A peer has refused a version of this site's."""
    upsert = insert(refused_fact).values(
        peer=peer,
        type=statement_key.type,
        hpr=statement_key.hpr,
        subject=statement_key.subject,
        epoch=epoch,
        seq=seq,
        code=code,
        told_at=at,
    )
    await connection.run(
        upsert.on_conflict_do_update(
            index_elements=["peer", "type", "hpr", "subject"],
            set_={name: upsert.excluded[name] for name in ("epoch", "seq", "code", "told_at")},
        )
    )


async def refused_by(connection: Connection, peer: str, hpr: str) -> set[tuple[str, str, int, int]]:
    """(type, subject, epoch, seq) of what the peer has refused about a trainee."""
    rows = await connection.raw.fetch(
        "select type, subject, epoch, seq from refused_fact where peer = $1 and hpr = $2", peer, hpr
    )
    return {(row["type"], row["subject"], row["epoch"], row["seq"]) for row in rows}


def held_fact(row: Row) -> HeldFact:
    """A row of the register."""
    values = {name: row[name] for name in _STATEMENT} | {
        "state": FactState(row["state"]),
        "cause": row["cause"],
    }
    return HeldFact(Statement(env="", **values), row["jws"], row["kid"], row["verdict"], row["reason"])


def _own(row: Row) -> OwnFact:
    return OwnFact(
        **{**{name: row[name] for name in OwnFact.__dataclass_fields__}, "state": FactState(row["state"])}
    )
