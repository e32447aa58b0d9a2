"""What becomes of a person's positions when the file says which employments there are (IDN-093 to IDN-108)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from stafett_contracts.vocabulary import DeactivationCause, PositionKind, PositionStatus, Track
from stafett_identity.directory.model import Period, Position, Unit
from stafett_identity.hr_import.rules.known import Known, Today
from stafett_identity.hr_import.rules.outcome import Kind, PositionChange, PositionStep
from stafett_identity.hr_import.rules.rows import PositionRow, Untouchable
from stafett_identity.hr_import.rules.timeline import (
    DAY,
    Act,
    Decision,
    Span,
    access_until,
    decide,
    spans,
    vanished,
)

TRAINEES = (Track.LIS1.value, Track.LIS2_3.value)
_FIELDS = (
    "title",
    "job_code",
    "track",
    "percentage",
    "start_date",
    "end_date",
    "access_until",
    "predecessor_id",
)


@dataclass(frozen=True, slots=True)
class Places:
    """Where an employment lies: the trusts and cost centres, as they are after the file's units were read."""

    units: Mapping[str, Unit]  # by code
    codes: Mapping[UUID, str]

    def of(self, row: PositionRow) -> tuple[UUID, UUID]:
        """HF and cost centre of a row."""
        return self.units[row.hf_code].unit_id, self.units[row.cost_centre].unit_id


@dataclass(slots=True)
class _Line:
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


def positions_of_person(
    person_id: UUID,
    object_id: str,
    rows: Sequence[PositionRow],
    known: Known,
    places: Places,
    hf_codes: frozenset[str],
    untouchable: Untouchable,
    today: Today,
    at: datetime,
) -> list[PositionChange]:
    """What changes in the positions of one person, of whom the file holds `rows`."""
    lines = _lines(person_id, object_id, rows, known, places, hf_codes, untouchable, today.day)
    for line in lines:
        line.decision = decide(
            line.position, line.stretches, today.day, line.track, rotates=_rotates(line, lines, today.day)
        )
    changes = [(line, _apply(line, known, places, person_id, today, at)) for line in lines]
    _join_successors(changes, at)
    others = [
        one
        for one in known.positions.get(person_id, ())
        if all(line.position is None or line.position.position_id != one.position_id for line in lines)
    ]
    remains = any(one.status == PositionStatus.ACTIVE for one in others) or any(
        change is not None and change.after is not None and change.after.status == PositionStatus.ACTIVE
        for _, change in changes
    )
    return [_settled(change, not remains) for _, change in changes if change is not None]


def _lines(
    person_id: UUID,
    object_id: str,
    rows: Sequence[PositionRow],
    known: Known,
    places: Places,
    hf_codes: frozenset[str],
    untouchable: Untouchable,
    today: date,
) -> list[_Line]:
    """The person's position identifiers in the trusts of the file, those that must not be touched left out."""
    found: dict[tuple[str, str], _Line] = {}
    for position in known.positions.get(person_id, ()):
        hf_code, cost_centre = places.codes.get(position.hf_id), places.codes.get(position.unit_id)
        if position.kind == PositionKind.EMPLOYMENT and hf_code in hf_codes and cost_centre:
            found[hf_code, cost_centre] = _Line(hf_code, cost_centre, position, [], [])
    for row in sorted(rows, key=lambda row: (row.start_date, row.employment_id)):
        found.setdefault(row.identifier, _Line(*row.identifier, None, [], [])).rows.append(row)
    employments = _employments(found.values(), known, today)
    for line in found.values():
        line.stretches = spans(_periods(line, found, employments, known, today))
    return [line for line in found.values() if not _is_untouchable(line, object_id, known, untouchable)]


def _is_untouchable(line: _Line, object_id: str, known: Known, untouchable: Untouchable) -> bool:
    if object_id in untouchable.persons and not line.rows:
        return True
    if (object_id, line.hf_code, line.cost_centre) in untouchable.identifiers and line.position is not None:
        return True
    if line.position is None or not untouchable.employments:
        return False
    periods = known.periods.get(line.position.position_id, ())
    return any(period.employment_id in untouchable.employments for period in periods)


def _employments(lines: Iterable[_Line], known: Known, today: date) -> dict[str, tuple[Position, Period]]:
    """The person's employments that still run, with the position each is in."""
    found = {}
    for line in lines:
        if line.position is not None:
            for period in known.periods.get(line.position.position_id, ()):
                if period.end_date is None or period.end_date >= today:
                    found[period.employment_id] = (line.position, period)
    return found


