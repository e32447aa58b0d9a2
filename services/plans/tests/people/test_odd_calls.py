"""However odd a call about people's plans is, it is not an error of ours."""

from typing import Any

from stafett_testing import fuzz


async def test_no_odd_call_about_people_is_an_error_of_ours(ward: Any) -> None:
    plain = await ward.define.requirement("A")
    signed = await ward.define.requirement("B", requires_signing=True)
    repeated = await ward.define.requirement("C", repetitions=3)
    plan = await ward.define.plan("HAV-Plan", ward.unit, plain, signed, repeated)
    competence = await ward.assign(plan)
    goals = await ward.assign(
        await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"], activities={"FKM-001": [plain]})
    )
    await ward.post(competence, repeated, "/repetitions:quick")
    [repetition] = (await ward.item(competence, repeated))["repetitions"]
    known = {
        "assignment_id": [competence, goals],
        "requirement_id": [plain, signed, repeated],
        "repetition_id": [repetition["repetition_id"]],
        "position_id": [ward.kari.position_id],
        "plan_id": [plan.plan_id],
        "number": ["FKM-001"],
        "supervisor_id": [ward.supervisor.person_id],
        "approver_id": [ward.boss.person_id],
        "positions": [ward.kari.position_id],
    }
    for client in (ward.client(ward.kari), ward.client(ward.boss)):
        await fuzz.survives(ward.plans, client, known=known, calls=250)
