from datetime import date, timedelta
from typing import Any

import pytest

from stafett_contracts.basis import content_hash
from stafett_contracts.ids import new_id
from stafett_contracts.signing import RequestCreated, RequestLapsed, RequestRefused
from stafett_contracts.vocabulary import LapseCause, RefusalCode, RequestKind


@pytest.mark.rule("SGN-001", "SGN-014")
@pytest.mark.parametrize("kind", list(RequestKind))
async def test_what_an_owner_asks_becomes_a_request_of_which_the_addressee_is_told(
    ward: Any, kind: RequestKind
) -> None:
    asked = await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.siri, ward.boss))
    [created] = await ward.signing.told(RequestCreated)
    decider = ward.siri if "signature" in asked.TYPE and kind is not RequestKind.TRAINING_TIME else ward.boss
    assert created.request_id == asked.request_id
    assert created.revision == 1
    assert created.addressee.person_id == decider.person_id
    assert created.addressee.name == decider.person.name
    assert created.subject == asked.subject
    assert [item.item_id for item in created.items] == [item.item_id for item in asked.items]
    assert {item.status for item in created.items} == {"waiting"}
    seen = await ward.see(ward.as_(decider), asked)
    assert seen["status"]["status"] == "waiting"
    assert seen["kind"] == kind


@pytest.mark.rule("SGN-001")
def test_no_interface_creates_a_request(signing: Any) -> None:
    paths = signing.app.openapi()["paths"]
    changing = {path for path, methods in paths.items() if set(methods) & {"post", "put", "patch", "delete"}}
    base = "/api/signing/requests/{request_id}/"
    assert changing == {base + "decisions", base + "cancellations", base + "recall"}


async def refused(ward: Any, asked: Any, code: RefusalCode) -> RequestRefused:
    await ward.ask(asked)
    [told] = await ward.signing.told(RequestRefused)
    assert told.code is code
    assert told.text_nb
    assert told.text_en
    assert await ward.signing.told(RequestCreated) == []
    for position in (ward.kari, ward.siri, ward.boss):
        client = ward.as_(position)
        assert (await client.get(f"/requests/{asked.request_id}")).status_code == 404
        assert set((await ward.tasks(client)).values()) == {0}
    refusal: RequestRefused = told
    return refusal


@pytest.mark.rule("SGN-002", "SGN-013")
@pytest.mark.parametrize("kind", [RequestKind.REQUIREMENT, RequestKind.ACTIVITY])
async def test_a_signature_without_supervisor_is_refused(ward: Any, kind: RequestKind) -> None:
    told = await refused(
        ward, ward.asks.signature(ward.kari, None, kind=kind), RefusalCode.SUPERVISOR_MISSING
    )
    assert told.completed_on is not None  # the owner keeps what was typed


@pytest.mark.rule("SGN-005", "SGN-013")
async def test_a_date_that_is_missing_is_refused(ward: Any) -> None:
    await refused(
        ward, ward.asks.signature(ward.kari, ward.siri, completed_on=None), RefusalCode.DATE_MISSING
    )


@pytest.mark.rule("SGN-005", "SGN-013")
async def test_a_date_after_the_norwegian_day_it_is_asked_is_refused(ward: Any) -> None:
    tomorrow = date(2026, 11, 25)
    await refused(
        ward,
        ward.asks.signature(ward.kari, ward.siri, completed_on=tomorrow),
        RefusalCode.DATE_IN_FUTURE,
    )
    await ward.signing.forget_told()
    ward.signing.clock.move(hours=11, minutes=30)  # 23:30 UTC: already tomorrow in Norway
    await ward.ask(ward.asks.signature(ward.kari, ward.siri, completed_on=tomorrow))
    assert len(await ward.signing.told(RequestCreated)) == 1


@pytest.mark.rule("SGN-005")
async def test_a_repetition_in_the_future_is_refused(ward: Any) -> None:
    asked = ward.asks.repetitions(ward.kari, ward.siri, date(2026, 11, 1), date(2026, 12, 1))
    await refused(ward, asked, RefusalCode.DATE_IN_FUTURE)


