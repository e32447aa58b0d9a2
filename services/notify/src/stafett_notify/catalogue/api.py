"""`GET /alert-types`: the catalogue, with texts in both languages (NTF-001)."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Response

from stafett_chassis.http import Call, Reading
from stafett_notify.catalogue.rules import ALERT_TYPES, CARDS, GROUPS, AlertType, Card, Group, event_types
from stafett_notify.catalogue.rules.cards import CARD_GROUPS, CardGroup


@dataclass(frozen=True, slots=True)
class Label:
    """A text in bokmål and English."""

    nb: str
    en: str


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group of the settings."""

    group: Group
    label: Label


@dataclass(frozen=True, slots=True)
class CardView:
    """A card of the home page; `dismissible` says whether its alerts have an X."""

    card: Card
    label: Label
    card_group: CardGroup
    card_group_label: Label
    colour: str
    dismissible: bool
    ours: bool


@dataclass(frozen=True, slots=True)
class AlertTypeView:
    """An alert type. A channel is `on` or `off` (allowed, with that default), `always`, or `–` (never).

    `events` are the types of the events it comes of. A text with a bar has a form for one and a form for several.
    """

    key: str
    group: Group
    card: Card | None
    single: str
    weekly: str
    home: str
    ours: bool
    event: str
    events: Sequence[str]
    recipient: str
    once_per: str
    resolved_when: str | None
    link: str | None
    text: Label


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The whole catalogue; the same in every installation."""

    groups: Sequence[GroupView]
    cards: Sequence[CardView]
    types: Sequence[AlertTypeView]


def _type_view(kind: AlertType) -> AlertTypeView:
    return AlertTypeView(
        key=kind.key,
        group=kind.group,
        card=kind.card,
        single=kind.single.value,
        weekly=kind.weekly.value,
        home=kind.home.value,
        ours=kind.ours,
        event=kind.event,
        events=event_types(kind.event),
        recipient=kind.recipient,
        once_per=kind.once_per,
        resolved_when=kind.resolved_when,
        link=kind.link,
        text=Label(kind.nb, kind.en),
    )


_CATALOGUE = Catalogue(
    groups=[GroupView(group, Label(*labels)) for group, labels in GROUPS.items()],
    cards=[
        CardView(
            face.card,
            Label(face.nb, face.en),
            face.group,
            Label(*CARD_GROUPS[face.group]),
            face.colour,
            face.dismissible,
            face.ours,
        )
        for face in CARDS.values()
    ],
    types=[_type_view(kind) for kind in ALERT_TYPES.values()],
)

routes = APIRouter(tags=["catalogue"])


@routes.get("/alert-types", response_model=Catalogue)
async def get_alert_types(call: Call) -> Response:
    """Read the alert catalogue: groups, cards and types."""
    return await call.read(_catalogue)


async def _catalogue(read: Reading) -> Catalogue:
    return _CATALOGUE
