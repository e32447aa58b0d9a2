from datetime import date
from typing import Any

import pytest

from stafett_contracts.ids import new_id
from stafett_contracts.signing import RequestRejected, RequestReopened, RequestSigned
from stafett_contracts.vocabulary import Capacity, RejectionReason, RequestKind

SIGNATURES = (RequestKind.REQUIREMENT, RequestKind.ACTIVITY, RequestKind.REPETITIONS)
LEADERS = (RequestKind.GOAL, RequestKind.PLAN, RequestKind.TRAINING_TIME)


def decider_of(ward: Any, kind: RequestKind) -> Any:
    return ward.siri if kind in SIGNATURES else ward.boss


async def asked_of(ward: Any, kind: RequestKind) -> Any:
    return await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.siri, ward.boss))


def refused(answer: Any, status: int, code: str) -> Any:
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code
    return answer.json()


async def nothing_changed(ward: Any, asked: Any) -> None:
    """SGN-166: status, counts and history are as when it was asked."""
    assert set(await ward.statuses(asked)) == {"waiting"}
    assert (await ward.stored(asked))["version"] == 1
    pool = ward.signing.runtime.database.pool
    assert await pool.fetchval("select count(*) from decision") == 0
    assert [row["act"] for row in await pool.fetch("select act from journal_record")] == ["asked"]
    assert await ward.signing.told(RequestSigned, RequestRejected) == []
    assert await pool.fetchval("select sum(signatures + goals + plans + training_time) from counter") == 1


@pytest.mark.rule("SGN-040", "SGN-050", "SGN-051", "SGN-153")
@pytest.mark.parametrize("kind", SIGNATURES)
async def test_the_chosen_supervisor_signs_without_a_comment(ward: Any, kind: RequestKind) -> None:
    asked = await asked_of(ward, kind)
    client = ward.as_(ward.siri)
    answer = (await ward.decide(client, asked)).json()
    assert (answer["employee"], answer["subject"]) == ("Kari Hansen", asked.subject.name)
    assert answer["capacity"] == "supervisor"
    assert {item["status"] for item in answer["items"]} == {"signed"}
    assert await ward.rows(client, "signatures") == []
    [row] = await ward.rows(client, "signatures", "signed")
    assert row["request_id"] == str(asked.request_id)
    [told] = await ward.signing.told(RequestSigned)
    assert told.revision == 2
    assert told.decider.person_id == ward.siri.person_id
    assert told.decider.name == "Siri Moe"
    assert told.decider.hf_name == "Havnes sykehus"
    assert told.decided_at == ward.signing.clock.now()
    assert told.comment is None
    assert told.content_hash == asked.content_hash
    assert told.item_ids == tuple(item.item_id for item in asked.items)
    assert {item.decision_id for item in told.items} == {told.decision_id}


async def test_a_goal_is_decided_by_the_current_leader_it_was_sent_to(ward: Any) -> None:
    asked = await asked_of(ward, RequestKind.GOAL)
    answer = (await ward.decide(ward.as_(ward.boss), asked, comment="Godt jobbet")).json()
    assert answer["capacity"] == Capacity.LEADER
    [told] = await ward.signing.told(RequestSigned)
    assert told.comment == "Godt jobbet"
    assert told.decider.position_id == ward.boss.position_id


async def test_a_goal_stays_with_the_leader_it_was_sent_to_who_decides_as_earlier_leader(ward: Any) -> None:
    asked = await asked_of(ward, RequestKind.GOAL)
    ward.world.set_leader(ward.kari, ward.gro)
    await ward.news()
    refused(await ward.decide(ward.as_(ward.gro), asked), 403, "not_allowed")
    assert await ward.rows(ward.as_(ward.gro), "goals") == []
    answer = (await ward.decide(ward.as_(ward.boss), asked)).json()
    assert answer["capacity"] == Capacity.EARLIER_LEADER


