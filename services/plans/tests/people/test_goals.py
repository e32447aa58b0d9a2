"""Goals: sending to approval, who may be asked, decisions, and what other sites say."""

from datetime import date, timedelta
from typing import Any

import pytest

from stafett_contracts.basis import GoalBasis, content_hash
from stafett_contracts.identity import LeaderPeriod
from stafett_contracts.ids import DecisionId, DelegationId, GoalKey, GoalNumber, LinkId, SiteId, new_id
from stafett_contracts.plans import ApprovalRequested, ApprovalWithdrawn, GoalStatusChanged
from stafett_contracts.signing import (
    DelegationAdded,
    DelegationRemoved,
    GoalApprovalWithdrawn,
    GoalApprovedByDirectorate,
    RequestPreapproved,
    RequestReassigned,
)
from stafett_contracts.sync import GoalResolved
from stafett_contracts.sync.resolved import ForeignApprover, GoalContribution
from stafett_contracts.values import Addressee, NamedGoal, Person
from stafett_contracts.vocabulary import (
    AddresseeKind,
    GoalSource,
    GoalStatus,
    LapseCause,
    LeaderSource,
    ReassignmentCause,
    RequestKind,
    RequestStatus,
    WithdrawalCause,
    WithdrawnBy,
)


@pytest.fixture
async def fkm(ward: Any) -> Any:
    """Kari has a goal plan of two goals."""
    return await ward.assign(await ward.define.goal_plan("FKM", ward.hf, ["FKM-001", "FKM-002"]))


@pytest.fixture
def sending(ward: Any) -> dict[str, Any]:
    """What Kari fills in."""
    return {"completed_on": "2026-11-01", "approver_id": str(ward.boss.person_id), "comment": "Ferdig"}


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


def says(ward: Any, site: str, status: GoalStatus, days_ago: int = 0, **fields: Any) -> GoalContribution:
    at = ward.plans.clock.now() - timedelta(days=days_ago)
    return GoalContribution(
        site=SiteId(site),
        trust=fields.pop("trust", "Nordlys sykehus"),
        status=status,
        status_at=at,
        completed_on=at.date() if status is GoalStatus.APPROVED else None,
        decided_at=at if status is GoalStatus.APPROVED else None,
        approver=ForeignApprover(name=f"Lege i {site}") if status is GoalStatus.APPROVED else None,
        **fields,
    )


@pytest.mark.rule("PLN-701")
@pytest.mark.rule("PLN-710")
async def test_a_goal_is_sent_with_a_date_and_an_approver_and_then_waits(
    ward: Any, fkm: Any, sending: dict[str, Any]
) -> None:
    nothing = await ward.post_goal(fkm, "FKM-001", ":send", {})
    assert {fault["code"] for fault in nothing.json()["errors"]} == {"date_missing", "approver_missing"}
    future = {**sending, "completed_on": ward.today + timedelta(days=1)}
    answer = await ward.post_goal(fkm, "FKM-001", ":send", future)
    assert answer.json()["errors"][0]["code"] == "date_in_future"
    sent = await ward.post_goal(fkm, "FKM-001", ":send", sending)
    assert sent.status_code == 200, sent.text
    assert (sent.json()["status"], sent.json()["label"], sent.json()["can_send"]) == (
        "waiting",
        "Venter på godkjenning",
        False,
    )
    assert sent.json()["approver_name"] == "Torbjørn Engeskår"
    again = await ward.post_goal(fkm, "FKM-001", ":send", sending)
    assert (again.json()["code"], again.json()["waits_for"]) == ("already_waiting", "Torbjørn Engeskår")
    [told] = await ward.plans.told(GoalStatusChanged)
    assert (told.status, told.source, str(told.completed_on)) == (
        GoalStatus.WAITING,
        GoalSource.OWN,
        "2026-11-01",
    )
    [goal, _] = (await ward.page(fkm))["themes"][0]["goals"]
    assert (goal["status"], goal["colour"]) == ("waiting", "yellow")
    [theirs, _] = (await ward.page(fkm, ward.boss))["themes"][0]["goals"]
    assert theirs["colour"] == "red"  # it waits for the viewer


