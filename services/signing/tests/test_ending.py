"""Recall, withdrawal, and people who leave or get another leader."""

from datetime import date
from typing import Any

import pytest

from stafett_contracts.identity import LeaderPeriod
from stafett_contracts.ids import AssignmentId, LinkId, new_id
from stafett_contracts.plans import AssignmentMoved
from stafett_contracts.signing import (
    RequestCreated,
    RequestLapsed,
    RequestReassigned,
    RequestRecalled,
    RequestRecallRefused,
    RequestSigned,
)
from stafett_contracts.vocabulary import (
    AssignmentState,
    LapseCause,
    LeaderSource,
    PlanStatus,
    PlanType,
    ReassignmentCause,
    RequestKind,
    RequestStatus,
    Track,
    WithdrawalCause,
)

SIGNATURES = (RequestKind.REQUIREMENT, RequestKind.ACTIVITY, RequestKind.REPETITIONS)
RECALLABLE = [kind for kind in RequestKind if kind is not RequestKind.PLAN]
VOIDING = (WithdrawalCause.CHANGED, WithdrawalCause.REMOVED, WithdrawalCause.RESET)


def decider_of(ward: Any, kind: RequestKind) -> Any:
    return ward.siri if kind in SIGNATURES else ward.boss


async def asked_of(ward: Any, kind: RequestKind = RequestKind.ACTIVITY) -> Any:
    return await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.siri, ward.boss))


def refused(answer: Any, status: int, code: str) -> Any:
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code
    return answer.json()


@pytest.mark.rule("SGN-034", "SGN-037")
@pytest.mark.parametrize("kind", RECALLABLE)
async def test_the_employee_recalls_what_waits_and_can_send_again(ward: Any, kind: RequestKind) -> None:
    asked = await asked_of(ward, kind)
    answer = await ward.recall(ward.as_(ward.kari), asked)
    assert answer.status_code == 200
    assert {item["status"] for item in answer.json()["items"]} == {"recalled"}
    [told] = await ward.signing.told(RequestRecalled)
    assert told.by.person_id == ward.kari.person_id
    assert told.addressee.person_id == decider_of(ward, kind).person_id
    assert sum((await ward.tasks(ward.as_(decider_of(ward, kind)))).values()) == 0
    again = await ward.ask(asked.model_copy(update={"request_id": new_id()}))
    assert set(await ward.statuses(again)) == {"waiting"}
    assert await ward.signing.told(RequestLapsed) == []


@pytest.mark.rule("SGN-034")
async def test_a_plan_approval_is_not_recalled(ward: Any) -> None:
    asked = await asked_of(ward, RequestKind.PLAN)
    client = ward.as_(ward.kari)
    assert (await ward.see(client, asked))["allowed"]["recall"] is False
    refused(await ward.recall(client, asked), 403, "not_allowed")
    assert await ward.statuses(asked) == ["waiting"]


@pytest.mark.rule("SGN-034")
@pytest.mark.parametrize("kind", RECALLABLE)
async def test_neither_decider_nor_leader_nor_deputy_recalls_for_the_employee(
    ward: Any, kind: RequestKind
) -> None:
    asked = await asked_of(ward, kind)
    for client in (ward.as_(ward.boss), ward.as_(ward.per, deputy_for=ward.boss)):
        refused(await ward.recall(client, asked), 403, "not_allowed")
    assert set(await ward.statuses(asked)) == {"waiting"}


async def test_a_deputy_recalls_what_the_leader_sent_on_behalf(ward: Any) -> None:
    asked = await ward.ask(ward.asks.signature(ward.kari, ward.siri, asked_by=ward.boss))
    assert (await ward.recall(ward.as_(ward.per, deputy_for=ward.boss), asked)).status_code == 200
    other = await ward.ask(ward.asks.signature(ward.kari, ward.siri, asked_by=ward.boss))
    refused(await ward.recall(ward.as_(ward.ola, deputy_for=ward.boss), other), 404, "not_found")


@pytest.mark.rule("SGN-035")
async def test_recalling_repetitions_leaves_what_is_decided(ward: Any) -> None:
    asked = await ward.ask(
        ward.asks.repetitions(ward.kari, ward.siri, *(date(2026, 11, day) for day in (1, 2, 3)))
    )
    one, two, three = (str(item.item_id) for item in asked.items)
    await ward.decide(ward.as_(ward.siri), asked, item_ids=[one])
    answer = (await ward.recall(ward.as_(ward.kari), asked, item_ids=[one, two])).json()
    assert [(item["done"], item["status"]) for item in answer["items"]] == [
        (False, "signed"),
        (True, "recalled"),
    ]
    assert await ward.statuses(asked) == ["signed", "recalled", "waiting"]
    await ward.recall(ward.as_(ward.kari), asked)
    assert await ward.statuses(asked) == ["signed", "recalled", "recalled"]
    assert three