@pytest.mark.rule("SGN-042", "SGN-122")
@pytest.mark.parametrize("kind", [RequestKind.PLAN, RequestKind.TRAINING_TIME])
async def test_whoever_leads_when_deciding_decides_plans_and_training_time(
    ward: Any, kind: RequestKind
) -> None:
    asked = await asked_of(ward, kind)
    ward.world.set_leader(ward.kari, ward.gro)
    await ward.news()
    assert (await ward.tasks(ward.as_(ward.boss)))[(await ward.stored(asked))["list"]] == 0
    refused(await ward.decide(ward.as_(ward.boss), asked), 403, "not_allowed")
    answer = (await ward.decide(ward.as_(ward.gro), asked)).json()
    assert answer["capacity"] == Capacity.LEADER


@pytest.mark.rule("SGN-043")
@pytest.mark.parametrize("kind", list(RequestKind))
async def test_a_deputy_decides_everything_that_waits_for_the_leader(ward: Any, kind: RequestKind) -> None:
    asked = await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.boss, ward.boss))
    client = ward.as_(ward.per, deputy_for=ward.boss)
    where = (await ward.stored(asked))["list"]
    assert len(await ward.rows(client, where)) == 1
    answer = (await ward.decide(client, asked, comment="Så det i vaktrapporten")).json()
    assert (answer["decider"], answer["on_behalf_of"]) == ("Per Ås", "Torbjørn Engeskår")
    assert answer["capacity"] == Capacity.DEPUTY
    [told] = await ward.signing.told(RequestSigned)
    assert told.decider.person_id == ward.per.person_id
    assert told.decider.on_behalf_of.person_id == ward.boss.person_id
    assert len(await ward.rows(ward.as_(ward.boss), where, "signed")) == 1
    assert len(await ward.rows(client, where, "signed")) == 1


@pytest.mark.rule("SGN-043")
@pytest.mark.parametrize("kind", list(RequestKind))
async def test_a_deputy_has_no_right_outside_the_deputy_session(ward: Any, kind: RequestKind) -> None:
    asked = await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.boss, ward.boss))
    client = ward.as_(ward.per)
    refused(await ward.decide(client, asked), 404, "not_found")
    assert (await client.get(f"/requests/{asked.request_id}")).status_code == 404
    assert sum((await ward.tasks(client)).values()) == 0
    await nothing_changed(ward, asked)


@pytest.mark.rule("SGN-044")
@pytest.mark.parametrize("kind", SIGNATURES)
@pytest.mark.parametrize("comment", [None, "", "  \n", "\u200b"])
async def test_a_deputy_who_signs_what_was_sent_to_the_leader_must_comment(
    ward: Any, kind: RequestKind, comment: str | None
) -> None:
    asked = await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.boss, ward.boss))
    client = ward.as_(ward.per, deputy_for=ward.boss)
    assert (await ward.see(client, asked))["allowed"]["comment_required"] is True
    problem = refused(await ward.decide(client, asked, comment=comment), 422, "comment_required")
    assert [error["field"] for error in problem["errors"]] == ["comment"]
    await nothing_changed(ward, asked)


@pytest.mark.parametrize("kind", list(RequestKind))
async def test_the_last_day_of_a_deputy_counts_until_midnight_in_norway(ward: Any, kind: RequestKind) -> None:
    world = ward.world
    world.deputy(ward.boss, ward.ola.person, expires_on=date(2026, 11, 24))
    await ward.news()
    asked = await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.boss, ward.boss))
    client = ward.as_(ward.ola, deputy_for=ward.boss)
    ward.signing.clock.move(hours=10, minutes=59)  # 23:59 in Norway
    assert (await ward.see(client, asked))["allowed"]["sign"] is True
    ward.signing.clock.move(minutes=1)
    refused(await ward.decide(client, asked, comment="Sent"), 403, "not_allowed")
    assert (await client.get(f"/requests/{asked.request_id}")).status_code == 404
    await nothing_changed(ward, asked)


@pytest.mark.parametrize("kind", [RequestKind.PLAN, RequestKind.TRAINING_TIME])
async def test_the_right_is_that_of_the_moment_for_a_deactivated_account(
    ward: Any, kind: RequestKind
) -> None:
    asked = await asked_of(ward, kind)
    client = ward.as_(ward.boss)
    await ward.see(client, asked)  # the page is open
    ward.world.deactivate_account(ward.boss.person)
    await ward.news()
    refused(await ward.decide(client, asked), 403, "not_allowed")
    await nothing_changed(ward, asked)