async def test_the_approver_gets_the_basis_as_it_was_when_sent(ward: Any, sending: Any) -> None:
    local = await ward.define.requirement("Vakt", kind="activity")
    course = await ward.define.requirement(
        "Akuttkurs", kind="activity", level="national", learning_form="course"
    )
    plan = await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"], activities={"FKM-001": [local, course]})
    fkm = await ward.assign(plan)
    await ward.post(fkm, local, ":fulfil", {"fulfilled_on": "2026-10-01"})
    body = {**sending, "confirmed": True, "deviation": "Kurset er avlyst"}
    await ward.post_goal(fkm, "FKM-001", ":send", body)
    [request] = await ward.signing.requests()
    assert isinstance(request, ApprovalRequested)
    assert (request.kind, request.deviation, request.comment) == (
        RequestKind.GOAL,
        "Kurset er avlyst",
        "Ferdig",
    )
    basis = request.snapshot
    assert isinstance(basis, GoalBasis)
    assert (basis.goal.goal_number, basis.plan, basis.theme, basis.instruction) == (
        "FKM-001",
        "FKM",
        "Tema",
        "Se på listen",
    )
    assert basis.missing_prerequisites == ("Akuttkurs",)
    assert [(one.name, one.status, str(one.fulfilled_on)) for one in basis.activities] == [
        ("Vakt", "fulfilled", "2026-10-01"),
        ("Akuttkurs", "not_begun", "None"),
    ]
    assert request.content_hash == content_hash(basis)


@pytest.mark.rule("PLN-702")
@pytest.mark.rule("PLN-703")
@pytest.mark.rule("PLN-704")
async def test_the_approvers_are_leaders_their_delegates_and_earlier_leaders(
    ward: Any, fkm: Any, sending: Any
) -> None:
    other_unit = ward.world.unit("Post 9", parent=ward.world.unit("Fjordens sykehus"))
    ane = ward.world.person("Ane", "Li").at(other_unit)
    second = ward.kari.person.at(other_unit, leader=ane)
    old = ward.world.person("Odd", "Før").at(other_unit)
    older = ward.world.person("Eva", "Før").at(other_unit)
    gone = ward.world.person("Geir", "Borte").at(other_unit)
    delegate = ward.world.person("Dina", "Del").at(ward.unit)
    ward.world.deactivate(gone, person_left=True)

    def period(position: Any, until: date) -> LeaderPeriod:
        return LeaderPeriod(
            link_id=LinkId(new_id()), leader_position_id=position.position_id,
            leader_person_id=position.person_id, source=LeaderSource.HR, valid_from=date(2020, 1, 1),
            valid_to=until,
        )  # fmt: skip

    ward.world.set_leader(
        ward.kari, ward.boss,
        earlier=[period(older, date(2022, 1, 1)), period(old, date(2024, 1, 1)), period(gone, date(2025, 1, 1))],
    )  # fmt: skip
    await ward.news()
    delegation = DelegationAdded(
        revision=1, delegation_id=DelegationId(new_id()),
        leader=Person(person_id=ward.boss.person_id, name="T"), leader_position_id=ward.boss.position_id,
        delegate=Person(person_id=delegate.person_id, name="D"), description="Kirurgi",
        created_at=ward.plans.clock.now(),
    )  # fmt: skip
    await ward.hear(delegation)
    offered = (await ward.goal(fkm, "FKM-001"))["approvers"]
    assert [(one["name"], one["kind"], one["preselected"]) for one in offered] == [
        ("Torbjørn Engeskår", "leader", True),
        ("Dina Del", "delegate", False),
        ("Ane Li", "other_leader", False),
        ("Odd Før", "earlier_leader", False),
        ("Eva Før", "earlier_leader", False),
    ]
    assert (offered[1]["description"], offered[1]["leads"]) == ("Kirurgi", "Torbjørn Engeskår")
    assert offered[3]["led_until"] == "2024-01-01"
    from_the_other = (await ward.client(second).get(f"/assignments/{fkm}/goals/FKM-001")).json()["approvers"]
    assert (from_the_other[0]["name"], from_the_other[0]["preselected"]) == ("Ane Li", True)
    for approver, extra in (
        (gone, {}),
        (ward.supervisor, {}),
        (ward.kari, {}),
        (delegate, {}),
        (old, {"delegation_id": str(delegation.delegation_id)}),
    ):
        body = {**sending, "approver_id": str(approver.person_id), **extra}
        refused = await ward.post_goal(fkm, "FKM-001", ":send", body)
        assert [fault["code"] for fault in refused.json()["errors"]] == ["addressee_not_allowed"]
    chosen = {"approver_id": str(delegate.person_id), "delegation_id": str(delegation.delegation_id)}
    sent = await ward.post_goal(fkm, "FKM-001", ":send", {**sending, **chosen})
    assert sent.status_code == 200
    request = await ward.signing.last()
    assert isinstance(request, ApprovalRequested)
    assert request.via_delegation_id == delegation.delegation_id
    await ward.hear(
        DelegationRemoved(**{**delegation.model_dump(), "revision": 2, "ended_at": ward.plans.clock.now()})
    )
    await ward.hear(delegation)  # late and old
    assert "Dina Del" not in [one["name"] for one in (await ward.goal(fkm, "FKM-002"))["approvers"]]


