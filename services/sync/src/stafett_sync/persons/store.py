"""Tables and queries about who is exchanged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from stafett_chassis.directory import tables as directory
from stafett_chassis.sql import Connection
from stafett_chassis.tables import Moment
from stafett_contracts.vocabulary import LinkState, PositionStatus, Track
from stafett_sync.metadata import metadata
from stafett_sync.persons.rules import HeldPosition

# Everybody of the directory, with the HPR number as sites compare it (SYN-002).
hpr_number = Table(
    "hpr_number",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("hpr", Text),
    Index("hpr_number_hpr", "hpr"),
)
trainee = Table(
    "trainee",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("hpr", Text),  # the number in effect
    Column("open", Boolean, nullable=False),  # facts may pass (not without a number, nor with a doubtful one)
    Column("present", Boolean, nullable=False),
    Column("checks", ARRAY(Text), nullable=False),
    Column("checks_revision", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("peers", JSONB, nullable=False),
    Column("synchronised_at", Moment),
    Column("revision", Integer, nullable=False),  # of what is told of the link
    Index("trainee_hpr", "hpr"),
)


@dataclass(frozen=True, slots=True)
class Trainee:
    """Somebody the exchange knows."""

    person_id: UUID
    hpr: str | None
    open: bool
    present: bool
    checks: Sequence[str]
    checks_revision: int
    state: LinkState
    since: datetime
    peers: Sequence[dict[str, Any]] = field(hash=False)
    synchronised_at: datetime | None
    revision: int


async def set_number(connection: Connection, person_id: UUID, hpr: str | None) -> str | None:
    """Note the person's number; the one noted before."""
    before: str | None = await connection.value(
        select(hpr_number.c.hpr).where(hpr_number.c.person_id == person_id)
    )
    await connection.run(
        insert(hpr_number)
        .values(person_id=person_id, hpr=hpr)
        .on_conflict_do_update(index_elements=["person_id"], set_={"hpr": hpr})
    )
    return before


async def number_of(connection: Connection, person_id: UUID) -> str | None:
    """The number the directory has for the person."""
    number: str | None = await connection.value(
        select(hpr_number.c.hpr).where(hpr_number.c.person_id == person_id)
    )
    return number


async def persons_with(connection: Connection, hpr: str) -> list[UUID]:
    """Everybody whom the directory gives this number."""
    return await connection.column(
        select(hpr_number.c.person_id).where(hpr_number.c.hpr == hpr).order_by(hpr_number.c.person_id)
    )


async def open_trainee(connection: Connection, hpr: str) -> UUID | None:
    """The one trainee who is exchanged under this number."""
    found: UUID | None = await connection.value(
        select(trainee.c.person_id).where(trainee.c.hpr == hpr, trainee.c.open).limit(1)
    )
    return found


async def trainee_of(connection: Connection, person_id: UUID, *, lock: bool = False) -> Trainee | None:
    """The trainee, if the exchange knows the person."""
    query = select(trainee).where(trainee.c.person_id == person_id)
    row = await connection.maybe(query.with_for_update() if lock else query)
    return Trainee(**{**dict(row), "state": LinkState(row["state"])}) if row else None


async def lock_person(connection: Connection, person_id: UUID) -> None:
    """Keep others from deciding about the person until the commit, also when no row is there yet."""
    await connection.raw.execute(
        "select pg_advisory_xact_lock(hashtextextended('person ' || $1, 0))", str(person_id)
    )


async def put_trainee(connection: Connection, one: Trainee) -> None:
    """Store the trainee."""
    row = {name: getattr(one, name) for name in Trainee.__dataclass_fields__} | {
        "state": one.state.value,
        "checks": list(one.checks),
        "peers": list(one.peers),
    }
    statement = insert(trainee).values(**row)
    await connection.run(
        statement.on_conflict_do_update(
            index_elements=["person_id"],
            set_={name: statement.excluded[name] for name in row if name != "person_id"},
        )
    )


async def touch(connection: Connection, person_id: UUID, at: datetime) -> None:
    """Note that the person was synchronised at `at`."""
    await connection.run(update(trainee).where(trainee.c.person_id == person_id).values(synchronised_at=at))


async def positions_of(connection: Connection, person_id: UUID, site: str) -> tuple[list[HeldPosition], bool]:
    """The person's positions with the trusts' codes, and whether the identity is protected.

    With a protected identity every trust is the site's own organisation (SYN-246).
    """
    trust = directory.unit.alias()
    rows = await connection.all(
        select(
            directory.position.c.status,
            directory.position.c.track,
            directory.position.c.start_date,
            directory.position.c.end_date,
            trust.c.code,
            directory.person.c.protected,
        )
        .join(directory.person, directory.person.c.person_id == directory.position.c.person_id)
        .outerjoin(trust, trust.c.unit_id == directory.position.c.hf_id)
        .where(directory.position.c.person_id == person_id)
        .order_by(directory.position.c.position_id)
    )
    protected = any(row["protected"] for row in rows)
    return [
        HeldPosition(
            PositionStatus(row["status"]),
            Track(row["track"]),
            site if protected or row["code"] is None else row["code"],
            row["start_date"],
            row["end_date"],
        )
        for row in rows
    ], protected


async def trust_code(connection: Connection, hf_id: UUID) -> str | None:
    """The code of a trust, by which other sites know it; none while the directory lacks it."""
    code: str | None = await connection.value(
        select(directory.unit.c.code).where(directory.unit.c.unit_id == hf_id)
    )
    return code


async def name_of(connection: Connection, person_id: UUID) -> str:
    """The person's name."""
    row = await connection.maybe(
        select(directory.person.c.given_name, directory.person.c.family_name).where(
            directory.person.c.person_id == person_id
        )
    )
    return f"{row['given_name']} {row['family_name']}".strip() if row else ""


async def protected_identity(connection: Connection, person_id: UUID) -> bool:
    """Whether the person's identity is protected."""
    return bool(
        await connection.value(
            select(directory.person.c.protected).where(directory.person.c.person_id == person_id)
        )
    )


async def everybody_known(connection: Connection, after: UUID | None, limit: int = 200) -> list[UUID]:
    """Trainees in the order of their ids, behind `after`."""
    query = select(trainee.c.person_id).order_by(trainee.c.person_id).limit(limit)
    return await connection.column(query if after is None else query.where(trainee.c.person_id > after))


async def present_numbers(connection: Connection) -> list[str]:
    """The numbers of trainees present here and exchanged."""
    return await connection.column(
        select(trainee.c.hpr).where(trainee.c.open, trainee.c.present, trainee.c.hpr.is_not(None))
    )
