"""Requirements to be repeated: counting, signing of some, correcting, quick registration."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stafett_contracts.ids import ExternalKey, SiteId, new_id
from stafett_contracts.plans import ItemStatusChanged, SignatureWithdrawn
from stafett_contracts.sync import ProcedureCountResolved
from stafett_contracts.sync.resolved import ForeignRepetition
from stafett_contracts.vocabulary import ItemStatus, RepetitionState, RequestKind, WithdrawalCause
from stafett_plans.progress.rules.registration import Registration
from stafett_plans.progress.rules.repetitions import Elsewhere, Repetition, judged

DAY = date(2026, 11, 1)


def _registration() -> Registration:
    return Registration(new_id(), new_id(), new_id(), new_id(), new_id())


def _repetitions(*states: str) -> list[Repetition]:
    return [Repetition(new_id(), DAY + timedelta(days=place), state) for place, state in enumerate(states)]


@pytest.mark.rule("PLN-642")
@pytest.mark.parametrize(
    ("states", "status"),
    [
        ([], "not_begun"),
        (["done"], "begun"),
        (["signed", "waiting", "waiting"], "waiting"),
        (["waiting"], "begun"),
        (["rejected", "rejected"], "rejected"),
        (["rejected", "waiting"], "begun"),
        (["signed", "rejected"], "begun"),
        (["signed", "signed", "signed"], "fulfilled"),
    ],
)
def test_the_status_tells_whose_turn_it_is(states: list[str], status: str) -> None:
    assert judged(_registration(), _repetitions(*states), 3).state == status


@pytest.mark.rule("PLN-641")
@pytest.mark.rule("PLN-640")
@given(
    states=st.lists(st.sampled_from(["done", "waiting", "signed", "rejected"]), max_size=12),
    required=st.integers(2, 8),
    foreign=st.lists(st.integers(0, 20), max_size=3),
)
@settings(derandomize=True, database=None)
def test_fulfilled_exactly_when_enough_count_on_the_day_of_the_last_needed(
    states: list[str], required: int, foreign: list[int]
) -> None:
    mine = _repetitions(*states)
    others = [Elsewhere(DAY + timedelta(days=offset), 1) for offset in foreign]
    new = judged(_registration(), mine, required, others)
    days = sorted(
        [one.performed_on for one in mine if one.state in ("done", "signed")]
        + [one.performed_on for one in others]
    )
    assert (new.state == "fulfilled") == (len(days) >= required)
    assert new.fulfilled_on == (days[required - 1] if len(days) >= required else None)
    assert new.done + new.waiting + new.rejected == len(mine)


@pytest.fixture
async def procedure(ward: Any) -> tuple[Any, Any]:
    """Kari is to do a procedure three times; each needs a signature."""
    requirement = await ward.define.requirement("Lumbalpunksjon", repetitions=3, requires_signing=True)
    return await ward.assign(await ward.define.plan("HAV-Plan", ward.unit, requirement)), requirement


@pytest.fixture
async def simple(ward: Any) -> tuple[Any, Any]:
    """Kari is to do something three times without signature."""
    requirement = await ward.define.requirement("Blodprøve", repetitions=3)
    return await ward.assign(await ward.define.plan("HAV-To", ward.unit, requirement)), requirement


@pytest.mark.rule("PLN-639")
@pytest.mark.rule("PLN-643")
async def test_repetitions_are_listed_and_counted_beyond_what_is_needed(ward: Any, simple: Any) -> None:
    for day, count in (("2026-11-03", 1), ("2026-11-01", 1), ("2026-11-02", 2)):
        answer = await ward.post(*simple, "/repetitions", {"performed_on": day, "count": count})
        assert answer.status_code == 200, answer.text
    item = await ward.item(*simple)
    assert (item["done"], item["required"], item["status"]) == (4, 3, "fulfilled")
    assert item["fulfilled_on"] == "2026-11-02"  # the third in date order
    assert [one["performed_on"] for one in item["repetitions"]] == [
        "2026-11-01",
        "2026-11-02",
        "2026-11-02",
        "2026-11-03",
    ]
    assert (await ward.page(simple[0]))["sections"][0]["items"][0]["done"] == 4


@pytest.mark.rule("PLN-644")
@pytest.mark.rule("PLN-645")
@pytest.mark.rule("PLN-640")
async def test_a_batch_is_one_request_of_which_some_are_signed_and_some_rejected(
    ward: Any, procedure: Any
) -> None:
    body = {"performed_on": "2026-11-01", "count": 3, "comment": "Vakt"}
    missing = await ward.post(*procedure, "/repetitions", body)
    assert missing.json()["errors"][0]["code"] == "supervisor_missing"
    for count in (0, 101):
        many = await ward.post(
            *procedure,
            "/repetitions",
            {**body, "count": count, "supervisor_id": str(ward.supervisor.person_id)},
        )
        assert many.status_code == 422
    body["supervisor_id"] = str(ward.supervisor.person_id)
    sent = await ward.post(*procedure, "/repetitions", body)
    assert (sent.json()["status"], sent.json()["done"], sent.json()["waiting"]) == ("waiting", 0, 3)
    [request] = await ward.signing.requests()
    assert (request.kind, len(request.items)) == (RequestKind.REPETITIONS, 3)
    assert {item.performed_on for item in request.items} == {DAY}
    first, second, _ = [item.item_id for item in request.items]
    await ward.hear(ward.signing.signed(request, ward.supervisor, items=[first]))
    await ward.hear(ward.signing.rejected(request, ward.supervisor, items=[second]))
    item = await ward.item(*procedure)
    assert sorted(one["state"] for one in item["repetitions"]) == ["rejected", "signed", "waiting"]
    assert (item["done"], item["waiting"], item["rejected"], item["status"]) == (1, 1, 1, "begun")
    [refused] = [one for one in item["repetitions"] if one["state"] == "rejected"]
    assert (refused["decision_comment"], refused["reason"]) == ("Prøv igjen", "Ikke gjennomført")
    again = await ward.post(
        *procedure,
        f"/repetitions/{refused['repetition_id']}",
        {"performed_on": "2026-11-02", "supervisor_id": str(ward.supervisor.person_id), "unlock": True},
        method="PATCH",
    )
    assert again.status_code == 200, again.text
    anew = (await ward.signing.requests())[-1]
    assert anew.request_id != request.request_id
    await ward.hear(ward.signing.signed(anew, ward.supervisor))
    item = await ward.item(*procedure)
    assert (item["done"], item["waiting"], item["status"]) == (2, 1, "waiting")
    third = request.items[2].item_id
    await ward.hear(ward.signing.signed(request, ward.supervisor, items=[third]))
    assert (await ward.item(*procedure))["status"] == "fulfilled"
    told = (await ward.plans.told(ItemStatusChanged))[-1]
    assert (told.status, told.done, told.required, len(told.repetitions)) == (ItemStatus.FULFILLED, 3, 3, 3)
    assert told.repetitions[0].signer is not None
    await ward.hear(ward.signing.reopened(anew, ward.supervisor))
    item = await ward.item(*procedure)
    assert (item["done"], item["status"], item["fulfilled_on"]) == (2, "waiting", None)


@pytest.mark.rule("PLN-635")
@pytest.mark.rule("PLN-645")
async def test_a_decision_on_some_waits_for_an_earlier_one_on_others_that_is_late(
    ward: Any, procedure: Any
) -> None:
    body = {"performed_on": "2026-11-01", "count": 2, "supervisor_id": str(ward.supervisor.person_id)}
    await ward.post(*procedure, "/repetitions", body)
    [request] = await ward.signing.requests()
    first, second = [item.item_id for item in request.items]
    signed = ward.signing.signed(request, ward.supervisor, items=[first])
    rejected = ward.signing.rejected(request, ward.supervisor, items=[second])
    both = (*signed.items, *rejected.items)
    await ward.plans.deliver(rejected.model_copy(update={"items": both}))
    waits = await ward.item(*procedure)
    assert (waits["done"], waits["waiting"], waits["rejected"]) == (0, 2, 0)
    await ward.plans.deliver(signed)
    ward.plans.clock.move(seconds=10)
    await ward.plans.inbox.retry_due()
    item = await ward.item(*procedure)
    assert (item["done"], item["waiting"], item["rejected"]) == (1, 0, 1)


@pytest.mark.rule("PLN-641")
async def test_a_draft_or_undoing_does_not_take_away_what_the_repetitions_fulfil(
    ward: Any, simple: Any
) -> None:
    await ward.post(*simple, "/repetitions", {"performed_on": "2026-11-01", "count": 3})
    undone = await ward.post(*simple, ":undo", {"unlock": True})
    assert (undone.status_code, undone.json()["code"]) == (409, "repetitions_required")
    locked = await ward.post(*simple, "/draft", {"comment": "Bra"}, method="PUT")
    assert locked.json()["code"] == "locked"
    draft = await ward.post(*simple, "/draft", {"comment": "Bra", "unlock": True}, method="PUT")
    assert draft.status_code == 200, draft.text
    item = await ward.item(*simple)
    assert (item["status"], item["fulfilled_on"], item["done"]) == ("fulfilled", "2026-11-01", 3)
    assert item["comment"] == "Bra"


@pytest.mark.rule("PLN-646")
async def test_unsigned_repetitions_are_changed_and_removed_and_signed_ones_are_not(
    ward: Any, simple: Any, procedure: Any
) -> None:
    await ward.post(*simple, "/repetitions", {"performed_on": "2026-11-01", "count": 3})
    [one, *_] = (await ward.item(*simple))["repetitions"]
    path = f"/repetitions/{one['repetition_id']}"
    locked = await ward.post(*simple, path, {"performed_on": "2026-10-01"}, method="PATCH")
    assert locked.json()["code"] == "locked"
    moved = await ward.post(*simple, path, {"performed_on": "2026-11-09", "unlock": True}, method="PATCH")
    assert moved.json()["fulfilled_on"] == "2026-11-09"
    stale = await ward.post(*simple, f"{path}?unlock=true", method="DELETE", version=1)
    assert stale.status_code == 412
    fewer = await ward.post(*simple, f"{path}?unlock=true", method="DELETE")
    assert (fewer.json()["status"], fewer.json()["done"]) == ("begun", 2)

    sending = {"performed_on": "2026-11-01", "count": 2, "supervisor_id": str(ward.supervisor.person_id)}
    await ward.post(*procedure, "/repetitions", sending)
    request = await ward.signing.last()
    waits = (await ward.item(*procedure))["repetitions"]
    gone = await ward.post(
        *procedure, f"/repetitions/{waits[0]['repetition_id']}?unlock=true", method="DELETE"
    )
    assert gone.json()["waiting"] == 2  # until signing has confirmed
    assert [one["recalling"] for one in gone.json()["repetitions"]].count(True) == 1
    [withdrawn] = await ward.plans.told(SignatureWithdrawn)
    assert withdrawn.cause is WithdrawalCause.RECALLED
    [item] = withdrawn.item_ids
    await ward.hear(ward.signing.recalled(request, items=[item]))
    assert (await ward.item(*procedure))["waiting"] == 1
    [left] = [one.item_id for one in request.items if one.item_id != item]
    await ward.hear(ward.signing.signed(request, ward.supervisor, items=[left]))
    [signed] = (await ward.item(*procedure))["repetitions"]
    refused = await ward.post(
        *procedure, f"/repetitions/{signed['repetition_id']}?unlock=true", method="DELETE"
    )
    assert refused.json()["code"] == "repetition_signed"


@pytest.mark.rule("PLN-647")
@pytest.mark.rule("PLN-648")
async def test_quick_registration_is_one_today_and_a_retry_is_not_another(
    ward: Any, simple: Any, procedure: Any
) -> None:
    await asyncio.gather(
        *(ward.post(*simple, "/repetitions:quick", key="a") for _ in range(3)),
        ward.post(*simple, "/repetitions:quick", key="b"),
    )
    item = await ward.item(*simple)
    assert (item["done"], item["repetitions"][0]["performed_on"]) == (2, str(ward.today))
    refused = await ward.post(*procedure, "/repetitions:quick")
    assert (refused.status_code, refused.json()["code"]) == (409, "signature_required")
    blocked = await ward.define.requirement("Etter", repetitions=2, depends_on=[procedure[1]])
    plan = await ward.assign(await ward.define.plan("HAV-Tre", ward.unit, blocked))
    assert (await ward.post(plan, blocked, "/repetitions:quick")).json()["code"] == "dependencies_missing"
    plain = await ward.define.requirement("Vanlig")
    plan = await ward.assign(await ward.define.plan("HAV-Fire", ward.unit, plain))
    assert (await ward.post(plan, plain, "/repetitions:quick")).json()["code"] == "not_repeating"


@pytest.mark.rule("PLN-568")
@pytest.mark.rule("PLN-573")
async def test_what_was_done_elsewhere_of_a_national_list_counts_and_old_news_change_nothing(
    ward: Any,
) -> None:
    requirement = await ward.define.requirement(
        "Sutur", kind="activity", level="national", external_key="NAT-1", repetitions=3,
        learning_form="procedure_list",
    )  # fmt: skip
    plan = await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"], activities={"FKM-001": [requirement]})
    assignment = await ward.assign(plan)
    await ward.post(assignment, requirement, "/repetitions:quick")

    def resolved(revision: int, number: int) -> ProcedureCountResolved:
        return ProcedureCountResolved(
            revision=revision,
            fact_key=f"{ward.kari.person_id}/procedure/NAT-1",
            person_id=ward.kari.person_id,
            external_key=ExternalKey("NAT-1"),
            entries=(
                ForeignRepetition(
                    id="x1", site=SiteId("nord"), trust="Nordlys sykehus", performed_on=date(2026, 5, 1),
                    number=number, state=RepetitionState.SIGNED, signer="Per Ås",
                ),
            ),
            total=number,
        )  # fmt: skip

    await ward.hear(resolved(2, 2))
    item = await ward.item(assignment, requirement)
    assert (item["done"], item["status"], item["fulfilled_on"]) == (3, "fulfilled", str(ward.today))
    [foreign] = [one for one in item["repetitions"] if one["origin"]]
    assert (foreign["origin"], foreign["number"]) == ("Nordlys sykehus", 2)
    unchangeable = await ward.post(
        assignment, requirement, f"/repetitions/{new_id()}?unlock=true", method="DELETE"
    )
    assert unchangeable.status_code == 404
    await ward.hear(resolved(1, 0))
    assert (await ward.item(assignment, requirement))["done"] == 3
    await ward.hear(resolved(3, 1))
    item = await ward.item(assignment, requirement)
    assert (item["done"], item["status"]) == (2, "begun")
