"""What a person is told where: the ticks of the settings, and their defaults (NTF-041 to NTF-047)."""

from dataclasses import dataclass, field

from stafett_notify.catalogue.rules import ALERT_TYPES, AlertType, Channel, Group

EVERY_GROUP = frozenset(Group)


@dataclass(frozen=True, slots=True)
class Settings:
    """The groups ticked for each channel. The defaults are those of NTF-042."""

    no_email: bool = False
    single: frozenset[Group] = field(default=EVERY_GROUP)
    weekly: frozenset[Group] = field(default=frozenset())
    home: frozenset[Group] = field(default=EVERY_GROUP)


DEFAULT = Settings()


def mailed_at_once(settings: Settings, kind: AlertType) -> bool:
    """Whether the type is sent by immediate e-mail; a tick never widens the catalogue (NTF-044, NTF-045)."""
    return kind.is_mailed and not settings.no_email and kind.group in settings.single


def in_summary(settings: Settings, kind: AlertType) -> bool:
    """Whether the type is in the weekly summary (NTF-044, NTF-045)."""
    return kind.weekly is not Channel.NEVER and not settings.no_email and kind.group in settings.weekly


def shown_types(settings: Settings) -> list[str]:
    """The types whose alerts are lines on the home page (NTF-046)."""
    return [kind.key for kind in ALERT_TYPES.values() if kind.has_lines and kind.group in settings.home]


def without(settings: Settings, scope: str) -> Settings:
    """The settings after «Skru av» in an e-mail: immediate e-mail of one group, or `weekly` of all (NTF-098)."""
    if scope == "weekly":
        return Settings(settings.no_email, settings.single, frozenset(), settings.home)
    return Settings(settings.no_email, settings.single - {Group(scope)}, settings.weekly, settings.home)
