"""What is known before an import, as its decisions look things up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from stafett_identity.directory.model import EarlierLeading, Leading, Period, Person, Position, Unit


@dataclass(frozen=True, slots=True)
class Site:
    """What the site has decided about imports."""

    synthetic: bool
    job_tracks: Mapping[str, str]
    error_percent: float = 5
    error_rows: int = 20
    ended_percent: float = 5
    ended_positions: int = 20


@dataclass(frozen=True, slots=True)
class Known:
    """The directory before the run. `last_runs` holds the day of the last applied run by HF code."""

    units: Mapping[str, Unit]  # by code
    persons: Mapping[str, Person]  # by object id
    unnumbered: Mapping[bytes, Person]  # without object id, by the hash of the national id
    owners: Mapping[bytes, Person]  # by the hash of the national id, also of former ones
    hpr_owners: Mapping[str, UUID]
    positions: Mapping[UUID, Sequence[Position]]  # by person
    periods: Mapping[UUID, Sequence[Period]]  # by position
    leaders: Mapping[UUID, Leading]  # by employee position
    last_links: Mapping[
        UUID, EarlierLeading
    ]  # the latest closed one of deactivated positions, by employee position
    last_runs: Mapping[str, date]


@dataclass(frozen=True, slots=True)
class Today:
    """The day an import decides for, and where its new ids come from."""

    day: date
    new_id: Callable[[], UUID]