@pytest.mark.rule("PLN-705")
@pytest.mark.rule("PLN-567")
async def test_missing_national_activities_need_a_confirmation_and_a_reason(ward: Any, sending: Any) -> None:
    other_hf = ward.world.unit("Fjordens sykehus")
    unit = ward.world.unit("Post 9", parent=other_hf)
    ane = ward.world.person("Ane", "Li").at(unit)
    second = ward.kari.person.at(unit, leader=ane)
    await ward.news()
    course = await ward.define.requirement("Kurs", kind="activity", level="national", learning_form="course")
    local = await ward.define.requirement("Lokal", kind="activity")
    activities = {"FKM-001": [course, local]}
    fkm = await ward.assign(await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"], activities=activities))
    assert (await ward.goal(fkm, "FKM-001"))["missing"] == ["Kurs"]
    refused = await ward.post_goal(fkm, "FKM-001", ":send", sending)
    assert {fault["code"] for fault in refused.json()["errors"]} == {
        "prerequisites_missing",
        "deviation_missing",
    }
    assert refused.json()["missing"] == ["Kurs"]
    there = await ward.assign(
        await ward.define.goal_plan("FKM-F", other_hf, ["FKM-001"], activities=activities), second
    )
    await ward.post(there, course, ":fulfil", {"fulfilled_on": "2026-05-01"}, by=second)
    [goal] = (await ward.page(fkm))["themes"][0]["goals"]
    row = goal["items"][0]
    assert (row["status"], row["done_elsewhere_on"]) == ("not_begun", "2026-05-01")
    assert (await ward.goal(fkm, "FKM-001"))["missing"] == []
    assert (await ward.post_goal(fkm, "FKM-001", ":send", sending)).status_code == 200


@pytest.mark.rule("PLN-706")
async def test_a_goal_that_cannot_be_approved_here_is_closed_with_a_reason(ward: Any, sending: Any) -> None:
    for number, fields, text in (
        ("FKM-003", {"setting": "training_only"}, "Læringsmålet skal godkjennes ved et annet helseforetak."),
        ("FKM-004", {"setting": "no_training"}, "Læringsmålet skal godkjennes ved et annet helseforetak."),
        (
            "FKM-005",
            {"carried_out_in": "municipality"},
            "Læringsmålet skal gjennomføres og godkjennes i kommunen.",
        ),
        ("FKM-006", {"setting": "training_and_approval", "carried_out_in": "hospital"}, None),
        ("FKM-007", {}, None),
    ):
        plan = await ward.assign(await ward.define.goal_plan(f"P{number}", ward.hf, [number], **fields))
        goal = await ward.goal(plan, number)
        assert (goal["closed"], goal["can_send"]) == (text, text is None)
        answer = await ward.post_goal(plan, number, ":send", sending)
        assert answer.status_code == (200 if text is None else 409)


@pytest.mark.rule("PLN-711")
@pytest.mark.rule("PLN-729")
@pytest.mark.rule("PLN-712")
async def test_approved_rejected_and_reopened_decide_the_goal_and_its_plan(
    ward: Any, fkm: Any, sending: Any
) -> None:
    requests = []
    for number in ("FKM-001", "FKM-002"):
        await ward.post_goal(fkm, number, ":send", sending)
        requests.append(await ward.signing.last())
    await ward.hear(ward.signing.signed(requests[0], ward.boss))
    goal = await ward.goal(fkm, "FKM-001")
    assert (goal["status"], goal["label"], goal["colour"], goal["decided_by"]) == (
        "approved",
        "Godkjent",
        "green",
        "Torbjørn Engeskår",
    )
    await ward.hear(ward.signing.rejected(requests[1], ward.boss))
    goal = await ward.goal(fkm, "FKM-002")
    assert (goal["status"], goal["colour"], goal["reason"], goal["decision_comment"]) == (
        "rejected",
        "red",
        "Ikke gjennomført",
        "Prøv igjen",
    )
    page = await ward.page(fkm)
    assert (page["status"], page["percent"]) == ("begun", 50)
    await ward.post_goal(fkm, "FKM-002", ":send", sending)
    last = await ward.signing.last()
    await ward.hear(ward.signing.signed(last, ward.boss))
    assert (await ward.page(fkm))["status"] == "completed"
    await ward.hear(ward.signing.reopened(last, ward.boss))
    assert (await ward.goal(fkm, "FKM-002"))["status"] == "waiting"
    assert (await ward.page(fkm))["status"] == "begun"
    await ward.hear(ward.signing.lapsed(last, LapseCause.ADDRESSEE_INACTIVE))
    goal = await ward.goal(fkm, "FKM-002")
    assert (goal["status"], goal["can_send"]) == ("begun", True)


@pytest.mark.rule("PLN-709")
async def test_a_waiting_goal_is_recalled_when_signing_agrees(ward: Any, fkm: Any, sending: Any) -> None:
    await ward.post_goal(fkm, "FKM-001", ":send", sending)
    request = await ward.signing.last()
    asked = await ward.post_goal(fkm, "FKM-001", ":recall")
    assert (asked.json()["status"], asked.json()["recalling"]) == ("waiting", True)
    [withdrawn] = await ward.plans.told(ApprovalWithdrawn)
    assert withdrawn.cause is WithdrawalCause.RECALLED
    await ward.hear(ward.signing.recalled(request))
    goal = await ward.goal(fkm, "FKM-001")
    assert (goal["status"], goal["recalling"]) == ("begun", False)
    await ward.post_goal(fkm, "FKM-001", ":send", sending)
    request = await ward.signing.last()
    await ward.post_goal(fkm, "FKM-001", ":recall")
    await ward.hear(ward.signing.recall_refused(request, ward.boss))
    goal = await ward.goal(fkm, "FKM-001")
    assert (goal["status"], goal["recalling"]) == ("approved", False)
    assert "allerede avgjort" in goal["note"]
    refused = await ward.post_goal(fkm, "FKM-001", ":recall")
    assert refused.json()["code"] == "not_waiting"


@pytest.mark.rule("PLN-602")
async def test_a_goal_is_begun_with_its_activities(ward: Any) -> None:
    activity = await ward.define.requirement("Vakt", kind="activity")
    plan = await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"], activities={"FKM-001": [activity]})
    fkm = await ward.assign(plan)
    assert (await ward.goal(fkm, "FKM-001"))["status"] == "not_begun"
    await ward.post(fkm, activity, "/draft", {"comment": "x"}, method="PUT")
    assert (await ward.goal(fkm, "FKM-001"))["status"] == "begun"
    await ward.post(fkm, activity, "/draft", {}, method="PUT")
    assert (await ward.goal(fkm, "FKM-001"))["status"] == "not_begun"
    await ward.post(fkm, activity, ":fulfil", {"fulfilled_on": ward.today})
    assert (await ward.page(fkm))["themes"][0]["goals"][0]["status"] == "begun"
    told = await ward.plans.told(GoalStatusChanged)
    assert [event.status for event in told] == [GoalStatus.BEGUN, GoalStatus.NOT_BEGUN, GoalStatus.BEGUN]


@pytest.mark.rule("PLN-602")
@pytest.mark.rule("PLN-714")
async def test_preapproved_and_reassigned_goals_wait_for_the_new_name(
    ward: Any, fkm: Any, sending: Any
) -> None:
    await ward.post_goal(fkm, "FKM-001", ":send", sending)
    request = await ward.signing.last()
    to = Addressee(kind=AddresseeKind.PERSON, person_id=ward.supervisor.person_id, name="Siri Moe")
    moved = ward.signing.event(
        RequestReassigned, request, RequestStatus.WAITING, old_addressee=request.addressee,
        cause=ReassignmentCause.DELEGATION_ENDED, addressee=to,
    )  # fmt: skip
    await ward.hear(moved)
    goal = await ward.goal(fkm, "FKM-001")
    assert (goal["status"], goal["approver_name"]) == ("waiting", "Siri Moe")
    history = (await ward.client(ward.kari).get(f"/assignments/{fkm}/goals/FKM-001/history")).json()
    assert (history[0]["act"], history[0]["details"]["to"]) == ("reassigned", "Siri Moe")
    to = Addressee(kind=AddresseeKind.PERSON, person_id=ward.boss.person_id, name="Torbjørn Engeskår")
    preapproved = ward.signing.event(
        RequestPreapproved, request, RequestStatus.PREAPPROVED, decision_id=DecisionId(new_id()),
        decider=ward.signing.decider(ward.supervisor), decided_at=ward.plans.clock.now(), addressee=to,
    )  # fmt: skip
    await ward.hear(preapproved)
    goal = await ward.goal(fkm, "FKM-001")
    assert (goal["status"], goal["label"], goal["approver_name"]) == (
        "preapproved",
        "Forhåndsgodkjent",
        "Torbjørn Engeskår",
    )
    await ward.hear(ward.signing.signed(request, ward.boss))
    assert (await ward.goal(fkm, "FKM-001"))["status"] == "approved"


@pytest.mark.rule("PLN-572")
@pytest.mark.rule("PLN-573")
async def test_an_approval_from_outside_counts_until_it_is_withdrawn_there(
    ward: Any, fkm: Any, sending: Any
) -> None:
    await ward.post_goal(fkm, "FKM-001", ":send", sending)
    request = await ward.signing.last()
    await ward.hear(resolved(ward, 2, says(ward, "nord", GoalStatus.APPROVED, 5)))
    goal = await ward.goal(fkm, "FKM-001")
    assert (goal["status"], goal["source_site"], goal["decided_by"]) == ("approved", "nord", "Lege i nord")
    [withdrawn] = await ward.plans.told(ApprovalWithdrawn)
    assert (withdrawn.request_id, withdrawn.cause) == (request.request_id, WithdrawalCause.SYSTEM)
    refused = await ward.post_goal(fkm, "FKM-001", ":send", sending)
    assert refused.json()["code"] == "already_approved"
    other_sites = [event for event in await ward.plans.told(GoalStatusChanged) if event.source != "own"]
    assert [(event.status, event.source_site) for event in other_sites] == []  # own change told at once
    await ward.hear(resolved(ward, 1))  # an older version
    assert (await ward.goal(fkm, "FKM-001"))["status"] == "approved"
    await ward.hear(
        resolved(ward, 3, says(ward, "nord", GoalStatus.BEGUN), says(ward, "sor", GoalStatus.APPROVED, 1))
    )
    assert (await ward.goal(fkm, "FKM-001"))["source_site"] == "sor"
    await ward.hear(resolved(ward, 4, says(ward, "nord", GoalStatus.BEGUN)))
    goal = await ward.goal(fkm, "FKM-001")
    assert (goal["status"], goal["source_site"]) == ("begun", None)


@pytest.mark.rule("PLN-573")
@pytest.mark.rule("PLN-520")
async def test_status_from_elsewhere_is_kept_and_shown_the_moment_the_plan_is_assigned(ward: Any) -> None:
    await ward.hear(resolved(ward, 1, says(ward, "nord", GoalStatus.APPROVED, 5)))
    assert await ward.plans.told(GoalStatusChanged) == []
    plan = await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"])
    fkm = await ward.assign(plan)
    page = await ward.page(fkm)
    assert (page["themes"][0]["goals"][0]["status"], page["status"]) == ("approved", "completed")
    [contribution] = (await ward.goal(fkm, "FKM-001"))["contributions"]
    assert (contribution["site"], contribution["status"]) == ("nord", "approved")


@pytest.mark.rule("PLN-713")
async def test_the_directorate_approves_and_takes_it_back(ward: Any, fkm: Any, sending: Any) -> None:
    def act(kind: Any, revision: int, decision: Any, **fields: Any) -> Any:
        return kind(
            revision=revision, decision_id=decision,
            person=Person(person_id=ward.kari.person_id, name="Kari Hansen"),
            goal=NamedGoal(goal_number=GoalNumber("FKM-001"), goal_key=GoalKey("FKM1")), case_number="26/1",
            decided_by=ward.signing.decider(ward.supervisor), decided_at=ward.plans.clock.now(), **fields,
        )  # fmt: skip

    decision = DecisionId(new_id())
    await ward.hear(act(GoalApprovedByDirectorate, 1, decision))
    goal = await ward.goal(fkm, "FKM-001")
    assert (goal["status"], goal["label"], goal["directorate"]) == (
        "approved",
        "Godkjent av Helsedirektoratet",
        True,
    )
    await ward.hear(act(GoalApprovalWithdrawn, 2, decision, by=WithdrawnBy.DIRECTORATE))
    assert (await ward.goal(fkm, "FKM-001"))["status"] == "begun"
    await ward.post_goal(fkm, "FKM-001", ":send", sending)
    await ward.hear(ward.signing.signed(await ward.signing.last(), ward.boss))
    second = DecisionId(new_id())
    await ward.hear(act(GoalApprovedByDirectorate, 1, second))
    await ward.hear(act(GoalApprovalWithdrawn, 2, second, by=WithdrawnBy.DIRECTORATE))
    goal = await ward.goal(fkm, "FKM-001")
    assert (goal["status"], goal["label"]) == ("approved", "Godkjent")


@pytest.mark.rule("PLN-571")
async def test_without_an_hpr_number_the_goal_plan_says_that_nothing_is_exchanged(ward: Any) -> None:
    nobody = ward.world.person("Uten", "Nummer", hpr=False).at(ward.unit, leader=ward.boss)
    await ward.news()
    plan = await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"])
    page = await ward.page(await ward.assign(plan, nobody), nobody)
    assert page["synchronisation"] == "HPR-nummer mangler – planene synkroniseres ikke"
    assert (await ward.page(await ward.assign(plan)))["synchronisation"] is None


async def test_two_sends_of_a_goal_at_once_make_one_request(ward: Any, fkm: Any, sending: Any) -> None:
    import asyncio

    answers = await asyncio.gather(
        *(ward.post_goal(fkm, "FKM-001", ":send", sending, version=0) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    assert len(await ward.signing.requests()) == 1
