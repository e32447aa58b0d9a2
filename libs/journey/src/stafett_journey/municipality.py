"""The second half of the journey: she starts in a municipality, and what she did is there."""

from typing import Any

from stafett_journey.hospital import (
    CATALOGUE,
    add_categories,
    goals_of,
    import_catalogue,
    mail_to,
    publish,
)
from stafett_journey.journey import OPERATORS, Journey
from stafett_journey.traveller import Traveller, until


async def play(journey: Journey) -> None:
    """From the registration to the hospital's status in the municipality's plan."""
    await _set_up(journey)
    trainee = await _register(journey)
    leader = await _invite(journey, trainee)
    await _same_plan(journey, trainee, leader)


async def _set_up(journey: Journey) -> None:
    operator = OPERATORS["kom"]
    async with journey.step("The municipal site: its system manager imports the same catalogue"):
        manager = await journey.log_in(journey.at.municipal, operator.given_name, operator.family_name)
        await add_categories(manager, journey)
        await import_catalogue(manager, journey.at.read(*CATALOGUE))
    async with journey.step("The template is published as one plan for all municipalities"):
        plans = (await manager.get("plans", "/plans"))["items"]
        made = next((one for one in plans if one["template_code"] == "FKM"), None)
        if made is None:
            body = {
                "type": "learning_goal",
                "variant": "central",
                "template": {"code": "FKM", "track": "lis1"},
            }
            made = (await manager.post("plans", "/plans", body))["head"]
            units = (await manager.get("identity", "/org/units"))["items"]
            await publish(manager, made["plan_id"], units[0]["unit_id"])
        journey.known["municipal_plan"] = made["plan_id"]


async def _register(journey: Journey) -> Traveller:
    who = journey.registrations["lis1"]
    async with journey.step(
        "The trainee identifies herself with e-ID and registers as LIS1 in a municipality"
    ):
        trainee = await journey.traveller("the trainee", journey.at.municipal)
        login = await _eid(trainee, who)
        if login["state"] == "register":
            department = await _department(trainee, who)
            registered = await trainee.post(
                "identity",
                "/registration",
                {
                    "email": who["email"],
                    "phone": who["phone"],
                    "hpr_number": who["hpr_number"],
                    "track": who["track"],
                    "department_id": department,
                    "title": who["title"],
                },
            )
            login = registered["login"]
        await journey.act_from(trainee, login)
    async with journey.step("She opens the link sent to her address"):
        mail = await mail_to(journey, who["email"])
        token = mail["links"][0].rstrip("/").rsplit("/", 1)[-1].rsplit("=", 1)[-1]
        await trainee.post("identity", "/me/email/verify", {"token": token})
    return trainee


async def _eid(traveller: Traveller, who: dict[str, Any]) -> Any:
    return await traveller.post(
        "identity",
        "/login/demo-eid",
        {key: who[key] for key in ("national_id", "given_name", "family_name", "hpr_number")},
    )


async def _department(traveller: Traveller, who: dict[str, Any]) -> str:
    form = await traveller.get("identity", "/registration/form")
    enterprise = next(one for one in form["enterprises"] if one["name"] == who["training_enterprise"])
    return str(next(one for one in enterprise["departments"] if one["name"] == who["department"])["unit_id"])


async def _invite(journey: Journey, trainee: Traveller) -> Traveller:
    who = journey.registrations["municipal_leader"]
    async with journey.step("She invites her leader by e-mail"):
        relations = await trainee.get("identity", "/me/relations")
        there = relations["leader"] is not None
        if not there:
            await trainee.post(
                "identity",
                "/invitations",
                {
                    "role": "leader",
                    "given_name": who["given_name"],
                    "family_name": who["family_name"],
                    "email": who["email"],
                },
            )
    async with journey.step("The leader opens the link, identifies with e-ID, fills in the form and accepts"):
        leader = await journey.traveller("the leader", journey.at.municipal)
        if there:
            login = await _eid(leader, who)
        else:
            mail = await mail_to(journey, who["email"])
            token = mail["links"][0].rstrip("/").rsplit("/", 1)[-1].rsplit("=", 1)[-1]
            invitation = await leader.get("identity", f"/invitations/by-token/{token}")
            assert invitation["role"] == "leader", invitation
            await _eid(leader, who)
            body = {
                "email": who["email"],
                "phone": who["phone"],
                "title": who["title"],
                "hpr_number": who["hpr_number"],
                "department_id": await _department(leader, who),
            }
            accepted = await leader.post("identity", f"/invitations/by-token/{token}/accept", body)
            assert accepted["state"] == "accepted", accepted
            login = accepted["login"]
        await journey.act_from(leader, login)
    return leader


async def _same_plan(journey: Journey, trainee: Traveller, leader: Traveller) -> None:
    plan = journey.known["municipal_plan"]
    async with journey.step("The leader assigns the same plan"):

        async def offered() -> list[str]:
            plans = await leader.get("plans", "/assignable-plans", positions=trainee.position_id)
            return [one["plan_id"] for one in plans if one["cells"][0]["published"]]

        await until(offered, lambda plans: plan in plans, "the plan is offered")
        pairs = [{"position_id": trainee.position_id, "plan_id": plan, "action": "assign"}]
        answer = await leader.post("plans", "/assignments:bulk", {"pairs": pairs})
        assert answer["results"][0]["assignment_id"], answer
    async with journey.step("The goal approved in the hospital is approved in her municipal plan"):
        plans = {one["plan_id"]: one["assignment_id"] for one in await trainee.get("plans", "/me/plans")}
        number = journey.known["goal"]

        async def goal() -> dict[str, Any]:
            goals = await goals_of(trainee, plans[plan])
            return next(one for one in goals if one["goal_number"] == number)

        shown = await until(
            goal, lambda one: one["status"] == "approved", f"{number} is approved", seconds=60
        )
        assert shown["colour"] == "green", shown
