"""Effective values as the events that tell them. Pure but for the registry it is handed."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from stafett_contracts import sync
from stafett_contracts.event import Event
from stafett_contracts.ids import (
    ExternalKey,
    GoalKey,
    GoalNumber,
    PersonId,
    SiteId,
    SpecialtyCode,
    TemplateCode,
)
from stafett_contracts.vocabulary import AssignmentState, FactType, GoalStatus
from stafett_sync.merge.rules.catalogue import Replacements, carried
from stafett_sync.merge.rules.counts import effective_count
from stafett_sync.merge.rules.goals import Contribution, EffectiveGoal, approval_in_force, effective_goal
from stafett_sync.statements.bodies import (
    COUNTING,
    ActivityStatement,
    Approver,
    CountStatement,
    DirectorateStatement,
    GoalStatement,
    PlanStatement,
)
from stafett_sync.statements.registry import Registry
from stafett_sync.statements.rules import Statement

Make = Callable[[int], Event]


def contributions_of(
    statements: Sequence[Statement], versions: Mapping[str, str | None]
) -> dict[str, list[Contribution]]:
    """What each statement says of its goal, by goal key. `versions` are this site's catalogue versions."""
    found: dict[str, list[Contribution]] = {}
    for one in statements:
        if one.type == FactType.GOAL_STATUS.value:
            body = GoalStatement.model_validate(one.body)
            said = Contribution(
                site=one.site,
                trust=one.trust,
                status=body.status,
                state_at=body.state_at,
                completed_on=body.completed_on,
                decided_at=body.decided_at,
                approver=body.approver,
                reason=body.reason,
                imported=body.imported,
                older_wording=is_older(body.catalogue_version, versions.get(one.subject)),
                withdrawn_at=body.withdrawn_at,
            )
        elif one.type == FactType.GOAL_DIRECTORATE.value:
            decided = DirectorateStatement.model_validate(one.body)
            approved = decided.decision == "approved"
            said = Contribution(
                site=one.site,
                trust=one.trust,
                status=GoalStatus.APPROVED if approved else GoalStatus.NOT_BEGUN,
                state_at=decided.decided_at,
                decided_at=decided.decided_at if approved else None,
                directorate=True,
                case_number=decided.case_number,
                withdrawn_at=None if approved else decided.decided_at,
            )
        else:
            continue
        found.setdefault(one.subject, []).append(said)
    return found


def is_older(theirs: str | None, ours: str | None) -> bool:
    """Whether the origin's catalogue is of an earlier version than this site's (SYN-052)."""
    if theirs is None or ours is None:
        return False
    if theirs.isdecimal() and ours.isdecimal():
        return int(theirs) < int(ours)
    return theirs < ours


def goal_value(
    key: str, contributions: Mapping[str, Sequence[Contribution]], replacements: Replacements
) -> EffectiveGoal:
    """The effective value of a goal, approvals carried from goals it replaced included (SYN-054 to SYN-058)."""
    return effective_goal(
        contributions.get(key, ()),
        carried(key, replacements, lambda old: approval_in_force(contributions.get(old, ()))),
    )


def goal_label(value: EffectiveGoal, trust: str | None) -> str:
    """What is shown beside the goal (SYN-085)."""
    if value.approval is not None:
        if value.approval.directorate:
            return "Godkjent av Helsedirektoratet"
        return "Godkjent etter tidligere ordlyd" if value.approval.older_wording else "Godkjent"
    if value.row == 3 and trust:
        return f"{value.status.label_nb} ved {trust}"
    return value.status.label_nb


def goal_event(
    person_id: UUID, key: str, number: str, value: EffectiveGoal, own_site: str, registry: Registry
) -> Make:
    """The event that tells a goal's effective value."""
    approval = value.approval
    trust = registry.trust_name(value.site, value.trust) if value.site and value.trust else None

    def make(revision: int) -> Event:
        return sync.GoalResolved(
            revision=revision,
            fact_key=f"{person_id}/{FactType.GOAL_STATUS}/{key}",
            person_id=PersonId(person_id),
            goal_key=GoalKey(key),
            goal_number=GoalNumber(number),
            status=value.status,
            label=goal_label(value, trust),
            completed_on=approval.completed_on if approval else None,
            decided_at=approval.decided_at if approval else None,
            approver=_approver(approval.approver) if approval and approval.approver else None,
            source_site=SiteId(value.site) if value.site else None,
            source_trust=trust,
            imported=bool(approval and approval.imported),
            directorate=bool(approval and approval.directorate),
            withdrawn_at=value.withdrawn_at,
            contributions=tuple(_contribution(one, registry) for one in value.contributions),
            only_own=all(one.site == own_site for one in value.contributions),
        )

    return make


