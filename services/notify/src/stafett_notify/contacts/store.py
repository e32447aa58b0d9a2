"""The address book, fed by identity's events for notify alone (IDN-254)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Integer, Table, Text, Uuid, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from stafett_chassis.sql import Connection
from stafett_chassis.tables import Moment
from stafett_notify.tables import metadata

# `revision` is identity's, `state_revision` our own: it counts what we tell of the address.
contact = Table(
    "contact",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("address", Text),
    Column("language", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("state", Text, nullable=False),  # ok, suspended
    Column("reason", Text),
    Column("since", Moment),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Moment),
    Column("state_revision", Integer, nullable=False),
)

_OK = {"state": "ok", "reason": None, "since": None, "failures": 0, "failing_since": None}
_ONE = select(contact).where(contact.c.person_id == bindparam("person"))


@dataclass(frozen=True, slots=True)
class Contact:
    """A person's address and how it fares."""

    person_id: UUID
    address: str | None
    language: str
    revision: int
    state: str
    reason: str | None
    since: datetime | None
    failures: int
    failing_since: datetime | None
    state_revision: int


async def load(connection: Connection, person_id: UUID, *, for_update: bool = False) -> Contact | None:
    """What is known of the person's address."""
    row = await connection.maybe(_ONE.with_for_update() if for_update else _ONE, person=person_id)
    return Contact(**row) if row else None


async def keep(work: Connection, person_id: UUID, address: str | None, language: str, revision: int) -> None:
    """Store what identity says, unless newer is known; another address has a clean record (NTF-104)."""
    statement = insert(contact).values(
        person_id=person_id,
        address=address,
        language=language,
        revision=revision,
        state_revision=0,
        **_OK,
    )
    await work.run(
        statement.on_conflict_do_update(
            index_elements=["person_id"],
            set_={"address": address, "language": language, "revision": revision},
            where=(contact.c.revision < revision) & (contact.c.address.is_not_distinct_from(address)),
        )
    )
    await work.run(
        update(contact)
        .where(contact.c.person_id == person_id, contact.c.revision < revision)
        .values(address=address, language=language, revision=revision, **_OK)
    )


async def forget(work: Connection, person_id: UUID, revision: int | None) -> None:
    """Keep only that there was an address (`revision` of the event that erased it), or nothing at all."""
    if revision is None:
        await work.run(delete(contact).where(contact.c.person_id == person_id))
        return
    await keep(work, person_id, None, "nb", revision)


async def set_state(work: Connection, person_id: UUID, **changes: object) -> None:
    """Store how the address fares."""
    await work.run(update(contact).where(contact.c.person_id == person_id).values(**changes))


async def restore(work: Connection, person_id: UUID, state_revision: int) -> None:
    """Use the address again."""
    await set_state(work, person_id, **_OK, state_revision=state_revision)
