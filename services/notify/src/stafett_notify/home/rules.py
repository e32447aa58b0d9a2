"""What the home page shows (NTF-018 to NTF-034)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from stafett_chassis.problems import Conflict
from stafett_contracts.vocabulary import SigningList
from stafett_notify.catalogue.rules import ALERT_TYPES, CARDS, Card, CardGroup
from stafett_notify.settings.rules import Settings, shown_types

UNDO = timedelta(seconds=10)
"""How long a dismissal can be undone (NTF-026)."""

COUNT_CARDS: dict[SigningList, Card] = {
    SigningList.SIGNATURES: Card.F_SIGN,
    SigningList.GOALS: Card.F_GOAL,
    SigningList.PLANS: Card.F_PLAN,
    SigningList.TRAINING_TIME: Card.F_TIME,
}
"""The follow-up card of each of signing's lists (NTF-033)."""

DEPUTY_HIDES = frozenset({"followup.conversation_soon", "followup.conversation_overdue"})
"""Alerts of the leader that a deputy does not see (NTF-031)."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in one list, as its owner last said."""

    waiting: int
    has_handled: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A card that is shown, with its number."""

    card: Card
    count: int
    colour: str


def card_types(card: Card, settings: Settings, *, deputy: bool) -> list[str]:
    """The types whose alerts the card shows to this person."""
    if deputy and CARDS[card].group is not CardGroup.FOLLOW_UP:
        return []
    return [
        key
        for key in shown_types(settings)
        if ALERT_TYPES[key].card is card and not (deputy and key in DEPUTY_HIDES)
    ]


def cards(
    settings: Settings,
    alerts: Mapping[str, int],
    counts: Mapping[Card, Waiting],
    *,
    deputy: bool = False,
) -> list[Shown]:
    """The cards shown, in the order of Table 1; `alerts` are active ones by type.

    An alert card is shown when it holds an alert whose group is ticked (NTF-019); a follow-up card when something
    waits or the person has ever handled one, whatever the settings (NTF-032, NTF-034).
    """
    shown = []
    for card, face in CARDS.items():
        count = sum(alerts.get(key, 0) for key in card_types(card, settings, deputy=deputy))
        if count:
            shown.append(Shown(card, count, face.colour))
        elif deputy and card is Card.F_CONV:
            continue  # NTF-031: nobody but the leader sees the leader's conversations
        elif card in counts and (counts[card].waiting or counts[card].has_handled):
            waiting = counts[card].waiting
            shown.append(Shown(card, waiting, "red" if waiting else "green"))  # NTF-033
    return shown


def may_undo(dismissed_at: datetime, now: datetime) -> None:
    """Refuse to undo a dismissal that is too old (NTF-026)."""
    if now - dismissed_at > UNDO:
        raise Conflict(
            "undo_too_late",
            "Det er for sent å angre. Varselet er fortsatt med i ukesoppsummeringen.",
            "It is too late to undo. The alert is still in the weekly summary.",
        )


def may_dismiss(card: Card | None) -> None:
    """Refuse to dismiss what goes away only by being dealt with (NTF-024, NTF-029)."""
    if card is None or not CARDS[card].dismissible:
        raise Conflict(
            "not_dismissible",
            "Varsler på dette kortet forsvinner når du har gjort det de gjelder.",
            "Alerts on this card go away when what they are about has been done.",
        )
