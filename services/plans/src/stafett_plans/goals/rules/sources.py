"""The status shown of a goal, from what was done here and what other sites and the Directorate say (SYN-085)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from stafett_contracts.vocabulary import GoalStatus
from stafett_plans.goals.rules.progress import OPEN, GoalProgress


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


@dataclass(frozen=True, slots=True)
class Foreign:
    """Something that happened to a goal at another site, with whom and when (PLN-717)."""

    act: str
    at: datetime
    details: Mapping[str, Any]


def happened_elsewhere(
    before: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]], heard_at: datetime
) -> list[Foreign]:
    """What other sites have done with a goal between two states of what they say, oldest first.

    A site that has stopped saying anything has taken back what it said, at the latest when we heard of it.
    """
    old, new = ({one["site"]: one for one in said} for said in (before, now))
    found = []
    for site in old.keys() | new.keys():
        was, one = old.get(site), new.get(site)
        act = _act(was or {}, one or {})
        said = one or was
        if act is None or said is None:
            continue
        at = (_when(one, act) if one else None) or heard_at
        by = (one or {}).get("approver") or {}
        found.append(
            Foreign(
                act,
                at,
                {
                    "site": site,
                    "trust": said.get("trust"),
                    "by": by.get("name"),
                    "reason": (one or {}).get("reason_label"),
                },
            )
        )
    return sorted(found, key=lambda each: (each.at, each.details["site"]))


def _when(one: Mapping[str, Any], act: str) -> datetime | None:
    name = {"approved": "decided_at", "approved_by_directorate": "decided_at", "rejected": "decided_at"}
    withdrawn = one.get("withdrawn_at") if act in ("decision_undone", "directorate_withdrew") else None
    return _moment(withdrawn or one.get(name.get(act, "status_at")) or one["status_at"])


_ACTS = {
    GoalStatus.WAITING.value: "sent",
    GoalStatus.PREAPPROVED.value: "preapproved",
    GoalStatus.APPROVED.value: "approved",
    GoalStatus.REJECTED.value: "rejected",
}


def _act(was: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
    """What took a site's status from one to the other, as our own history would call it; none: nothing to tell."""
    before, after = was.get("status"), now.get("status")
    if before == after:
        same = (
            after not in (GoalStatus.APPROVED, GoalStatus.REJECTED) or was["decided_at"] == now["decided_at"]
        )
        return None if same or after is None else _ACTS[after]
    if before == GoalStatus.APPROVED:
        return "directorate_withdrew" if was.get("directorate") else "decision_undone"
    if after == GoalStatus.APPROVED and now.get("directorate"):
        return "approved_by_directorate"
    if before in OPEN and after not in _ACTS:
        return "recalled"
    return _ACTS.get(after or "")


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
