"""Sending to signing, recalling, and applying decisions in whatever order they arrive."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from stafett_contracts.basis import content_hash
from stafett_contracts.plans import ItemStatusChanged, SignatureRequested, SignatureWithdrawn
from stafett_contracts.vocabulary import (
    AddresseeKind,
    ItemStatus,
    LapseCause,
    Outcome,
    RequestKind,
    WithdrawalCause,
)


@pytest.fixture
async def skill(ward: Any) -> tuple[Any, Any]:
    """Kari has a plan with one requirement that needs a signature."""
    requirement = await ward.define.requirement(
        "Venekanyle", requires_signing=True, documentation_form="signature", description="Legg inn"
    )
    return await ward.assign(await ward.define.plan("HAV-Plan", ward.unit, requirement)), requirement


@pytest.fixture
def sending(ward: Any) -> dict[str, Any]:
    """What Kari fills in."""
    return {
        "fulfilled_on": "2026-11-01",
        "supervisor_id": str(ward.supervisor.person_id),
        "comment": "På vakt",
    }


@pytest.mark.rule("PLN-626")
@pytest.mark.rule("PLN-628")
async def test_date_and_one_supervisor_are_needed_and_then_it_waits_in_every_plan(
    ward: Any, skill: Any, sending: dict[str, Any]
) -> None:
    other = await ward.assign(await ward.define.plan("HAV-To", ward.unit, skill[1]))
    nothing = await ward.post(*skill, ":send", {})
    assert nothing.status_code == 422
    assert {fault["field"] for fault in nothing.json()["errors"]} == {"fulfilled_on", "supervisor_id"}
    by_hand = await ward.post(*skill, ":fulfil", {"fulfilled_on": "2026-11-01"})
    assert by_hand.json()["code"] == "signature_required"
    future = await ward.post(*skill, ":send", {**sending, "fulfilled_on": ward.today + timedelta(days=1)})
    assert future.json()["errors"][0]["code"] == "date_in_future"
    assert await ward.signing.requests() == []
    sent = await ward.post(*skill, ":send", sending)
    assert sent.status_code == 200, sent.text
    assert (sent.json()["status"], sent.json()["label"]) == ("waiting", "Venter på signatur")
    for assignment in (skill[0], other):
        [item] = (await ward.page(assignment))["sections"][0]["items"]
        assert (item["status"], item["colour"], item["waits_for"]) == ("waiting", "yellow", "Siri Moe")
    again = await ward.post(*skill, ":send", sending)
    assert (again.status_code, again.json()["code"], again.json()["waits_for"]) == (
        409,
        "already_waiting",
        "Siri Moe",
    )


@pytest.mark.rule("PLN-628")
async def test_sending_waits_for_prerequisites_checkpoints_and_expiry_date(ward: Any, sending: Any) -> None:
    first = await ward.define.requirement("Først")
    point = {"checkpoint_id": "00000000-0000-7000-8000-000000000001", "name": "P", "url": None,
             "must_be_done": True}  # fmt: skip
    requirement = await ward.define.requirement(
        "Alt", requires_signing=True, manual_expiry=True, checklist=[point], depends_on=[first]
    )
    plan = await ward.assign(await ward.define.plan("HAV-Plan", ward.unit, first, requirement))
    missing = await ward.post(plan, requirement, ":send", sending)
    assert missing.json()["errors"][0]["code"] == "expiry_missing"
    sending = {**sending, "manual_expiry": "2027-11-01"}
    assert (await ward.post(plan, requirement, ":send", sending)).json()["code"] == "dependencies_missing"
    await ward.post(plan, first, ":fulfil", {"fulfilled_on": ward.today})
    assert (await ward.post(plan, requirement, ":send", sending)).json()["code"] == "checkpoints_missing"
    tick = f"/checkpoints/{point['checkpoint_id']}"
    await ward.post(plan, requirement, tick, {"ticked": True}, method="PUT")
    assert (await ward.post(plan, requirement, ":send", sending)).status_code == 200
    [request] = await ward.signing.requests()
    assert isinstance(request, SignatureRequested)
    assert request.snapshot.checkpoints[0].done
    assert str(request.snapshot.manual_expiry) == "2027-11-01"


@pytest.mark.rule("PLN-627")
async def test_the_supervisor_is_anybody_active_but_oneself(ward: Any, skill: Any, sending: Any) -> None:
    gone = ward.world.person("Per", "Borte").at(ward.unit)
    closed = ward.world.person("Pia", "Stengt").at(ward.unit)
    ward.world.deactivate(gone)
    ward.world.deactivate_account(closed.person)
    await ward.news()
    for person, code in (
        (ward.kari, "own_request"),
        (gone, "addressee_inactive"),
        (closed, "addressee_inactive"),
    ):
        body = {**sending, "supervisor_id": str(person.person_id)}
        answer = await ward.post(*skill, ":send", body)
        assert [fault["code"] for fault in answer.json()["errors"]] == [code]
        # PLN-697: not for the person either.
        answer = await ward.post(*skill, ":send", body, by=ward.boss)
        assert [fault["code"] for fault in answer.json()["errors"]] == [code]
    unknown = await ward.post(*skill, ":send", {**sending, "supervisor_id": str(ward.unit.unit_id)})
    assert unknown.json()["errors"][0]["code"] == "addressee_unknown"
    mine = await ward.post(
        *skill, ":send", {**sending, "supervisor_id": str(ward.boss.person_id)}, by=ward.boss
    )
    assert mine.status_code == 200


@pytest.mark.rule("PLN-629")
async def test_signing_is_asked_with_a_whole_basis(ward: Any, skill: Any, sending: Any) -> None:
    goal_plan = await ward.define.goal_plan("FKM", ward.hf, ["FKM-001"], activities={"FKM-001": [skill[1]]})
    await ward.assign(goal_plan)
    sent = await ward.post(*skill, ":send", sending, by=ward.boss)
    [request] = await ward.signing.requests()
    assert isinstance(request, SignatureRequested)
    assert request.kind is RequestKind.REQUIREMENT
    assert str(request.subject.id) == sent.json()["registration_id"]
    assert request.subject.revision == sent.json()["revision"]
    assert request.subject.requirement_id == skill[1]
    assert [plan.name for plan in request.subject.plans] == ["HAV-Plan", "FKM"]
    assert [goal.goal_number for goal in request.subject.goals] == ["FKM-001"]
    assert (request.employee.name, request.employee.unit_name) == ("Kari Hansen", "Sengepost 2")
    assert request.asked_by is not None
    assert request.asked_by.name == "Torbjørn Engeskår"
    assert (request.addressee.kind, request.addressee.name) == (AddresseeKind.PERSON, "Siri Moe")
    assert (str(request.completed_on), request.comment) == ("2026-11-01", "På vakt")
    assert len(request.items) == 1
    snapshot = request.snapshot
    assert (snapshot.name, snapshot.description, snapshot.version) == ("Venekanyle", "Legg inn", 1)
    assert [(plan.name, plan.section_or_theme) for plan in snapshot.plans] == [
        ("HAV-Plan", "Del 1"),
        ("FKM", None),
    ]
    assert request.content_hash == content_hash(snapshot)


@pytest.mark.rule("PLN-632")
async def test_signed_is_fulfilled_on_the_day_entered(ward: Any, skill: Any, sending: Any) -> None:
    await ward.define.revise(skill[1], validity_days=365)
    await ward.post(*skill, ":send", sending)
    ward.plans.clock.move(days=3)
    await ward.hear(ward.signing.signed(await ward.signing.last(), ward.supervisor, comment="Flott"))
    item = await ward.item(*skill)
    assert (item["status"], item["label"], item["signed"]) == ("fulfilled", "Signert", True)
    assert (item["fulfilled_on"], item["valid_until"]) == ("2026-11-01", "2027-11-01")  # PLN-668
    assert (item["signer"], item["decision_comment"]) == ("Siri Moe", "Flott")
    assert item["signed_at"].startswith("2026-12-04")
    told = (await ward.plans.told(ItemStatusChanged))[-1]
    assert (told.status_before, told.status, told.signed) == (ItemStatus.WAITING, ItemStatus.FULFILLED, True)
    assert told.signer is not None
    assert told.signer.name == "Siri Moe"


@pytest.mark.rule("PLN-633")
async def test_rejected_is_unlocked_with_its_content_and_can_be_sent_again(
    ward: Any, skill: Any, sending: Any
) -> None:
    await ward.post(*skill, ":send", sending)
    first = await ward.signing.last()
    await ward.hear(ward.signing.rejected(first, ward.supervisor))
    item = await ward.item(*skill)
    assert (item["status"], item["colour"], item["locked"]) == ("rejected", "red", False)
    assert (item["decision_comment"], item["reason"]) == ("Prøv igjen", "Ikke gjennomført")
    assert (item["fulfilled_on"], item["comment"], item["supervisor_name"]) == (
        "2026-11-01",
        "På vakt",
        "Siri Moe",
    )
    again = await ward.post(*skill, ":send", {**sending, "supervisor_id": str(ward.boss.person_id)})
    assert again.json()["status"] == "waiting"
    assert (await ward.signing.last()).request_id != first.request_id
    assert await ward.plans.told(SignatureWithdrawn) == []


@pytest.mark.rule("PLN-634")
async def test_an_undone_decision_waits_again_and_what_followed_is_taken_back(
    ward: Any, skill: Any, sending: Any
) -> None:
    await ward.post(*skill, ":send", sending)
    request = await ward.signing.last()
    await ward.hear(ward.signing.signed(request, ward.supervisor))
    assert (await ward.page(skill[0]))["status"] == "completed"
    await ward.hear(ward.signing.reopened(request, ward.supervisor))
    item = await ward.item(*skill)
    assert (item["status"], item["signed"], item["signer"], item["valid_until"]) == (
        "waiting",
        False,
        None,
        None,
    )
    assert (await ward.page(skill[0]))["status"] == "begun"
    await ward.hear(ward.signing.rejected(request, ward.supervisor))
    await ward.hear(ward.signing.reopened(request, ward.supervisor, was=Outcome.REJECTED))
    assert (await ward.item(*skill))["status"] == "waiting"
    await ward.hear(ward.signing.signed(request, ward.supervisor))
    assert (await ward.item(*skill))["status"] == "fulfilled"


@pytest.mark.rule("PLN-635")
async def test_decisions_twice_late_or_out_of_order_do_no_harm(ward: Any, skill: Any, sending: Any) -> None:
    await ward.post(*skill, ":send", sending)
    request = await ward.signing.last()
    signed = ward.signing.signed(request, ward.supervisor, version=2)
    reopened = ward.signing.reopened(request, ward.supervisor, version=3)
    rejected = ward.signing.rejected(request, ward.supervisor, version=4)
    await ward.hear(rejected, signed, reopened)  # the newest first
    assert (await ward.item(*skill))["status"] == "rejected"
    revision = (await ward.item(*skill))["revision"]
    await ward.hear(signed, reopened, rejected, rejected)
    assert (await ward.item(*skill))["revision"] == revision
    await ward.post(*skill, ":send", sending)
    old = ward.signing.reopened(request, ward.supervisor, version=5)
    await ward.hear(old)
    assert (await ward.item(*skill))["status"] == "waiting"
    [withdrawn] = await ward.plans.told(SignatureWithdrawn)  # nobody is to sign the old one
    assert (withdrawn.request_id, withdrawn.cause) == (request.request_id, WithdrawalCause.CHANGED)


@pytest.mark.rule("PLN-635")
async def test_a_decision_known_before_the_request_is_kept_and_applied_after(
    ward: Any, skill: Any, sending: Any
) -> None:
    await ward.post(*skill, ":send", sending)
    request = await ward.signing.last()
    signed = ward.signing.signed(request, ward.supervisor)
    pool = ward.plans.runtime.database.pool
    await pool.execute(
        "update request set request_id = $2 where request_id = $1", request.request_id, skill[0]
    )
    await ward.plans.deliver(signed)
    assert len(await ward.plans.held()) == 1
    assert (await ward.item(*skill))["status"] == "waiting"
    await pool.execute(
        "update request set request_id = $2 where request_id = $1", skill[0], request.request_id
    )
    ward.plans.clock.move(seconds=10)
    await ward.plans.inbox.retry_due()
    assert (await ward.item(*skill))["status"] == "fulfilled"


@pytest.mark.rule("PLN-635")
@pytest.mark.rule("PLN-636")
async def test_changing_what_was_sent_withdraws_it_and_a_late_decision_withdraws_it_again(
    ward: Any, skill: Any, sending: Any
) -> None:
    await ward.post(*skill, ":send", sending)
    request = await ward.signing.last()
    locked = await ward.post(*skill, "/draft", {"comment": "Ny"}, method="PUT")
    assert locked.json()["code"] == "locked"
    changed = await ward.post(*skill, "/draft", {"comment": "Ny", "unlock": True}, method="PUT")
    assert changed.json()["status"] == "begun"
    [withdrawn] = await ward.plans.told(SignatureWithdrawn)
    assert (withdrawn.request_id, withdrawn.cause, withdrawn.revision) == (
        request.request_id,
        WithdrawalCause.CHANGED,
        2,
    )
    await ward.hear(ward.signing.signed(request, ward.supervisor))
    assert (await ward.item(*skill))["status"] == "begun"
    [_, again] = await ward.plans.told(SignatureWithdrawn)
    assert (again.cause, again.revision) == (WithdrawalCause.CHANGED, 3)

    await ward.post(*skill, ":send", sending)
    second = await ward.signing.last()
    await ward.hear(ward.signing.signed(second, ward.supervisor))
    undone = await ward.post(*skill, ":undo", {"unlock": True})
    assert (undone.json()["status"], undone.json()["signer"]) == ("begun", None)
    assert (await ward.plans.told(SignatureWithdrawn))[-1].cause is WithdrawalCause.REMOVED


@pytest.mark.rule("PLN-630")
@pytest.mark.rule("PLN-631")
async def test_a_recall_is_final_when_signing_has_confirmed_it(ward: Any, skill: Any, sending: Any) -> None:
    await ward.post(*skill, ":send", sending)
    request = await ward.signing.last()
    asked = await ward.post(*skill, ":recall")
    assert (asked.json()["status"], asked.json()["recalling"]) == ("waiting", True)
    twice = await ward.post(*skill, ":recall")
    assert (twice.status_code, twice.json()["revision"]) == (200, asked.json()["revision"])
    [withdrawn] = await ward.plans.told(SignatureWithdrawn)
    assert withdrawn.cause is WithdrawalCause.RECALLED
    await ward.hear(ward.signing.recalled(request))
    item = await ward.item(*skill)
    assert (item["status"], item["recalling"], item["supervisor_id"]) == ("begun", False, None)
    assert (item["fulfilled_on"], item["comment"]) == ("2026-11-01", "På vakt")
    again = await ward.post(*skill, ":recall")
    assert (again.status_code, again.json()["code"]) == (409, "not_waiting")
    assert (await ward.post(*skill, ":send", sending)).json()["status"] == "waiting"


@pytest.mark.rule("PLN-631")
@pytest.mark.parametrize("decision_first", [True, False])
async def test_a_decision_that_was_first_stands_and_the_person_is_told(
    ward: Any, skill: Any, sending: Any, decision_first: bool
) -> None:
    await ward.post(*skill, ":send", sending)
    request = await ward.signing.last()
    await ward.post(*skill, ":recall")
    events = [
        ward.signing.signed(request, ward.supervisor),
        ward.signing.recall_refused(request, ward.supervisor),
    ]
    await ward.hear(*(events if decision_first else events[::-1]))
    item = await ward.item(*skill)
    assert (item["status"], item["recalling"], item["signer"]) == ("fulfilled", False, "Siri Moe")
    assert item["note"] is not None
    assert "allerede avgjort" in item["note"]


@pytest.mark.rule("PLN-631")
async def test_recall_and_signature_at_the_same_moment_end_in_what_signing_says(
    ward: Any, skill: Any, sending: Any
) -> None:
    await ward.post(*skill, ":send", sending)
    request = await ward.signing.last()
    signed = ward.signing.signed(request, ward.supervisor)
    recall, _ = await asyncio.gather(ward.post(*skill, ":recall"), ward.hear(signed))
    assert recall.status_code in (200, 409)
    if recall.status_code == 200:
        await ward.hear(ward.signing.recall_refused(request, ward.supervisor))
    item = await ward.item(*skill)
    assert (item["status"], item["recalling"]) == ("fulfilled", False)


async def test_two_sends_at_once_make_one_request(ward: Any, skill: Any, sending: Any) -> None:
    answers = await asyncio.gather(
        ward.post(*skill, ":send", sending, version=0),
        ward.post(*skill, ":send", sending, version=0, by=ward.boss),
        ward.post(*skill, ":send", sending),
    )
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert [answer.status_code for answer in answers].count(200) == 1
    assert len(await ward.signing.requests()) == 1


@pytest.mark.rule("PLN-637")
async def test_a_refused_request_gives_back_what_was_there(ward: Any, skill: Any, sending: Any) -> None:
    await ward.post(*skill, ":send", sending)
    await ward.hear(ward.signing.rejected(await ward.signing.last(), ward.supervisor))
    await ward.post(*skill, ":send", sending)
    await ward.hear(ward.signing.refused(await ward.signing.last(), "Mottakeren er ikke lenger aktiv"))
    item = await ward.item(*skill)
    assert (item["status"], item["note"]) == ("rejected", "Mottakeren er ikke lenger aktiv")
    assert (item["fulfilled_on"], item["comment"], item["supervisor_name"]) == (
        "2026-11-01",
        "På vakt",
        "Siri Moe",
    )
    await ward.post(*skill, ":send", sending)
    await ward.hear(ward.signing.lapsed(await ward.signing.last(), LapseCause.ADDRESSEE_INACTIVE))
    item = await ward.item(*skill)
    assert item["status"] == "begun"
    assert item["note"] == "Siri Moe er ikke lenger aktiv. Velg en annen instruktør/supervisør."


@pytest.mark.rule("PLN-595")
@pytest.mark.rule("PLN-612")
async def test_renewing_through_a_signer_does_not_cost_the_valid_certificate(
    ward: Any, skill: Any, sending: Any
) -> None:
    await ward.define.revise(skill[1], validity_days=40)
    await ward.post(*skill, ":send", sending)  # valid to 11.12.2026
    first = await ward.signing.last()
    await ward.hear(ward.signing.signed(first, ward.supervisor))
    await ward.post(*skill, ":renew")
    await ward.post(*skill, ":send", {**sending, "fulfilled_on": "2026-11-30"})
    item = await ward.item(*skill)
    assert (item["status"], item["under_way"], item["counts_from"]) == ("expiring", "waiting", "2026-11-01")
    assert await ward.plans.told(SignatureWithdrawn) == []
    await ward.hear(ward.signing.reopened(first, ward.supervisor))
    assert (await ward.item(*skill))["status"] == "expiring"
    await ward.hear(ward.signing.signed(await ward.signing.last(), ward.supervisor))
    item = await ward.item(*skill)
    assert (item["under_way"], item["counts_from"], item["valid_until"]) == (None, "2026-11-30", "2027-01-09")


async def test_history_tells_who_did_what_for_whom(ward: Any, skill: Any, sending: Any) -> None:
    await ward.post(*skill, "/draft", {"comment": "x"}, method="PUT")
    await ward.post(*skill, ":send", sending, by=ward.boss)
    request = await ward.signing.last()
    await ward.plans.deliver(ward.signing.rejected(request, ward.supervisor), by=ward.actor(ward.supervisor))
    path = f"/assignments/{skill[0]}/requirements/{skill[1]}/history"
    entries = (await ward.client(ward.kari).get(path)).json()
    assert [(entry["act"], entry["status"], entry["actor_name"]) for entry in entries] == [
        ("rejected", "rejected", "Siri Moe"),
        ("sent", "waiting", "Torbjørn Engeskår"),
        ("draft", "begun", "Kari Hansen"),
    ]
    assert (entries[0]["comment"], entries[0]["details"]["reason"]) == ("Prøv igjen", "Ikke gjennomført")