def _contribution(one: Contribution, registry: Registry) -> sync.GoalContribution:
    return sync.GoalContribution(
        site=SiteId(one.site),
        trust=registry.trust_name(one.site, one.trust),
        status=one.status,
        status_at=one.state_at,
        completed_on=one.completed_on,
        decided_at=one.decided_at,
        approver=_approver(one.approver) if one.approver else None,
        reason_label=one.reason,
        directorate=one.directorate,
        case_number=one.case_number,
        imported=one.imported,
        carried_from=GoalKey(one.carried_from) if one.carried_from else None,
        withdrawn_at=one.withdrawn_at,
    )


def _approver(one: Approver) -> sync.ForeignApprover:
    return sync.ForeignApprover(name=one.name, title=one.title, capacity=one.capacity, trust=one.trust)


def count_event(person_id: UUID, key: str, statements: Sequence[Statement], own_site: str) -> Make:
    """The event that tells what was done elsewhere on a national procedure list."""
    bodies = {(one.site, one.trust): CountStatement.model_validate(one.body) for one in statements}
    value = effective_count({origin: body.entries for origin, body in bodies.items()})
    foreign = [one for one in value.entries if one.site != own_site]
    name = next((body.name for origin, body in sorted(bodies.items()) if origin[0] != own_site), None)

    def make(revision: int) -> Event:
        return sync.ProcedureCountResolved(
            revision=revision,
            fact_key=f"{person_id}/{FactType.PROCEDURE_COUNT}/{key}",
            person_id=PersonId(person_id),
            external_key=ExternalKey(key),
            name=name,
            entries=tuple(
                sync.ForeignRepetition(
                    id=one.entry.id,
                    site=SiteId(one.site),
                    trust=one.trust,
                    performed_on=one.entry.performed_on,
                    number=one.entry.number,
                    state=one.entry.state,
                    signer=one.entry.signer,
                    comment=one.entry.comment,
                )
                for one in foreign
            ),
            total=sum(one.entry.number for one in foreign if one.entry.state in COUNTING),
        )

    return make


def activity_event(
    person_id: UUID, element: str, statement: Statement | None, known: Collection[str]
) -> Make:
    """The event that tells an activity of another site, or that it is gone. `known` are this site's goal keys for it."""
    site, _, subject = element.partition(" ")
    trust, _, activity_id = subject.partition("/")
    identity: dict[str, Any] = {
        "fact_key": f"{person_id}/{FactType.ACTIVITY}/{site}/{subject}",
        "person_id": PersonId(person_id),
        "site": SiteId(site),
        "trust": trust,
        "activity_id": activity_id,
    }
    if statement is None:
        return lambda revision: sync.ForeignActivityRemoved(revision=revision, **identity)
    body = ActivityStatement.model_validate(statement.body)
    said = {name: getattr(body, name) for name in ActivityStatement.model_fields if name != "goal_keys"}
    return lambda revision: sync.ForeignActivityChanged(
        revision=revision, **identity, **said, goal_keys=tuple(GoalKey(key) for key in sorted(known))
    )


def plan_event(
    person_id: UUID, element: str, statement: Statement | None, active_here: Collection[str]
) -> Make:
    """The event that tells a plan at another site, or that it is gone. `active_here` are template codes."""
    site, _, subject = element.partition(" ")
    trust, _, template = subject.partition("/")
    identity: dict[str, Any] = {
        "fact_key": f"{person_id}/{FactType.PLAN}/{site}/{subject}",
        "person_id": PersonId(person_id),
        "site": SiteId(site),
        "trust": trust,
        "template_code": TemplateCode(template),
    }
    if statement is None:
        return lambda revision: sync.EarlierPlanRemoved(revision=revision, **identity)
    body = PlanStatement.model_validate(statement.body)
    return lambda revision: sync.EarlierPlanChanged(
        revision=revision,
        **identity,
        name=body.name,
        track=body.track,
        specialty=SpecialtyCode(body.specialty) if body.specialty else None,
        active=body.state is AssignmentState.ACTIVE,
        assigned_on=body.assigned_on,
        ended_on=body.ended_on,
        shown=template not in active_here,
    )
