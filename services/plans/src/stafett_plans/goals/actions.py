"""Sending a goal to approval and asking for it back, each in one transaction."""

from typing import Any
from uuid import UUID

from stafett_chassis.auth import ActingAs
from stafett_chassis.problems import NotFound, check_version
from stafett_chassis.work import Work
from stafett_contracts.basis import content_hash
from stafett_contracts.ids import (
    DelegationId,
    PersonId,
    PositionId,
    RequestId,
    RequestItemId,
    SubjectId,
    UnitId,
    new_id,
)
from stafett_contracts.plans import ApprovalRequested
from stafett_contracts.requests import AskedItem
from stafett_contracts.values import Addressee, AssignedPlan, Party, RequestSubject
from stafett_contracts.vocabulary import AddresseeKind, ReopenCause, RequestKind, WithdrawalCause
from stafett_plans.assignment import rules as assigning
from stafett_plans.assignment import standing
from stafett_plans.assignment import store as assignments
from stafett_plans.goals import rules, telling
from stafett_plans.goals.goal import GoalView, OpenedGoal, basis_of, open_goal, view_of
from stafett_plans.goals.rules import Sending
from stafett_plans.progress import store as progress


async def send(
    work: Work, assignment_id: UUID, goal_number: str, asked: Sending, version: int | None
) -> GoalView:
    """Send a goal to the approver chosen (PLN-701)."""
    opened = await _for_change(work, assignment_id, goal_number, version)
    request_id, old = new_id(), opened.progress
    new = rules.send(
        old,
        asked,
        opened.setting,
        opened.approvers,
        opened.missing,
        site_kind=work.site_kind,
        today=work.today,
        request_id=request_id,
        assignment_id=assignment_id,
    )
    saved = await telling.store_change(
        work,
        old,
        new,
        act="sent",
        comment=new.comment,
        details={"approver": new.approver_name, "request_id": str(request_id), "deviation": new.deviation},
    )
    await _worked_in(work, opened)
    await _ask(work, opened, saved, request_id)
    return view_of(await _again(work, opened), work)


async def recall(work: Work, assignment_id: UUID, goal_number: str, version: int | None) -> GoalView:
    """Ask for a waiting goal back; final when signing has confirmed it (PLN-709)."""
    opened = await _for_change(work, assignment_id, goal_number, version)
    new = rules.recall(opened.progress)
    if new is not opened.progress:
        await telling.store_change(
            work,
            opened.progress,
            new,
            act="recall_asked",
            details={"approver": new.approver_name},
            withdrawal=WithdrawalCause.RECALLED,
        )
        await _worked_in(work, opened)
    return view_of(await _again(work, opened), work)


async def _for_change(work: Work, assignment_id: UUID, goal_number: str, version: int | None) -> OpenedGoal:
    owner = await work.raw.fetchval(assignments.LOCK_OWNER, assignment_id)
    if owner is None:
        raise NotFound()
    own = owner == work.caller.person_id and work.caller.acting_as is not ActingAs.DEPUTY
    if not own:
        await assignments.authorise(work, work.caller, work.today, assignment_id, assigning.Act.SEND_GOAL)
    opened = await open_goal(work, work.caller, work.today, assignment_id, goal_number)
    assigning.may_change(opened.row["assignment_state"], "active", "published")
    check_version(version, opened.progress.revision, view_of(opened, work))
    return opened


async def _again(work: Work, opened: OpenedGoal) -> OpenedGoal:
    return await open_goal(
        work, work.caller, work.today, opened.row["assignment_id"], opened.row["goal_number"]
    )


async def _worked_in(work: Work, opened: OpenedGoal) -> None:
    await work.raw.execute(
        "update assignment set first_work_at = coalesce(first_work_at, $2), last_activity_at = $2"
        " where assignment_id = $1",
        opened.row["assignment_id"],
        work.at,
    )
    await plans_follow(work, opened.row["person_id"], opened.row["goal_key"])


async def plans_follow(work: Work, person_id: UUID, goal_key: str) -> None:
    """Bring the plans that hold a goal up to date after its status changed (PLN-712, PLN-729)."""
    rows = await work.raw.fetch(
        "select a.assignment_id from assignment a join local_goal l on l.plan_id = a.plan_id"
        " where a.person_id = $1 and a.state = 'active' and l.goal_key = $2",
        person_id,
        goal_key,
    )
    if rows:
        plans = await standing.held(
            work, [person_id], work.today, assignments=[row["assignment_id"] for row in rows]
        )
        await standing.update(work, plans, ReopenCause.UNDONE)


async def _ask(work: Work, opened: OpenedGoal, sent: rules.GoalProgress, request_id: UUID) -> None:
    row: Any = opened.row
    basis = basis_of(opened, sent)
    goal = telling.named(row, sent.goal_key)
    employee = Party(
        person_id=PersonId(sent.person_id),
        position_id=PositionId(row["position_id"]),
        name=row["person_name"],
        title=row["title"],
        unit_id=UnitId(row["unit_id"]),
        unit_name=row["unit_name"],
    )
    await progress.ask(
        work,
        request_id,
        RequestKind.GOAL.value,
        sent.goal_progress_id,
        sent.person_id,
        sent.revision,
        work.at,
    )
    work.emit(
        ApprovalRequested(
            revision=1,
            request_id=RequestId(request_id),
            kind=RequestKind.GOAL,
            subject=RequestSubject(
                kind=RequestKind.GOAL,
                id=SubjectId(sent.goal_progress_id),
                revision=sent.revision,
                name=f"{row['goal_number']} {row['text']}",
                goal=goal,
                plans=(
                    AssignedPlan(
                        plan_id=row["plan_id"],
                        name=row["plan_name"],
                        assignment_id=row["assignment_id"],
                        position_id=row["position_id"],
                    ),
                ),
                goals=(goal,),
            ),
            employee=employee,
            asked_by=employee,
            addressee=Addressee(
                kind=AddresseeKind.PERSON,
                person_id=PersonId(sent.approver_id) if sent.approver_id else None,
                name=sent.approver_name,
            ),
            completed_on=sent.completed_on,
            comment=sent.comment,
            items=(AskedItem(item_id=RequestItemId(new_id()), performed_on=sent.completed_on),),
            content_hash=content_hash(basis),
            via_delegation_id=DelegationId(sent.delegation_id) if sent.delegation_id else None,
            deviation=sent.deviation,
            snapshot=basis,
        )
    )
