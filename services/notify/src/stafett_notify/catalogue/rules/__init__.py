"""The catalogue as data (NTF-001): cards, groups, types, and the lines they are shown as."""

from collections.abc import Mapping

from stafett_notify.catalogue.rules.cards import CARDS, GROUPS, Card, CardFace, CardGroup, Group
from stafett_notify.catalogue.rules.lines import line, number_of
from stafett_notify.catalogue.rules.table import TABLE
from stafett_notify.catalogue.rules.types import AlertType, Channel, event_types

ALERT_TYPES: Mapping[str, AlertType] = {row.key: row for row in TABLE}
"""Every alert type by its key, in the order of Table 2."""

__all__ = [
    "ALERT_TYPES",
    "CARDS",
    "GROUPS",
    "AlertType",
    "Card",
    "CardFace",
    "CardGroup",
    "Channel",
    "Group",
    "event_types",
    "line",
    "number_of",
]
