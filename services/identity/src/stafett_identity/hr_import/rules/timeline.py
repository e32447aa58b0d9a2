"""The employments of one position as stretches of time, and what a day means for the position."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from stafett_contracts.vocabulary import DeactivationCause, PositionStatus, ReactivationCause, Track
from stafett_identity.directory.model import Period, Position

DAY = timedelta(days=1)
EARLY = timedelta(days=30)
GRACE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Span:
    """Days worked without a gap; `end` is the last one, none when it is open."""

    start: date
    end: date | None
    periods: tuple[Period, ...]

    def covers(self, day: date) -> bool:
        """Whether `day` is in it."""
        return self.start <= day and (self.end is None or day <= self.end)

    def is_over(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.end is not None and self.end < today

    def current(self, today: date) -> Period:
        """The employment that tells title and percentage: the latest begun, else the first to begin."""
        begun = [period for period in self.periods if period.start_date <= today]
        return begun[-1] if begun else self.periods[0]


def spans(periods: Iterable[Period]) -> list[Span]:
    """`periods` joined where one starts at the latest the day after another ends (IDN-100), in order."""
    joined: list[Span] = []
    for period in sorted(periods, key=lambda one: (one.start_date, one.end_date or date.max)):
        last = joined[-1] if joined else None
        if last is None or (last.end is not None and period.start_date - last.end > DAY):
            joined.append(Span(period.start_date, period.end_date, (period,)))
            continue
        end = None if last.end is None or period.end_date is None else max(last.end, period.end_date)
        joined[-1] = Span(last.start, end, (*last.periods, period))
    return joined


def access_until(end: date | None, track: str) -> date | None:
    """The last day of access: the end date, for LIS1 the 30th day after it (IDN-096, IDN-098)."""
    if end is None or track != Track.LIS1:
        return end
    return min(end, date.max - GRACE) + GRACE  # the last day of the calendar often stands for no end


def vanished(period: Period, today: date, last_run: date | None, new_starts: Iterable[date]) -> Period | None:
    """`period` when its row is gone from the file (IDN-095, IDN-097); none when it had not begun.

    `new_starts` are the starts of the person's new employments in the same file, `last_run` the last run that held
    the row.
    """
    if period.gone_on is not None or (period.end_date is not None and period.end_date < today):
        return period  # told before, or dropped after its end
    if period.start_date > today:
        return None
    end = today - DAY
    followed = [start for start in new_starts if last_run is not None and start > last_run]
    if followed:
        end = min(followed) - DAY
    if period.end_date is not None:
        end = min(end, period.end_date)
    return replace(period, end_date=max(end, period.start_date), gone_on=today)


class Act(StrEnum):
    """What an import does with a position."""

    NOTHING = "nothing"  # not ours, or over before it was ever seen
    PLAN = "plan"
    FORGET = "forget"  # planned, and withdrawn
    CREATE = "create"
    KEEP = "keep"
    END = "end"
    RESTART = "restart"  # ended and begun anew in one import
    REACTIVATE = "reactivate"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, with the stretch the position stands for afterwards; END tells why in `ended`."""

    act: Act
    span: Span | None = None
    ended: DeactivationCause = DeactivationCause.ENDED
    begun: ReactivationCause = ReactivationCause.REEMPLOYED


def decide(
    position: Position | None, stretches: Sequence[Span], today: date, track: str, *, rotates: bool = False
) -> Decision:
    """What the import of `today` does with a position whose employments are `stretches`.

    `rotates` says that the file holds an adjacent position in the same HF, which cuts LIS1's 30 days short (IDN-106).
    """
    due = [span for span in stretches if span.start <= today + EARLY]
    if position is None or position.status == PositionStatus.PLANNED:
        return _begin(position, stretches, due, today, track)
    if position.status == PositionStatus.DEACTIVATED:
        return _again(position, due, today)
    own = _own(position, stretches, today)
    if own is None:
        return Decision(Act.END, None, DeactivationCause.NEVER_STARTED)
    if not own.is_over(today):
        return Decision(Act.KEEP, own)
    later = _in_force(due, today)
    if later is not None:
        return Decision(Act.RESTART, later)
    until = access_until(own.end, track)
    if until is not None and until >= today and not rotates:
        return Decision(Act.KEEP, own)
    if position.reactivated_until is not None:
        # LIS1 is kept for the 30 days whatever the imports say (IDN-190, IDN-191).
        if track == Track.LIS1 and position.reactivated_until >= today:
            return Decision(Act.KEEP, own)
        return Decision(Act.END, own, DeactivationCause.REACTIVATION_EXPIRED)
    return Decision(Act.END, own)


def _begin(
    position: Position | None, stretches: Sequence[Span], due: Sequence[Span], today: date, track: str
) -> Decision:
    live = _in_force(due, today)
    if live is None:
        # Nobody was known while it lasted, but LIS1 still has the days after the end.
        in_grace = [span for span in due if (access_until(span.end, track) or date.max) >= today]
        live = in_grace[-1] if in_grace else None
    if live is not None:
        return Decision(Act.CREATE, live)
    planned = next((span for span in stretches if span.start > today + EARLY), None)
    if planned is not None:
        return Decision(Act.PLAN, planned)
    return Decision(Act.FORGET if position is not None else Act.NOTHING)


def _again(position: Position, due: Sequence[Span], today: date) -> Decision:
    live = _in_force(due, today)
    if live is None:
        return Decision(Act.NOTHING)
    unbroken = position.end_date is None or live.start - position.end_date <= DAY
    undone = position.deactivated_cause in (DeactivationCause.MANUAL, DeactivationCause.NEVER_STARTED)
    cause = (
        ReactivationCause.RESTORED_BY_IMPORT if unbroken or undone else ReactivationCause.REEMPLOYED
    )  # IDN-101, IDN-102, IDN-196
    return Decision(Act.REACTIVATE, live, begun=cause)


def _in_force(due: Sequence[Span], today: date) -> Span | None:
    """The stretch that lasts today, else the next one that is due."""
    return next((span for span in due if not span.is_over(today)), None)


def _own(position: Position, stretches: Sequence[Span], today: date) -> Span | None:
    """The stretch an active position stands for, also when its dates were changed since; none: withdrawn."""
    start, end = position.start_date or date.min, position.end_date or date.max
    for span in stretches:
        if span.covers(start):
            return span
    for span in stretches:
        if span.start <= end and start <= (span.end or date.max):
            return span
    # The start was postponed behind the old end (IDN-095), or the stretch was moved as a whole.
    return _in_force(stretches, today)
