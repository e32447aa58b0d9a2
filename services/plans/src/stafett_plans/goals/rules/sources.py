"""The status shown of a goal, from what was done here and what other sites and the Directorate say (SYN-085)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from stafett_contracts.vocabulary import GoalStatus
from stafett_plans.goals.rules.progress import GoalProgress


@dataclass(frozen=True, slots=True)
class Effective:
    """What is shown of a goal, and where it comes from (SYN-085)."""

    status: str
    label: str | None = None
    completed_on: date | None = None
    decided_at: datetime | None = None
    approver: str | None = None
    source_site: str | None = None
    trust: str | None = None
    directorate: bool = False
    own: bool = True


def effective(goal: GoalProgress) -> Effective:
    """The status shown: an approval from anywhere first, then what waits, then the rest (SYN-085, PLN-572)."""
    outside = (goal.outside or {}).get("contributions", ())
    if goal.directorate is not None:
        return Effective(
            GoalStatus.APPROVED.value, "Godkjent av Helsedirektoratet", decided_at=_moment(goal.directorate.get("decided_at")),
            approver=goal.directorate.get("name"), directorate=True,
        )  # fmt: skip
    by_directorate = [
        one for one in outside if one.get("directorate") and one["status"] == GoalStatus.APPROVED.value
    ]
    if by_directorate:
        return _from(min(by_directorate, key=_earliest), "Godkjent av Helsedirektoratet")
    approvals = [one for one in outside if one["status"] == GoalStatus.APPROVED.value]
    if goal.own == GoalStatus.APPROVED.value:
        mine = {"decided_at": goal.decided_at, "completed_on": goal.completed_on, "site": ""}
        first = min((*approvals, mine), key=_earliest)
        return _own(goal) if first is mine else _from(first, "Godkjent")
    if approvals:
        return _from(min(approvals, key=_earliest), "Godkjent")
    for states in (
        (GoalStatus.PREAPPROVED.value, GoalStatus.WAITING.value),
        (GoalStatus.REJECTED.value, GoalStatus.BEGUN.value),
    ):
        theirs = [one for one in outside if one["status"] in states]
        if goal.own_status in states:
            return _own(goal)
        if theirs:
            latest = max(theirs, key=lambda one: (str(one["status_at"]), -states.index(one["status"])))
            where = latest.get("trust") or latest["site"]
            return _from(latest, f"{GoalStatus(latest['status']).label_nb} ved {where}")
    return _own(goal)


def settled(goal: GoalProgress, at: datetime) -> GoalProgress:
    """The goal with the status its parts amount to; the time is that of the latest change of status."""
    status = effective(goal).status
    return goal if status == goal.status else replace(goal, status=status, status_at=at)


def _own(goal: GoalProgress) -> Effective:
    return Effective(
        goal.own_status,
        GoalStatus(goal.own_status).label_nb,
        goal.completed_on,
        goal.decided_at,
        (goal.decided_by or {}).get("name"),
    )


def _from(one: Mapping[str, Any], label: str) -> Effective:
    approver = one.get("approver") or {}
    return Effective(
        one["status"],
        label,
        _day(one.get("completed_on")),
        _moment(one.get("decided_at")),
        approver.get("name"),
        one["site"],
        one.get("trust"),
        bool(one.get("directorate")),
        own=False,
    )


def _earliest(one: Mapping[str, Any]) -> tuple[str, str, str]:
    decided, completed = _moment(one.get("decided_at")), _day(one.get("completed_on"))
    return (
        decided.isoformat() if decided else "9999",
        completed.isoformat() if completed else "9999",
        one["site"],
    )


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value
