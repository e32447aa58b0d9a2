"""When an event makes an alert, and for how long the alert is true.

An alert is true until something ends it (Table 3). What may end it is a *topic*, such as `request:<id>:waits`, with a
version: the alert holds the version it was made of, and an event that ends the topic the version it speaks of. An
ending of a higher version ends the alert, whichever of the two arrives first (NTF-111). Versions on one topic are
comparable: revisions of one aggregate, or moments (`moment`), or days (`day`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from stafett_contracts.vocabulary import Origin
from stafett_notify.catalogue.rules import ALERT_TYPES

SILENT = frozenset({Origin.SYNC, Origin.MIGRATION, Origin.INITIAL_LOAD, Origin.REBUILD})
"""Origins of which no alert and no e-mail comes (NTF-015); a rebuilt directory copy is no news either."""

LATE = timedelta(hours=72)
"""An event older than this gives no single e-mail (NTF-112)."""

FOR_EVER = 2**62
"""Version of an ending after which nothing on the topic is true again."""

Topic = str
Versions = Mapping[Topic, int]


@dataclass(frozen=True, slots=True)
class Told:
    """What all alerts of one event share: when, by whom, and through which event."""

    at: datetime
    origin: Origin
    event_id: UUID | None = None
    actor_id: UUID | None = None
    actor_name: str | None = None
    batch_id: UUID | None = None
    run_id: UUID | None = None

    @property
    def silent(self) -> bool:
        """Whether nobody is to be alerted (NTF-015)."""
        return self.origin in SILENT


@dataclass(frozen=True, eq=False, slots=True)
class Notice:
    """One thing to alert one person about.

    Of several with the same type, person and `once_key` the first makes the alert; later ones with another `item_key`
    add to what it is about (NTF-054), others change nothing (NTF-110). `until` are the topics of which any ending
    ends the item; of `until_all` every one must have ended.
    """

    type: str
    person_id: UUID
    once_key: str
    told: Told
    subject_kind: str
    subject_id: str
    params: Mapping[str, Any] = field(default_factory=dict)
    item: Mapping[str, Any] = field(default_factory=dict)
    item_key: str = ""
    until: Versions = field(default_factory=dict)
    until_all: Versions = field(default_factory=dict)
    position_id: UUID | None = None
    assignment_id: UUID | None = None
    about_id: UUID | None = None
    link: str | None = None

    @property
    def key(self) -> tuple[str, UUID, str]:
        """What makes it one alert."""
        return self.type, self.person_id, self.once_key


@dataclass(frozen=True, eq=False, slots=True)
class Ending:
    """A topic on which everything of a lower version is no longer true."""

    topic: Topic
    version: int


@dataclass(frozen=True, slots=True)
class Recipient:
    """What decides whether a person can be alerted at all (NTF-107)."""

    person_id: UUID
    known: bool
    erased: bool
    deactivated: bool
    has_position: bool

    @property
    def reachable(self) -> bool:
        """Whether the person has access to what an alert is about."""
        return self.known and not self.erased and not self.deactivated and self.has_position


def moment(at: datetime) -> int:
    """A moment as a version."""
    return round(at.timestamp() * 1_000_000)


def day(on: date | None, *, after: bool = False) -> int:
    """A day as a version; `after` for what is true once the day has passed. No day is later than every day."""
    return FOR_EVER if on is None else on.toordinal() * 2 + after


def wanted(notice: Notice) -> bool:
    """Whether anybody is to be alerted: not about one's own acts (NTF-011), nor about what is no news (NTF-015)."""
    return not notice.told.silent and notice.told.actor_id != notice.person_id


def still_true(notice: Notice, ended: Versions) -> bool:
    """Whether nothing that has been heard of ends the notice (NTF-111)."""
    if any(ended.get(topic, -1) > version for topic, version in notice.until.items()):
        return False
    return not notice.until_all or any(
        ended.get(topic, -1) <= version for topic, version in notice.until_all.items()
    )


def is_mailed(notice: Notice, now: datetime) -> bool:
    """Whether an immediate e-mail is collected for it (NTF-044, NTF-112)."""
    return ALERT_TYPES[notice.type].is_mailed and now - notice.told.at <= LATE


def collected_until(notice: Notice, now: datetime, seven_o_clock: datetime) -> tuple[datetime, bool]:
    """When the e-mail it goes into is closed, and whether each further alert moves that on.

    Within 60 seconds of the first (NTF-050); from nightly runs at seven, or half an hour after the run's last event
    (NTF-055). `seven_o_clock` is that of the day in Norway.
    """
    if notice.told.origin is not Origin.NIGHTLY:
        return now + timedelta(seconds=60), False
    if now < seven_o_clock:
        return seven_o_clock, False
    return now + timedelta(minutes=30), True


def link_of(type_key: str, **values: object) -> str | None:
    """Where the alert leads (Table 3), or nowhere when what it needs is not known."""
    form = ALERT_TYPES[type_key].link
    if form is None:
        return None
    try:
        link = form.format(**{name: value for name, value in values.items() if value is not None})
    except KeyError:
        return None
    return link if link.startswith("/") else None
