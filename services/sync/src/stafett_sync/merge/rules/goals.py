"""The effective status of a goal, from all origins' facts (SYN-085 to SYN-092)."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from stafett_contracts.vocabulary import GoalStatus
from stafett_sync.statements.bodies import Approver

_LATE = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval in force."""

    site: str
    trust: str
    decided_at: datetime
    completed_on: date | None = None
    approver: Approver | None = None
    directorate: bool = False
    case_number: str | None = None
    imported: bool = False
    older_wording: bool = False
    carried_from: str | None = None

    def carried(self, old: str) -> "Approval":
        """The same, as carried from the goal `old`."""
        return replace(self, carried_from=old)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one fact says of the goal: a status, or an approval or withdrawal of the Directorate."""

    site: str
    trust: str
    status: GoalStatus
    state_at: datetime
    completed_on: date | None = None
    decided_at: datetime | None = None
    approver: Approver | None = None
    reason: str | None = None
    directorate: bool = False
    case_number: str | None = None
    imported: bool = False
    older_wording: bool = False
    withdrawn_at: datetime | None = None
    carried_from: str | None = None

    @property
    def approval(self) -> Approval | None:
        """The approval in it, if it is one."""
        if self.status is not GoalStatus.APPROVED or self.decided_at is None:
            return None
        return Approval(
            site=self.site,
            trust=self.trust,
            decided_at=self.decided_at,
            completed_on=self.completed_on,
            approver=self.approver,
            directorate=self.directorate,
            case_number=self.case_number,
            imported=self.imported,
            older_wording=self.older_wording,
            carried_from=self.carried_from,
        )


@dataclass(frozen=True, slots=True)
class EffectiveGoal:
    """What holds of a goal, the source shown, and everything that was said (SYN-092)."""

    status: GoalStatus
    row: int
    """The row of SYN-085 that decided."""
    approval: Approval | None = None
    site: str | None = None
    trust: str | None = None
    state_at: datetime | None = None
    withdrawn_at: datetime | None = None
    withdrawn_trust: str | None = None
    contributions: tuple[Contribution, ...] = ()


def approval_in_force(contributions: Collection[Contribution]) -> Approval | None:
    """The approval shown: the Directorate's before any other (rows 1 and 2 of SYN-085)."""
    approvals = [one.approval for one in contributions]
    found = [one for one in approvals if one is not None]
    directorate = [one for one in found if one.directorate]
    if directorate:
        return min(directorate, key=lambda one: (one.decided_at, one.case_number or "", one.site, one.trust))
    if found:
        return min(
            found,
            key=lambda one: (
                one.decided_at,
                one.completed_on or date.max,
                one.site,
                one.carried_from or "",
                one.trust,
            ),
        )
    return None


def effective_goal(contributions: Collection[Contribution], carried: Approval | None = None) -> EffectiveGoal:
    """The effective status (SYN-085). `carried` is the approval that replaced goals give (SYN-054)."""
    everything = tuple(sorted(contributions, key=_place)) + ((_carried(carried),) if carried else ())
    approval = approval_in_force(everything)
    if approval is not None:
        return EffectiveGoal(
            status=GoalStatus.APPROVED,
            row=1 if approval.directorate else 2,
            approval=approval,
            site=approval.site,
            trust=approval.trust,
            state_at=approval.decided_at,
            contributions=everything,
        )
    taken_back = max(
        (one for one in everything if one.withdrawn_at is not None),
        key=lambda one: (one.withdrawn_at or _LATE, one.site, one.trust),
        default=None,
    )
    shown, row = _latest(everything)
    return EffectiveGoal(
        status=shown.status if shown else GoalStatus.NOT_BEGUN,
        row=row,
        site=shown.site if shown else None,
        trust=shown.trust if shown else None,
        state_at=shown.state_at if shown else None,
        withdrawn_at=taken_back.withdrawn_at if taken_back else None,
        withdrawn_trust=taken_back.trust if taken_back else None,
        contributions=everything,
    )


def next_state_at(now: datetime, known: Collection[datetime]) -> datetime:
    """`state_at` of a new state made here: never before what its maker saw (SYN-090)."""
    latest = max(known, default=None)
    if latest is None or latest < now:
        return now
    after = latest.replace(microsecond=latest.microsecond // 1000 * 1000)
    return after + _MILLISECOND


_MILLISECOND = timedelta(milliseconds=1)


def _latest(everything: Collection[Contribution]) -> tuple[Contribution | None, int]:
    """The source of rows 3 and 4, and the row."""
    for row, (first, second) in (
        (3, (GoalStatus.PREAPPROVED, GoalStatus.WAITING)),
        (4, (GoalStatus.REJECTED, GoalStatus.BEGUN)),
    ):
        found = [one for one in everything if one.status in (first, second)]
        if found:
            # Latest first; of one moment `first` before `second`, then the lowest site id.
            latest = max(one.state_at for one in found)
            found = [one for one in found if one.state_at == latest]
            return min(found, key=lambda one: (one.status is not first, one.site, one.trust)), row
    return None, 5


def _place(one: Contribution) -> tuple[str, bool, str, str]:
    return (one.site, one.directorate, one.trust, one.status.value)


def _carried(approval: Approval) -> Contribution:
    return Contribution(
        site=approval.site,
        trust=approval.trust,
        status=GoalStatus.APPROVED,
        state_at=approval.decided_at,
        completed_on=approval.completed_on,
        decided_at=approval.decided_at,
        approver=approval.approver,
        directorate=approval.directorate,
        case_number=approval.case_number,
        imported=approval.imported,
        older_wording=approval.older_wording,
        carried_from=approval.carried_from,
    )
