"""What the file says about the organisation (IDN-075 to IDN-078)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from stafett_contracts.vocabulary import OrgLevel, OrgSource
from stafett_identity.directory import rules as directory
from stafett_identity.directory.model import Unit
from stafett_identity.hr_import.rules.outcome import Kind, UnitStep
from stafett_identity.hr_import.rules.rows import UnitRow


def units_after(
    rows: Sequence[UnitRow], known: Mapping[str, Unit], today: date, new_id: Callable[[], UUID]
) -> dict[str, Unit]:
    """Every unit by code once the file's rows (parents first) are read; without new leaders and revisions."""
    after = dict(known)
    by_id = {unit.unit_id: unit for unit in after.values()}
    for row in rows:
        before = known.get(row.code)
        parent = after.get(row.parent_code) if row.parent_code else None
        unit_id = before.unit_id if before else new_id()
        level = OrgLevel(row.level)
        unit = replace(
            before
            or Unit(
                unit_id=unit_id,
                code=row.code,
                name=row.name,
                level=row.level,
                source=OrgSource.HR.value,
                search_text="",
                valid_from=today,
                revision=0,
            ),
            name=row.name,
            level=row.level,
            parent_id=parent.unit_id if parent else None,
            hf_id=unit_id if directory.is_trust(level) else parent.hf_id if parent else None,
            hf_code=row.hf_code,
            valid_to=None,
            search_text=directory.search_text(row.code, row.name),
        )
        after[row.code] = by_id[unit_id] = unit
    return _below(after, rows)


def _below(after: dict[str, Unit], rows: Sequence[UnitRow]) -> dict[str, Unit]:
    """Units the file does not hold follow a parent that came under another trust."""
    held = {row.code for row in rows}
    by_id = {unit.unit_id: unit for unit in after.values()}
    for code, unit in list(after.items()):
        if code in held or directory.is_trust(OrgLevel(unit.level)) or unit.parent_id not in by_id:
            continue
        hf_id = nearest_trust(unit, by_id)
        if hf_id != unit.hf_id:
            after[code] = replace(unit, hf_id=hf_id)
    return after


def nearest_trust(unit: Unit, by_id: Mapping[UUID, Unit]) -> UUID | None:
    """The id of the nearest unit upwards, or the unit itself, that is a trust."""
    at: Unit | None = unit
    while at is not None:
        if directory.is_trust(OrgLevel(at.level)):
            return at.unit_id
        at = by_id.get(at.parent_id) if at.parent_id else None
    return None


def closable(
    after: Mapping[str, Unit],
    rows: Sequence[UnitRow],
    hf_codes: frozenset[str],
    untouchable: frozenset[str],
    occupied: frozenset[UUID],
) -> tuple[list[Unit], list[Unit]]:
    """Units missing from the file: those to close, and those that stay because somebody is in or below them."""
    held = {row.code for row in rows} | untouchable
    missing = [
        unit
        for unit in after.values()
        if unit.code not in held
        and unit.hf_code in hf_codes
        and unit.source == OrgSource.HR
        and unit.valid_to is None
    ]
    by_id = {unit.unit_id: unit for unit in after.values()}
    gone = {unit.unit_id for unit in missing}
    needed: set[UUID] = set()
    for unit in after.values():
        if unit.unit_id in occupied or (unit.valid_to is None and unit.unit_id not in gone):
            above: Unit | None = unit
            while above is not None and above.unit_id not in needed:
                needed.add(above.unit_id)
                above = by_id.get(above.parent_id) if above.parent_id else None
    return (
        [unit for unit in missing if unit.unit_id not in needed],
        [unit for unit in missing if unit.unit_id in needed],
    )


def steps(
    known: Mapping[str, Unit], after: Mapping[str, Unit], closing: Sequence[Unit], today: date
) -> list[UnitStep]:
    """What to tell: created, moved, changed or closed, each under the next revision."""
    found = []
    closed = {unit.unit_id for unit in closing}
    for code, unit in after.items():
        before = known.get(code)
        if unit.unit_id in closed:
            # Closed from the run's date, so the day before is its last (IDN-077).
            unit = replace(
                unit, valid_to=today - timedelta(days=1), leader_person_id=None, leader_position_id=None
            )
        if before == unit:
            continue
        unit = replace(unit, revision=unit.revision + 1)
        if before is None:
            found.append(UnitStep(Kind.CREATED, unit))
        elif unit.unit_id in closed:
            found.append(UnitStep(Kind.CLOSED, unit))
        elif before.parent_id != unit.parent_id:
            found.append(UnitStep(Kind.MOVED, unit, before.parent_id))
        else:
            found.append(UnitStep(Kind.CHANGED, unit))
    return found
