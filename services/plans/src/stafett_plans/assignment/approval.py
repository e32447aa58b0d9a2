"""A plan's own approval by the leader: asked by the system when the plan is complete, and withdrawn (PLN-730)."""

from typing import Any
from uuid import UUID

from stafett_chassis.problems import NotFound
from stafett_chassis.work import Work
from stafett_contracts.basis import BasisRequirement, BasisSection, PlanBasis, content_hash
from stafett_contracts.ids import PersonId, PositionId, RequestId, RequestItemId, SubjectId, UnitId, new_id
from stafett_contracts.plans import ApprovalRequested, ApprovalWithdrawn
from stafett_contracts.requests import AskedItem
from stafett_contracts.values import Addressee, AssignedPlan, Party, RequestSubject
from stafett_contracts.vocabulary import AddresseeKind, ItemStatus, RequestKind, WithdrawalCause
from stafett_plans.assignment import page
from stafett_plans.progress import store as progress

_LEADER = """
select l.leader_person_id, d.given_name || ' ' || d.family_name as leader_name,
    p.title, p.unit_id, u.name as unit_name
from directory_position p
left join directory_leader l on l.employee_position_id = p.position_id
left join directory_person d on d.person_id = l.leader_person_id
left join directory_unit u on u.unit_id = p.unit_id
where p.position_id = $1
"""


async def ask(work: Work, assignment_id: UUID, revision: int, request_id: UUID) -> None:
    """Send a complete plan to the leader function of its position (PLN-730, PLN-736)."""
    person_id = await work.raw.fetchval(
        "select person_id from assignment where assignment_id = $1", assignment_id
    )
    if person_id is None:
        raise NotFound()
    plan = await page.read(work, assignment_id, person_id, work.today, person_id)
    leader = await work.raw.fetchrow(_LEADER, UUID(plan["position_id"]))
    assert leader is not None
    basis = _basis(plan)
    await progress.ask(work, request_id, RequestKind.PLAN.value, assignment_id, person_id, revision, work.at)
    named: dict[str, Any] = {
        "plan_id": plan["plan_id"],
        "name": plan["name"],
        "assignment_id": assignment_id,
        "position_id": plan["position_id"],
    }
    work.emit(
        ApprovalRequested(
            revision=1,
            request_id=RequestId(request_id),
            kind=RequestKind.PLAN,
            subject=RequestSubject(
                kind=RequestKind.PLAN,
                id=SubjectId(assignment_id),
                revision=revision,
                name=plan["name"],
                plans=(AssignedPlan(**named),),
            ),
            employee=Party(
                person_id=PersonId(person_id),
                position_id=PositionId(UUID(plan["position_id"])),
                name=plan["person_name"],
                title=leader["title"],
                unit_id=UnitId(leader["unit_id"]),
                unit_name=leader["unit_name"],
            ),
            addressee=Addressee(
                kind=AddresseeKind.LEADER_OF,
                person_id=leader["leader_person_id"],
                position_id=PositionId(UUID(plan["position_id"])),
                name=leader["leader_name"],
            ),
            completed_on=work.today,
            items=(AskedItem(item_id=RequestItemId(new_id())),),
            content_hash=content_hash(basis),
            snapshot=basis,
        )
    )


async def withdraw(work: Work, request_id: UUID, cause: WithdrawalCause) -> None:
    """Take back a plan's waiting approval (PLN-528, PLN-534, PLN-734)."""
    revision = await progress.withdrawn(work, request_id, cause.value)
    work.emit(ApprovalWithdrawn(revision=revision, request_id=RequestId(request_id), cause=cause))


def _basis(plan: page.PlanPage) -> PlanBasis:
    """SGN-023."""
    return PlanBasis(
        name=plan["name"],
        version=plan["version"],
        owner=plan["owner_unit"] or "",
        sections=tuple(
            BasisSection(
                name=section["name"],
                not_relevant_comment=section["not_relevant"],
                requirements=tuple(
                    BasisRequirement(
                        name=item["name"],
                        number=item["number"],
                        status=ItemStatus(item["status"]),
                        signed=item["signed"],
                        fulfilled_on=item["fulfilled_on"],
                        signer=item["signer"],
                        expires_on=item["valid_until"],
                        not_relevant_comment=item["comment"],
                    )
                    for item in section["items"]
                ),
            )
            for section in plan["sections"]
        ),
    )
