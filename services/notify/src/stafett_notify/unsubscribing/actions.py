"""What the token in an e-mail turns off."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from stafett_chassis.problems import NotFound
from stafett_chassis.sql import Connection
from stafett_chassis.work import Work
from stafett_notify.catalogue.rules import ALERT_TYPES, GROUPS
from stafett_notify.mail import tokens
from stafett_notify.settings import actions as settings
from stafett_notify.settings import store as settings_store
from stafett_notify.settings.rules import without

VALID = timedelta(days=90)
"""How long a token works."""

_OF_MAIL = """
select recipient_id, kind, keys from mail
where mail_id = $1 and kind in ('single', 'weekly') and recipient_id is not null and created_at > $2
"""


@dataclass(frozen=True, slots=True)
class Label:
    """A text in bokmål and English."""

    nb: str
    en: str


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """What is, or has been, turned off: immediate e-mail of a group, or the weekly summary (`weekly`)."""

    scope: str
    label: Label
    off: bool


async def look(
    connection: Connection, secret: str, token: str, work_at: object
) -> tuple[UUID, Unsubscription]:
    """Whose token it is and what it turns off; 404 for one that is unknown or too old."""
    mail_id = tokens.mail_of(secret, token)
    row = await connection.raw.fetchrow(_OF_MAIL, mail_id, work_at) if mail_id else None
    if row is None:
        raise NotFound(
            "token_unknown",
            "Lenken er ukjent eller for gammel. Endre varslene i innstillingene dine.",
            "The link is unknown or too old. Change your alerts in your settings.",
        )
    if row["kind"] == "weekly":
        scope, label = "weekly", Label("ukentlig oppsummering", "the weekly summary")
    else:
        group = ALERT_TYPES[row["keys"][0]].group
        nb, en = GROUPS[group]
        scope = group.value
        label = Label(f"umiddelbar e-post for «{nb}»", f"immediate e-mail for “{en}”")
    before, *_ = await settings_store.load(connection, row["recipient_id"])
    return row["recipient_id"], Unsubscription(scope, label, without(before, scope) == before)


async def show(work: Work, secret: str, token: str) -> Unsubscription:
    """What the token would turn off; looking changes nothing, as scanners open every link."""
    _, found = await look(work, secret, token, work.at - VALID)
    return found


async def turn_off(work: Work, secret: str, token: str) -> Unsubscription:
    """Turn it off; a second time changes nothing."""
    person_id, found = await look(work, secret, token, work.at - VALID)
    await settings.turn_off(work, person_id, found.scope)
    return Unsubscription(found.scope, found.label, True)