@pytest.mark.rule("SGN-036", "SGN-160")
async def test_a_recall_after_the_decision_is_told_outcome_decider_and_time(ward: Any) -> None:
    asked = await asked_of(ward)
    decided = (await ward.decide(ward.as_(ward.siri), asked)).json()
    problem = refused(await ward.recall(ward.as_(ward.kari), asked), 409, "already_decided")
    assert (problem["outcome"], problem["by"]) == ("signed", "Siri Moe")
    assert problem["at"][:23] == decided["decided_at"][:23]
    assert await ward.statuses(asked) == ["signed"]


@pytest.mark.rule("SGN-036")
@pytest.mark.parametrize("kind", RECALLABLE)
async def test_a_recall_by_event_counts_if_it_is_first(ward: Any, kind: RequestKind) -> None:
    asked = await asked_of(ward, kind)
    await ward.ask(ward.asks.withdrawn(asked, WithdrawalCause.RECALLED, by=ward.kari))
    assert set(await ward.statuses(asked)) == {"recalled"}
    [told] = await ward.signing.told(RequestRecalled)
    assert told.by.person_id == ward.kari.person_id
    refused(await ward.decide(ward.as_(decider_of(ward, kind)), asked), 409, "not_possible_in_status")


@pytest.mark.rule("SGN-036")
async def test_a_recall_by_event_after_the_decision_is_refused_by_event(ward: Any) -> None:
    asked = await asked_of(ward)
    await ward.decide(ward.as_(ward.siri), asked)
    await ward.ask(ward.asks.withdrawn(asked, WithdrawalCause.RECALLED, by=ward.kari))
    [signed] = await ward.signing.told(RequestSigned)
    [told] = await ward.signing.told(RequestRecallRefused)
    assert told.decision_id == signed.decision_id
    assert told.revision > signed.revision  # or the owner would ignore it
    assert {item.status for item in told.items} == {"signed"}
    assert await ward.signing.told(RequestRecalled) == []
    assert await ward.statuses(asked) == ["signed"]


@pytest.mark.rule("SGN-031")
@pytest.mark.parametrize("cause", [WithdrawalCause.RECALLED, WithdrawalCause.ARCHIVED])
async def test_recalled_and_lapsed_are_final(ward: Any, cause: WithdrawalCause) -> None:
    asked = await asked_of(ward)
    await ward.ask(ward.asks.withdrawn(asked, cause, by=ward.kari))
    for answer in (
        await ward.decide(ward.as_(ward.siri), asked),
        await ward.cancel(ward.as_(ward.siri), asked),
        await ward.recall(ward.as_(ward.kari), asked),
    ):
        problem = refused(answer, 409, "not_possible_in_status")
        assert problem["by"] == "Kari Hansen"
        assert problem["at"]


@pytest.mark.parametrize(
    "cause", [cause for cause in WithdrawalCause if cause is not WithdrawalCause.RECALLED]
)
async def test_a_withdrawal_ends_what_waits_with_its_cause(ward: Any, cause: WithdrawalCause) -> None:
    asked = await asked_of(ward)
    await ward.ask(ward.asks.withdrawn(asked, cause, by=ward.kari, explanation="Flyttet"))
    [told] = await ward.signing.told(RequestLapsed)
    assert told.cause == cause.value
    assert told.was is RequestStatus.WAITING
    assert told.explanation == "Flyttet"
    assert told.decider is None
    assert (await ward.tasks(ward.as_(ward.siri)))["signatures"] == 0
    assert await ward.rows(ward.as_(ward.siri), "signatures") == []
    line = (await ward.see(ward.as_(ward.kari), asked))["history"][0]
    assert (line["act"], line["cause"], line["explanation"]) == ("lapsed", cause.value, "Flyttet")