@pytest.mark.rule("SGN-009")
@pytest.mark.parametrize("kind", [RequestKind.PLAN, RequestKind.TRAINING_TIME])
async def test_who_becomes_his_own_leader_still_decides_nothing_of_his_own(
    ward: Any, kind: RequestKind
) -> None:
    asked = await asked_of(ward, kind)
    ward.world.set_leader(ward.kari, ward.kari)
    await ward.news()
    client = ward.as_(ward.kari)
    refused(await ward.decide(client, asked), 403, "own_request")
    assert (await ward.see(client, asked))["allowed"]["sign"] is False


@pytest.mark.rule("SGN-009")
async def test_a_deputy_decides_nothing_of_his_own(ward: Any) -> None:
    ward.world.set_leader(ward.per, ward.boss)
    await ward.news()
    asked = await ward.ask(ward.asks.plan(ward.per))
    client = ward.as_(ward.per, deputy_for=ward.boss)
    refused(await ward.decide(client, asked), 403, "own_request")
    assert await ward.rows(client, "plans") == []


@pytest.mark.rule("SGN-052", "SGN-166")
@pytest.mark.parametrize("kind", [kind for kind in RequestKind if kind is not RequestKind.PLAN])
@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"comment": None, "reason": None}, {"comment", "reason"}),
        ({"comment": " \t\u00a0", "reason": "other"}, {"comment"}),
        ({"comment": "Mangler", "reason": None}, {"reason"}),
    ],
)
async def test_a_rejection_needs_a_visible_comment_and_a_reason(
    ward: Any, kind: RequestKind, body: dict[str, Any], fields: set[str]
) -> None:
    asked = await asked_of(ward, kind)
    answer = await ward.decide(ward.as_(decider_of(ward, kind)), asked, "rejected", **body)
    assert answer.status_code == 422
    assert {error["code"] for error in answer.json()["errors"]} == {f"{field}_required" for field in fields}
    await nothing_changed(ward, asked)


@pytest.mark.rule("SGN-059")
@pytest.mark.parametrize("kind", list(RequestKind))
async def test_a_request_brings_what_stands_beside_its_comment_fields(ward: Any, kind: RequestKind) -> None:
    asked = await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.siri, ward.boss))
    client = ward.as_(decider_of(ward, kind))
    note = {
        "nb": "Ikke skriv pasientopplysninger eller andre sensitive opplysninger.",
        "en": "Do not write information about patients or other sensitive information.",
    }
    assert (await ward.see(client, asked))["comment_note"] == note
    answer = await ward.decide(client, asked)
    assert answer.status_code == 200, answer.text
    # The comment of a cancellation is written on the same page.
    assert (await ward.see(client, asked))["comment_note"] == note


@pytest.mark.rule("SGN-052", "SGN-053", "SGN-057")
@pytest.mark.parametrize("kind", [kind for kind in RequestKind if kind is not RequestKind.PLAN])
async def test_a_rejection_with_comment_and_reason_is_told_and_shown_to_the_employee(
    ward: Any, kind: RequestKind
) -> None:
    asked = await asked_of(ward, kind)
    answer = await ward.decide(
        ward.as_(decider_of(ward, kind)), asked, "rejected", comment="Se igjen", reason="other"
    )
    assert answer.status_code == 200
    [told] = await ward.signing.told(RequestRejected)
    assert (told.comment, told.reason, told.reason_label) == ("Se igjen", RejectionReason.OTHER, "Annet")
    rejected, _ = (await ward.see(ward.as_(ward.kari), asked))["history"]
    assert (rejected["act"], rejected["comment"], rejected["reason_nb"]) == ("rejected", "Se igjen", "Annet")
    pool = ward.signing.runtime.database.pool
    kept = await pool.fetchrow("select reason, reason_nb, reason_en from decision")
    assert tuple(kept) == ("other", "Annet", "Other")


@pytest.mark.rule("SGN-053")
async def test_a_comment_on_a_signature_is_seen_by_the_employee_and_the_leader(ward: Any) -> None:
    asked = await asked_of(ward, RequestKind.ACTIVITY)
    await ward.decide(ward.as_(ward.siri), asked, comment="Stø hånd")
    for reader in (ward.kari, ward.boss):
        assert (await ward.see(ward.as_(reader), asked))["history"][0]["comment"] == "Stø hånd"


