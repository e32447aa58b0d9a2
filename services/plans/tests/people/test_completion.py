"""When plans are complete, how the leader's approval is asked for, and what reopens them."""

import asyncio
from typing import Any

import pytest

from stafett_contracts.basis import PlanBasis, content_hash
from stafett_contracts.plans import (
    ApprovalRequested,
    ApprovalWithdrawn,
    AssignmentCompleted,
    AssignmentReopened,
    PlanItemsActivated,
)
from stafett_contracts.vocabulary import (
    AddresseeKind,
    PlanStatus,
    ReopenCause,
    RequestKind,
    WithdrawalCause,
)
from stafett_plans.definitions import hooks


@pytest.fixture
async def both(ward: Any) -> list[Any]:
    """Two requirements."""
    return [await ward.define.requirement("A"), await ward.define.requirement("B")]


async def fulfil(ward: Any, assignment: Any, *requirements: Any) -> None:
    answers = await asyncio.gather(
        *(ward.post(assignment, one, ":fulfil", {"fulfilled_on": "2026-11-01"}) for one in requirements)
    )
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.rule("PLN-729")
@pytest.mark.rule("PLN-735")
@pytest.mark.rule("PLN-734")
async def test_the_last_requirements_at_once_complete_a_plan_once_and_undoing_reopens_it(
    ward: Any, both: Any
) -> None:
    plan = await ward.assign(await ward.define.plan("HAV-Plan", ward.unit, *both))
    await fulfil(ward, plan, *both)
    [completed] = await ward.plans.told(AssignmentCompleted)
    assert (completed.plan_status, completed.completed_on) == (PlanStatus.COMPLETED, ward.today)
    page = await ward.page(plan)
    assert (page["status"], page["colour"], page["percent"]) == ("completed", "green", 100)
    await ward.post(plan, both[0], ":undo", {"unlock": True})
    [reopened] = await ward.plans.told(AssignmentReopened)
    assert (reopened.plan_status, reopened.cause, reopened.completed_on) == (
        PlanStatus.BEGUN,
        ReopenCause.UNDONE,
        None,
    )
    assert reopened.revision > completed.revision
    await fulfil(ward, plan, both[0])
    assert len(await ward.plans.told(AssignmentCompleted)) == 2


@pytest.mark.rule("PLN-730")
@pytest.mark.rule("PLN-735")
@pytest.mark.rule("PLN-732")
@pytest.mark.rule("PLN-733")
async def test_a_complete_plan_is_sent_to_the_leader_function_by_itself(ward: Any, both: Any) -> None:
    plan = await ward.assign(
        await ward.define.plan("HAV-Plan", ward.unit, *both, completion="leader_approval")
    )
    await fulfil(ward, plan, *both)
    [request] = await ward.signing.requests()
    assert isinstance(request, ApprovalRequested)
    assert (request.kind, request.asked_by, request.subject.id) == (RequestKind.PLAN, None, plan)
    assert (request.addressee.kind, request.addressee.position_id, request.addressee.person_id) == (
        AddresseeKind.LEADER_OF,
        ward.kari.position_id,
        ward.boss.person_id,
    )
    basis = request.snapshot
    assert isinstance(basis, PlanBasis)
    assert [(one.name, one.status) for one in basis.sections[0].requirements] == [
        ("A", "fulfilled"),
        ("B", "fulfilled"),
    ]
    assert (basis.version, basis.owner, request.content_hash) == ("1.0", "Sengepost 2", content_hash(basis))
    assert (await ward.page(plan))["label"] == "Venter på godkjenning"
    assert await ward.plans.told(AssignmentCompleted) == []
    await ward.hear(ward.signing.signed(request, ward.boss))
    page = await ward.page(plan)
    assert (page["status"], page["approved_by"]["name"]) == ("approved", "Torbjørn Engeskår")
    [approved] = await ward.plans.told(AssignmentCompleted)
    assert approved.plan_status is PlanStatus.APPROVED
    await ward.hear(ward.signing.reopened(request, ward.boss))
    assert (await ward.page(plan))["status"] == "waiting"
    [removed] = await ward.plans.told(AssignmentReopened)
    assert removed.cause is ReopenCause.APPROVAL_REMOVED
    await ward.hear(ward.signing.signed(request, ward.boss))
    assert (await ward.page(plan))["status"] == "approved"


