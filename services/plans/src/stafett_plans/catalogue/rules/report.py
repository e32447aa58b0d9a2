"""The report of an import, as it is stored and shown (PLN-489)."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from stafett_plans.catalogue.rules.difference import Changes, Difference
from stafett_plans.catalogue.rules.findings import Finding, Findings


def report(outcome: str, findings: Findings, difference: Difference | None) -> dict[str, Any]:
    """Errors first, then warnings, and what becomes of everything in the file or the template."""
    said: dict[str, Any] = {
        "outcome": "ok" if outcome == "ready" else outcome,
        "errors": _findings(findings.errors),
        "warnings": _findings(findings.warnings),
        "counts": {},
        "template": None,
        "themes": [],
        "goals": [],
        "activities": [],
    }
    if difference is None:
        return said
    said["counts"] = difference.counts()
    said["template"] = {
        "status": difference.template.value,
        "changes": _changes(difference.template_changes),
    }
    said["themes"] = [
        {"code": each.theme.code, "status": each.status.value, "changes": _changes(each.changes)}
        for each in difference.themes
    ]
    said["goals"] = [
        {
            "number": each.number,
            "key": each.key,
            "row": each.goal.row if each.goal else None,
            "status": each.status.value,
            "changes": _changes(each.changes),
        }
        for each in difference.goals
    ]
    said["activities"] = [
        {
            "key": each.key,
            "row": each.activity.row if each.activity else None,
            "status": each.status.value,
            "changes": _changes(each.changes),
            "new_under": list(each.new_under),
        }
        for each in difference.activities
    ]
    return said


def _findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    ordered = sorted(findings, key=lambda finding: (finding.file, finding.row or 0, finding.column or ""))
    return [asdict(finding) for finding in ordered]


def _changes(changes: Changes) -> dict[str, dict[str, Any]]:
    return {field: {"old": old, "new": new} for field, (old, new) in changes.items()}
