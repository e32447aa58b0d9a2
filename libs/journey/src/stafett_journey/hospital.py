"""The first half of the journey: in the hospital."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from stafett_journey.journey import OPERATORS, Journey
from stafett_journey.traveller import Traveller, once_allowed, until

PLAN = "Journey: mottak av nyansatte leger"
CATALOGUE = ("catalogues", "lis1-fkm.json")


async def play(journey: Journey) -> None:
    """From the master-data file to an approved goal."""
    await _set_up(journey)
    await _plans(journey)
    await _assign(journey)
    await _document(journey)
    await _sign(journey)
    await _approve(journey)


async def _set_up(journey: Journey) -> None:
    at = journey.at
    async with journey.step("The system manager logs in"):
        operator = OPERATORS["hkv"]
        manager = await journey.log_in(at.hospital, operator.given_name, operator.family_name)
    file = at.read("hr", "snapshot.json")
    upload = {"content": file, "headers": {"content-type": "application/json"}}
    async with journey.step("HR master data: dry run of 306 positions"):
        run = await manager.call("POST", "identity", "/imports?mode=dry_run", **upload)
        assert (run["state"], run["counts"]["errors"]) == ("applied", 0), run
    async with journey.step("HR master data: imported"):
        run = await manager.call("POST", "identity", "/imports?mode=apply", **upload)
        assert run["state"] == "applied", run
    async with journey.step("The system manager gives the first roles"):
        units = {one["code"]: one["unit_id"] for one in await _units(manager)}
        for key, role, unit in (
            ("hf_admin", "hf_admin", "HAV"),
            ("lis_hf_admin", "lis_hf_admin", "HAV"),
            ("rhf_admin", "rhf_admin", "HKV"),
        ):
            who = await journey.log_in(
                at.hospital, journey.people[key]["given_name"], journey.people[key]["family_name"]
            )
            order = {
                "order_ref": f"journey-{role}",
                "position_id": who.position_id,
                "role": role,
                "units": [{"unit_id": units[unit]}],
            }
            await manager.post("identity", "/role-orders", order)
    journey.known["units"] = units


async def _units(traveller: Traveller) -> list[dict[str, Any]]:
    """The organisation's upper levels."""
    found, waiting = [], [None]
    while waiting:
        level = (await traveller.get("identity", "/org/units", parent=waiting.pop()))["items"]
        found += level
        waiting += [one["unit_id"] for one in level if one["level"] in ("rhf", "hf")]
    return found


async def import_catalogue(traveller: Traveller, file: bytes) -> dict[str, Any]:
    """Dry run, then apply; what the run says."""
    upload = {"content": file, "headers": {"content-type": "application/json"}}
    tried = await traveller.call("POST", "plans", "/imports", **upload)
    assert tried["state"] == "ready", tried
    applied: dict[str, Any] = await traveller.post("plans", f"/imports/{tried['run_id']}/apply")
    assert applied["state"] == "applied", applied
    return applied


async def _plans(journey: Journey) -> None:
    units = journey.known["units"]
    async with journey.step("RHF admin imports the goal catalogue: LIS1 common goals, 50 goals"):
        admin = await journey.persona("rhf_admin")
        await add_categories(admin, journey)
        await import_catalogue(admin, journey.at.read(*CATALOGUE))
    async with journey.step("LIS HF admin makes the trust's plan from the template, and publishes it"):
        lis_admin = await journey.persona("lis_hf_admin")
        journey.known["goal_plan"] = await _goal_plan(lis_admin, units["HAV"])
    async with journey.step("HF admin makes a competence plan with two requirements, and publishes it"):
        hf_admin = await journey.persona("hf_admin")
        journey.known["plan"] = await _competence_plan(hf_admin, units["HAV"])


async def add_categories(traveller: Traveller, journey: Journey) -> None:
    """The categories the catalogues use, those that are missing."""
    import json

    there = {one["name"] for one in await once_allowed(lambda: traveller.get("plans", "/categories"))}
    for category in json.loads(journey.at.read("catalogues", "categories.json")):
        if category["name"] not in there:
            await traveller.post("plans", "/categories", category)


async def _goal_plan(admin: Traveller, trust: str) -> str:
    plans = (await once_allowed(lambda: admin.get("plans", "/plans")))["items"]
    made = next((one for one in plans if one["template_code"] == "FKM" and one["hf_id"] == trust), None)
    if made is None:
        body = {"type": "learning_goal", "unit_id": trust, "template": {"code": "FKM", "track": "lis1"}}
        made = (await admin.post("plans", "/plans", body))["head"]
    await publish(admin, made["plan_id"], trust)
    return str(made["plan_id"])


