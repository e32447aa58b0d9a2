"""What the leader's approval of a plan, and the end of a position, make of assignments."""

from uuid import UUID

from stafett_chassis.reactions import Later, Reactions
from stafett_chassis.work import Work
from stafett_contracts.identity import PositionData, PositionDeactivated, PositionReactivated
from stafett_contracts.ids import PositionId
from stafett_contracts.plans import AssignmentMoved
from stafett_contracts.signing import RequestCreated, RequestLapsed, RequestReopened, RequestSigned
from stafett_contracts.signing.requests import RequestData
from stafett_contracts.vocabulary import (
    AssignmentReason,
    AssignmentState,
    PlanStatus,
    PlanType,
    ReactivationCause,
    RequestKind,
)
from stafett_plans.assignment import actions, approval, standing, store
from stafett_plans.progress import hearing
from stafett_plans.progress import store as progress
from stafett_plans.progress.rules.decisions import Hearing

reactions = Reactions()


@reactions.on(RequestCreated, RequestSigned, RequestReopened, RequestLapsed)
async def apply_request(work: Work, event: RequestData) -> None:
    """Apply the leader's approval of a plan, or its removal (PLN-732, PLN-733)."""
    asked = await hearing.listen(work, event, RequestKind.PLAN)
    if asked is None:
        return
    [plan] = await standing.held(work, [event.employee.person_id], work.today, assignments=[asked.subject_id])
    heard = hearing.verdict(asked, event, current=plan.request_id == asked.request_id)
    if heard is Hearing.WITHDRAW_AGAIN:
        await approval.withdraw(work, asked.request_id, hearing.cause_again(asked))
    if heard is not Hearing.APPLY:
        return
    await progress.heard(work, asked.request_id, event.revision)
    if isinstance(event, RequestSigned) and plan.plan_status == PlanStatus.WAITING:
        await standing.set_decision(work, plan, PlanStatus.APPROVED, hearing.decider_of(event))
    elif isinstance(event, RequestReopened) and plan.plan_status == PlanStatus.APPROVED:
        await standing.set_decision(work, plan, PlanStatus.WAITING, None)


_OF_POSITION = """
select a.assignment_id, p.plan_id, p.type from assignment a join plan p on p.plan_id = a.plan_id
where a.position_id = $1 and a.state = $2 and ($3::text is null or a.reason = $3)
order by a.assignment_id
"""
_IS_NEWEST = "select revision = $2 from directory_position where position_id = $1"


async def _is_newest(work: Work, event: PositionData) -> bool:
    """Whether the directory, which has heard the event first, knows nothing newer of the position."""
    return bool(await work.raw.fetchval(_IS_NEWEST, event.position_id, event.revision))


@reactions.on(PositionDeactivated)
async def end_with_position(work: Work, event: PositionDeactivated) -> None:
    """Active plans end with the position, except that goal plans follow a rotation (PLN-546, PLN-550)."""
    if not await _is_newest(work, event):
        return
    await work.raw.execute(store.LOCK_PERSON, event.person_id)
    rows = await work.raw.fetch(_OF_POSITION, event.position_id, AssignmentState.ACTIVE.value, None)
    moving = []
    if event.rotation and event.successor_id is not None:
        moving = [row for row in rows if row["type"] == PlanType.LEARNING_GOAL]  # PLN-552
        if moving and not await work.raw.fetchval(
            "select 1 from directory_position where position_id = $1", event.successor_id
        ):
            raise Later(f"position {event.successor_id} is not known here yet")  # PLN-553
    stay = [
        row["assignment_id"]
        for row in moving
        if not await _move(work, row["assignment_id"], row["plan_id"], event, event.successor_id)
    ]
    moved = {row["assignment_id"] for row in moving}
    ending = [row["assignment_id"] for row in rows if row["assignment_id"] not in moved] + stay
    await actions.end(work, ending, AssignmentState.DEACTIVATED, AssignmentReason.POSITION_ENDED)


_MOVE = """
update assignment set position_id = $2, revision = revision + 1
where assignment_id = $1 and not exists (
    select from assignment b where b.position_id = $2 and b.plan_id = $3 and b.state <> 'deleted')
"""


async def _move(
    work: Work, assignment_id: UUID, plan_id: UUID, event: PositionDeactivated, successor: PositionId | None
) -> bool:
    """Let an assignment follow the person to the new position, unless the plan is there already."""
    assert successor is not None
    moved = await work.raw.execute(_MOVE, assignment_id, successor, plan_id)
    if moved.endswith(" 0"):
        return False
    await store.note(
        work, "assignment", assignment_id, work.at, work.cause.actor, "moved", AssignmentState.ACTIVE.value,
        comment="Flyttet til ny stilling",
    )  # fmt: skip
    [plan] = await standing.held(work, [event.person_id], work.today, assignments=[assignment_id])
    work.emit(
        AssignmentMoved(
            **plan.data(), from_position_id=event.position_id, to_position_id=PositionId(successor)
        )
    )
    return True


@reactions.on(PositionReactivated)
async def return_with_position(work: Work, event: PositionReactivated) -> None:
    """The plans that ended with the position come back with it, not after a new employment (PLN-555, PLN-548)."""
    if event.cause is ReactivationCause.REEMPLOYED or not await _is_newest(work, event):
        return
    await work.raw.execute(store.LOCK_PERSON, event.person_id)
    rows = await work.raw.fetch(
        _OF_POSITION,
        event.position_id,
        AssignmentState.DEACTIVATED.value,
        AssignmentReason.POSITION_ENDED.value,
    )
    await actions.reactivate(work, [row["assignment_id"] for row in rows])
