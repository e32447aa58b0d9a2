"""Writing e-mails, and deciding at hand-over what becomes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from stafett_chassis.work import Work
from stafett_contracts.ids import EventId, MailId, PersonId, SubjectId
from stafett_contracts.notify import EmailUndelivered
from stafett_contracts.vocabulary import MailSource, UndeliveredReason
from stafett_notify.alerts.actions import told
from stafett_notify.catalogue.rules import ALERT_TYPES
from stafett_notify.configuration import NotifySettings
from stafett_notify.contacts import actions as contacts
from stafett_notify.mail import store, tokens
from stafett_notify.mail.render import message
from stafett_notify.mail.rules import content, delivery
from stafett_notify.mail.rules.delivery import Answer, Kind, State, Verdict
from stafett_notify.mail.rules.letters import LETTERS
from stafett_notify.mail.store import Mail
from stafett_notify.own import Own
from stafett_notify.settings.rules import mailed_at_once
from stafett_notify.settings.store import settings_of

log = structlog.get_logger(__name__)

SHARED_PAUSE = timedelta(seconds=10)
"""How long an e-mail that the events of one batch share waits for the rest of them (NTF-065)."""


@dataclass(frozen=True, slots=True)
class Source:
    """What asked for an e-mail: the object, its kind for whoever is told that it did not arrive, and its revision."""

    id: UUID
    revision: int
    kind: MailSource = MailSource.OTHER


@dataclass(frozen=True, slots=True)
class HandOver:
    """An e-mail ready for the mail server."""

    mail: Mail
    sender: str
    address: str
    data: bytes


async def write_letter(
    work: Work,
    key: str,
    source: Source,
    *,
    person_id: UUID | None,
    address: str | None = None,
    params: Mapping[str, Any],
    items: Sequence[Mapping[str, Any]] = (),
    together: bool = False,
    url: str | None = None,
    not_after: datetime | None = None,
) -> None:
    """Write an e-mail of Table 5, once for the source's revision and the recipient (NTF-101).

    `together`: the events of one batch or run share one, which lists all their `items` (NTF-065). `address` is given
    where it is not simply the person's own.
    """
    heard = told(work)
    if not LETTERS[key].sites.includes(work.site_kind) or heard.silent:
        return
    if work.at - heard.at > delivery.VERY_LATE:
        log.info("letter_too_late", key=key, source_id=str(source.id))
        return
    act = heard.batch_id or heard.run_id
    shared = together and act is not None
    own_key = f"{key}:{source.id}:{source.revision}:{person_id or address}"
    values = [
        key, f"{key}:{act}:{person_id}" if shared else own_key, person_id,
        work.at, work.at + SHARED_PAUSE if shared else work.at, not_after,
        {"params": dict(params), "items": [dict(item) for item in items], "url": url, "address": address},
        heard.event_id, source.kind.value, source.id, source.revision, shared,
    ]  # fmt: skip
    if await store.write(work, values) is None and shared:
        values[1], values[-1] = own_key, False  # the shared one has gone already
        await store.write(work, values)
    work.gather(_wake, "mail")


async def _wake(work: Work, _: set[str]) -> None:
    own = work.owned(Own)
    work.after_commit(lambda: own.ring(store.CHANNEL))


async def take_next(work: Work, settings: NotifySettings) -> HandOver | Mail | None:
    """Claim the next e-mail due and make it ready; the bare e-mail when it is not to be sent, none when none is due."""
    mail = await store.claim(work, work.at, work.at + delivery.LEASE, settings.sender.rpartition("@")[2])
    if mail is None:
        return None
    if mail.not_after and work.at > mail.not_after:
        return await _give_up(work, mail, State.FAILED, UndeliveredReason.FAILED)
    if mail.recipient_id is None:
        return await _ready(work, settings, mail, mail.given_address, "nb")
    reader = await store.reader(work, mail.recipient_id, work.today)
    if mail.given_address:
        return await _ready(work, settings, mail, mail.given_address, reader["language"])
    gone = reader["deactivated"] or not reader["has_position"]
    if not reader["known"] or (gone and not _for_leavers(mail)):
        return await _give_up(work, mail, State.DROPPED)  # NTF-107
    if mail.kind in delivery.STOPPABLE:
        if not mailed_at_once(settings_of(reader["settings"]), ALERT_TYPES[mail.key]):
            return await _give_up(work, mail, State.DROPPED)  # NTF-047
        if reader["address_state"] == "suspended":
            return await _give_up(work, mail, State.SUSPENDED)
    return await _ready(work, settings, mail, reader["address"], reader["language"])


def _for_leavers(mail: Mail) -> bool:
    return mail.kind == Kind.MANDATORY and LETTERS[mail.key].for_leavers


async def _ready(
    work: Work, settings: NotifySettings, mail: Mail, address: str | None, language: str
) -> HandOver | Mail:
    if not address:
        return await _give_up(work, mail, State.NO_ADDRESS, UndeliveredReason.NO_ADDRESS)
    if not delivery.may_be_sent_to(address, settings.allowed):
        return await _give_up(work, mail, State.DROPPED)  # NTF-109
    if not delivery.is_address(address):
        return await _give_up(work, mail, State.FAILED, UndeliveredReason.INVALID)
    unsubscribe = None
    if mail.kind in delivery.STOPPABLE:
        token = tokens.token_of(settings.service_secret.get_secret_value(), mail.mail_id)
        unsubscribe = f"{settings.base()}/api/notify/unsubscribe/{token}"
    try:
        text = await _content(work, settings, mail, language, unsubscribe)
    except content.BadSubject:
        log.error("mail_refused", mail_id=str(mail.mail_id), key=mail.key, reason="line break in the subject")
        return await _give_up(work, mail, State.FAILED, UndeliveredReason.INVALID)
    if text is None:
        return await _give_up(work, mail, State.DROPPED)  # NTF-052
    await store.address_to(work, mail.mail_id, address, language)
    if mail.kind == Kind.SINGLE and mail.recipient_id:
        await store.handed_over(work, mail.recipient_id, mail.key, work.at)
    data = message(
        text,
        sender=settings.sender,
        product=settings.product,
        to=address,
        message_id=mail.message_id,
        at=work.at,
        unsubscribe=unsubscribe,
    )
    return HandOver(mail, settings.sender, address, data)


async def _content(
    work: Work, settings: NotifySettings, mail: Mail, language: str, unsubscribe: str | None
) -> content.Content | None:
    """What the e-mail says now; none when there is nothing left to say."""
    if mail.kind == Kind.MANDATORY:
        return content.letter(
            LETTERS[mail.key],
            mail.content["params"],
            mail.content["items"],
            language,
            product=settings.product,
            base=settings.base(),
            url=mail.content["url"],
        )
    rows = await store.alerts(work, mail.content["alerts"])
    if not rows:
        return None
    return content.single(
        mail.key,
        [content.MailedAlert(row["params"], row["items"], row["link"]) for row in rows],
        language,
        product=settings.product,
        base=settings.base(),
        unsubscribe=unsubscribe or settings.base(),
    )


async def _give_up(work: Work, mail: Mail, state: State, reason: UndeliveredReason | None = None) -> Mail:
    await store.outcome(work, mail.mail_id, state, work.at)
    _tell_source(work, mail, reason)
    return mail


def _tell_source(work: Work, mail: Mail, reason: UndeliveredReason | None) -> None:
    """Whoever's event asked for an e-mail of Table 5 learns that it did not arrive (NTF-105)."""
    if reason is None or mail.kind in delivery.STOPPABLE:
        return
    if mail.source_event_id is None or mail.source_id is None:
        return
    work.emit(
        EmailUndelivered(
            revision=len(mail.attempts) + 1,
            mail_id=MailId(mail.mail_id),
            source_event_id=EventId(mail.source_event_id),
            source_kind=MailSource(mail.source_kind or MailSource.OTHER),
            source_id=SubjectId(mail.source_id),
            recipient_person_id=PersonId(mail.recipient_id) if mail.recipient_id else None,
            reason=reason,
        )
    )


