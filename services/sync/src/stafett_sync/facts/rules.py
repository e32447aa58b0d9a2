"""What this site says, made from what plans and signing tell: pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from stafett_contracts.plans import GoalStatusChanged, ItemStatusChanged
from stafett_contracts.values import Decider
from stafett_contracts.vocabulary import (
    ActivityLevel,
    AssignmentState,
    FactState,
    FactType,
    GoalSource,
    GoalStatus,
    ItemStatus,
    LearningForm,
    RequirementKind,
    RequirementLevel,
    Track,
)
from stafett_sync.statements import canonical
from stafett_sync.statements.bodies import (
    MAX_ENTRIES,
    ActivityStatement,
    Approver,
    CountStatement,
    Entry,
    GoalStatement,
    PlanGoal,
    PlanStatement,
    PlanTheme,
    counted,
    fold,
)
from stafett_sync.statements.keys import goal_key, is_goal_key

_COMMENT, _NAME, _PERSON = 4_000, 500, 200
_BODY_BYTES = 130_000
"""So that a page with the signed statement, signed again, stays under 256 KB (SYN-067, SYN-141)."""
_LEVELS = {
    RequirementLevel.NATIONAL: ActivityLevel.NATIONAL_COURSE,
    RequirementLevel.REGIONAL: ActivityLevel.REGIONAL,
    RequirementLevel.TRUST_CENTRAL: ActivityLevel.LOCAL,
    RequirementLevel.LOCAL: ActivityLevel.LOCAL,
}
_STATUS_SENT = {
    ItemStatus.BEGUN: ItemStatus.BEGUN,
    ItemStatus.WAITING: ItemStatus.WAITING,
    ItemStatus.REJECTED: ItemStatus.REJECTED,
    ItemStatus.FULFILLED: ItemStatus.FULFILLED,
    # The receiver finds these two from `valid_until` and its own date (SYN-047).
    ItemStatus.EXPIRING: ItemStatus.FULFILLED,
    ItemStatus.EXPIRED: ItemStatus.FULFILLED,
}
DECIDED = {GoalStatus.APPROVED: "approved", GoalStatus.REJECTED: "rejected"}


@dataclass(frozen=True, slots=True)
class Said:
    """A fact's content, before it has a version."""

    type: str
    subject: str
    state: FactState
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """What signing told of a decision on a goal."""

    decided_at: datetime
    decider: Decider | None = None
    completed_on: date | None = None
    reason: str | None = None
    statement: str | None = None


def key_of_goal(number: str, key: str, templates: Sequence[str] = ()) -> str:
    """The goal's key as sites spell it, whatever spelling plans uses."""
    return key if is_goal_key(key) else goal_key(number, templates[0] if templates else None)


def is_own(event: GoalStatusChanged) -> bool:
    """Whether the status originates here; nothing received is ever said again (SYN-069)."""
    return event.source is GoalSource.OWN


def needs_decision(event: GoalStatusChanged) -> bool:
    """Whether the statement waits for what signing tells of the decision; imported approvals have no such (SYN-070)."""
    return event.status in DECIDED and not event.imported


def withdrawn_since(
    event: GoalStatusChanged, before: GoalStatement | None, state_at: datetime
) -> datetime | None:
    """Since when an approval that was given here is taken back; none while it stands, or when there was none."""
    if event.status is GoalStatus.APPROVED:
        return None
    if event.withdrawn_at is not None:
        return event.withdrawn_at
    if before is None:
        return None
    return state_at if before.status is GoalStatus.APPROVED else before.withdrawn_at


def goal_said(
    event: GoalStatusChanged,
    state_at: datetime,
    decision: Decision | None,
    before: GoalStatement | None,
    trust_of: Mapping[Any, str],
) -> Said:
    """The fact about a goal. `before` is what was said of it until now, `trust_of` the codes of trusts, by id."""
    key = key_of_goal(event.goal_number, event.goal_key, event.template_codes)
    if event.status is GoalStatus.NOT_BEGUN:
        return Said(FactType.GOAL_STATUS.value, key, FactState.ABSENT, {})  # SYN-091
    approved = event.status is GoalStatus.APPROVED
    by = decider_of(event, decision) if approved else None
    body = GoalStatement(
        number=event.goal_number,
        text=event.goal_text[:_COMMENT],
        plans=tuple(event.template_codes),
        catalogue_version=event.catalogue_version,
        status=event.status,
        state_at=state_at,
        completed_on=event.completed_on or (decision.completed_on if decision and approved else None),
        # The decision's own time, as the evidence has it (SYN-090).
        decided_at=(decision.decided_at if decision else event.decided_at or state_at) if approved else None,
        approver=Approver(
            name=by.name[:_NAME] or "–",
            title=by.title[:_PERSON] if by.title else None,
            capacity=by.capacity,
            trust=trust_of.get(by.hf_id) if by.hf_id else None,
        )
        if by
        else None,
        reason=decision.reason if decision and not approved else None,
        withdrawn_at=withdrawn_since(event, before, state_at),
        evidence=decision.statement if decision and approved else None,
        imported=event.imported,
    )
    return Said(FactType.GOAL_STATUS.value, key, FactState.PRESENT, body.plain())


