"""Making alerts and ending them. Reactions call `raise_alert` and `end`; the work is done once, as the unit ends.

A unit may hold up to fifty events. Doing it last and together costs five statements for all of them, and one that is
raised and ended within the unit is never shown at all.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import structlog

from stafett_chassis.clock import OSLO
from stafett_chassis.reactions import Later
from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_notify.alerts import rules, store
from stafett_notify.alerts.rules import Ending, Notice, Recipient, Told
from stafett_notify.catalogue.rules import ALERT_TYPES
from stafett_notify.live.actions import tell

log = structlog.get_logger(__name__)

UNKNOWN_LIMIT = timedelta(minutes=10)
"""How long an event waits for a person it names (NTF-114)."""


@dataclass(frozen=True, slots=True)
class _Made:
    notices: Sequence[Notice]
    alert_id: UUID
    row: dict[str, Any]
    moving: bool  # a later alert may move the time its e-mail is closed


def told(work: Work) -> Told:
    """What alerts of the event reacted to in this unit have in common."""
    cause, actor = work.cause, work.cause.actor
    return Told(
        at=cause.told_at or work.at,
        origin=cause.origin,
        event_id=cause.event_id,
        actor_id=actor.person_id if actor else None,
        actor_name=actor.name if actor else None,
        batch_id=cause.batch_id,
        run_id=cause.run_id,
    )


def raise_alert(work: Work, notice: Notice) -> None:
    """Alert a person, unless there is a reason not to."""
    if rules.wanted(notice):
        work.gather(_settle, notice)


def end(work: Work, versions: Mapping[str, int]) -> None:
    """What is true on these topics up to the versions given is true no longer."""
    for topic, version in versions.items():
        work.gather(_settle, Ending(topic, version))


def unknown(what: str) -> Later:
    """The event names somebody or something that the directory copy does not have yet (NTF-114)."""
    return Later(f"the directory copy lacks {what}", UNKNOWN_LIMIT)


async def _settle(work: Work, changes: set[Notice | Ending]) -> None:
    notices = sorted(
        (change for change in changes if isinstance(change, Notice)),
        key=lambda notice: (notice.told.at, notice.type, str(notice.person_id), notice.item_key),
    )
    ended: dict[str, int] = {}
    for change in changes:
        if isinstance(change, Ending):
            ended[change.topic] = max(change.version, ended.get(change.topic, 0))
    topics = dict.fromkeys((topic for notice in notices for topic in (*notice.until, *notice.until_all)), -1)
    known = await store.touch(work, {**topics, **ended}, work.at) if topics or ended else {}
    over = await store.end(work, ended) if ended else []
    persons = [notice.person_id for notice in notices] + [person for *_, person in over]
    if not persons:
        return
    recipients = await store.recipients(work, persons, work.today)
    await _take(work, over)
    await _add(work, [n for n in notices if rules.still_true(n, known)], recipients)


async def _take(work: Work, over: Sequence[tuple[UUID, str, UUID]]) -> None:
    """Remove what is no longer true, and let it vanish from open browsers."""
    for row in await store.take_items(work, over, work.at):
        kind = ALERT_TYPES[row["type"]]
        if row["was"] != "active" or not kind.has_lines:
            continue
        if row["state"] == "resolved":
            tell(work, row["person_id"], "alert.removed", alert_id=row["alert_id"], card=kind.card)
        else:
            tell(work, row["person_id"], "card.count", card=kind.card)


async def _add(
    work: Work, notices: Sequence[Notice], recipients: Mapping[UUID, tuple[Recipient, int]]
) -> None:
    by_key: dict[tuple[str, UUID, str], list[Notice]] = defaultdict(list)
    for notice in notices:
        recipient, _ = recipients[notice.person_id]
        if not recipient.known:
            raise unknown(f"person {notice.person_id}")
        if not recipient.reachable:
            log.info("no_recipient", type=notice.type, person_id=str(notice.person_id))
            continue
        by_key[notice.key].append(notice)
    seven = datetime.combine(work.today, time(7), OSLO)
    made = [_made(work, same, recipients[same[0].person_id][1], seven) for same in by_key.values()]
    for moving in (False, True):
        await _store(work, [one for one in made if one.moving is moving], moving=moving)


async def _store(work: Work, made: Sequence[_Made], *, moving: bool) -> None:
    """Store alerts that are new; others are told what they are about in addition."""
    if not made:
        return
    until = [row for one in made for notice in one.notices for row in _until(notice, one.alert_id)]
    new = await store.add(work, [one.row for one in made], until, work.at, moving=moving)
    for one in made:
        first = one.notices[0]
        kind = ALERT_TYPES[first.type]
        if one.alert_id not in new:
            await _add_items(work, one.notices)
        elif kind.has_lines:
            tell(work, first.person_id, "alert.added", alert_id=one.alert_id, card=kind.card)


async def _add_items(work: Work, notices: Sequence[Notice]) -> None:
    """Let an alert that is there already be about more (NTF-054); what it holds, or has ended, changes nothing."""
    for notice in notices:
        if not notice.item_key:
            continue
        alert_id = await store.add_item(work, notice, _item(notice))
        if alert_id is None:
            continue
        await store.add_until(work, _until(notice, alert_id))
        kind = ALERT_TYPES[notice.type]
        if kind.has_lines:
            tell(work, notice.person_id, "card.count", card=kind.card)


def _until(notice: Notice, alert_id: UUID) -> list[store.Until]:
    return [
        (topic, alert_id, notice.item_key, version, every)
        for versions, every in ((notice.until, False), (notice.until_all, True))
        for topic, version in versions.items()
    ]


def _made(work: Work, same: Sequence[Notice], arrived: int, seven: datetime) -> _Made:
    """A new alert about everything that `same`, which share its key, are about."""
    row, moving = _row(same, arrived), False
    if rules.is_mailed(same[0], work.at):
        row["closes_at"], moving = rules.collected_until(same[0], work.at, seven)
    return _Made(same, row["alert_id"], row, moving)


def _row(same: Sequence[Notice], arrived: int) -> dict[str, Any]:
    first = same[0]
    items = {notice.item_key: _item(notice) for notice in same}
    return {
        "alert_id": new_id(),
        "person_id": first.person_id,
        "position_id": first.position_id,
        "type": first.type,
        "once_key": first.once_key,
        "subject_kind": first.subject_kind,
        "subject_id": first.subject_id,
        "params": dict(first.params),
        "items": list(items.values()),
        "link": first.link,
        "assignment_id": first.assignment_id,
        "about_id": first.about_id,
        "source_event_ids": sorted({str(n.told.event_id) for n in same if n.told.event_id}),
        "actor_id": first.told.actor_id,
        "actor_name": first.told.actor_name,
        "occurred_at": max(notice.told.at for notice in same),
        "arrival": arrived + 1,
    }


def _item(notice: Notice) -> dict[str, Any]:
    return {"key": notice.item_key, **notice.item}
