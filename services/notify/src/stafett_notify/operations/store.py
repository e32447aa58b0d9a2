"""The mail log, and what is forgotten with time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, or_, select, tuple_

from stafett_chassis.auth import Caller
from stafett_chassis.directory import access
from stafett_chassis.directory.tables import person, position, role
from stafett_chassis.http import Reading
from stafett_chassis.sql import Connection, Row
from stafett_contracts.vocabulary import Role
from stafett_notify.catalogue.rules import ALERT_TYPES
from stafett_notify.mail.store import mail

AGE_OUT = timedelta(days=365)
DELETE_ALERTS = timedelta(days=90)
ERASE_CONTENT = timedelta(days=30)
KEEP_MAIL = timedelta(days=365)
KEEP_TOPICS = timedelta(days=30)

_FINAL = "('accepted', 'bounced', 'failed', 'uncertain', 'dropped', 'no_address', 'suspended')"


def is_system_manager(caller: Caller, today: Any) -> Any:
    """Condition: the caller is a system manager, from the acting position."""
    return exists(select(role.c.grant_id).where(access.holds(caller, today, [Role.SYSTEM_MANAGER])))


async def manages(connection: Connection, caller: Caller, today: Any) -> bool:
    """Whether the caller is a system manager."""
    return bool(await connection.value(select(is_system_manager(caller, today))))


async def mail_log(
    read: Reading, person_id: UUID | None, after: tuple[datetime, UUID] | None, size: int
) -> Sequence[Row]:
    """E-mails the caller may know of, newest first: own ones, those to people of the own trust, or all."""
    statement: Select[Any] = (
        select(
            mail.c.mail_id,
            mail.c.kind,
            mail.c["keys"],
            mail.c.recipient_id,
            (person.c.given_name + " " + person.c.family_name).label("recipient_name"),
            mail.c.address,
            mail.c.state,
            mail.c.state_at,
            mail.c.created_at,
            mail.c.attempts,
        )
        .outerjoin(person, person.c.person_id == mail.c.recipient_id)
        .where(_may_see(read.caller, read.today))
        .order_by(mail.c.created_at.desc(), mail.c.mail_id.desc())
        .limit(size + 1)
    )
    if person_id:
        statement = statement.where(mail.c.recipient_id == person_id)
    if after:
        statement = statement.where(tuple_(mail.c.created_at, mail.c.mail_id) < after)
    return await read.all(statement)


def _may_see(caller: Caller, today: Any) -> Any:
    reach = access.in_reach_of(caller, today, [Role.HF_ADMIN, Role.RHF_ADMIN])
    people = select(position.c.person_id).where(position.c.position_id.in_(reach))
    return or_(
        mail.c.recipient_id == caller.person_id,
        mail.c.recipient_id.in_(people),
        is_system_manager(caller, today),
    )


async def tidy(work: Connection, now: datetime) -> None:
    """Forget what is no longer to be kept (NTF-142, NTF-143, NTF-111)."""
    run = work.raw.execute
    await run(
        "update alert set state = 'aged_out', state_at = $1 where state = 'active' and created_at < $2"
        " and type = any($3::text[])",
        now,
        now - AGE_OUT,
        [kind.key for kind in ALERT_TYPES.values() if kind.dismissible],
    )
    await run("delete from alert where state <> 'active' and state_at < $1", now - DELETE_ALERTS)
    await run("delete from topic where at < $1", now - KEEP_TOPICS)
    await run(
        f"update mail set content = null where content is not null and state in {_FINAL} and state_at < $1",  # noqa: S608
        now - ERASE_CONTENT,
    )
    await run(f"delete from mail where state in {_FINAL} and state_at < $1", now - KEEP_MAIL)  # noqa: S608