def decider_of(event: GoalStatusChanged, decision: Decision | None) -> Decider | None:
    """Who decided: as signing tells it, else as plans does."""
    return (decision.decider if decision else None) or event.decided_by


def item_said(event: ItemStatusChanged, trust: str) -> Said | None:
    """The fact about an activity or a national procedure; none for what never leaves the site (SYN-005, SYN-042)."""
    if event.kind is not RequirementKind.ACTIVITY:
        return None
    goals = tuple(sorted({goal.goal_key for goal in event.goals if is_goal_key(goal.goal_key)}))
    if is_national_procedure(event.level, event.learning_form, event.external_key):
        return _count_said(event, goals)
    subject = f"{trust}/{event.requirement_id}"
    status = _STATUS_SENT.get(event.status)
    if status is None:
        return Said(FactType.ACTIVITY.value, subject, FactState.ABSENT, {})
    body = ActivityStatement(
        name=event.requirement_name[:_NAME],
        level=_LEVELS[event.level],
        external_key=event.external_key,
        learning_form=event.learning_form,
        documentation_form=event.documentation_form,
        goal_keys=goals,
        status=status,
        signed=event.signed,
        fulfilled_on=event.fulfilled_on,
        valid_until=event.valid_until,
        signer=event.signer.name[:_PERSON] if event.signer else None,
        done=event.done,
        required=event.required,
        comment=event.comment[:_COMMENT] if event.comment else None,
    )
    return Said(FactType.ACTIVITY.value, subject, FactState.PRESENT, body.plain())


def is_national_procedure(
    level: RequirementLevel, form: LearningForm | None, external_key: str | None
) -> bool:
    """Whether repetitions add up between sites: only the external key of a national list joins them (SYN-045)."""
    return (
        level is RequirementLevel.NATIONAL
        and form is LearningForm.PROCEDURE_LIST
        and external_key is not None
    )


def _count_said(event: ItemStatusChanged, goals: tuple[str, ...]) -> Said:
    assert event.external_key is not None
    entries = tuple(
        sorted(
            (
                Entry(
                    id=str(one.repetition_id),
                    performed_on=one.performed_on,
                    number=one.count,
                    state=one.state,
                    signer=one.signer.name[:_PERSON] if one.signer else None,
                    comment=one.comment[:_COMMENT] if one.comment else None,
                )
                for one in event.repetitions
                if one.state != "removed"
            ),
            key=lambda entry: (entry.performed_on, entry.id),
        )
    )
    if not entries:
        return Said(FactType.PROCEDURE_COUNT.value, event.external_key, FactState.ABSENT, {})
    limit = MAX_ENTRIES
    while True:
        kept = fold(entries, limit)
        body = CountStatement(
            name=event.requirement_name[:_NAME],
            required=event.required,
            count=counted(kept),
            entries=kept,
            goal_keys=goals,
        ).plain()
        if len(canonical.canonical(body)) <= _BODY_BYTES or limit == 1:
            return Said(FactType.PROCEDURE_COUNT.value, event.external_key, FactState.PRESENT, body)
        limit = max(1, limit // 2)


@dataclass(frozen=True, slots=True)
class PlanHere:
    """One assignment of a plan at a trust."""

    name: str
    track: str | None
    specialty: str | None
    state: str
    assigned_on: Any
    ended_on: Any


def plan_said(
    trust: str, template: str, assignments: Sequence[PlanHere], goals: Iterable[Mapping[str, Any]]
) -> Said:
    """The fact about a learning-goal plan at a trust, from all assignments of it; one deleted as wrong says nothing."""
    subject = f"{trust}/{template}"
    kept = [one for one in assignments if one.state != AssignmentState.DELETED.value]
    if not kept:
        return Said(FactType.PLAN.value, subject, FactState.ABSENT, {})
    active = [one for one in kept if one.state == AssignmentState.ACTIVE.value]
    latest = max(active or kept, key=lambda one: one.assigned_on)
    themes: dict[str, list[PlanGoal]] = {}
    for goal in goals:
        themes.setdefault(goal["theme"] or "–", []).append(
            PlanGoal(key=goal["goal_key"], number=goal["goal_number"], text=goal["text"][:_COMMENT])
        )
    body = PlanStatement(
        name=latest.name[:_NAME],
        track=Track(latest.track) if latest.track else None,
        specialty=latest.specialty,
        state=AssignmentState(latest.state),
        assigned_on=min(one.assigned_on for one in kept),
        ended_on=None if active else max((one.ended_on for one in kept if one.ended_on), default=None),
        themes=tuple(PlanTheme(name=name[:_NAME], goals=tuple(found)) for name, found in themes.items()),
    )
    return Said(FactType.PLAN.value, subject, FactState.PRESENT, body.plain())
