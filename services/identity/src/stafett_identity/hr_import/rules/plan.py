"""The whole decision: from checked rows and what is known to everything that changes."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from stafett_contracts.vocabulary import PositionKind, PositionStatus
from stafett_identity.directory.model import Position, Unit
from stafett_identity.hr_import.rules import people, units
from stafett_identity.hr_import.rules.checking import too_many
from stafett_identity.hr_import.rules.known import Known, Site, Today
from stafett_identity.hr_import.rules.leaders import Leaders, circles
from stafett_identity.hr_import.rules.lines import Places
from stafett_identity.hr_import.rules.outcome import Outcome, PersonChange, PositionChange
from stafett_identity.hr_import.rules.positions import positions_of_person
from stafett_identity.hr_import.rules.rows import POSITIONS, Checked, Finding, PositionRow
from stafett_identity.hr_import.rules.timeline import spans


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to change, and the doubts that only show in the result."""

    outcome: Outcome
    warnings: Sequence[Finding]
    positions: dict[UUID, Position]
    units: dict[str, Unit]
    object_ids: dict[UUID, str]  # by person


def plan(checked: Checked, known: Known, site: Site, today: Today, at: datetime) -> Planned:
    """What importing `checked` on `today` changes; nothing is lost of what the file does not speak of."""
    rows: dict[str, list[PositionRow]] = defaultdict(list)
    for row in checked.positions:
        rows[row.object_id].append(row)
    unit_map = units.units_after(checked.units, known.units, today.day, today.new_id)
    places = Places(unit_map, {unit.unit_id: code for code, unit in unit_map.items()})
    hf_codes = frozenset(checked.manifest.hf_codes)
    outcome = Outcome()
    drafts = {
        object_id: people.person_of(of_person[0], known, today.new_id, at)
        for object_id, of_person in rows.items()
    }
    persons = {object_id: draft.after.person_id for object_id, draft in drafts.items()}
    persons.update((one.object_id or "", one.person_id) for one in known.persons.values())
    for object_id, person_id in persons.items():
        if object_id in rows or person_id in known.positions:
            outcome.positions += positions_of_person(
                person_id,
                object_id,
                rows.get(object_id, ()),
                known,
                places,
                hf_codes,
                checked.untouchable,
                today,
                at,
            )
    after = _after(known, outcome.positions)
    _tell_persons(outcome, drafts, persons, after, known, today, at)
    leaders = _leaders(checked, known, outcome, after, unit_map, persons, today)
    _unit_leaders(checked, unit_map, leaders, persons)
    occupied = frozenset(one.unit_id for one in after.values() if one.status != PositionStatus.DEACTIVATED)
    closing, outcome.kept_open = units.closable(
        unit_map, checked.units, hf_codes, checked.untouchable.units, occupied
    )
    outcome.units = units.steps(known.units, unit_map, closing, today.day)
    outcome.leaders = leaders.all_changes()
    outcome.held_by = _held(outcome, known, places, site)
    return Planned(
        outcome,
        _circles(checked, leaders, after, places, persons),
        after,
        unit_map,
        {person_id: object_id for object_id, person_id in persons.items()},
    )


def _after(known: Known, changes: Sequence[PositionChange]) -> dict[UUID, Position]:
    """Every position as it is after the import."""
    after = {one.position_id: one for held in known.positions.values() for one in held}
    for change in changes:
        if change.after is not None:
            after[change.after.position_id] = change.after
        elif change.before is not None:
            del after[change.before.position_id]
    return after


def _tell_persons(
    outcome: Outcome,
    drafts: dict[str, PersonChange],
    persons: dict[str, UUID],
    after: dict[UUID, Position],
    known: Known,
    today: Today,
    at: datetime,
) -> None:
    held: dict[UUID, list[Position]] = defaultdict(list)
    for position in after.values():
        held[position.person_id].append(position)
    # Whoever has left the file may have another address now.
    for object_id, person_id in persons.items():
        draft = drafts.get(object_id)
        if draft is None:
            known_person = known.persons[object_id]
            draft = PersonChange(known_person, known_person)
        change = people.told(draft, held[person_id], today.day, at)
        if change.before != change.after:
            outcome.persons[object_id] = change