@pytest.mark.rule("SGN-055", "SGN-056", "SGN-058")
async def test_each_kind_offers_its_own_reasons(ward: Any) -> None:
    client = ward.as_(ward.siri)
    offered = {
        kind: [one["label_nb"] for one in (await client.get("/reasons", params={"kind": kind})).json()]
        for kind in RequestKind
    }
    common = [
        "Ikke gjennomført",
        "Ikke tilstrekkelig oppnådd",
        "Manglende dokumentasjon",
        "Feil dato eller opplysninger",
        "Sendt til feil person",
    ]
    for kind in SIGNATURES:
        assert offered[kind] == [*common, "Ikke observert av meg", "Annet"]
    assert offered[RequestKind.GOAL] == [*common, "Nødvendige aktiviteter er ikke fullført", "Annet"]
    assert offered[RequestKind.TRAINING_TIME] == [
        "Feil periode eller dato",
        "Feil stillingsprosent",
        "Fravær mangler eller er feil",
        "Feil utdanningsvirksomhet eller læringsarena",
        "Opplysning om veiledning og supervisjon er feil",
        "Annet",
    ]
    assert offered[RequestKind.PLAN] == []


@pytest.mark.rule("SGN-055")
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (RequestKind.GOAL, "not_observed"),
        (RequestKind.REQUIREMENT, "activities_missing"),
        (RequestKind.TRAINING_TIME, "not_done"),
    ],
)
async def test_a_reason_of_another_kind_is_refused(ward: Any, kind: RequestKind, reason: str) -> None:
    asked = await asked_of(ward, kind)
    answer = await ward.decide(ward.as_(decider_of(ward, kind)), asked, "rejected", reason=reason)
    refused(answer, 422, "reason_unknown")
    await nothing_changed(ward, asked)


@pytest.mark.rule("SGN-058")
async def test_a_plan_is_approved_but_not_rejected(ward: Any) -> None:
    asked = await asked_of(ward, RequestKind.PLAN)
    client = ward.as_(ward.boss)
    assert (await ward.see(client, asked))["allowed"]["reject"] is False
    refused(await ward.decide(client, asked, "rejected"), 409, "plans_are_not_rejected")
    await nothing_changed(ward, asked)
    assert (await ward.decide(client, asked)).status_code == 200


@pytest.mark.rule("SGN-026")
async def test_a_decision_names_the_content_that_was_seen(ward: Any) -> None:
    asked = await asked_of(ward, RequestKind.REQUIREMENT)
    client = ward.as_(ward.siri)
    refused(await ward.decide(client, asked, content_hash=None), 422, "content_hash_required")
    refused(await ward.decide(client, asked, content_hash="0" * 64), 409, "content_changed")
    await nothing_changed(ward, asked)


@pytest.mark.rule("SGN-161")
@pytest.mark.parametrize("outcome", ["signed", "rejected"])
async def test_the_same_outcome_again_is_the_same_decision(ward: Any, outcome: str) -> None:
    asked = await asked_of(ward, RequestKind.ACTIVITY)
    first = await ward.decide(ward.as_(ward.siri), asked, outcome)
    again = await ward.decide(ward.as_(ward.siri), asked, outcome)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert len(await ward.signing.told(RequestSigned, RequestRejected)) == 1


@pytest.mark.rule("SGN-161")
async def test_a_repeated_key_answers_with_the_first_answer(ward: Any) -> None:
    asked = await asked_of(ward, RequestKind.ACTIVITY)
    client = ward.as_(ward.siri)
    client.headers["idempotency-key"] = "k"
    first = await ward.decide(client, asked)
    assert (await ward.decide(client, asked)).content == first.content
    refused(await ward.decide(client, asked, "rejected"), 422, "idempotency_key_reused")


