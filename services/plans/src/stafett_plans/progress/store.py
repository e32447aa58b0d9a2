"""Registrations, their repetitions and the requests made of signing."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from stafett_chassis.sql import Connection
from stafett_chassis.tables import Moment
from stafett_plans.catalogue import store as catalogue
from stafett_plans.progress.rules.decisions import Asked
from stafett_plans.progress.rules.registration import Registration
from stafett_plans.progress.rules.repetitions import Elsewhere, Repetition
from stafett_plans.tables import metadata

# One person's progress on one requirement, in the whole site or (`hf_id`) inside one trust: the present round, and
# the earlier fulfilled round that is shown meanwhile (`kept`). The zero id stands for the whole site (PLN-565).
registration = Table(
    "registration",
    metadata,
    Column("registration_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("requirement_id", Uuid, ForeignKey(catalogue.requirement.c.requirement_id), nullable=False),
    Column("hf_id", Uuid, nullable=False),
    Column("round_id", Uuid, nullable=False),
    Column("round_number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("fulfilled_on", Date),
    Column("manual_expiry", Date),
    Column("comment", Text),
    Column("supervisor_id", Uuid),
    Column("supervisor_name", Text),
    Column("request_id", Uuid),
    Column("recalling", Boolean, nullable=False),
    Column("before", Text),  # the state it was sent from
    Column("source", Text),  # self, on_behalf, course, sync, conversation
    Column("signed", Boolean, nullable=False),
    Column("signer", JSONB),  # as `contracts.values.Decider`
    Column("signed_at", Moment),
    Column("decision_comment", Text),
    Column("reason", Text),  # of the rejection, as it read
    Column("note", Text),
    Column("ticks", JSONB, nullable=False),  # {checkpoint id: {by, at}}
    Column("done", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("demanded", Integer),
    Column("kept", JSONB),
    Column("kept_fulfilled_on", Date),
    Column("kept_manual_expiry", Date),
    Column("last_assignment_id", Uuid),  # PLN-638
    Column("changed_at", Moment, nullable=False),
    Column("revision", Integer, nullable=False),
    Index("registration_once", "person_id", "requirement_id", "hf_id", unique=True),
    Index("registration_requirement", "requirement_id"),
)

# Fulfilments that no longer count; never changed.
closed_round = Table(
    "closed_round",
    metadata,
    Column("entry_id", BigInteger, Identity(always=True), primary_key=True),
    Column("registration_id", Uuid, ForeignKey(registration.c.registration_id), nullable=False),
    Column("reason", Text, nullable=False),  # reset, recertification, renewed, undone
    Column("content", JSONB, nullable=False),
    Column("closed_at", Moment, nullable=False),
    Index("closed_round_registration", "registration_id"),
)

repetition = Table(
    "repetition",
    metadata,
    Column("repetition_id", Uuid, primary_key=True),
    Column("registration_id", Uuid, ForeignKey(registration.c.registration_id), nullable=False),
    Column("round_id", Uuid, nullable=False),
    Column("performed_on", Date, nullable=False),
    Column("state", Text, nullable=False),  # done, waiting, signed, rejected, removed
    Column("comment", Text),
    Column("supervisor_id", Uuid),
    Column("supervisor_name", Text),
    Column("request_id", Uuid),
    Column("item_id", Uuid),  # in that request
    Column("recalling", Boolean, nullable=False),
    Column("signer", JSONB),
    Column("signed_at", Moment),
    Column("decision_comment", Text),
    Column("reason", Text),
    Index("repetition_registration", "registration_id", "round_id"),
)

# What was asked of signing, and the version of each request that was last applied (PLN-635).
request = Table(
    "request",
    metadata,
    Column("request_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),  # registration, goal progress or assignment
    Column("person_id", Uuid, nullable=False),
    Column("subject_revision", Integer, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("version", Integer, nullable=False),
    Column("withdrawn", Text),
    Column("revision", Integer, nullable=False),
    Index("request_subject", "subject_id"),
)

# Repetitions of national procedure lists done at other sites, as sync adds them up (PLN-568).
procedure_count = Table(
    "procedure_count",
    metadata,
    Column("person_id", Uuid, nullable=False),
    Column("external_key", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("entries", JSONB, nullable=False),
    Column("revision", Integer, nullable=False),
    PrimaryKeyConstraint("person_id", "external_key"),
)

# How a trainee stands with other sites (PLN-571).
person_link = Table(
    "person_link",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
    Column("text_nb", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("revision", Integer, nullable=False),
)

_FIELDS = [field.name for field in fields(Registration)]
_NAMES = ", ".join(_FIELDS)
_KEPT = [name for name in _FIELDS if name not in ("registration_id", "person_id", "requirement_id", "hf_id")]

REGISTRATION_COLUMNS = ", ".join(f"r.{name}" for name in _FIELDS)
"""The columns of `registration r`, in the order of the fields of `Registration`."""

# One statement for the whole of a change: the registration, its history, and that the plan was worked in.
_SAVE = f"""
with saved as (
    insert into registration ({_NAMES}, changed_at)
    values ({", ".join(f"${place}" for place in range(1, len(_FIELDS) + 2))})
    on conflict (registration_id) do update set
        {", ".join(f"{name} = excluded.{name}" for name in _KEPT)}, changed_at = excluded.changed_at
), noted as (
    insert into history_entry
        (target_kind, target_id, at, actor_id, actor_position, on_behalf_of, act, status, comment, details)
    select 'registration', $1, ${len(_FIELDS) + 1}, {", ".join(f"${len(_FIELDS) + place}" for place in range(2, 9))}
)
update assignment set first_work_at = coalesce(first_work_at, ${len(_FIELDS) + 1}),
    last_activity_at = ${len(_FIELDS) + 1}
