"""Contradicting commands at the same moment: one wins, the others are told what is in force (SGN-160)."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from stafett_contracts.signing import (
    CountsChanged,
    RequestData,
    RequestRecalled,
    RequestRejected,
    RequestReopened,
    RequestSigned,
)
from stafett_contracts.vocabulary import RequestKind, WithdrawalCause

DECIDED = (RequestSigned, RequestRejected)
ROUNDS = 5


def one_winner(answers: Sequence[Any]) -> Any:
    """Exactly one answer is 200; the others are 409 with status, actor and time."""
    won = [answer for answer in answers if answer.status_code == 200]
    lost = [answer.json() for answer in answers if answer.status_code != 200]
    assert len(won) == 1, [answer.text for answer in answers]
    for problem in lost:
        assert problem["code"] in ("already_decided", "not_possible_in_status")
        assert problem["item_status"] in ("signed", "rejected", "recalled")
        assert problem["by"]
        assert problem["at"]
    return won[0].json()


@pytest.mark.rule("SGN-036", "SGN-160")
async def test_recall_against_sign(ward: Any) -> None:
    for _ in range(ROUNDS):
        asked = await ward.ask(ward.asks.signature(ward.kari, ward.siri))
        one_winner(
            await asyncio.gather(
                ward.decide(ward.as_(ward.siri), asked), ward.recall(ward.as_(ward.kari), asked)
            )
        )
        assert (await ward.statuses(asked))[0] in ("signed", "recalled")
    told = await ward.signing.told(*DECIDED, RequestRecalled)
    assert len(told) == len({event.request_id for event in told}) == ROUNDS


@pytest.mark.rule("SGN-036", "SGN-160")
async def test_recall_by_event_against_sign(ward: Any) -> None:
    for _ in range(ROUNDS):
        asked = await ward.ask(ward.asks.signature(ward.kari, ward.siri))
        answer, _ = await asyncio.gather(
            ward.decide(ward.as_(ward.siri), asked),
            ward.ask(ward.asks.withdrawn(asked, WithdrawalCause.RECALLED, by=ward.kari)),
        )
        assert await ward.statuses(asked) == ["signed" if answer.status_code == 200 else "recalled"]


@pytest.mark.rule("SGN-160")
@pytest.mark.parametrize("kind", [RequestKind.GOAL, RequestKind.TRAINING_TIME])
async def test_leader_against_deputy(ward: Any, kind: RequestKind) -> None:
    for _ in range(ROUNDS):
        asked = await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.siri, ward.boss))
        one_winner(
            await asyncio.gather(
                ward.decide(ward.as_(ward.boss), asked),
                ward.decide(ward.as_(ward.per, deputy_for=ward.boss), asked, "rejected"),
            )
        )
    told = await ward.signing.told(*DECIDED)
    assert len(told) == len({event.request_id for event in told}) == ROUNDS


@pytest.mark.rule("SGN-160")
async def test_leader_and_deputy_with_the_same_outcome_are_two_people(ward: Any) -> None:
    for _ in range(ROUNDS):
        asked = await ward.ask(ward.asks.goal(ward.kari, ward.boss))
        one_winner(
            await asyncio.gather(
                ward.decide(ward.as_(ward.boss), asked),
                ward.decide(ward.as_(ward.per, deputy_for=ward.boss), asked),
            )
        )


@pytest.mark.rule("SGN-160")
async def test_sign_against_reject_from_two_tabs(ward: Any) -> None:
    for _ in range(ROUNDS):
        asked = await ward.ask(ward.asks.signature(ward.kari, ward.siri))
        client = ward.as_(ward.siri)
        won = one_winner(
            await asyncio.gather(ward.decide(client, asked), ward.decide(client, asked, "rejected"))
        )
        assert await ward.statuses(asked) == [won["outcome"]]


@pytest.mark.rule("SGN-160", "SGN-161")
async def test_the_same_click_in_two_tabs_is_one_decision(ward: Any) -> None:
    asked = await ward.ask(ward.asks.signature(ward.kari, ward.siri))
    client = ward.as_(ward.siri)
    answers = await asyncio.gather(*(ward.decide(client, asked) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["decision_id"] for answer in answers}) == 1
    assert len(await ward.signing.told(RequestSigned)) == 1


@pytest.mark.rule("SGN-160")
async def test_a_decision_is_cancelled_once(ward: Any) -> None:
    asked = await ward.ask(ward.asks.signature(ward.kari, ward.siri))
    client = ward.as_(ward.siri)
    await ward.decide(client, asked)
    answers = await asyncio.gather(*(ward.cancel(client, asked) for _ in range(4)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 3}
    assert len(await ward.signing.told(RequestReopened)) == 1


@pytest.mark.rule("SGN-160", "SGN-148", "SGN-066")
async def test_sixteen_clients_on_one_request_give_every_item_one_outcome(ward: Any) -> None:
    days = [date(2026, 10, day) for day in range(1, 9)]
    asked = await ward.ask(ward.asks.repetitions(ward.kari, ward.boss, *days))
    ids = [str(item.item_id) for item in asked.items]
    leader, deputy, employee = (
        ward.as_(ward.boss),
        ward.as_(ward.per, deputy_for=ward.boss),
        ward.as_(ward.kari),
    )

    async def client(number: int) -> None:
        for turn in range(len(ids)):
            chosen = ids[(number + turn) % len(ids)], ids[(number + turn + 3) % len(ids)]
            act = (number + turn) % 4
            if act == 3:
                answer = await ward.recall(employee, asked, item_ids=chosen)
            else:
                who = deputy if act == 1 else leader
                outcome = "rejected" if act == 2 else "signed"
                answer = await ward.decide(who, asked, outcome, item_ids=chosen, comment="Sett")
            assert answer.status_code in (200, 409), answer.text

    await asyncio.gather(*(client(number) for number in range(16)))
    statuses = await ward.statuses(asked)
    assert set(statuses) <= {"signed", "rejected", "recalled"}
    told = list(await ward.signing.told(*DECIDED, RequestRecalled))
    outcomes = Counter(str(item_id) for event in told for item_id in event.item_ids)
    assert outcomes == dict.fromkeys(ids, 1)
    every = [event for event in await ward.signing.told() if isinstance(event, RequestData)]
    assert [event.revision for event in every] == list(range(1, len(every) + 1))
    pool = ward.signing.runtime.database.pool
    kept = await pool.fetchrow("select * from request")
    assert kept["open_items"] == 0
    assert kept["signed_items"] == statuses.count("signed")
    assert kept["rejected_items"] == statuses.count("rejected")
    in_force = await pool.fetchval("select count(*) from request_item where decision_id is not null")
    assert in_force == kept["signed_items"] + kept["rejected_items"]
    assert (
        await pool.fetchval("select signatures from counter where person_id = $1", ward.boss.person_id) == 0
    )


@pytest.mark.rule("SGN-148", "SGN-160")
async def test_counts_are_right_when_everybody_decides_at_once(ward: Any) -> None:
    asked = [ward.asks.signature(ward.kari, ward.siri) for _ in range(24)]
    await ward.signing.deliver(*asked)
    client = ward.as_(ward.siri)
    more = [ward.asks.signature(ward.kari, ward.siri) for _ in range(6)]
    await asyncio.gather(
        *(ward.decide(client, one) for one in asked[:16]),
        *(ward.recall(ward.as_(ward.kari), one) for one in asked[12:20]),
        *(ward.ask(one) for one in more),
    )
    assert (await ward.tasks(client))["signatures"] == 10
    told = [
        event for event in await ward.signing.told(CountsChanged) if event.person_id == ward.siri.person_id
    ]
    newest = max(told, key=lambda event: event.revision)
    assert newest.lists[0].waiting == 10
    assert len({event.revision for event in told}) == len(told)


@pytest.mark.rule("SGN-164", "SGN-163")
async def test_a_request_and_its_withdrawal_side_by_side_end_withdrawn(ward: Any) -> None:
    for _ in range(ROUNDS):
        asked = ward.asks.signature(ward.kari, ward.siri)
        await asyncio.gather(
            ward.ask(asked), ward.ask(ward.asks.withdrawn(asked, WithdrawalCause.CHANGED)), ward.ask(asked)
        )
        assert await ward.statuses(asked) == ["lapsed"]
    assert (await ward.tasks(ward.as_(ward.siri)))["signatures"] == 0