@pytest.mark.rule("SGN-005")
async def test_the_day_counts_when_it_was_asked_not_when_it_arrived(ward: Any) -> None:
    then = ward.signing.clock.now() - timedelta(days=2)
    asked = ward.asks.signature(ward.kari, ward.siri, completed_on=date(2026, 11, 23))
    await ward.signing.deliver(asked, at=then)
    [told] = await ward.signing.told(RequestRefused)
    assert told.code is RefusalCode.DATE_IN_FUTURE


@pytest.mark.rule("SGN-009", "SGN-013")
async def test_nobody_is_addressee_of_the_own_request(ward: Any) -> None:
    await refused(ward, ward.asks.signature(ward.kari, ward.kari), RefusalCode.OWN_REQUEST)


@pytest.mark.rule("SGN-009")
@pytest.mark.parametrize("kind", [RequestKind.PLAN, RequestKind.TRAINING_TIME])
async def test_a_leader_of_himself_is_no_addressee(ward: Any, kind: RequestKind) -> None:
    ward.world.set_leader(ward.kari, ward.kari)
    await ward.news()
    await refused(ward, ward.asks.of_kind(kind, ward.kari, ward.siri, ward.boss), RefusalCode.OWN_REQUEST)


@pytest.mark.rule("SGN-013")
async def test_an_inactive_addressee_is_refused(ward: Any) -> None:
    ward.world.deactivate_account(ward.siri.person)
    await ward.news()
    await refused(ward, ward.asks.signature(ward.kari, ward.siri), RefusalCode.ADDRESSEE_INACTIVE)


@pytest.mark.rule("SGN-013")
async def test_training_time_without_leader_is_refused_but_a_plan_approval_waits(ward: Any) -> None:
    ward.world.set_leader(ward.kari, None)
    await ward.news()
    await refused(ward, ward.asks.training_time(ward.kari), RefusalCode.NO_LEADER)
    await ward.ask(ward.asks.plan(ward.kari))
    [created] = await ward.signing.told(RequestCreated)
    assert created.addressee.person_id is None


@pytest.mark.rule("SGN-006")
async def test_the_askers_comment_is_shown_to_the_decider_and_may_be_left_out(ward: Any) -> None:
    with_comment = await ward.ask(ward.asks.signature(ward.kari, ward.siri, comment="Se vakt 3"))
    without = await ward.ask(ward.asks.signature(ward.kari, ward.siri))
    assert (await ward.see(ward.as_(ward.siri), with_comment))["comment"] == "Se vakt 3"
    assert (await ward.see(ward.as_(ward.siri), without))["comment"] is None


@pytest.mark.rule("SGN-007")
async def test_a_leader_sends_on_behalf_and_both_may_recall(ward: Any) -> None:
    first, second = [
        await ward.ask(ward.asks.signature(ward.kari, ward.siri, asked_by=ward.boss)) for _ in range(2)
    ]
    seen = await ward.see(ward.as_(ward.siri), first)
    assert seen["on_behalf"] is True
    assert (seen["asked_by"]["name"], seen["employee"]["name"]) == ("Torbjørn Engeskår", "Kari Hansen")
    assert (await ward.recall(ward.as_(ward.boss), first)).status_code == 200
    assert (await ward.recall(ward.as_(ward.kari), second)).status_code == 200
    assert await ward.statuses(first) == await ward.statuses(second) == ["recalled"]


@pytest.mark.rule("SGN-008")
async def test_a_leader_may_choose_himself_and_the_record_shows_it(ward: Any) -> None:
    asked = await ward.ask(ward.asks.signature(ward.kari, ward.boss, asked_by=ward.boss))
    assert (await ward.decide(ward.as_(ward.boss), asked)).status_code == 200
    signed, sent = (await ward.see(ward.as_(ward.kari), asked))["history"]
    assert (sent["act"], signed["act"]) == ("asked", "signed")
    assert sent["by_person_id"] == signed["by_person_id"] == str(ward.boss.person_id)