async def _competence_plan(admin: Traveller, trust: str) -> str:
    name = f"HAV – {PLAN}"
    plans = (await once_allowed(lambda: admin.get("plans", "/plans")))["items"]
    made = next((one for one in plans if one["name"] == name), None)
    if made is not None:
        return str(made["plan_id"])
    plan = await admin.post(
        "plans", "/plans", {"type": "competence", "unit_id": trust, "name": name, "completion": "automatic"}
    )
    plan_id = plan["head"]["plan_id"]
    plan = await admin.post("plans", f"/plans/{plan_id}/sections", {"name": "De første ukene"})
    section = plan["sections"][0]["section_id"]
    category = (await admin.get("plans", "/categories"))[0]["category_id"]
    for requirement in (
        {"name": "Brannvern", "learning_form": "e_learning", "documentation_form": "self_registration"},
        {
            "name": "Hjerte-lunge-redning",
            "learning_form": "skills_training",
            "documentation_form": "signature",
        },
    ):
        plan = await admin.post(
            "plans",
            f"/plans/{plan_id}/items",
            {"section_id": section, "new": {**requirement, "category_id": category}},
        )
    for item in plan["items"]:
        version = item["requirement_revision"]
        await admin.call(
            "POST",
            "plans",
            f"/requirements/{item['requirement_id']}/publish",
            headers={"if-match": str(version)},
        )
        await admin.post("plans", f"/plans/{plan_id}/items/{item['item_id']}/activate")
    await publish(admin, plan_id, trust)
    return str(plan_id)


async def publish(admin: Traveller, plan_id: str, unit: str) -> None:
    """Set document owner and responsible, and publish the plan to a unit with all below it."""
    plan = await admin.get("plans", f"/plans/{plan_id}")
    if plan["head"]["document_owner_id"] is None:
        roles = {"document_owner_id": admin.person_id, "document_responsible_id": admin.person_id}
        await admin.put("plans", f"/plans/{plan_id}/document-roles", roles, plan["revision"])
    units = [{"unit_id": unit, "include_sub_units": True}]
    await admin.post("plans", f"/plans/{plan_id}/publications", {"units": units})


async def _assign(journey: Journey) -> None:
    async with journey.step("The leader logs in and finds the trainee's plans to assign"):
        leader = await journey.persona("leader")
        trainee = await journey.persona("lis1")
        wanted = {journey.known["goal_plan"], journey.known["plan"]}

        async def offered() -> set[str]:
            plans = await leader.get("plans", "/assignable-plans", positions=trainee.position_id)
            return {plan["plan_id"] for plan in plans if plan["cells"][0]["published"]}

        await until(offered, lambda plans: wanted <= plans, "the two plans are offered")
    async with journey.step("The leader assigns both plans"):
        pairs = [
            {"position_id": trainee.position_id, "plan_id": plan, "action": "assign"}
            for plan in sorted(wanted)
        ]
        answer = await leader.post("plans", "/assignments:bulk", {"pairs": pairs})
        assert all(pair["assignment_id"] for pair in answer["results"]), answer
    async with journey.step("The trainee sees the plans, and an alert about each on her home page"):
        plans = {one["plan_id"]: one["assignment_id"] for one in await trainee.get("plans", "/me/plans")}
        assert wanted <= set(plans), plans
        journey.known["assignment"] = plans[journey.known["plan"]]
        journey.known["goal_assignment"] = plans[journey.known["goal_plan"]]
        await until(lambda: card(trainee, "upd"), lambda count: count >= 1, "alerts about the plans")


async def card(traveller: Traveller, name: str) -> int:
    """The number on a card of the home page; 0 when it is not shown."""
    home = await traveller.get("notify", "/me/home")
    return sum(one["count"] for group in home["groups"] for one in group["cards"] if one["card"] == name)


def today(days_ago: int = 0) -> str:
    """The date in Norway, near enough: some days ago."""
    return (datetime.now(UTC) - timedelta(days=days_ago)).date().isoformat()


async def items_of(traveller: Traveller, assignment: str) -> list[dict[str, Any]]:
    """The requirements or activities of a plan."""
    plan = await traveller.get("plans", f"/assignments/{assignment}")
    return [item for section in plan["sections"] for item in section["items"]] + [
        item for theme in plan["themes"] for goal in theme["goals"] for item in goal["items"]
    ]


async def _document(journey: Journey) -> None:
    trainee = await journey.persona("lis1")
    assignment = journey.known["assignment"]
    async with journey.step("The trainee marks «Brannvern» as fulfilled; it is green"):
        item = next(one for one in await items_of(trainee, assignment) if not one["requires_signing"])
        path = f"/assignments/{assignment}/requirements/{item['requirement_id']}"
        if item["status"] != "fulfilled":
            await trainee.call(
                "POST",
                "plans",
                f"{path}:fulfil",
                json={"fulfilled_on": today(2)},
                headers={"if-match": str(item["revision"])},
            )
        item = next(one for one in await items_of(trainee, assignment) if not one["requires_signing"])
        assert (item["status"], item["colour"]) == ("fulfilled", "green"), item