def _leaders(
    checked: Checked,
    known: Known,
    outcome: Outcome,
    after: dict[UUID, Position],
    unit_map: dict[str, Unit],
    persons: dict[str, UUID],
    today: Today,
) -> Leaders:
    named = {position_id: leading.hr_named_person_id for position_id, leading in known.leaders.items()}
    changes = {change.after.position_id: change for change in outcome.positions if change.after is not None}
    by_identifier = {
        (one.person_id, one.hf_id, one.unit_id): one.position_id
        for one in after.values()
        if one.kind == PositionKind.EMPLOYMENT
    }
    for row, position_id in _rows_of_positions(checked, by_identifier, unit_map, persons, changes, today):
        leader = row.leader_object_id
        named[position_id] = persons.get(leader) if leader and leader != row.object_id else None
    return Leaders(
        units={unit.unit_id: unit for unit in unit_map.values()},
        positions=after,
        named=named,
        before=known.leaders,
        last_links=known.last_links,
        changes=changes,
        today=today.day,
        new_id=today.new_id,
    )


def _rows_of_positions(
    checked: Checked,
    by_identifier: dict[tuple[UUID, UUID, UUID], UUID],
    unit_map: dict[str, Unit],
    persons: dict[str, UUID],
    changes: dict[UUID, PositionChange],
    today: Today,
) -> list[tuple[PositionRow, UUID]]:
    """The row that speaks for each position today, where the file has several."""
    found: dict[UUID, list[PositionRow]] = defaultdict(list)
    for row in checked.positions:
        key = (
            persons[row.object_id],
            unit_map[row.hf_code].unit_id,
            unit_map[row.cost_centre].unit_id,
        )
        if key in by_identifier:
            found[by_identifier[key]].append(row)
    chosen = []
    for position_id, rows in found.items():
        row = rows[0]
        if len(rows) > 1 and position_id in changes:
            last = spans(changes[position_id].periods)[-1].current(today.day).employment_id
            row = next((one for one in rows if one.employment_id == last), row)
        chosen.append((row, position_id))
    return chosen


def _unit_leaders(
    checked: Checked, unit_map: dict[str, Unit], leaders: Leaders, persons: dict[str, UUID]
) -> None:
    """Each unit's leader as the file says, and the position that person leads it from."""
    stated = {row.code: row.leader_object_id for row in checked.units}
    by_id = dict(leaders.units)
    for code, unit in unit_map.items():
        person_id = unit.leader_person_id
        if code in stated:
            person_id = persons.get(stated[code] or "")
        position = leaders.position_for(person_id, unit.unit_id) if person_id else None
        unit_map[code] = by_id[unit.unit_id] = replace(
            unit,
            leader_person_id=person_id,
            leader_position_id=position.position_id if position else None,
        )
    leaders.units = by_id


def _held(outcome: Outcome, known: Known, places: Places, site: Site) -> tuple[str, ...]:
    """The HFs of which too many active positions would end without a successor (IDN-090)."""
    active = Counter(
        one.hf_id for held in known.positions.values() for one in held if one.status == PositionStatus.ACTIVE
    )
    ending = Counter(
        change.after.hf_id
        for change in outcome.positions
        if change.ended and change.after is not None and change.after.successor_id is None
    )
    return tuple(
        sorted(
            places.codes[hf_id]
            for hf_id, count in ending.items()
            if too_many(count, active[hf_id], site.ended_percent, site.ended_positions)
        )
    )


def _circles(
    checked: Checked,
    leaders: Leaders,
    after: dict[UUID, Position],
    places: Places,
    persons: dict[str, UUID],
) -> list[Finding]:
    """A warning for each row whose leader is led by the row's person (IDN-085)."""
    leads = {}
    for position in after.values():
        if position.status == PositionStatus.ACTIVE:
            leader = leaders.by_hr(position)
            if leader is not None:
                leads[position.position_id] = leader.position_id
    in_circle = {(after[one].person_id, after[one].hf_id, after[one].unit_id) for one in circles(leads)}
    return [
        Finding(POSITIONS, row.row, "leader_object_id", "leader_cycle", row.hf_code)
        for row in checked.positions
        if in_circle and (persons[row.object_id], *places.of(row)) in in_circle
    ]