@pytest.mark.rule("SGN-160")
async def test_a_contradicting_decision_is_told_status_actor_and_time(ward: Any) -> None:
    asked = await asked_of(ward, RequestKind.ACTIVITY)
    first = (await ward.decide(ward.as_(ward.siri), asked)).json()
    problem = refused(await ward.decide(ward.as_(ward.siri), asked, "rejected"), 409, "already_decided")
    assert (problem["item_status"], problem["outcome"], problem["by"]) == ("signed", "signed", "Siri Moe")
    assert problem["at"][:23] == first["decided_at"][:23]
    assert await ward.statuses(asked) == ["signed"]


@pytest.mark.rule("SGN-162")
async def test_a_stale_version_is_refused_with_the_current_state(ward: Any) -> None:
    asked = await asked_of(ward, RequestKind.REPETITIONS)
    first, second = asked.items
    client = ward.as_(ward.siri)
    assert (await ward.decide(client, asked, item_ids=[str(first.item_id)])).status_code == 200
    client.headers["if-match"] = '"1"'
    problem = refused(await ward.decide(client, asked, item_ids=[str(second.item_id)]), 412, "stale_version")
    assert problem["current"]["revision"] == 2
    assert [item["status"] for item in problem["current"]["items"]] == ["signed", "waiting"]
    client.headers["if-match"] = '"2"'
    assert (await ward.decide(client, asked, item_ids=[str(second.item_id)])).status_code == 200


@pytest.mark.rule("SGN-060", "SGN-062", "SGN-064", "SGN-066", "SGN-067")
async def test_repetitions_are_decided_one_by_one_and_late_ones_are_listed(ward: Any) -> None:
    days = [date(2026, 11, day) for day in (1, 2, 3)]
    asked = await ward.ask(ward.asks.repetitions(ward.kari, ward.siri, *days))
    one, two, three = (str(item.item_id) for item in asked.items)
    client = ward.as_(ward.siri)
    assert (await ward.decide(client, asked, "rejected", item_ids=[one])).status_code == 200
    assert await ward.statuses(asked) == ["rejected", "waiting", "waiting"]
    assert (await ward.see(client, asked))["status"]["status"] == "waiting"
    await ward.recall(ward.as_(ward.kari), asked, item_ids=[two])
    answer = (await ward.decide(client, asked, item_ids=[one, two, three])).json()
    assert [(item["item_id"], item["done"], item["code"], item["by"]) for item in answer["items"]] == [
        (three, True, None, None),
        (one, False, "already_decided", "Siri Moe"),
        (two, False, "not_possible_in_status", "Kari Hansen"),
    ]
    assert await ward.statuses(asked) == ["rejected", "recalled", "signed"]
    assert (await ward.see(client, asked))["status"]["label_nb"] == "1 signert, 1 avvist"
    for tab in ("signed", "rejected"):
        [row] = await ward.rows(client, "signatures", tab)
        assert row["label_nb"] == "1 signert, 1 avvist"


async def test_items_of_another_request_are_refused(ward: Any) -> None:
    asked = await asked_of(ward, RequestKind.REPETITIONS)
    answer = await ward.decide(ward.as_(ward.siri), asked, item_ids=[str(new_id())])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "unknown_item"
    assert set(await ward.statuses(asked)) == {"waiting"}


@pytest.mark.rule("SGN-100", "SGN-102", "SGN-106")
@pytest.mark.parametrize("kind", list(RequestKind))
@pytest.mark.parametrize("outcome", ["signed", "rejected"])
async def test_the_decider_cancels_and_it_waits_again(ward: Any, kind: RequestKind, outcome: str) -> None:
    if (kind, outcome) == (RequestKind.PLAN, "rejected"):
        return  # plans are not rejected
    asked = await asked_of(ward, kind)
    client = ward.as_(decider_of(ward, kind))
    decision = (await ward.decide(client, asked, outcome)).json()
    ward.signing.clock.move(days=400)
    where = (await ward.stored(asked))["list"]
    answer = await ward.cancel(client, asked, comment="Feil person")
    assert answer.status_code == 200, answer.text
    assert set(await ward.statuses(asked)) == {"waiting"}
    assert len(await ward.rows(client, where)) == 1
    assert await ward.rows(client, where, outcome) == []
    [told] = await ward.signing.told(RequestReopened)
    assert str(told.cancelled_decision_id) == decision["decision_id"]
    assert told.was == outcome
    assert told.comment == "Feil person"
    assert {item.decision_id for item in told.items} == {None}
    history = (await ward.see(ward.as_(ward.kari), asked))["history"]
    assert [line["act"] for line in history] == ["cancelled", outcome, "asked"]
    again = (await ward.decide(client, asked, outcome)).json()
    assert again["decision_id"] != decision["decision_id"]


