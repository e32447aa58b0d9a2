"""Which unit rows can be used."""

from collections.abc import Mapping, Sequence

from stafett_contracts.vocabulary import OrgLevel
from stafett_identity.directory.rules import may_be_parent
from stafett_identity.hr_import.rules.known import Known
from stafett_identity.hr_import.rules.rows import UNIT_REQUIRED, UNITS, Finding, RawFile, UnitRow

_LEVELS = (OrgLevel.RHF, OrgLevel.HF, OrgLevel.CLINIC, OrgLevel.DEPARTMENT, OrgLevel.COST_CENTRE)


def check_units(file: RawFile, known: Known) -> tuple[list[UnitRow], list[Finding], set[str]]:
    """The usable unit rows (parents first), what was found, and the codes of units that stay as they are.

    The rules name no codes for units; these follow those of positions.
    """
    findings: list[Finding] = []
    rows: dict[str, UnitRow] = {}
    refused: set[str] = set()

    def refuse(row: UnitRow | None, number: int, column: str, code: str, unit_code: str | None) -> None:
        hf = file.units[number - 1].get("hf_code")
        findings.append(Finding(UNITS, number, column, code, hf if hf in file.manifest.hf_codes else None))
        if unit_code:
            refused.add(unit_code)
        if row is not None:
            rows.pop(row.code, None)

    for number, raw in enumerate(file.units, 1):
        code = raw.get("unit_code")
        before = len(findings)
        for column in UNIT_REQUIRED:
            if column not in raw:
                refuse(None, number, column, "missing_field", code)
        if "hf_code" in raw and raw["hf_code"] not in file.manifest.hf_codes:
            refuse(None, number, "hf_code", "hf_not_in_manifest", code)
        if "level" in raw and raw["level"] not in _LEVELS:
            refuse(None, number, "level", "bad_level", code)
        if code in rows:
            refuse(rows[code], number, "unit_code", "duplicate_unit", code)
        if len(findings) == before and code is not None and code not in refused:
            rows[code] = UnitRow(
                row=number,
                code=code,
                hf_code=raw["hf_code"],
                name=raw["name"],
                level=raw["level"],
                parent_code=raw.get("parent_code"),
                leader_object_id=raw.get("leader_object_id"),
            )
    for row in sorted(rows.values(), key=lambda row: _LEVELS.index(OrgLevel(row.level))):
        if row.parent_code is None:
            if row.level not in (OrgLevel.RHF, OrgLevel.HF):
                refuse(row, row.row, "parent_code", "missing_field", row.code)
            continue
        level = _level_of(row.parent_code, rows, known)
        if level is None:
            refuse(row, row.row, "parent_code", "unknown_parent", row.code)
        elif not may_be_parent(level, OrgLevel(row.level)):
            refuse(row, row.row, "parent_code", "parent_too_low", row.code)
    usable = sorted(rows.values(), key=lambda row: (_LEVELS.index(OrgLevel(row.level)), row.row))
    return usable, sorted(findings, key=lambda one: one.row or 0), refused


def _level_of(code: str, rows: Mapping[str, UnitRow], known: Known) -> OrgLevel | None:
    if code in rows:
        return OrgLevel(rows[code].level)
    unit = known.units.get(code)
    return OrgLevel(unit.level) if unit is not None else None


def cost_centres(units: Sequence[UnitRow], known: Known) -> dict[str, str]:
    """The HF code of every cost centre, in the file or known, whose trust is a unit too; other levels are none."""
    levels = {unit.code: unit.level for unit in known.units.values() if unit.valid_to is None}
    trusts = {unit.code: unit.hf_code for unit in known.units.values() if unit.valid_to is None}
    levels.update((row.code, row.level) for row in units)
    trusts.update((row.code, row.hf_code) for row in units)
    return {
        code: hf_code
        for code, hf_code in trusts.items()
        if levels[code] == OrgLevel.COST_CENTRE and hf_code is not None and levels.get(hf_code) == OrgLevel.HF
    }