@pytest.mark.rule("SGN-010")
async def test_one_request_lists_every_plan_it_counts_in(ward: Any) -> None:
    asked = ward.asks.signature(ward.kari, ward.siri)
    [plan] = asked.subject.plans
    both = (plan, plan.model_copy(update={"plan_id": new_id(), "name": "LIS1-plan"}))
    asked = asked.model_copy(update={"subject": asked.subject.model_copy(update={"plans": both})})
    await ward.ask(asked)
    [row] = await ward.rows(ward.as_(ward.siri), "signatures")
    assert row["plans"] == ["Introduksjonsplan", "LIS1-plan"]
    [created] = await ward.signing.told(RequestCreated)
    assert created.subject.plans == both


@pytest.mark.rule("SGN-010")
async def test_registrations_of_one_requirement_in_two_trusts_have_a_request_each(ward: Any) -> None:
    requirement = new_id()
    for _ in range(2):
        await ward.ask(ward.asks.signature(ward.kari, ward.siri, requirement=requirement))
    assert len(await ward.rows(ward.as_(ward.siri), "signatures")) == 2


@pytest.mark.rule("SGN-121", "SGN-011")
@pytest.mark.parametrize("kind", list(RequestKind))
async def test_a_new_request_ends_the_open_one_on_the_same_subject(ward: Any, kind: RequestKind) -> None:
    old = await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.siri, ward.boss))
    new = old.model_copy(update={"request_id": new_id()})
    await ward.ask(new)
    [lapsed] = await ward.signing.told(RequestLapsed)
    assert lapsed.request_id == old.request_id
    assert lapsed.cause is LapseCause.SUPERSEDED
    assert lapsed.replaced_by == new.request_id
    assert set(await ward.statuses(old)) == {"lapsed"}
    assert set(await ward.statuses(new)) == {"waiting"}


@pytest.mark.rule("SGN-011")
async def test_a_sending_older_than_the_open_one_is_refused_and_told_who_has_it(ward: Any) -> None:
    newer = await ward.ask(ward.asks.signature(ward.kari, ward.siri))
    older = newer.model_copy(update={"request_id": new_id()})
    await ward.signing.deliver(older, at=ward.signing.clock.now() - timedelta(minutes=1))
    [told] = await ward.signing.told(RequestRefused)
    assert told.code is RefusalCode.ALREADY_WAITING
    assert "Siri Moe" in told.text_nb
    assert "Siri Moe" in told.text_en
    assert await ward.statuses(newer) == ["waiting"]


@pytest.mark.rule("SGN-011")
async def test_another_repetition_of_the_same_activity_may_wait_beside(ward: Any) -> None:
    first = await ward.ask(ward.asks.repetitions(ward.kari, ward.siri, date(2026, 11, 1)))
    second = ward.asks.repetitions(
        ward.kari, ward.siri, date(2026, 11, 2), subject=first.subject.id,
        requirement=first.subject.requirement_id,
    )  # fmt: skip
    await ward.ask(second)
    assert await ward.signing.told(RequestLapsed) == []
    assert await ward.statuses(first) == await ward.statuses(second) == ["waiting"]


@pytest.mark.rule("SGN-012")
async def test_to_another_person_one_recalls_and_sends_anew(ward: Any) -> None:
    old = await ward.ask(ward.asks.signature(ward.kari, ward.siri))
    assert (await ward.recall(ward.as_(ward.kari), old)).status_code == 200
    new = await ward.ask(ward.asks.signature(ward.kari, ward.ola, subject=old.subject.id, revision=2))
    assert await ward.tasks(ward.as_(ward.siri)) == {
        "signatures": 0,
        "goals": 0,
        "plans": 0,
        "training_time": 0,
    }
    assert (await ward.tasks(ward.as_(ward.ola)))["signatures"] == 1
    assert await ward.statuses(new) == ["waiting"]