async def test_a_decision_is_cancelled_by_the_decider_alone(ward: Any) -> None:
    asked = await asked_of(ward, RequestKind.ACTIVITY)
    await ward.decide(ward.as_(ward.siri), asked)
    refused(await ward.cancel(ward.as_(ward.boss), asked), 403, "not_allowed")
    refused(await ward.cancel(ward.as_(ward.ola), asked), 404, "not_found")
    refused(await ward.cancel(ward.as_(ward.kari), asked), 403, "own_request")
    assert await ward.statuses(asked) == ["signed"]


async def test_the_leader_cancels_what_the_deputy_decided_and_a_deputy_what_the_leader_did(ward: Any) -> None:
    deputy = ward.as_(ward.per, deputy_for=ward.boss)
    for first, second in ((deputy, ward.as_(ward.boss)), (ward.as_(ward.boss), deputy)):
        asked = await asked_of(ward, RequestKind.GOAL)
        assert (await ward.decide(first, asked)).status_code == 200
        assert (await ward.cancel(second, asked, comment="Feil mål")).status_code == 200
    assert [told.by.capacity for told in await ward.signing.told(RequestReopened)] == ["leader", "deputy"]


async def test_a_later_leader_cancels_plans_and_training_time_but_not_goals(ward: Any) -> None:
    asked = {kind: await asked_of(ward, kind) for kind in LEADERS}
    for one in asked.values():
        assert (await ward.decide(ward.as_(ward.boss), one)).status_code == 200
    ward.world.set_leader(ward.kari, ward.gro)
    await ward.news()
    client = ward.as_(ward.gro)
    refused(await ward.cancel(client, asked[RequestKind.GOAL], comment="x"), 403, "not_allowed")
    for kind in (RequestKind.PLAN, RequestKind.TRAINING_TIME):
        refused(await ward.cancel(ward.as_(ward.boss), asked[kind], comment="x"), 403, "not_allowed")
        assert (await ward.cancel(client, asked[kind], comment="Feil")).status_code == 200
    assert (await ward.cancel(ward.as_(ward.boss), asked[RequestKind.GOAL], comment="x")).status_code == 200


@pytest.mark.rule("SGN-103")
@pytest.mark.parametrize("kind", list(RequestKind))
async def test_only_cancelling_a_signed_goal_or_training_time_needs_a_comment(
    ward: Any, kind: RequestKind
) -> None:
    asked = await asked_of(ward, kind)
    client = ward.as_(decider_of(ward, kind))
    await ward.decide(client, asked)
    answer = await ward.cancel(client, asked, comment="  ")
    if kind in (RequestKind.GOAL, RequestKind.TRAINING_TIME):
        refused(answer, 422, "comment_required")
        assert await ward.statuses(asked) == ["signed"]
        assert (await ward.cancel(client, asked, comment="Feil")).status_code == 200
    else:
        assert answer.status_code == 200
    if kind is not RequestKind.PLAN:
        await ward.decide(client, asked, "rejected")
        assert (await ward.cancel(client, asked)).status_code == 200


@pytest.mark.rule("SGN-104")
async def test_chosen_repetitions_are_cancelled_and_the_others_stand(ward: Any) -> None:
    asked = await asked_of(ward, RequestKind.REPETITIONS)
    first, second = (str(item.item_id) for item in asked.items)
    client = ward.as_(ward.siri)
    await ward.decide(client, asked, item_ids=[first])
    await ward.decide(client, asked, "rejected", item_ids=[second])
    assert (await ward.cancel(client, asked, item_ids=[second])).status_code == 200
    assert await ward.statuses(asked) == ["signed", "waiting"]