@pytest.mark.rule("SGN-165", "SGN-105")
@pytest.mark.parametrize("cause", VOIDING)
@pytest.mark.parametrize("outcome", ["signed", "rejected"])
async def test_changed_removed_and_reset_take_a_decision_out_of_force(
    ward: Any, cause: WithdrawalCause, outcome: str
) -> None:
    asked = await asked_of(ward)
    client = ward.as_(ward.siri)
    await ward.decide(client, asked, outcome)
    await ward.ask(ward.asks.withdrawn(asked, cause))
    [told] = await ward.signing.told(RequestLapsed)
    assert told.was == outcome
    assert told.decider.person_id == ward.siri.person_id
    assert {item.decision_id for item in told.items} == {None}
    assert await ward.rows(client, "signatures", outcome) == []
    refused(await ward.cancel(client, asked), 409, "superseded")


@pytest.mark.parametrize(
    "cause", [cause for cause in WithdrawalCause if cause not in (*VOIDING, WithdrawalCause.RECALLED)]
)
async def test_with_other_causes_a_decision_stands_as_evidence(ward: Any, cause: WithdrawalCause) -> None:
    asked = await asked_of(ward)
    await ward.decide(ward.as_(ward.siri), asked)
    await ward.ask(ward.asks.withdrawn(asked, cause))
    assert await ward.signing.told(RequestLapsed) == []
    assert await ward.statuses(asked) == ["signed"]


async def test_each_part_of_a_withdrawn_request_is_told_with_a_version_of_its_own(ward: Any) -> None:
    asked = await ward.ask(
        ward.asks.repetitions(ward.kari, ward.siri, *(date(2026, 11, day) for day in (1, 2, 3)))
    )
    one, two, _ = (str(item.item_id) for item in asked.items)
    await ward.decide(ward.as_(ward.siri), asked, item_ids=[one])
    await ward.decide(ward.as_(ward.siri), asked, "rejected", item_ids=[two])
    await ward.ask(ward.asks.withdrawn(asked, WithdrawalCause.RESET))
    told = await ward.signing.told(RequestLapsed)
    assert [event.revision for event in told] == [4, 5, 6]
    assert {event.was for event in told} == {"signed", "rejected", "waiting"}
    assert {item.status for item in told[-1].items} == {"lapsed"}


@pytest.mark.rule("SGN-120")
async def test_a_withdrawal_again_has_no_effect(ward: Any) -> None:
    lapsed, recalled = await asked_of(ward), await asked_of(ward)
    await ward.ask(ward.asks.withdrawn(lapsed, WithdrawalCause.CHANGED))
    await ward.recall(ward.as_(ward.kari), recalled)
    before = len(await ward.signing.told())
    for asked in (lapsed, recalled):
        for cause in (WithdrawalCause.CHANGED, WithdrawalCause.RECALLED):
            await ward.ask(ward.asks.withdrawn(asked, cause))
    assert len(await ward.signing.told()) == before


@pytest.mark.rule("SGN-164")
@pytest.mark.parametrize("cause", list(WithdrawalCause))
async def test_a_withdrawal_before_its_request_is_remembered(ward: Any, cause: WithdrawalCause) -> None:
    asked = ward.asks.signature(ward.kari, ward.siri)
    await ward.ask(ward.asks.withdrawn(asked, cause))
    await ward.ask(asked)
    assert await ward.signing.told(RequestCreated) == []
    assert await ward.statuses(asked) == ["lapsed"]
    assert (await ward.tasks(ward.as_(ward.siri)))["signatures"] == 0
    assert await ward.rows(ward.as_(ward.siri), "signatures") == []
    pool = ward.signing.runtime.database.pool
    assert await pool.fetchval("select count(*) from early_withdrawal") == 0


@pytest.mark.rule("SGN-164")
async def test_of_repetitions_only_those_withdrawn_early_are_left_out(ward: Any) -> None:
    asked = ward.asks.repetitions(ward.kari, ward.siri, date(2026, 11, 1), date(2026, 11, 2))
    await ward.ask(ward.asks.withdrawn(asked, WithdrawalCause.REMOVED, asked.items[0].item_id))
    await ward.ask(asked)
    [created] = await ward.signing.told(RequestCreated)
    assert [item.status for item in created.items] == ["lapsed", "waiting"]