async def record(work: Work, mail: Mail, address: str, answer: Answer) -> State:
    """Store what the mail server said, and what follows (NTF-103, NTF-104)."""
    attempt = {"at": work.at, "verdict": answer.verdict.value, "code": answer.code}
    tries = len(mail.attempts) + 1
    state, due_at, reason = State.ACCEPTED, None, None
    if answer.verdict is Verdict.NEVER:
        state, reason = State.BOUNCED, UndeliveredReason.BOUNCED
    elif answer.verdict is Verdict.UNKNOWN and Kind(mail.kind) in delivery.STOPPABLE:
        state = State.UNCERTAIN
    elif answer.verdict is not Verdict.ACCEPTED:
        due_at = delivery.next_try(tries, mail.created_at, work.at, mail.not_after)
        state = State.DEFERRED if due_at else State.FAILED
        reason = None if due_at else UndeliveredReason.FAILED
    if not await store.outcome(work, mail.mail_id, state, work.at, due_at=due_at, attempt=attempt):
        log.warning("mail_outcome_too_late", mail_id=str(mail.mail_id), outcome=state.value)
        return state
    _tell_source(work, mail, reason)
    person_id = mail.recipient_id
    if person_id is None or mail.given_address:
        return state  # not an address of the address book
    if state is State.ACCEPTED:
        await contacts.delivered(work, person_id)
    elif state is State.BOUNCED:
        await contacts.suspend(work, person_id, address, f"refused with {answer.code}")
    elif state is State.FAILED and answer.about_recipient:
        await contacts.not_delivered(work, person_id, address)
    return state
