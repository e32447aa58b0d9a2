"""Reading the home page, and clearing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from stafett_chassis.auth import Caller
from stafett_chassis.http import Reading
from stafett_chassis.paging import Page, key_of, page_of
from stafett_chassis.problems import NotFound
from stafett_chassis.sql import Row
from stafett_chassis.work import Work
from stafett_notify import acting
from stafett_notify.catalogue.rules import ALERT_TYPES, CARDS, Card, CardGroup, line
from stafett_notify.catalogue.rules.cards import CARD_GROUPS
from stafett_notify.home import rules, store
from stafett_notify.home.rules import Shown, Waiting
from stafett_notify.live.actions import tell
from stafett_notify.settings import store as settings_store

PAGE = 50


@dataclass(frozen=True, slots=True)
class Label:
    """A text in bokmål and English."""

    nb: str
    en: str


@dataclass(frozen=True, slots=True)
class HomeCard:
    """A card: its number, and the newest alert it holds, which is what X on the card names (`up_to`)."""

    card: Card
    label: Label
    colour: str
    count: int
    dismissible: bool
    newest_alert_id: UUID | None


@dataclass(frozen=True, slots=True)
class HomeGroup:
    """A group of cards; one without cards is not shown."""

    group: CardGroup
    label: Label
    cards: Sequence[HomeCard]


@dataclass(frozen=True, slots=True)
class DeliveryWarning:
    """E-mail to the address does not arrive (NTF-104)."""

    address: str
    since: datetime
    text: Label


@dataclass(frozen=True, slots=True)
class Home:
    """The home page."""

    groups: Sequence[HomeGroup]
    delivery_warning: DeliveryWarning | None


@dataclass(frozen=True, slots=True)
class OtherPosition:
    """The position an alert belongs to, when it is not the one acted from (NTF-023)."""

    position_id: UUID
    unit_name: str | None


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert in the panel of its card."""

    alert_id: UUID
    type: str
    text: Label
    actor_name: str | None
    occurred_at: datetime
    link: str | None
    dismissible: bool
    other_position: OtherPosition | None


class DismissCard(BaseModel):
    """X on a card."""

    model_config = ConfigDict(extra="forbid")

    up_to: UUID = Field(description="the newest alert that was displayed; later ones stay")


async def read_home(read: Reading) -> Home:
    """The cards of the person, or of the leader whose deputy the person is."""
    person_id = await acting.subject_of(read, read.caller, read.today)
    is_deputy = acting.is_deputy(read.caller)
    row = await store.home(read, person_id)
    alerts = row["alerts"] or {}
    settings = settings_store.settings_of(row["settings"])
    counts = {Card(card): Waiting(**values) for card, values in (row["counts"] or {}).items()}
    shown = rules.cards(
        settings, {key: one["count"] for key, one in alerts.items()}, counts, deputy=is_deputy
    )
    newest = {
        one.card: _newest(rules.card_types(one.card, settings, deputy=is_deputy), alerts) for one in shown
    }
    return Home(
        groups=[
            HomeGroup(
                group,
                Label(*CARD_GROUPS[group]),
                [_card(one, newest[one.card], is_deputy) for one in shown if CARDS[one.card].group is group],
            )
            for group in CardGroup
            if any(CARDS[one.card].group is group for one in shown)
        ],
        delivery_warning=None if is_deputy else _warning(row["warning"]),
    )


def _newest(types: Sequence[str], alerts: Mapping[str, Any]) -> UUID | None:
    """The alert of these types that came last."""
    held = [alerts[key] for key in types if key in alerts]
    return UUID(max(held, key=lambda one: (one["arrival"], one["newest"]))["newest"]) if held else None


def _card(shown: Shown, newest: UUID | None, is_deputy: bool) -> HomeCard:
    face = CARDS[shown.card]
    return HomeCard(
        shown.card,
        Label(face.nb, face.en),
        shown.colour,
        shown.count,
        face.dismissible and not is_deputy,
        newest,
    )


def _warning(row: Mapping[str, Any] | None) -> DeliveryWarning | None:
    if row is None:
        return None
    address = row["address"]
    return DeliveryWarning(
        address,
        datetime.fromisoformat(row["since"]),
        Label(f"Vi får ikke levert e-post til {address}", f"We cannot deliver e-mail to {address}"),
    )


async def read_panel(read: Reading, card: Card, cursor: str | None) -> Page[AlertLine]:
    """The alerts of a card, newest first, 50 a page (NTF-020)."""
    person_id = await acting.subject_of(read, read.caller, read.today)
    is_deputy = acting.is_deputy(read.caller)
    after = key_of(cursor, datetime.fromisoformat, UUID)
    settings, *_ = await settings_store.load(read, person_id)
    types = rules.card_types(card, settings, deputy=is_deputy)
    rows = await store.panel(read, person_id, types, after, PAGE)
    lines = [_line(row, read.caller, is_deputy) for row in rows]
    return page_of(lines, PAGE, lambda one: (one.occurred_at, one.alert_id))


def _line(row: Row, caller: Caller, is_deputy: bool) -> AlertLine:
    kind = ALERT_TYPES[row["type"]]
    other = row["position_id"] is not None and row["position_id"] != caller.leads_from
    return AlertLine(
        alert_id=row["alert_id"],
        type=kind.key,
        text=Label(
            line(kind, "nb", row["params"], row["items"]), line(kind, "en", row["params"], row["items"])
        ),
        actor_name="Tidligere bruker" if row["actor_erased"] else row["actor_name"],
        occurred_at=row["occurred_at"],
        link=row["link"],
        dismissible=kind.dismissible and not is_deputy,
        other_position=OtherPosition(row["position_id"], row["unit_name"]) if other else None,
    )


async def _find(work: Work, alert_id: UUID) -> Row:
    person_id = acting.own(work.caller)
    await store.hold(work, person_id)
    row = await store.find(work, person_id, alert_id)
    if row is None:
        raise NotFound()
    return row


async def dismiss(work: Work, alert_id: UUID) -> None:
    """X on an alert (NTF-024)."""
    row = await _find(work, alert_id)
    kind = ALERT_TYPES[row["type"]]
    rules.may_dismiss(kind.card)
    if row["state"] != "active":
        return
    await store.set_state(work, alert_id, "dismissed", work.at)
    tell(work, work.caller.person_id, "alert.removed", alert_id=alert_id, card=kind.card)


async def undo_dismiss(work: Work, alert_id: UUID) -> None:
    """«Angre» (NTF-026); an alert that is active or resolved stays as it is."""
    row = await _find(work, alert_id)
    if row["state"] != "dismissed":
        return
    rules.may_undo(row["state_at"], work.at)
    await store.set_state(work, alert_id, "active", work.at)
    kind = ALERT_TYPES[row["type"]]
    tell(work, work.caller.person_id, "alert.added", alert_id=alert_id, card=kind.card)


async def dismiss_card(work: Work, card: Card, body: DismissCard) -> None:
    """X on a card: the alerts in it that were shown (NTF-025)."""
    rules.may_dismiss(card)
    await _find(work, body.up_to)
    person_id = work.caller.person_id
    settings, *_ = await settings_store.load(work, person_id)
    types = rules.card_types(card, settings, deputy=False)
    for alert_id in await store.dismiss_shown(work, person_id, types, body.up_to, work.at):
        tell(work, person_id, "alert.removed", alert_id=alert_id, card=card)
