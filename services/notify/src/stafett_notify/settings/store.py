"""The settings of those who have changed them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Column, Integer, Table, Text, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from stafett_chassis.sql import Connection, Row
from stafett_chassis.tables import Moment
from stafett_notify.catalogue.rules import Group
from stafett_notify.settings.rules import DEFAULT, Settings
from stafett_notify.tables import metadata

# The groups ticked for each channel. No row: the defaults.
alert_settings = Table(
    "alert_settings",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("no_email", Boolean, nullable=False),
    Column("single", ARRAY(Text), nullable=False),
    Column("weekly", ARRAY(Text), nullable=False),
    Column("home", ARRAY(Text), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

_MINE = select(alert_settings).where(alert_settings.c.person_id == bindparam("person_id"))


def settings_of(row: Row | None) -> Settings:
    """The settings in a row of the table, or the defaults."""
    if row is None:
        return DEFAULT
    return Settings(
        row["no_email"],
        *(frozenset(Group(name) for name in row[column]) for column in ("single", "weekly", "home")),
    )


async def load(connection: Connection, person_id: UUID) -> tuple[Settings, int, datetime | None]:
    """The person's settings, their revision (0: never changed) and when they were changed."""
    row = await connection.maybe(_MINE, person_id=person_id)
    return settings_of(row), row["revision"] if row else 0, row["changed_at"] if row else None


async def save(work: Connection, person_id: UUID, settings: Settings, revision: int, at: datetime) -> bool:
    """Store the settings as the revision after `revision`; not if they have another by now."""
    row = {
        "no_email": settings.no_email,
        "single": sorted(settings.single),
        "weekly": sorted(settings.weekly),
        "home": sorted(settings.home),
        "revision": revision + 1,
        "changed_at": at,
    }
    statement = insert(alert_settings).values(person_id=person_id, **row)
    return bool(
        await work.run(
            statement.on_conflict_do_update(
                index_elements=["person_id"],
                set_=row,
                where=alert_settings.c.revision == revision,
            )
        )
    )
