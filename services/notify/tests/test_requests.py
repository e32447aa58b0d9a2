"""Alerts of requests and of decisions on them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from stafett_chassis.clock import SetClock
from stafett_contracts import plans, signing, training_time
from stafett_contracts.event import Event
from stafett_contracts.ids import (
    BatchId,
    DeadlineId,
    DecisionId,
    GoalKey,
    GoalNumber,
    PlanId,
    RequestId,
    TrainingTimeId,
    new_id,
)
from stafett_contracts.values import NamedGoal
from stafett_contracts.vocabulary import (
    AddresseeKind,
    AssignmentReason,
    LapseCause,
    ReassignmentCause,
    RefusalCode,
    RequestKind,
    RequestStatus,
    TrainingTimeCause,
    TrainingTimeStatus,
    WithdrawnBy,
)
from stafett_testing.service import ServiceUnderTest


@pytest.mark.rule("NTF-005")
@pytest.mark.parametrize("kind", ["rhf", "municipal"])
async def test_an_undone_goal_approval_is_an_alert_at_regions_and_an_email_at_the_municipal_site(
    start: Any, make_scene: Callable[[ServiceUnderTest], Any], smtp: Any, kind: str
) -> None:
    async with start(site_kind=kind) as under_test:
        scene = make_scene(under_test)
        await scene.begin()
        request, decision = RequestId(new_id()), DecisionId(new_id())
        await scene.deliver(
            scene.request(
                signing.RequestSigned, scene.kari, scene.boss, request_id=request, about=RequestKind.GOAL,
                status=RequestStatus.SIGNED, decision_id=decision,
            ),
            by=scene.by(scene.boss),
        )  # fmt: skip
        assert await scene.home(scene.kari) == {"ok": 1}
        await scene.deliver(
            scene.request(
                signing.RequestReopened, scene.kari, scene.boss, request_id=request, about=RequestKind.GOAL,
                cancelled_decision_id=decision,
            ),
            signing.GoalApprovalWithdrawn(
                revision=1, decision_id=decision, person=scene.person(scene.kari),
                goal=NamedGoal(goal_number=GoalNumber("FKM-001"), goal_key=GoalKey("FKM1")), decided_by=scene.decider(scene.boss),
                decided_at=scene.clock.now(), by=WithdrawnBy.LEADER, request_id=request,
            ),
            by=scene.by(scene.boss),
        )  # fmt: skip
        await scene.hand_over()
        mailed = [mail.subject for mail in smtp.messages if "trukket tilbake" in mail.subject]
        if kind == "rhf":
            assert await scene.lines(scene.kari, "upd") == [
                "Signeringen eller avvisningen av FKM-001 er avbrutt"
            ]
            assert mailed == []
        else:
            assert await scene.home(scene.kari) == {}
            assert mailed == ["Kompetanseportalen: Godkjenning av læringsmål er trukket tilbake"]


async def test_a_request_is_mailed_and_counted_but_no_line_on_a_card(scene: Any, smtp: Any) -> None:
    event = scene.request(signing.RequestCreated, scene.kari, scene.boss, request_id=RequestId(new_id()))
    await scene.deliver(event, scene.counts(scene.boss, 1, signatures=1), by=scene.by(scene.kari))
    assert await scene.home(scene.boss) == {"f_sign": 1}
    assert await scene.lines(scene.boss, "f_sign") == []
    await scene.hand_over()
    assert [mail.subject for mail in smtp.messages] == [
        "Kompetanseportalen: Kari Hansen ber om signatur på HLR"
    ]


@pytest.mark.parametrize(
    ("about", "key", "card"),
    [
        (RequestKind.PLAN, "plan", "ok"),
        (RequestKind.GOAL, "goal", "ok"),
        (RequestKind.REQUIREMENT, "item", "ok"),
        (RequestKind.TRAINING_TIME, "time", "ok"),
    ],
)
async def test_a_decision_is_told_and_gone_when_it_is_undone(
    scene: Any, about: RequestKind, key: str, card: str
) -> None:
    request, decision = RequestId(new_id()), DecisionId(new_id())
    await scene.deliver(
        scene.request(
            signing.RequestSigned, scene.kari, scene.boss, request_id=request, about=about,
            status=RequestStatus.SIGNED, decision_id=decision,
        ),
        by=scene.by(scene.boss),
    )  # fmt: skip
    [line] = await scene.lines(scene.kari, card)
    assert (
        line
        == {
            "plan": "Planen Akuttmedisin er godkjent",
            "goal": "Læringsmålet FKM-001 er godkjent",
            "item": "HLR er signert",
            "time": "Utdanningstid 01.01.2026–30.06.2026 er signert",
        }[key]
    )
    await scene.deliver(
        scene.request(
            signing.RequestReopened, scene.kari, scene.boss, request_id=request, about=about,
            cancelled_decision_id=decision,
        ),
        by=scene.by(scene.boss),
    )  # fmt: skip
    assert await scene.home(scene.kari) == {"upd": 1}


async def test_a_rejection_is_gone_when_the_item_is_sent_again(scene: Any, clock: SetClock) -> None:
    subject = new_id()
    first, second = RequestId(new_id()), RequestId(new_id())
    await scene.deliver(
        scene.request(
            signing.RequestRejected, scene.kari, scene.boss, request_id=first, subject_id=subject,
            status=RequestStatus.REJECTED, decision_id=new_id(),
        ),
        by=scene.by(scene.boss),
    )  # fmt: skip
    assert await scene.lines(scene.kari, "no") == ["HLR er avvist"]
    clock.move(minutes=1)
    await scene.deliver(
        scene.request(signing.RequestCreated, scene.kari, scene.boss, request_id=second, subject_id=subject),
        by=scene.by(scene.kari),
    )
    assert await scene.home(scene.kari) == {}


async def test_a_reassigned_request_asks_the_new_approver(scene: Any) -> None:
    request = RequestId(new_id())
    about = RequestKind.PLAN
    created = scene.request(signing.RequestCreated, scene.kari, scene.boss, request_id=request, about=about)
    await scene.deliver(created, by=scene.by(scene.kari))
    moved = scene.request(
        signing.RequestReassigned, scene.kari, scene.per, request_id=request, about=about,
        old_addressee=created.addressee, cause=ReassignmentCause.LEADER_CHANGED,
    )  # fmt: skip
    await scene.deliver(moved, by=scene.by(scene.kari))
    stored = await scene.stored("request.plan_approval")
    assert [(row["person_id"], row["state"]) for row in stored] == [
        (scene.boss.person_id, "resolved"),
        (scene.per.person_id, "active"),
    ]


async def test_a_request_to_a_leader_unknown_to_signing_goes_to_the_leader_of_the_position(
    scene: Any,
) -> None:
    created = scene.request(
        signing.RequestCreated, scene.kari, None, request_id=RequestId(new_id()), about=RequestKind.PLAN,
    )  # fmt: skip
    addressee = created.addressee.model_copy(
        update={"kind": AddresseeKind.LEADER_OF, "position_id": scene.kari.position_id}
    )
    await scene.deliver(created.model_copy(update={"addressee": addressee}), by=scene.by(scene.kari))
    [row] = await scene.stored("request.plan_approval")
    assert row["person_id"] == scene.boss.person_id


async def test_a_request_taken_back_is_told_to_whom_it_waited_for(scene: Any) -> None:
    for kind, fields in (
        (signing.RequestRecalled, {"revision": 2}),
        (signing.RequestLapsed, {"cause": LapseCause.CHANGED, "was": RequestStatus.WAITING}),
    ):
        event = scene.request(
            kind,
            scene.kari,
            scene.boss,
            request_id=RequestId(new_id()),
            status=RequestStatus.LAPSED,
            **fields,
        )
        await scene.deliver(event, by=scene.by(scene.kari))
    assert (
        await scene.lines(scene.boss, "fol") == ["Kari Hansen har trukket tilbake en forespørsel til deg"] * 2
    )


@pytest.mark.rule("NTF-111")
async def test_a_request_taken_back_before_it_was_shown_is_told_to_nobody(scene: Any) -> None:
    event = scene.request(
        signing.RequestRecalled, scene.kari, scene.boss, request_id=RequestId(new_id()),
        status=RequestStatus.LAPSED, revision=1,
    )  # fmt: skip
    await scene.deliver(event, by=scene.by(scene.kari))
    assert await scene.stored("followup.request_withdrawn") == []


async def test_whoever_decided_too_late_is_told(scene: Any) -> None:
    event = scene.request(
        signing.RequestLapsed, scene.kari, scene.per, request_id=RequestId(new_id()),
        status=RequestStatus.LAPSED, cause=LapseCause.CHANGED, was=RequestStatus.SIGNED,
        decider=scene.decider(scene.boss),
    )  # fmt: skip
    await scene.deliver(event, by=scene.by(scene.kari))
    assert await scene.home(scene.boss) == {"fol": 1}
    assert await scene.home(scene.per) == {}


async def test_a_request_nobody_handles_is_told_to_who_asked_and_whom_it_concerns(scene: Any) -> None:
    refused = scene.request(
        signing.RequestRefused, scene.kari, scene.boss, request_id=RequestId(new_id()),
        code=RefusalCode.ADDRESSEE_INACTIVE, text_nb="x", text_en="x", asked_by=scene.party(scene.per),
    )  # fmt: skip
    lapsed = scene.request(
        signing.RequestLapsed, scene.kari, scene.boss, request_id=RequestId(new_id()),
        cause=LapseCause.ADDRESSEE_INACTIVE, was=RequestStatus.WAITING, status=RequestStatus.LAPSED,
    )  # fmt: skip
    reset = scene.request(
        signing.RequestLapsed, scene.kari, scene.boss, request_id=RequestId(new_id()),
        cause=LapseCause.RESET, was=RequestStatus.WAITING, status=RequestStatus.LAPSED,
    )  # fmt: skip
    await scene.deliver(refused, lapsed, reset)
    assert await scene.home(scene.kari) == {"no": 2}
    assert await scene.home(scene.per) == {"no": 1}


@pytest.mark.rule("NTF-054")
async def test_one_act_on_many_is_one_alert_a_plan_with_its_items(scene: Any) -> None:
    batch = BatchId(new_id())
    signed = [
        scene.request(
            signing.RequestSigned, scene.kari, scene.boss, request_id=RequestId(new_id()),
            status=RequestStatus.SIGNED, decision_id=new_id(),
        )
        for _ in range(3)
    ]  # fmt: skip
    await scene.deliver(*signed[:2], by=scene.by(scene.boss), batch_id=batch)
    await scene.deliver(signed[2], by=scene.by(scene.boss), batch_id=batch)
    assert await scene.lines(scene.kari, "ok") == ["3 krav/læringsaktiviteter er signert"]
    deadlines = [
        scene.deadline(plans.DeadlineSet, scene.kari, DeadlineId(new_id()), date(2027, 1, 10))
        for _ in range(2)
    ]
    await scene.deliver(*deadlines, by=scene.by(scene.boss), batch_id=BatchId(new_id()))
    assert await scene.lines(scene.kari, "upd") == ["2 krav har fått frist"]
    ended = [
        scene.deactivated(
            scene.assigned(scene.per, plan_id=PlanId(new_id()), plan_name=name),
            scene.per,
            AssignmentReason.POSITION_ENDED,
        )
        for name in ("Akutt", "Brann")
    ]
    await scene.deliver(*ended, batch_id=BatchId(new_id()))
    assert await scene.lines(scene.per, "upd") == ["2 av planene dine er deaktivert"]


@pytest.mark.rule("NTF-006")
async def test_training_time_is_told_of_by_its_signature_and_not_by_its_status(
    scene: Any, clock: SetClock
) -> None:
    registration = TrainingTimeId(new_id())

    def status(revision: int, now: TrainingTimeStatus, why: TrainingTimeCause) -> Event:
        return training_time.RegistrationStatusChanged(
            revision=revision, registration_id=registration, person_id=scene.kari.person_id,
            content_revision=1, status=now, cause=why,
        )  # fmt: skip

    waiting, completed = TrainingTimeStatus.WAITING, TrainingTimeStatus.COMPLETED
    await scene.deliver(status(1, waiting, TrainingTimeCause.SENT), by=scene.by(scene.boss))
    await scene.deliver(status(2, completed, TrainingTimeCause.SIGNED), by=scene.by(scene.boss))
    assert await scene.home(scene.kari) == {}
    signed = scene.request(
        signing.RequestSigned, scene.kari, scene.boss, request_id=RequestId(new_id()),
        about=RequestKind.TRAINING_TIME, subject_id=registration, status=RequestStatus.SIGNED,
        decision_id=new_id(),
    )  # fmt: skip
    await scene.deliver(signed, by=scene.by(scene.boss))
    assert await scene.home(scene.kari) == {"ok": 1}
    clock.move(minutes=1)
    await scene.deliver(status(3, waiting, TrainingTimeCause.CHANGED), by=scene.by(scene.kari))
    assert await scene.home(scene.kari) == {}
