"""Time as the rules mean it: moments in UTC, dates in Europe/Oslo (IDN-001).

Nothing below `actions.py` reads a clock; whoever decides is handed the time.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")


class Clock(Protocol):
    """Tells the present moment; replaced in tests by a `SetClock`."""

    def now(self) -> datetime:
        """The present moment, in UTC with time zone."""
        ...


@dataclass(frozen=True)
class SystemClock:
    """The machine's clock, shifted by `offset` (zero but in trials of a wrong clock)."""

    offset: timedelta = timedelta()

    def now(self) -> datetime:
        """The machine's present moment, shifted, in UTC."""
        return datetime.now(UTC) + self.offset


@dataclass
class SetClock:
    """A clock that stands still until it is moved."""

    moment: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        """The moment last set."""
        return self.moment

    def move(self, **span: float) -> None:
        """Move forward by a `timedelta(**span)`; negative values move back."""
        self.moment += timedelta(**span)


def oslo_date(moment: datetime) -> date:
    """The calendar date in Norway at `moment` (any time zone; naive is refused)."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return moment.astimezone(OSLO).date()


def oslo_midnight(day: date) -> datetime:
    """The moment `day` begins in Norway, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=OSLO).astimezone(UTC)
