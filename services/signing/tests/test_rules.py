"""The life of a request as pure functions: no sequence of acts leaves the transitions of SGN-031."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stafett_chassis.problems import Problem
from stafett_contracts.ids import (
    DecisionId,
    PersonId,
    PositionId,
    RequestId,
    RequestItemId,
    SubjectId,
    new_id,
)
from stafett_contracts.values import Decider, Party, RequestSubject
from stafett_contracts.vocabulary import (
    AddresseeKind,
    Capacity,
    LapseCause,
    Outcome,
    RejectionReason,
    RequestKind,
    RequestStatus,
    WithdrawalCause,
)
from stafett_signing.deciding.rules.deciding import REASONS, reasons_for, visible
from stafett_signing.requests.rules.ending import Who, endings, lapsed, recalled
from stafett_signing.requests.rules.request import (
    DECIDED,
    InForce,
    Item,
    Request,
    WaitsFor,
    list_of,
    moved,
    row_key,
    sort_text,
)
from stafett_signing.requests.rules.wording import colour, label

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KARI, SIRI = PersonId(new_id()), PersonId(new_id())

ALLOWED = {
    ("waiting", "signed"), ("waiting", "rejected"), ("waiting", "preapproved"), ("waiting", "recalled"),
    ("waiting", "lapsed"), ("preapproved", "signed"), ("preapproved", "rejected"), ("preapproved", "recalled"),
    ("preapproved", "lapsed"), ("signed", "waiting"), ("signed", "lapsed"), ("rejected", "waiting"),
    ("rejected", "lapsed"),
}  # fmt: skip


def request_of(items: int = 1, kind: RequestKind = RequestKind.REPETITIONS) -> Request:
    return Request(
        request_id=RequestId(new_id()),
        kind=kind,
        subject=RequestSubject(kind=kind, id=SubjectId(new_id()), revision=1, name="Spinalpunksjon"),
        employee=Party(person_id=KARI, position_id=PositionId(new_id()), name="Kari Hansen"),
        asked_by=Party(person_id=KARI, name="Kari Hansen"),
        asked_at=NOW,
        addressee_kind=AddresseeKind.PERSON,
        addressee_position_id=None,
        waits_for=WaitsFor(SIRI, None, "Siri Moe"),
        via_delegation_id=None,
        completed_on=date(2026, 11, 24),
        comment=None,
        deviation=None,
        content_hash="a" * 64,
        items=tuple(Item(RequestItemId(new_id())) for _ in range(items)),
    )


def decision(outcome: Outcome = Outcome.SIGNED) -> InForce:
    decider = Decider(person_id=SIRI, name="Siri Moe", capacity=Capacity.SUPERVISOR)
    return InForce(DecisionId(new_id()), outcome, decider, SIRI, NOW)


@pytest.mark.rule("SGN-031")
@pytest.mark.parametrize("before", list(RequestStatus))
@pytest.mark.parametrize("after", list(RequestStatus))
def test_only_the_transitions_listed_are_possible(before: RequestStatus, after: RequestStatus) -> None:
    request = request_of()
    item = Item(request.items[0].item_id, before)
    request = replace(request, items=(item,))
    if (before.value, after.value) in ALLOWED:
        then = moved(request, [item.item_id], after)
        assert then.items[0].status is after
        assert then.version == request.version + 1
    else:
        with pytest.raises(Problem) as refusal:
            moved(request, [item.item_id], after)
        assert refusal.value.status == 409
        assert refusal.value.code == "not_possible_in_status"
        assert refusal.value.extra["item_status"] is before


ACTS = st.sampled_from(["sign", "reject", "cancel", "recall", *WithdrawalCause])


@pytest.mark.rule("SGN-031", "SGN-120")
@settings(derandomize=True, database=None, max_examples=200)
@given(st.integers(1, 4), st.lists(st.tuples(ACTS, st.sets(st.integers(0, 3), min_size=1)), max_size=12))
def test_whatever_is_done_the_items_follow_the_transitions(
    size: int, acts: list[tuple[str, set[int]]]
) -> None:
    request = request_of(size)
    for act, places in acts:
        ids = [request.items[place].item_id for place in places if place < size]
        before = request
        with suppress(Problem):
            request = perform(request, act, ids)
        assert request.version >= before.version
        for old, new in zip(before.items, request.items, strict=True):
            if old.status is not new.status:
                assert (old.status.value, new.status.value) in ALLOWED
                assert request.version > before.version
            in_force = new.status in DECIDED
            assert (new.decision is not None) is in_force
            if old.status in (RequestStatus.LAPSED, RequestStatus.RECALLED):
                assert new == old


def perform(request: Request, act: str, ids: list[Any]) -> Request:
    if not ids:
        return request
    if act == "sign":
        return moved(request, ids, RequestStatus.SIGNED, decision=decision())
    if act == "reject":
        return moved(request, ids, RequestStatus.REJECTED, decision=decision(Outcome.REJECTED))
    if act == "cancel":
        return moved(request, ids, RequestStatus.WAITING)
    if act in ("recall", WithdrawalCause.RECALLED):
        return recalled(request, ids, Who(KARI), "Kari Hansen", NOW)[0]
    cause = WithdrawalCause(act)
    for ending in endings(request, ids, cause):
        request = lapsed(request, ending, LapseCause(cause.value), NOW, None)
    assert endings(request, ids, cause) == []  # again: no effect
    return request


@pytest.mark.rule("SGN-044", "SGN-052")
@pytest.mark.parametrize(
    ("text", "seen"),
    [(None, False), ("", False), (" \n\t", False), ("\u200b\ufeff", False), ("x", True), (" é ", True)],
)
def test_a_comment_is_what_one_can_see(text: str | None, seen: bool) -> None:
    assert visible(text) is seen


def test_repetitions_of_one_activity_and_employee_share_a_row_and_nothing_else_does() -> None:
    one = request_of()
    same = replace(one, request_id=RequestId(new_id()))
    other = replace(one, employee=Party(person_id=SIRI, name="Siri Moe"))
    single = replace(one, kind=RequestKind.ACTIVITY)
    assert row_key(one) == row_key(same)
    assert len({row_key(each) for each in (one, other, single)}) == 3
    assert row_key(single) == single.request_id


@pytest.mark.rule("SGN-057")
def test_a_retired_reason_is_no_longer_offered_and_keeps_its_code() -> None:
    offered = reasons_for(RequestKind.GOAL, frozenset({RejectionReason.WRONG_PERSON}))
    assert RejectionReason.WRONG_PERSON not in offered
    assert set(offered) | {RejectionReason.WRONG_PERSON} == set(REASONS[RequestKind.GOAL])
    assert RejectionReason("wrong_person").label_nb == "Sendt til feil person"


@pytest.mark.rule("SGN-030")
def test_a_preapproved_goal_is_yellow_to_everybody() -> None:
    assert label(RequestKind.GOAL, RequestStatus.PREAPPROVED) == ("Forhåndsgodkjent", "Preapproved")
    for to_decider in (True, False):
        assert colour(RequestStatus.PREAPPROVED, to_decider=to_decider) == "yellow"


def test_every_kind_has_its_list_and_reasons() -> None:
    assert set(REASONS) == set(RequestKind)
    assert [list_of(kind).value for kind in RequestKind] == [
        "signatures", "signatures", "signatures", "goals", "plans", "training_time",
    ]  # fmt: skip


@given(
    st.lists(st.sampled_from("abcxyzæøåÆØÅ"), max_size=6),
    st.lists(st.sampled_from("abcxyzæøåÆØÅ"), max_size=6),
)
@settings(derandomize=True, database=None)
def test_norwegian_letters_sort_last_in_their_order(one: list[str], other: list[str]) -> None:
    alphabet = "abcdefghijklmnopqrstuvwxyzæøå"

    def key(text: str) -> list[int]:
        return [alphabet.index(letter) for letter in text.lower()]

    first, second = "".join(one), "".join(other)
    assert (sort_text(first).encode() < sort_text(second).encode()) is (key(first) < key(second))