async def _sign(journey: Journey) -> None:
    trainee, supervisor = await journey.persona("lis1"), await journey.persona("supervisor")
    assignment = journey.known["assignment"]

    async def item() -> dict[str, Any]:
        return next(one for one in await items_of(trainee, assignment) if one["requires_signing"])

    before = await item()
    if before["status"] == "fulfilled":
        return  # played before on this installation
    async with supervisor.listening("notify", "/me/stream") as stream:
        async with journey.step(
            "The trainee sends «Hjerte-lunge-redning» to a supervisor she has searched for"
        ):
            who = journey.people["supervisor"]
            found = await trainee.get("signing", "/supervisors", q=who["family_name"])
            chosen = next(one for one in found if who["given_name"] in one["name"])
            sent = await trainee.call(
                "POST",
                "plans",
                f"/assignments/{assignment}/requirements/{before['requirement_id']}:send",
                json={
                    "fulfilled_on": today(1),
                    "supervisor_id": chosen["person_id"],
                    "comment": "Øvd på dukke.",
                },
                headers={"if-match": str(before["revision"])},
            )
            assert sent["status"] == "waiting", sent
        async with journey.step("The supervisor's open browser is told at once"):
            await stream.wait_for("card.count")
    async with journey.step("The supervisor sees the basis and signs"):
        request = await until(
            lambda: _waiting(supervisor, "signatures"),
            lambda rows: bool(rows),
            "the request waits for the supervisor",
        )
        await decide(supervisor, request[0]["request_id"])
    async with journey.step("The trainee's requirement is signed, green in her plan"):
        signed = await until(item, lambda one: one["status"] == "fulfilled", "the requirement is signed")
        assert signed["signed"], signed
        assert signed["colour"] == "green", signed


async def _waiting(traveller: Traveller, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await traveller.get("signing", "/requests", list=name))["items"]
    return rows


async def decide(traveller: Traveller, request_id: str, outcome: str = "signed") -> None:
    """Open a request and decide on the basis that is shown."""
    shown = await traveller.get("signing", f"/requests/{request_id}")
    assert shown["basis"], shown
    body = {"outcome": outcome, "content_hash": shown["content_hash"]}
    await traveller.post("signing", f"/requests/{request_id}/decisions", body)


async def goals_of(traveller: Traveller, assignment: str) -> list[dict[str, Any]]:
    """The goals of a plan."""
    plan = await traveller.get("plans", f"/assignments/{assignment}")
    return [goal for theme in plan["themes"] for goal in theme["goals"]]


async def _approve(journey: Journey) -> None:
    trainee, leader = await journey.persona("lis1"), await journey.persona("leader")
    assignment = journey.known["goal_assignment"]
    async with journey.step("The trainee sends a goal to her leader for approval"):
        goal = next(
            one
            for one in await goals_of(trainee, assignment)
            if one["status"] in ("not_begun", "begun") and one["carried_out_in"] != "municipality"
        )
        journey.known["goal"] = goal["goal_number"]
        path = f"/assignments/{assignment}/goals/{goal['goal_number']}"
        opened = await trainee.get("plans", path)
        sent = await trainee.call(
            "POST",
            "plans",
            f"{path}:send",
            json={
                "completed_on": today(1),
                "approver_id": opened["approvers"][0]["person_id"],
                "confirmed": True,
                "deviation": "Kurset er gjennomført ved annet studiested.",
            },
            headers={"if-match": str(opened["revision"])},
        )
        assert sent["status"] == "waiting", sent
    async with journey.step("The leader sees the basis and approves"):
        rows = await until(
            lambda: _waiting(leader, "goals"),
            lambda rows: any(goal["goal_number"] in row["subject"] for row in rows),
            "the goal waits for the leader",
        )
        row = next(row for row in rows if goal["goal_number"] in row["subject"])
        await decide(leader, row["request_id"])
    async with journey.step("The goal is approved in the trainee's plan"):

        async def status() -> str:
            return str((await trainee.get("plans", path))["status"])

        await until(status, lambda one: one == "approved", "the goal is approved")
    async with journey.step("The trainee has an alert about it on the home page"):
        await until(lambda: card(trainee, "ok"), lambda count: count >= 1, "an alert about the approval")


async def mail_received(journey: Journey) -> None:
    """The e-mail about the signature, which is sent a minute after it (NTF-050): there, and once."""
    async with journey.step("The trainee has had one e-mail about the signature"):
        address = journey.people["lis1"]["work_email"]
        await mail_to(journey, address, subject="signert", seconds=120)
        assert len(await mails(journey, address, "signert")) == 1


async def mails(journey: Journey, address: str, subject: str) -> list[dict[str, Any]]:
    """The e-mails to `address` with `subject` in their subject, newest first."""
    async with httpx.AsyncClient() as http:
        found = (await http.get(f"{journey.at.mail_url}/messages", params={"to": address})).json()
    return [one for one in found if subject in one["subject"].lower()]


async def mail_to(
    journey: Journey, address: str, *, subject: str = "", seconds: float = 30
) -> dict[str, Any]:
    """The newest e-mail to `address` with `subject` in its subject, once there is one."""
    newest = (
        await until(lambda: mails(journey, address, subject), bool, f"an e-mail to {address}", seconds)
    )[0]
    async with httpx.AsyncClient() as http:
        whole: dict[str, Any] = (await http.get(f"{journey.at.mail_url}/messages/{newest['number']}")).json()
    return whole
