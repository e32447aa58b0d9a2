"""What a goal's page tells beside its status: its history, its instruction, and what is known of it elsewhere."""

from datetime import timedelta
from typing import Any

import pytest

from stafett_contracts.ids import DecisionId, GoalKey, GoalNumber, SiteId, new_id
from stafett_contracts.signing import GoalApprovalWithdrawn, GoalApprovedByDirectorate
from stafett_contracts.sync import GoalResolved
from stafett_contracts.sync.resolved import ForeignApprover, GoalContribution
from stafett_contracts.values import NamedGoal, Person
from stafett_contracts.vocabulary import GoalStatus, WithdrawnBy


@pytest.fixture
async def fkm(ward: Any) -> Any:
    """Kari has a goal plan of one goal."""
    return await ward.assign(await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"]))


@pytest.fixture
def sending(ward: Any) -> dict[str, Any]:
    """What Kari fills in."""
    return {"completed_on": "2026-11-01", "approver_id": str(ward.boss.person_id)}


def resolved(ward: Any, revision: int, *contributions: GoalContribution, key: str = "FKM1") -> GoalResolved:
    return GoalResolved(
        revision=revision,
        fact_key=f"{ward.kari.person_id}/goal_status/{key}",
        person_id=ward.kari.person_id,
        goal_key=GoalKey(key),
        goal_number=GoalNumber("FKM-001"),
        status=GoalStatus.BEGUN,
        label="",
        contributions=contributions,
    )


def says(ward: Any, status: GoalStatus, days_ago: int = 0, site: str = "nord") -> GoalContribution:
    at = ward.plans.clock.now() - timedelta(days=days_ago)
    decided = status in (GoalStatus.APPROVED, GoalStatus.REJECTED)
    return GoalContribution(
        site=SiteId(site),
        trust="Nordlys sykehus",
        status=status,
        status_at=at,
        completed_on=at.date() if decided else None,
        decided_at=at if decided else None,
        approver=ForeignApprover(name="Nora Nord") if decided else None,
        reason_label="Annet" if status is GoalStatus.REJECTED else None,
    )


async def history(ward: Any, fkm: Any, by: Any = None) -> list[dict[str, Any]]:
    answer = await ward.client(by or ward.kari).get(f"/assignments/{fkm}/goals/FKM-001/history")
    assert answer.status_code == 200, answer.text
    entries: list[dict[str, Any]] = answer.json()
    return list(reversed(entries))


@pytest.mark.rule("PLN-717")
async def test_history_tells_what_happened_here_with_whom_and_when(
    ward: Any, fkm: Any, sending: dict[str, Any]
) -> None:
    moments = []

    async def later(*events: Any, by: Any = None) -> None:
        ward.plans.clock.move(minutes=5)
        moments.append(ward.plans.clock.now())
        if events:
            await ward.plans.deliver(*events, by=ward.actor(by or ward.boss))
            assert await ward.plans.held() == []

    async def send() -> Any:
        await later()
        answer = await ward.post_goal(fkm, "FKM-001", ":send", sending)
        assert answer.status_code == 200, answer.text
        return await ward.signing.last()

    request = await send()
    await later()
    await ward.post_goal(fkm, "FKM-001", ":recall")
    await later(ward.signing.recalled(request), by=ward.kari)
    request = await send()
    await later(ward.signing.rejected(request, ward.boss))
    request = await send()
    await later(ward.signing.signed(request, ward.boss))
    await later(ward.signing.reopened(request, ward.boss))
    await later(resolved(ward, 1, says(ward, GoalStatus.APPROVED)))
    kari, boss = "Kari Hansen", "Torbjørn Engeskår"
    told = await history(ward, fkm)
    assert [
        (entry["act"], entry["status"], entry["actor_name"], entry["details"].get("by")) for entry in told[:8]
    ] == [
        ("sent", "waiting", kari, None),
        ("recall_asked", "waiting", kari, None),
        ("recalled", "begun", kari, None),
        ("sent", "waiting", kari, None),
        ("rejected", "rejected", boss, boss),
        ("sent", "waiting", kari, None),
        ("approved", "approved", boss, boss),
        ("decision_undone", "waiting", boss, boss),
    ]
    assert [entry["at"] for entry in told[:8]] == [moment.isoformat() for moment in moments[:8]]
    assert {entry["details"]["approver"] for entry in told if entry["act"] == "sent"} <= {boss}
    assert (told[2]["details"]["to"], told[4]["comment"], told[4]["details"]["reason"]) == (
        boss,
        "Prøv igjen",
        "Ikke gjennomført",
    )
    # An approval elsewhere ends what waits here.
    ended, elsewhere = sorted(told[8:], key=lambda entry: entry["act"], reverse=True)
    assert (ended["act"], ended["comment"], ended["details"]["to"]) == (
        "withdrawn",
        "Målet er godkjent et annet sted.",
        boss,
    )
    assert (elsewhere["act"], elsewhere["details"]["site"]) == ("approved", "nord")
    assert await history(ward, fkm, ward.boss) == told


@pytest.mark.rule("PLN-717")
async def test_history_tells_what_happened_at_other_sites_with_whom_and_when(ward: Any, fkm: Any) -> None:
    for revision, (status, days_ago) in enumerate(
        (
            (GoalStatus.BEGUN, 9),
            (GoalStatus.WAITING, 8),
            (GoalStatus.BEGUN, 7),
            (GoalStatus.WAITING, 6),
            (GoalStatus.REJECTED, 5),
            (GoalStatus.WAITING, 4),
            (GoalStatus.APPROVED, 3),
            (GoalStatus.WAITING, 2),
        ),
        start=1,
    ):
        said = resolved(ward, revision, says(ward, status, days_ago))
        await ward.hear(said)
        await ward.hear(said)  # hearing it again tells nothing new
    told = [entry for entry in await history(ward, fkm) if entry["details"]]
    now = ward.plans.clock.now()
    assert [(entry["act"], entry["at"][:10], entry["details"]["by"]) for entry in told] == [
        (act, str((now - timedelta(days=days_ago)).date()), by)
        for act, days_ago, by in (
            ("sent", 8, None),
            ("recalled", 7, None),
            ("sent", 6, None),
            ("rejected", 5, "Nora Nord"),
            ("sent", 4, None),
            ("approved", 3, "Nora Nord"),
            ("decision_undone", 2, None),
        )
    ]
    assert {(entry["details"]["site"], entry["details"]["trust"]) for entry in told} == {
        ("nord", "Nordlys sykehus")
    }
    assert told[3]["details"]["reason"] == "Annet"
    await ward.hear(resolved(ward, 20, says(ward, GoalStatus.APPROVED, 1)), resolved(ward, 21))
    [given, gone] = [entry for entry in await history(ward, fkm) if entry["details"]][-2:]
    assert (given["act"], gone["act"], gone["status"]) == ("approved", "decision_undone", "not_begun")


@pytest.mark.rule("PLN-717")
async def test_history_tells_what_the_directorate_did(ward: Any, fkm: Any) -> None:
    def act(kind: Any, revision: int, **fields: Any) -> Any:
        return kind(
            revision=revision, decision_id=decision,
            person=Person(person_id=ward.kari.person_id, name="Kari Hansen"),
            goal=NamedGoal(goal_number=GoalNumber("FKM-001"), goal_key=GoalKey("FKM1")), case_number="26/1",
            decided_by=ward.signing.decider(ward.supervisor), decided_at=ward.plans.clock.now(), **fields,
        )  # fmt: skip

    decision = DecisionId(new_id())
    await ward.hear(act(GoalApprovedByDirectorate, 1))
    await ward.hear(act(GoalApprovalWithdrawn, 2, by=WithdrawnBy.DIRECTORATE))
    assert [
        (entry["act"], entry["details"]["by"], entry["details"]["case_number"])
        for entry in await history(ward, fkm)
    ] == [
        ("approved_by_directorate", "Siri Moe", "26/1"),
        ("directorate_withdrew", "Siri Moe", "26/1"),
    ]


@pytest.mark.rule("PLN-708")
async def test_the_window_shows_the_instruction_of_the_trust_it_is_sent_from(ward: Any) -> None:
    other_hf = ward.world.unit("Fjordens sykehus")
    other_unit = ward.world.unit("Post 9", parent=other_hf)
    ane = ward.world.person("Ane", "Li").at(other_unit)
    second = ward.kari.person.at(other_unit, leader=ane)
    await ward.news()
    here = await ward.define.goal_plan("FKM", ward.hf, ["FKM-001", "FKM-002"])
    there = await ward.define.goal_plan("FKM-F", other_hf, ["FKM-001"])
    await ward.define.set_local_goal(here, "FKM-001", instruction="Godkjennes etter samtale")
    await ward.define.set_local_goal(here, "FKM-002", instruction=None)
    await ward.define.set_local_goal(there, "FKM-001", instruction="Legg ved attest")
    fkm, other = await ward.assign(here), await ward.assign(there, second)
    assert (await ward.goal(fkm, "FKM-001"))["instruction"] == "Godkjennes etter samtale"
    assert (await ward.goal(fkm, "FKM-002"))["instruction"] is None
    assert (await ward.goal(other, "FKM-001", second))["instruction"] == "Legg ved attest"
    await ward.define.set_local_goal(here, "FKM-001", instruction="Godkjennes av utvalget")
    assert (await ward.goal(fkm, "FKM-001"))["instruction"] == "Godkjennes av utvalget"


async def test_a_status_from_elsewhere_is_shown_only_in_a_plan_that_holds_the_goal(ward: Any) -> None:
    """PLN-570, as far as plans goes: what no plan here holds is for «Tidligere utdanning»."""
    for key in ("FKM1", "FKM2"):
        await ward.hear(resolved(ward, 1, says(ward, GoalStatus.APPROVED, 5), key=key))
    await ward.define.goal_plan("FKM-alle", ward.hf, ["FKM-001", "FKM-002"])
    fkm = await ward.assign(await ward.define.goal_plan("FKM-en", ward.hf, ["FKM-001", "FKM-003"]))
    [theme] = (await ward.page(fkm))["themes"]
    assert [(goal["goal_number"], goal["status"]) for goal in theme["goals"]] == [
        ("FKM-001", "approved"),
        ("FKM-003", "not_begun"),
    ]
    unheld = await ward.client(ward.kari).get(f"/assignments/{fkm}/goals/FKM-002")
    assert unheld.status_code == 404
    [line] = (await ward.client(ward.kari).get("/me/plans")).json()
    assert (line["name"], line["done"], line["counting"]) == ("FKM-en", 1, 2)