@pytest.mark.rule("SGN-163")
async def test_a_known_request_id_and_a_repeated_event_have_no_effect(ward: Any) -> None:
    asked, event_id = ward.asks.signature(ward.kari, ward.siri), new_id()
    await ward.signing.deliver(asked, event_id=event_id)
    await ward.signing.deliver(asked, event_id=event_id)
    changed = asked.model_copy(
        update={"comment": "en annen", "addressee": ward.asks.goal(ward.kari, ward.ola).addressee}
    )
    await ward.ask(changed)
    assert len(await ward.signing.told(RequestCreated)) == 1
    assert (await ward.stored(asked))["comment"] is None
    assert (await ward.tasks(ward.as_(ward.ola)))["signatures"] == 0


@pytest.mark.rule("SGN-163")
async def test_a_refused_request_stays_refused_when_it_is_told_again(ward: Any) -> None:
    asked = await ward.ask(ward.asks.signature(ward.kari, None))
    await ward.ask(asked)
    assert len(await ward.signing.told(RequestRefused)) == 1


@pytest.mark.parametrize("unknown", ["employee", "position", "addressee"])
async def test_what_speaks_of_people_not_known_yet_waits_for_them(ward: Any, unknown: str) -> None:
    asked = ward.asks.signature(ward.kari, ward.siri)
    newcomer = ward.world.person("Nils", "Ny").at(ward.kari.unit, leader=ward.boss)
    if unknown == "addressee":
        address = asked.addressee.model_copy(update={"person_id": newcomer.person_id})
        asked = asked.model_copy(update={"addressee": address})
    else:
        changes = {"position_id": newcomer.position_id}
        if unknown == "employee":
            changes["person_id"] = newcomer.person_id
        asked = asked.model_copy(update={"employee": asked.employee.model_copy(update=changes)})
    await ward.signing.deliver(asked)
    assert len(await ward.signing.held()) == 1
    assert await ward.signing.told(RequestCreated) == []
    await ward.signing.deliver(*ward.world.news())
    ward.signing.clock.move(seconds=2)
    await ward.signing.inbox.retry_due()
    assert len(await ward.signing.told(RequestCreated)) == 1
    assert await ward.signing.held() == []


@pytest.mark.rule("SGN-020")
async def test_the_frozen_basis_is_shown_with_its_hash_whatever_happens_later(ward: Any) -> None:
    asked = await ward.ask(ward.asks.goal(ward.kari, ward.boss))
    seen = await ward.see(ward.as_(ward.boss), asked)
    assert type(asked.snapshot).model_validate(seen["basis"]) == asked.snapshot
    assert seen["content_hash"] == content_hash(asked.snapshot)
    await ward.decide(ward.as_(ward.boss), asked)
    pool = ward.signing.runtime.database.pool
    decided = await pool.fetchrow("select content_hash from decision")
    assert decided["content_hash"] == seen["content_hash"]


@pytest.mark.rule("SGN-021", "SGN-022", "SGN-023", "SGN-024")
@pytest.mark.parametrize("kind", list(RequestKind))
async def test_the_basis_of_every_kind_is_shown_whole(ward: Any, kind: RequestKind) -> None:
    asked = await ward.ask(ward.asks.of_kind(kind, ward.kari, ward.siri, ward.boss))
    decider = ward.siri if (await ward.stored(asked))["list"] == "signatures" else ward.boss
    seen = await ward.see(ward.as_(decider), asked)
    assert seen["basis"] == asked.snapshot.model_dump(mode="json", exclude_none=True)
    told = set(type(asked.snapshot).model_fields) - {"comment"}  # the asker's, which may be left out
    assert told <= set(seen["basis"])


async def test_a_basis_that_is_not_what_its_hash_says_is_kept_back(ward: Any) -> None:
    asked = ward.asks.signature(ward.kari, ward.siri).model_copy(update={"content_hash": "0" * 64})
    await ward.signing.deliver(asked)
    [held] = await ward.signing.held()
    assert "content hash" in held.reason
    assert await ward.signing.told() == []
