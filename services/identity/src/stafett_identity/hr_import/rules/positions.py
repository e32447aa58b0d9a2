"""What becomes of a person's positions when the file says which employments there are (IDN-093 to IDN-108)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from stafett_contracts.vocabulary import DeactivationCause, PositionKind, PositionStatus, Track
from stafett_identity.directory.model import Position
from stafett_identity.hr_import.rules.known import Known, Today
from stafett_identity.hr_import.rules.lines import Line, Places, lines_of, rotates
from stafett_identity.hr_import.rules.outcome import Kind, PositionChange, PositionStep
from stafett_identity.hr_import.rules.rows import PositionRow, Untouchable
from stafett_identity.hr_import.rules.timeline import (
    DAY,
    Act,
    Decision,
    Span,
    access_until,
    decide,
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
    lines = lines_of(person_id, object_id, rows, known, places, hf_codes, untouchable, today.day)
    for line in lines:
        line.decision = decide(
            line.position, line.stretches, today.day, line.track, rotates=rotates(line, lines, today.day)
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


def _apply(
    line: Line, known: Known, places: Places, person_id: UUID, today: Today, at: datetime
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


def _dated(position: Position, line: Line, span: Span | None, today: date) -> Position:
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


def _join_successors(changes: Sequence[tuple[Line, PositionChange | None]], at: datetime) -> None:
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
    line: Line, start: date, changes: Sequence[tuple[Line, PositionChange | None]]
) -> tuple[Line, PositionChange, Position] | None:
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