@pytest.mark.rule("SGN-105")
async def test_what_was_sent_anew_cannot_be_cancelled(ward: Any) -> None:
    old = await asked_of(ward, RequestKind.ACTIVITY)
    client = ward.as_(ward.siri)
    await ward.decide(client, old, "rejected")
    assert (await ward.see(client, old))["allowed"]["cancel"] is True
    await ward.ask(
        ward.asks.signature(ward.kari, ward.ola, subject=old.subject.id, kind=RequestKind.ACTIVITY)
    )
    refused(await ward.cancel(client, old), 409, "superseded")
    assert (await ward.see(client, old))["allowed"]["cancel"] is False
    assert await ward.statuses(old) == ["rejected"]


async def test_nothing_decided_is_nothing_to_cancel(ward: Any) -> None:
    asked = await asked_of(ward, RequestKind.ACTIVITY)
    refused(await ward.cancel(ward.as_(ward.siri), asked), 409, "not_possible_in_status")
    await nothing_changed(ward, asked)


@pytest.mark.rule("SGN-167")
@pytest.mark.parametrize("kind", list(RequestKind))
async def test_others_are_told_that_there_is_no_such_request(ward: Any, kind: RequestKind) -> None:
    asked = await asked_of(ward, kind)
    client = ward.as_(ward.ola)
    for answer in (
        await client.get(f"/requests/{asked.request_id}"),
        await ward.decide(client, asked),
        await ward.cancel(client, asked),
        await ward.recall(client, asked),
        await client.get(f"/subjects/{kind}/{asked.subject.id}/history"),
    ):
        refused(answer, 404, "not_found")
    await nothing_changed(ward, asked)


@pytest.mark.rule("SGN-030", "SGN-032")
@pytest.mark.parametrize("kind", list(RequestKind))
async def test_words_and_colours_follow_status_kind_and_reader(ward: Any, kind: RequestKind) -> None:
    approval = kind in (RequestKind.GOAL, RequestKind.PLAN)
    asked = await asked_of(ward, kind)
    decider, employee = ward.as_(decider_of(ward, kind)), ward.as_(ward.kari)

    async def shown(client: Any) -> tuple[str, str]:
        item = (await ward.see(client, asked))["items"][0]
        return item["label_nb"], item["colour"]

    waiting = "Venter på godkjenning" if approval else "Venter på signatur"
    assert await shown(decider) == (waiting, "red")
    assert await shown(employee) == (waiting, "yellow")
    await ward.decide(decider, asked)
    assert await shown(employee) == ("Godkjent" if approval else "Signert", "green")
    if kind is not RequestKind.PLAN:
        await ward.cancel(decider, asked, comment="x")
        await ward.decide(decider, asked, "rejected")
        assert await shown(employee) == ("Avvist", "red")
        await ward.cancel(decider, asked)
        await ward.recall(employee, asked)
        assert await shown(employee) == ("Kalt tilbake", "yellow")
    other = await asked_of(ward, kind)
    await ward.ask(ward.asks.withdrawn(other, "changed"))
    asked = other
    assert await shown(employee) == ("Bortfalt: Endret av medarbeider", "grey")


def test_the_warning_stands_beside_the_comment_in_the_description(signing: Any) -> None:
    fields = signing.app.openapi()["components"]["schemas"]["Decide"]["properties"]
    assert (
        "Ikke skriv pasientopplysninger eller andre sensitive opplysninger."
        in fields["comment"]["description"]
    )


@pytest.mark.rule("SGN-162")
@pytest.mark.parametrize("command", ["recall", "cancel"])
async def test_recalling_and_cancelling_on_a_stale_version_are_refused_too(ward: Any, command: str) -> None:
    asked = await asked_of(ward, RequestKind.REPETITIONS)
    first, second = (str(item.item_id) for item in asked.items)
    await ward.decide(ward.as_(ward.siri), asked, item_ids=[first])
    client = ward.as_(ward.kari if command == "recall" else ward.siri)
    client.headers["if-match"] = '"1"'
    act = ward.recall if command == "recall" else ward.cancel
    chosen = [second] if command == "recall" else [first]
    problem = refused(await act(client, asked, item_ids=chosen), 412, "stale_version")
    assert problem["current"]["revision"] == 2
    assert await ward.statuses(asked) == ["signed", "waiting"]