@pytest.mark.rule("SGN-036")
async def test_a_recall_before_its_request_is_confirmed_to_the_owner_all_the_same(ward: Any) -> None:
    whole = ward.asks.signature(ward.kari, ward.siri)
    await ward.ask(ward.asks.withdrawn(whole, WithdrawalCause.RECALLED))
    await ward.ask(whole)
    assert await ward.signing.told(RequestCreated) == []
    [recalled] = await ward.signing.told(RequestRecalled)
    assert (recalled.revision, recalled.item_ids) == (1, (whole.items[0].item_id,))
    some = ward.asks.repetitions(ward.kari, ward.siri, date(2026, 11, 1), date(2026, 11, 2))
    first = some.items[0].item_id
    await ward.ask(ward.asks.withdrawn(some, WithdrawalCause.RECALLED, first))
    await ward.ask(some)
    [created] = await ward.signing.told(RequestCreated)
    recalled = (await ward.signing.told(RequestRecalled))[-1]
    assert (created.revision, recalled.revision, recalled.item_ids) == (1, 2, (first,))
    answer = await ward.decide(ward.as_(ward.siri), some, "signed")
    assert answer.json()["revision"] == 3


@pytest.mark.rule("SGN-033")
async def test_after_a_rejection_the_new_request_is_a_new_one_and_history_keeps_both(ward: Any) -> None:
    old = await asked_of(ward)
    await ward.decide(ward.as_(ward.siri), old, "rejected", comment="Prøv igjen")
    new = await ward.ask(old.model_copy(update={"request_id": new_id()}))
    assert (await ward.statuses(old), await ward.statuses(new)) == (["rejected"], ["waiting"])
    history = (await ward.see(ward.as_(ward.siri), new))["history"]
    assert [(line["act"], line["request_id"]) for line in history] == [
        ("asked", str(new.request_id)),
        ("rejected", str(old.request_id)),
        ("asked", str(old.request_id)),
    ]


@pytest.mark.rule("SGN-122")
@pytest.mark.parametrize("kind", [RequestKind.PLAN, RequestKind.TRAINING_TIME])
async def test_what_waits_for_the_leader_function_goes_to_the_new_leader(
    ward: Any, kind: RequestKind
) -> None:
    asked = await asked_of(ward, kind)
    where = (await ward.stored(asked))["list"]
    ward.world.set_leader(ward.kari, ward.gro)
    await ward.news()
    assert await ward.rows(ward.as_(ward.boss), where) == []
    assert len(await ward.rows(ward.as_(ward.gro), where)) == 1
    [told] = await ward.signing.told(RequestReassigned)
    assert told.cause is ReassignmentCause.LEADER_CHANGED
    assert told.old_addressee.person_id == ward.boss.person_id
    assert told.addressee.person_id == ward.gro.person_id
    line = (await ward.see(ward.as_(ward.kari), asked))["history"][0]
    assert (line["act"], line["waited_for"], line["waits_for"]) == (
        "reassigned",
        "Torbjørn Engeskår",
        "Gro Østby",
    )


@pytest.mark.rule("SGN-122")
async def test_a_plan_approval_follows_its_assignment_to_another_position(ward: Any) -> None:
    asked = await asked_of(ward, RequestKind.PLAN)
    other = ward.world.position(ward.kari.person, ward.kari.unit, leader=ward.gro, track=Track.LIS1)
    last = ward.world.position(ward.kari.person, ward.kari.unit, leader=ward.ola, track=Track.LIS1)
    await ward.news()

    def moved(revision: int, there: Any) -> AssignmentMoved:
        [plan] = asked.subject.plans
        return AssignmentMoved(
            revision=revision,
            assignment_id=AssignmentId(asked.subject.id),
            plan_id=plan.plan_id,
            plan_name=plan.name,
            plan_type=PlanType.COMPETENCE,
            person_id=ward.kari.person_id,
            person_name="Kari Hansen",
            position_id=there.position_id,
            hf_id=there.unit.hf_id,
            unit_id=there.unit.unit_id,
            state=AssignmentState.ACTIVE,
            plan_status=PlanStatus.WAITING,
            assigned_at=ward.signing.clock.now(),
            from_position_id=ward.kari.position_id,
            to_position_id=there.position_id,
        )

    await ward.ask(moved(8, last))
    await ward.ask(moved(7, other))  # old news
    [told] = await ward.signing.told(RequestReassigned)
    assert told.cause is ReassignmentCause.ASSIGNMENT_MOVED
    assert told.addressee.position_id == last.position_id
    assert len(await ward.rows(ward.as_(ward.ola), "plans")) == 1
    assert await ward.rows(ward.as_(ward.boss), "plans") == []


