"""What becomes of requests when people change (SGN-122 to SGN-127)."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from stafett_chassis.reactions import Later
from stafett_chassis.work import Work
from stafett_contracts.ids import PositionId
from stafett_contracts.vocabulary import LapseCause, ReassignmentCause, RequestKind, RequestStatus
from stafett_signing.people import store
from stafett_signing.requests import actions as requests
from stafett_signing.requests import finding
from stafett_signing.requests import store as request_store
from stafett_signing.requests.rules.ending import Ending
from stafett_signing.requests.rules.request import OPEN, SIGNATURES, Request, WaitsFor


async def leader_may_have_changed(work: Work, position_ids: Iterable[UUID]) -> None:
    """Let what is addressed to the leader of a position wait for whoever that is now (SGN-122, SGN-126)."""
    for request_id in await finding.for_leader_of(work, position_ids):
        request = await request_store.load(work, request_id)
        if request is None or request.addressee_position_id is None:
            continue
        leader = await store.leader_of(work, request.addressee_position_id) or WaitsFor()
        now, before = (leader.person_id, leader.position_id), request.waits_for
        if now != (before.person_id, before.position_id):
            await requests.hand_on(work, request, leader, ReassignmentCause.LEADER_CHANGED)


async def somebody_may_have_left(work: Work, person_id: UUID) -> None:
    """End or move what waits for a deactivated person (SGN-124, SGN-125)."""
    if await _is_active(work, person_id):
        return
    for request_id in await finding.open_waiting_for(work, [person_id]):
        request = await request_store.load(work, request_id)
        if request is None or request.waits_for.person_id != person_id:
            continue
        successor = await _successor(work, request, person_id)
        if successor is not None:
            await requests.hand_on(work, request, successor, ReassignmentCause.ADDRESSEE_INACTIVE)
            continue
        ending = Ending(request.item_ids(*OPEN), RequestStatus.WAITING, None)
        await requests.lapse(
            work, request, ending, LapseCause.ADDRESSEE_INACTIVE, explanation=gone_text(request)
        )


def gone_text(request: Request) -> str:
    """What the employee is told when the addressee is gone and nobody takes over."""
    if request.kind in SIGNATURES:
        return f"{request.waits_for.name} er ikke lenger aktiv. Velg en annen instruktør/supervisør"
    return "Godkjenner er ikke lenger aktiv"


async def _successor(work: Work, request: Request, gone: UUID) -> WaitsFor | None:
    """The employee's leader, for goals; nobody observes in another's place (SGN-125)."""
    if request.kind is not RequestKind.GOAL or request.employee.position_id is None:
        return None
    leader = await store.leader_of(work, request.employee.position_id)
    if leader is None or leader.person_id in (None, gone, request.employee.person_id):
        return None
    if not await _is_active(work, leader.person_id):
        return None
    return WaitsFor(leader.person_id, None, leader.name)


async def _is_active(work: Work, person_id: UUID | None) -> bool:
    return bool(await work.value(select(store.not_deactivated(person_id, work.today))))


async def assignment_moved(work: Work, assignment_id: UUID, position_id: PositionId, revision: int) -> None:
    """Let the plan approval of an assignment wait for the leader of the person's other position (SGN-122)."""
    for request_id in await finding.of_moved_assignment(work, assignment_id, revision):
        request = await request_store.load(work, request_id)
        if request is None or request.refused is not None or request.addressee_position_id == position_id:
            continue
        leader = await store.leader_of(work, position_id)
        if leader is None:
            raise Later(f"position {position_id} is not known yet")
        await requests.hand_on(work, request, leader, ReassignmentCause.ASSIGNMENT_MOVED, position_id)