where assignment_id = ${len(_FIELDS) + 9}
"""  # noqa: S608 - names of our own columns


async def save(
    connection: Connection,
    new: Registration,
    at: datetime,
    actor: Any,
    act: str,
    status: str,
    *,
    comment: str | None = None,
    details: Mapping[str, Any] | None = None,
    worked_in: UUID | None = None,
) -> None:
    """Store a registration with its history entry; `worked_in` is the assignment it was done through."""
    await connection.raw.execute(
        _SAVE,
        *(getattr(new, name) for name in _FIELDS),
        at,
        getattr(actor, "person_id", None),
        getattr(actor, "position_id", None),
        getattr(actor, "on_behalf_of", None),
        act,
        status,
        comment,
        details,
        worked_in,
    )


_BEGIN = f"""
insert into registration ({_NAMES}, changed_at)
values ({", ".join(f"${place}" for place in range(1, len(_FIELDS) + 2))})
"""  # noqa: S608


async def begin(connection: Connection, new: Registration, at: datetime) -> None:
    """Store a registration that rows are about to refer to, before what becomes of it is saved."""
    await connection.raw.execute(_BEGIN, *(getattr(new, name) for name in _FIELDS), at)


def registration_of(row: Mapping[str, Any]) -> Registration:
    """The registration in a row that holds its columns."""
    return Registration(**{name: row[name] for name in _FIELDS})


_BY_ID = f"select {_NAMES} from registration where registration_id = $1"  # noqa: S608


async def by_id(connection: Connection, registration_id: UUID) -> Registration | None:
    """A registration; lock the person first when it is to be changed."""
    row = await connection.raw.fetchrow(_BY_ID, registration_id)
    return registration_of(row) if row else None


_REPETITION_FIELDS = [field.name for field in fields(Repetition)]
_REPETITIONS = f"""
select {", ".join(_REPETITION_FIELDS)} from repetition
where registration_id = $1 and round_id = $2 and state <> 'removed' order by performed_on, repetition_id
"""  # noqa: S608
_SAVE_REPETITION = f"""
insert into repetition ({", ".join(_REPETITION_FIELDS)}, registration_id, round_id)
values ({", ".join(f"${place}" for place in range(1, len(_REPETITION_FIELDS) + 3))})
on conflict (repetition_id) do update set
    {", ".join(f"{name} = excluded.{name}" for name in _REPETITION_FIELDS[1:])}
"""  # noqa: S608


async def repetitions(connection: Connection, of: Registration) -> list[Repetition]:
    """The repetitions of the present round, in order of date, without removed ones."""
    rows = await connection.raw.fetch(_REPETITIONS, of.registration_id, of.round_id)
    return [Repetition(**row) for row in rows]


async def save_repetitions(connection: Connection, of: Registration, changed: Iterable[Repetition]) -> None:
    """Store repetitions of the present round."""
    rows = [
        (*(getattr(one, name) for name in _REPETITION_FIELDS), of.registration_id, of.round_id)
        for one in changed
    ]
    if rows:
        await connection.raw.executemany(_SAVE_REPETITION, rows)


_ELSEWHERE = "select entries from procedure_count where person_id = $1 and external_key = $2"


async def elsewhere(
    connection: Connection, person_id: UUID, external_key: str | None
) -> list[dict[str, Any]]:
    """What other sites say was done of a national procedure list."""
    if external_key is None:
        return []
    found: list[dict[str, Any]] | None = await connection.raw.fetchval(_ELSEWHERE, person_id, external_key)
    return found or []


def counted_elsewhere(entries: Iterable[Mapping[str, Any]]) -> list[Elsewhere]:
    """Those of the entries that count (PLN-568, PLN-640)."""
    return [
        Elsewhere(datetime.fromisoformat(entry["performed_on"]).date(), entry["number"])
        for entry in entries
        if entry["state"] in ("done", "signed")
    ]


_ASK = """
insert into request (request_id, kind, subject_id, person_id, subject_revision, asked_at, version, revision)
values ($1, $2, $3, $4, $5, $6, 0, 1)
"""
_ASKED = """
select request_id, kind, subject_id, subject_revision, version, revision, withdrawn, person_id
from request where request_id = $1
"""


async def ask(
    connection: Connection,
    request_id: UUID,
    kind: str,
    subject_id: UUID,
    person_id: UUID,
    subject_revision: int,
    at: datetime,
) -> None:
    """Remember what was asked of signing."""
    await connection.raw.execute(_ASK, request_id, kind, subject_id, person_id, subject_revision, at)


async def asked(connection: Connection, request_id: UUID) -> tuple[Asked, UUID] | None:
    """A request of ours and the person it is about; none when we have made no such."""
    row = await connection.raw.fetchrow(_ASKED, request_id)
    if row is None:
        return None
    given = dict(row)
    person: UUID = given.pop("person_id")
    return Asked(**given), person


async def heard(connection: Connection, request_id: UUID, version: int) -> None:
    """Note the version of a request that was applied."""
    await connection.raw.execute(
        "update request set version = $2 where request_id = $1 and version < $2", request_id, version
    )


async def withdrawn(connection: Connection, request_id: UUID, cause: str) -> int:
    """Note that a request was withdrawn; the revision of the withdrawal."""
    revision: int = await connection.raw.fetchval(
        "update request set withdrawn = $2, revision = revision + 1 where request_id = $1 returning revision",
        request_id,
        cause,
    )
    return revision