@pytest.mark.rule("PLN-734")
async def test_an_incomplete_plan_takes_its_request_back_and_is_sent_anew(ward: Any, both: Any) -> None:
    plan = await ward.assign(
        await ward.define.plan("HAV-Plan", ward.unit, *both, completion="leader_approval")
    )
    await fulfil(ward, plan, *both)
    [first] = await ward.signing.requests()
    await ward.post(plan, both[0], ":undo", {"unlock": True})
    [withdrawn] = await ward.plans.told(ApprovalWithdrawn)
    assert (withdrawn.request_id, withdrawn.cause) == (first.request_id, WithdrawalCause.INCOMPLETE)
    await ward.hear(ward.signing.signed(first, ward.boss))  # decided meanwhile
    assert (await ward.page(plan))["status"] == "begun"
    assert len(await ward.plans.told(ApprovalWithdrawn)) == 2
    await fulfil(ward, plan, both[0])
    second = await ward.signing.last()
    assert second.request_id != first.request_id
    await ward.hear(ward.signing.signed(second, ward.boss))
    await ward.post(plan, both[1], ":undo", {"unlock": True})
    assert (await ward.page(plan))["status"] == "begun"
    acts = [
        (entry["act"], entry["details"])
        for entry in (await ward.client(ward.kari).get(f"/assignments/{plan}/history")).json()
    ]
    assert acts[0][0] == "approval_void"  # «gjelder ikke lenger», with who had approved
    assert acts[0][1]["approval"]["name"] == "Torbjørn Engeskår"


@pytest.mark.rule("PLN-738")
@pytest.mark.rule("PLN-601")
async def test_an_empty_plan_is_never_complete_and_one_without_relevance_is(ward: Any, both: Any) -> None:
    empty = await ward.assign(await ward.define.plan("HAV-Tom", ward.unit))
    page = await ward.page(empty)
    assert (page["status"], page["percent"]) == ("not_begun", 0)
    plan = await ward.assign(await ward.define.plan("HAV-Plan", ward.unit, *both))
    await fulfil(ward, plan, both[0])
    await ward.post(plan, both[1], ":mark-not-relevant", {"comment": "Gjør ikke slikt"})
    page = await ward.page(plan)
    assert (page["status"], page["done"], page["counting"], page["percent"]) == ("completed", 1, 1, 100)


@pytest.mark.rule("PLN-734")
@pytest.mark.rule("PLN-512")
@pytest.mark.rule("PLN-737")
async def test_a_new_requirement_reopens_and_another_completion_type_is_followed(
    ward: Any, both: Any
) -> None:
    plan = await ward.define.plan("HAV-Plan", ward.unit, both[0], completion="leader_approval")
    assignment = await ward.assign(plan)
    await fulfil(ward, assignment, both[0])
    item_id = await ward.define.add(plan, both[1])
    async with ward.plans.runtime.units.begin() as work:
        await hooks.items_activated(
            work, plan.plan_id, [hooks.Item(item_id, both[1], plan.section_id, None, None)]
        )
    [reopened] = await ward.plans.told(AssignmentReopened)
    assert reopened.cause is ReopenCause.NEW_REQUIREMENT
    [added] = await ward.plans.told(PlanItemsActivated)
    assert [one.name for one in added.items] == ["B"]
    assert [one.assignment_id for one in added.affected] == [assignment]
    await fulfil(ward, assignment, both[1])
    assert (await ward.page(assignment))["status"] == "waiting"
    await ward.define.set_plan(plan, completion="automatic")
    async with ward.plans.runtime.units.begin() as work:
        await hooks.completion_changed(work, plan.plan_id)
    assert (await ward.page(assignment))["status"] == "completed"
    assert len(await ward.plans.told(ApprovalWithdrawn)) == 2


@pytest.mark.rule("PLN-534")
async def test_deactivating_withdraws_the_plans_approval_but_not_a_signature(ward: Any, both: Any) -> None:
    signed = await ward.define.requirement("C", requires_signing=True)
    plan = await ward.assign(
        await ward.define.plan("HAV-Plan", ward.unit, both[0], completion="leader_approval")
    )
    other = await ward.assign(await ward.define.plan("HAV-To", ward.unit, signed))
    sending = {"fulfilled_on": "2026-11-01", "supervisor_id": str(ward.supervisor.person_id)}
    await ward.post(other, signed, ":send", sending)
    request = await ward.signing.last()
    await fulfil(ward, plan, both[0])
    for assignment in (plan, other):
        await ward.client(ward.boss).post(f"/assignments/{assignment}:deactivate")
    [withdrawn] = await ward.plans.told(ApprovalWithdrawn)
    assert withdrawn.cause is WithdrawalCause.DEACTIVATED
    await ward.hear(ward.signing.signed(request, ward.supervisor))
    await ward.client(ward.boss).post(f"/assignments/{other}:reactivate")
    assert (await ward.item(other, signed))["status"] == "fulfilled"