@pytest.mark.parametrize("kind", [RequestKind.PLAN, RequestKind.TRAINING_TIME])
async def test_without_a_leader_it_waits_for_the_next_one(ward: Any, kind: RequestKind) -> None:
    asked = await asked_of(ward, kind)
    where = (await ward.stored(asked))["list"]
    ward.world.set_leader(ward.kari, None)
    await ward.news()
    assert await ward.rows(ward.as_(ward.boss), where) == []
    assert (await ward.see(ward.as_(ward.kari), asked))["addressee"]["name"] is None
    assert await ward.statuses(asked) == ["waiting"]
    ward.world.set_leader(ward.kari, ward.gro)
    await ward.news()
    assert (await ward.decide(ward.as_(ward.gro), asked)).status_code == 200


@pytest.mark.parametrize("kind", list(RequestKind))
@pytest.mark.parametrize("position_first", [True, False])
async def test_what_was_sent_stays_decidable_when_the_position_ends(
    ward: Any, kind: RequestKind, position_first: bool
) -> None:
    asked = await asked_of(ward, kind)
    period = LeaderPeriod(
        link_id=LinkId(new_id()),
        leader_position_id=ward.boss.position_id,
        leader_person_id=ward.boss.person_id,
        source=LeaderSource.HR,
        valid_from=date(2020, 1, 1),
        valid_to=date(2026, 11, 20),
    )
    ends = [
        lambda: ward.world.deactivate(ward.kari, person_left=True),
        lambda: ward.world.set_leader(ward.kari, None, earlier=[period]),
    ]
    for end in ends if position_first else reversed(ends):
        end()
        await ward.news()
    answer = await ward.decide(ward.as_(decider_of(ward, kind)), asked)
    assert answer.status_code == 200, answer.text


@pytest.mark.rule("SGN-125")
@pytest.mark.parametrize("kind", SIGNATURES)
async def test_signatures_lapse_when_the_supervisor_is_gone(ward: Any, kind: RequestKind) -> None:
    asked = await asked_of(ward, kind)
    ward.world.deactivate_account(ward.siri.person)
    await ward.news()
    [told] = await ward.signing.told(RequestLapsed)
    assert told.cause is LapseCause.ADDRESSEE_INACTIVE
    assert told.explanation == "Siri Moe er ikke lenger aktiv. Velg en annen instruktør/supervisør"
    assert told.addressee.name == "Siri Moe"
    assert await ward.signing.told(RequestReassigned) == []
    assert set(await ward.statuses(asked)) == {"lapsed"}


@pytest.mark.rule("SGN-125")
async def test_where_hr_decides_a_supervisor_is_gone_with_the_last_position(ward: Any) -> None:
    second = ward.world.position(ward.siri.person, ward.siri.unit)
    await ward.news()
    asked = await asked_of(ward)
    ward.world.deactivate(ward.siri)
    await ward.news()
    assert await ward.statuses(asked) == ["waiting"]
    ward.world.deactivate(second, person_left=True)
    await ward.news()
    assert await ward.statuses(asked) == ["lapsed"]


async def test_goals_of_a_leader_who_is_gone_move_to_the_employees_leader(ward: Any) -> None:
    asked = await asked_of(ward, RequestKind.GOAL)
    ward.world.set_leader(ward.kari, ward.gro)
    ward.world.deactivate_account(ward.boss.person)
    await ward.news()
    [told] = await ward.signing.told(RequestReassigned)
    assert told.cause is ReassignmentCause.ADDRESSEE_INACTIVE
    assert told.addressee.person_id == ward.gro.person_id
    answer = (await ward.decide(ward.as_(ward.gro), asked)).json()
    assert answer["capacity"] == "leader"


@pytest.mark.parametrize("leader", ["none", "the one who is gone"])
async def test_goals_lapse_when_there_is_nobody_to_move_to(ward: Any, leader: str) -> None:
    asked = await asked_of(ward, RequestKind.GOAL)
    if leader == "none":
        ward.world.set_leader(ward.kari, None)
    ward.world.deactivate_account(ward.boss.person)
    await ward.news()
    [told] = await ward.signing.told(RequestLapsed)
    assert told.cause is LapseCause.ADDRESSEE_INACTIVE
    assert told.explanation == "Godkjenner er ikke lenger aktiv"
    assert await ward.statuses(asked) == ["lapsed"]


async def test_what_the_one_who_left_has_decided_stands(ward: Any) -> None:
    asked = await asked_of(ward)
    await ward.decide(ward.as_(ward.siri), asked)
    ward.world.deactivate_account(ward.siri.person)
    await ward.news()
    assert await ward.statuses(asked) == ["signed"]
