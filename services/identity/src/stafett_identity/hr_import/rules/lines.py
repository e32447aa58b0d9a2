"""The position identifiers of a person (IDN-093), each with what is known and what the file says of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from stafett_contracts.vocabulary import PositionKind, PositionStatus, Track
from stafett_identity.directory.model import Period, Position, Unit
from stafett_identity.hr_import.rules.known import Known
from stafett_identity.hr_import.rules.rows import PositionRow, Untouchable
from stafett_identity.hr_import.rules.timeline import DAY, Decision, Span, spans, vanished


@dataclass(frozen=True, slots=True)
class Places:
    """Where an employment lies: the trusts and cost centres, as they are after the file's units were read."""

    units: Mapping[str, Unit]  # by code
    codes: Mapping[UUID, str]

    def of(self, row: PositionRow) -> tuple[UUID, UUID]:
        """HF and cost centre of a row."""
        return self.units[row.hf_code].unit_id, self.units[row.cost_centre].unit_id


@dataclass(slots=True)
class Line:
    """One position identifier of the person: what is known, what the file says, and what follows."""

    hf_code: str
    cost_centre: str
    position: Position | None
    rows: list[PositionRow]
    stretches: list[Span]
    decision: Decision | None = None

    @property
    def track(self) -> str:
        return (
            self.rows[-1].track if self.rows else self.position.track if self.position else Track.NONE.value
        )

    def row_of(self, period: Period) -> PositionRow | None:
        return next((row for row in self.rows if row.employment_id == period.employment_id), None)


def lines_of(
    person_id: UUID,
    object_id: str,
    rows: Sequence[PositionRow],
    known: Known,
    places: Places,
    hf_codes: frozenset[str],
    untouchable: Untouchable,
    today: date,
) -> list[Line]:
    """The person's position identifiers in the trusts of the file, those that must not be touched left out."""
    found: dict[tuple[str, str], Line] = {}
    for position in known.positions.get(person_id, ()):
        hf_code, cost_centre = places.codes.get(position.hf_id), places.codes.get(position.unit_id)
        if position.kind == PositionKind.EMPLOYMENT and hf_code in hf_codes and cost_centre:
            found[hf_code, cost_centre] = Line(hf_code, cost_centre, position, [], [])
    for row in sorted(rows, key=lambda row: (row.start_date, row.employment_id)):
        found.setdefault(row.identifier, Line(*row.identifier, None, [], [])).rows.append(row)
    employments = _employments(found.values(), known, today)
    for line in found.values():
        line.stretches = spans(_periods(line, found, employments, known, today))
    return [line for line in found.values() if not _is_untouchable(line, object_id, known, untouchable)]


def _is_untouchable(line: Line, object_id: str, known: Known, untouchable: Untouchable) -> bool:
    if object_id in untouchable.persons and not line.rows:
        return True
    if (object_id, line.hf_code, line.cost_centre) in untouchable.identifiers and line.position is not None:
        return True
    if line.position is None or not untouchable.employments:
        return False
    periods = known.periods.get(line.position.position_id, ())
    return any(period.employment_id in untouchable.employments for period in periods)


def _employments(lines: Iterable[Line], known: Known, today: date) -> dict[str, tuple[Position, Period]]:
    """The person's employments that still run, with the position each is in."""
    found = {}
    for line in lines:
        if line.position is not None:
            for period in known.periods.get(line.position.position_id, ()):
                if period.end_date is None or period.end_date >= today:
                    found[period.employment_id] = (line.position, period)
    return found


def _periods(
    line: Line,
    lines: Mapping[tuple[str, str], Line],
    employments: Mapping[str, tuple[Position, Period]],
    known: Known,
    today: date,
) -> list[Period]:
    """The employments of one identifier after this file."""
    position_id = line.position.position_id if line.position else UUID(int=0)
    before = {
        period.employment_id: period
        for period in (known.periods.get(position_id, ()) if line.position else ())
    }
    stated = {row.employment_id: _period(row, line, before, employments, today) for row in line.rows}
    periods = list(stated.values())
    last_run = known.last_runs.get(line.hf_code)
    for employment_id, period in before.items():
        if employment_id in stated:
            continue
        if any(employment_id == row.employment_id for other in lines.values() for row in other.rows):
            # It goes on elsewhere from today (IDN-107), if it had begun here.
            if period.start_date < today:
                end = min(period.end_date or date.max, today - DAY)
                periods.append(replace(period, end_date=end, gone_on=today))
            continue
        starts = [
            row.start_date
            for other in lines.values()
            for row in other.rows
            if (other.position is None or other.position.status == PositionStatus.PLANNED or other is line)
            and row.employment_id not in before
        ]
        kept = vanished(period, today, last_run, starts)
        if kept is not None:
            periods.append(kept)
    return periods


def _period(
    row: PositionRow,
    line: Line,
    before: Mapping[str, Period],
    employments: Mapping[str, tuple[Position, Period]],
    today: date,
) -> Period:
    """A row as an employment; one that moved here unannounced starts on the day the portal heard of it (IDN-107)."""
    start, hr_start = row.start_date, None
    here, elsewhere = before.get(row.employment_id), employments.get(row.employment_id)
    if here is not None and here.hr_start_date == row.start_date:
        start, hr_start = here.start_date, row.start_date
    elif here is None and elsewhere is not None:
        stated = elsewhere[1].hr_start_date or elsewhere[1].start_date
        if stated == row.start_date and row.start_date < today:
            start, hr_start = today, row.start_date
    return Period(
        position_id=line.position.position_id if line.position else UUID(int=0),
        employment_id=row.employment_id,
        start_date=start,
        end_date=None if row.end_date is None else max(row.end_date, start),
        percentage=row.percentage,
        title=row.title,
        hr_start_date=hr_start,
    )


def rotates(line: Line, lines: Sequence[Line], today: date) -> bool:
    """Whether an adjacent position in the same HF waits for the one that is over (IDN-106)."""
    over = [span for span in line.stretches if span.is_over(today)]
    if not over or over[-1].end is None:
        return False
    next_day = over[-1].end + DAY
    return any(
        other is not line
        and other.rows
        and other.hf_code == line.hf_code
        and any(span.start == next_day for span in other.stretches)
        for other in lines
    )