def _periods(
    line: _Line,
    lines: Mapping[tuple[str, str], _Line],
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
    line: _Line,
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


def _rotates(line: _Line, lines: Sequence[_Line], today: date) -> bool:
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


def _apply(
    line: _Line, known: Known, places: Places, person_id: UUID, today: Today, at: datetime
) -> PositionChange | None:
    """The position as the decision leaves it, with the steps that lead there."""
    decision, before = line.decision, line.position
    assert decision is not None
    if decision.act is Act.NOTHING:
        return None
    periods = [period for span in line.stretches for period in span.periods]
    if decision.act is Act.FORGET:
        return PositionChange(before, None, [])
    if before is None:
        hf_id, unit_id = places.units[line.hf_code].unit_id, places.units[line.cost_centre].unit_id
        blank = Position(
            position_id=today.new_id(),
            person_id=person_id,
            hf_id=hf_id,
            unit_id=unit_id,
            kind=PositionKind.EMPLOYMENT.value,
            track=line.track,
            status=PositionStatus.PLANNED.value,
            created_at=at,
            updated_at=at,
            revision=0,
        )
    else:
        blank = before
    periods = [replace(period, position_id=blank.position_id) for period in periods]
    change = PositionChange(before, blank, periods)
    dated = _dated(blank, line, decision.span, today.day) if decision.span else blank
    if decision.act is Act.PLAN:
        change.after = replace(dated, status=PositionStatus.PLANNED.value)
    elif decision.act is Act.CREATE:
        _step(change, Kind.CREATED, replace(dated, status=PositionStatus.ACTIVE.value), at)
    elif decision.act is Act.KEEP:
        if blank.reactivated_until is not None and decision.span and decision.span.is_over(today.day):
            dated = blank  # kept by a reactivation, whatever HR's dates are (IDN-191)
        _change(change, dated, at)
    elif decision.act is Act.END:
        _end(change, dated, decision.ended, today.day, at)
    elif decision.act is Act.RESTART:
        own = [span for span in line.stretches if span.is_over(today.day)][-1]
        _end(change, _dated(blank, line, own, today.day), DeactivationCause.ENDED, today.day, at)
        assert change.after is not None
        _restart(change, _dated(change.after, line, decision.span, today.day), decision, at)
    elif decision.act is Act.REACTIVATE:
        _restart(change, dated, decision, at)
    return change


def _dated(position: Position, line: _Line, span: Span | None, today: date) -> Position:
    """`position` with what the employments of `span` say."""
    if span is None:
        return position
    period = span.current(today)
    row = line.row_of(period)
    track = row.track if row else position.track
    return replace(
        position,
        title=period.title,
        percentage=period.percentage,
        job_code=row.job_code if row else position.job_code,
        track=track,
        start_date=span.start,
        end_date=span.end,
        access_until=access_until(span.end, track),
    )


def _step(change: PositionChange, kind: Kind, state: Position, at: datetime, **told: object) -> None:
    assert change.after is not None
    state = replace(state, revision=change.after.revision + 1, updated_at=at)
    change.after = state
    change.steps.append(PositionStep(kind, state, **told))  # type: ignore[arg-type]


def _change(change: PositionChange, state: Position, at: datetime) -> None:
    assert change.after is not None
    fields = tuple(name for name in _FIELDS if getattr(state, name) != getattr(change.after, name))
    if fields:
        _step(change, Kind.CHANGED, state, at, fields_changed=fields)


def _end(
    change: PositionChange, state: Position, cause: DeactivationCause, today: date, at: datetime
) -> None:
    ended = replace(
        state,
        status=PositionStatus.DEACTIVATED.value,
        deactivated_at=today,
        deactivated_cause=cause.value,
        reactivated_until=None,
        successor_id=None,
        rotation=False,
    )
    _step(change, Kind.DEACTIVATED, ended, at)


def _restart(change: PositionChange, state: Position, decision: Decision, at: datetime) -> None:
    active = replace(
        state, status=PositionStatus.ACTIVE.value, reactivated_until=None, successor_id=None, rotation=False
    )
    _step(change, Kind.REACTIVATED, active, at, cause=decision.begun)


def _join_successors(changes: Sequence[tuple[_Line, PositionChange | None]], at: datetime) -> None:
    """Name the successor of each ended position, and tell the successor (IDN-103 to IDN-105)."""
    for line, change in changes:
        if change is None or not change.ended or change.after is None or change.after.end_date is None:
            continue
        if change.after.deactivated_cause != DeactivationCause.ENDED:
            continue
        found = _successor(line, change.after.end_date + DAY, changes)
        if found is None:
            continue
        other, successor, after = found
        rotation = (
            line.hf_code == other.hf_code
            and line.cost_centre != other.cost_centre
            and change.after.track in TRAINEES
        )
        _amend_last(change, replace(change.after, successor_id=after.position_id, rotation=rotation))
        if after.predecessor_id is None:
            named = replace(after, predecessor_id=change.after.position_id)
            if successor.steps:
                _amend_last(successor, named)
            else:
                _change(successor, named, at)


def _successor(
    line: _Line, start: date, changes: Sequence[tuple[_Line, PositionChange | None]]
) -> tuple[_Line, PositionChange, Position] | None:
    """The position in the file that starts on `start`: the largest, then the one of the lowest code (IDN-103)."""
    found = [
        (-(change.after.percentage or 0), other.cost_centre, other, change, change.after)
        for other, change in changes
        if other is not line
        and other.rows
        and change is not None
        and change.after is not None
        and change.after.status == PositionStatus.ACTIVE
        and change.after.start_date == start
    ]
    return min(found, key=lambda one: one[:2])[2:] if found else None


def _amend_last(change: PositionChange, state: Position) -> None:
    change.after = state
    change.steps[-1] = replace(change.steps[-1], position=state)


def _settled(change: PositionChange, person_left: bool) -> PositionChange:
    if change.ended and change.after is not None:
        _amend_last(change, replace(change.after, person_left=person_left))
    return change
