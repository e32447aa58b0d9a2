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
class _Added:
    notice: Notice
    alert_id: UUID


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
    if not by_key:
        return
    rows = [_row(same, recipients[same[0].person_id][1]) for same in by_key.values()]
    new = await store.add(work, rows, work.at)
    added: list[_Added] = []
    for row, same in zip(rows, by_key.values(), strict=True):
        alert_id = row["alert_id"]
        if alert_id in new:
            added += [_Added(notice, alert_id) for notice in same]
        else:
            added += await _add_items(work, same)
    await store.add_until(
        work,
        [
            (topic, one.alert_id, one.notice.item_key, version, every)
            for one in added
            for versions, every in ((one.notice.until, False), (one.notice.until_all, True))
            for topic, version in versions.items()
        ],
    )
    first = [_Added(same[0], row["alert_id"]) for row, same in zip(rows, by_key.values(), strict=True)]
    await _announce(work, [one for one in first if one.alert_id in new])


async def _add_items(work: Work, notices: Sequence[Notice]) -> list[_Added]:
    """Let an alert that is there already be about more (NTF-054); what it holds, or has ended, changes nothing."""
    added = []
    for notice in notices:
        if not notice.item_key:
            continue
        alert_id = await store.add_item(work, notice, _item(notice))
        if alert_id is None:
            continue
        added.append(_Added(notice, alert_id))
        kind = ALERT_TYPES[notice.type]
        if kind.has_lines:
            tell(work, notice.person_id, "card.count", card=kind.card)
    return added


async def _announce(work: Work, new: Sequence[_Added]) -> None:
    """Show new alerts in open browsers, and collect them for immediate e-mail."""
    for one in new:
        kind = ALERT_TYPES[one.notice.type]
        if kind.has_lines:
            tell(work, one.notice.person_id, "alert.added", alert_id=one.alert_id, card=kind.card)
    mailed: dict[bool, list[tuple[UUID, str, UUID, datetime]]] = {False: [], True: []}
    seven = datetime.combine(work.today, time(7), OSLO)
    for one in new:
        if rules.is_mailed(one.notice, work.at):
            closes_at, moving = rules.collected_until(one.notice, work.at, seven)
            mailed[moving].append((one.notice.person_id, one.notice.type, one.alert_id, closes_at))
    for moving, rows in mailed.items():
        await store.collect(work, rows, work.at, moving=moving)


def _row(same: Sequence[Notice], arrived: int) -> dict[str, Any]:
    """A new alert about everything that `same`, which share its key, are about."""
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
