"""What an alert type is (the columns of Tables 2, 3 and 4)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from stafett_notify.catalogue.rules.cards import CARDS, Card, Group


class Channel(StrEnum):
    """Whether a type goes through a channel: allowed with a default, always, or never (NTF-001)."""

    ON = "on"
    OFF = "off"
    ALWAYS = "always"
    NEVER = "–"


@dataclass(frozen=True, slots=True)
class AlertType:
    """A row of the catalogue.

    `nb` and `en` hold the line for one, and after a bar the line for several. `ours` marks what the user guides
    do not list (NTF-004).
    """

    key: str
    group: Group
    card: Card | None
    single: Channel
    weekly: Channel
    home: Channel
    ours: bool
    event: str
    recipient: str
    once_per: str
    resolved_when: str | None
    link: str | None
    nb: str
    en: str

    @property
    def has_lines(self) -> bool:
        """Whether its alerts are lines on a card; requests are a number on theirs (NTF-008)."""
        return self.home is Channel.ON

    @property
    def is_mailed(self) -> bool:
        """Whether immediate e-mail is allowed (NTF-044)."""
        return self.single is not Channel.NEVER

    @property
    def dismissible(self) -> bool:
        """Whether its alerts have an X (NTF-024)."""
        return self.card is not None and CARDS[self.card].dismissible


def event_types(trigger: str) -> tuple[str, ...]:
    """The types of the events that the column «event» names, as they travel.

    `identity.secondment.registered / changed` names two; what stands in brackets is a condition on them.
    """
    found: list[str] = []
    for word in re.split(r"[;,/]", re.sub(r"\(.*?\)", "", trigger)):
        name = word.strip()
        if name.count(".") == 2:
            found.append(name)
        elif name:
            found.append(f"{found[-1].rsplit('.', 1)[0]}.{name}")
    return tuple(f"{name}.v1" for name in found)
