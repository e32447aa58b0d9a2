"""Which events alert whom, once, and until when."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from stafett_chassis.clock import SetClock
from stafett_contracts import identity, plans, signing
from stafett_contracts.event import encode, source_of
from stafett_contracts.ids import (
    BatchId,
    DeadlineId,
    InvitationId,
    PlanId,
    RegistrationId,
    RequestId,
    RequirementId,
    RunId,
    SecondmentId,
    UnitId,
    new_id,
)
from stafett_contracts.values import Affected, NamedRequirement
from stafett_contracts.vocabulary import (
    AddresseeKind,
    AssignmentReason,
    InvitationRole,
    InvitationState,
    ItemStatus,
    LapseCause,
    LeaderChangeCause,
    Origin,
    PlanState,
    PlanType,
    PlanVariant,
    ReassignmentCause,
    RefusalCode,
    RequestKind,
    RequestStatus,
    ResetCause,
    SecondmentState,
)
from stafett_notify.alerts import topics
from stafett_testing.people import Position
from stafett_testing.service import ServiceUnderTest

TODAY = date(2026, 12, 1)


async def test_an_assigned_plan_is_told_to_its_holder(scene: Any) -> None:
    event = scene.assigned(scene.kari)
    await scene.deliver(event, by=scene.by(scene.boss))
    assert await scene.home(scene.kari) == {"upd": 1}
    [alert] = await scene.alerts(scene.kari, "upd")
    assert alert["text"] == {
        "nb": "Du er tildelt planen Akuttmedisin",
        "en": "You have been assigned the plan Akuttmedisin",
    }
    assert alert["actor_name"] == "Torbjørn Engeskår"
    assert alert["link"] == f"/plans/{event.assignment_id}"
    assert await scene.home(scene.boss) == {}


@pytest.mark.rule("NTF-011")
async def test_nobody_is_alerted_about_their_own_acts_and_who_is_acted_for_is(scene: Any) -> None:
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.kari))
    assert await scene.home(scene.kari) == {}
    deputy = scene.by(scene.per).model_copy(update={"on_behalf_of": scene.kari.person_id})
    await scene.deliver(scene.assigned(scene.kari), by=deputy)
    assert await scene.home(scene.kari) == {"upd": 1}


@pytest.mark.rule("NTF-015")
@pytest.mark.parametrize("origin", [Origin.SYNC, Origin.MIGRATION, Origin.INITIAL_LOAD])
async def test_what_other_sites_and_first_loads_tell_alerts_nobody(scene: Any, origin: Origin) -> None:
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss), origin=origin)
    newcomer = scene.world.person("Liv", "Moe").at(scene.ward, leader=scene.boss)
    await scene.notify.deliver(*scene.world.news(), origin=origin)
    await scene.deliver(
        scene.verification(newcomer, "liv@post.example"),
        origin=origin,
    )
    assert await scene.home(scene.kari) == {}
    assert await scene.home(scene.boss) == {}
    assert await scene.hand_over() == 0


@pytest.mark.rule("NTF-007", "NTF-015")
async def test_a_position_that_continues_another_is_no_new_employee(scene: Any) -> None:
    later = scene.world.person("Liv", "Moe").at(
        scene.ward, leader=scene.boss, predecessor_id=scene.kari.position_id
    )
    await scene.news()
    assert later.leader is scene.boss
    assert await scene.home(scene.boss) == {}


@pytest.mark.rule("NTF-007")
@pytest.mark.parametrize("cause", list(LeaderChangeCause))
async def test_a_new_leader_is_told_of_a_new_employee(scene: Any, cause: LeaderChangeCause) -> None:
    chief = scene.world.person("Gro", "Tø").at(scene.hf)
    scene.world.set_leader(scene.kari, chief, cause=cause)
    await scene.news()
    told = cause not in (LeaderChangeCause.LEADER_MOVED, LeaderChangeCause.MANUAL_REMOVED)
    assert await scene.home(chief) == ({"fol": 1} if told else {})
    if told:
        assert await scene.lines(chief, "fol") == ["Kari Hansen er allokert til Medisinsk sengepost"]


@pytest.mark.rule("NTF-007")
async def test_the_same_leader_is_not_told_again(scene: Any) -> None:
    other = scene.boss.person.at(scene.hf)
    scene.world.set_leader(scene.kari, other, cause=LeaderChangeCause.HR)
    await scene.news()
    assert await scene.home(other) == {}


@pytest.mark.rule("NTF-007")
async def test_the_employees_of_one_import_to_one_unit_are_one_alert(scene: Any) -> None:
    run = RunId(new_id())
    chief = scene.world.person("Gro", "Tø").at(scene.hf)
    far = scene.world.unit("Sengepost 2", parent=scene.hf)
    await scene.news()
    for name, unit in (("Ane", scene.ward), ("Bo", scene.ward), ("Cia", far)):
        scene.world.person(name, "Moe").at(unit, leader=chief)
    events = scene.world.news()
    def brought(event: Any) -> bytes:
        return encode(
            event,
            id=new_id(),
            time=scene.clock.now(),
            source=source_of("vest", "identity"),
            site="vest",
            origin=Origin.IMPORT,
            run_id=run,
        )

    await scene.notify.inbox.take([brought(event) for event in events])
    assert sorted(await scene.lines(chief, "fol")) == [
        "2 ansatte er allokert til Medisinsk sengepost",
        "Cia Moe er allokert til Sengepost 2",
    ]


@pytest.mark.rule("NTF-110")
async def test_events_that_come_again_make_one_alert(scene: Any) -> None:
    event = scene.assigned(scene.kari)
    again = new_id()
    await scene.deliver(event, by=scene.by(scene.boss), event_id=again)
    await scene.deliver(event, by=scene.by(scene.boss), event_id=again)
    await scene.deliver(event, by=scene.by(scene.boss))
    await scene.deliver(event, event, by=scene.by(scene.boss))
    assert await scene.home(scene.kari) == {"upd": 1}
    assert await scene.hand_over() == 1


async def test_workers_that_hear_the_same_at_once_make_one_alert(
    scene: Any, start: Any, make_scene: Callable[[ServiceUnderTest], Any]
) -> None:
    event = scene.assigned(scene.kari)
    async with start() as other:
        await asyncio.gather(
            *(worker.deliver(event, by=scene.by(scene.boss)) for worker in (scene.notify, other) * 4)
        )
    assert await scene.home(scene.kari) == {"upd": 1}
    assert len(await scene.stored("assignment.assigned")) == 1


@pytest.mark.rule("NTF-111")
async def test_what_was_ended_before_it_was_heard_of_is_never_shown(scene: Any, clock: SetClock) -> None:
    assigned = scene.assigned(scene.kari)
    ended = scene.deactivated(assigned, scene.kari)
    await scene.deliver(ended, by=scene.by(scene.boss))
    clock.move(days=29)
    await scene.notify.run_job("tidy")
    await scene.deliver(assigned, by=scene.by(scene.boss), at=clock.now() - timedelta(days=29))
    assert await scene.stored("assignment.assigned") == []

    request = RequestId(new_id())
    created = scene.request(signing.RequestCreated, scene.kari, scene.boss, request_id=request)
    recalled = scene.request(
        signing.RequestRecalled, scene.kari, scene.boss, request_id=request, status=RequestStatus.RECALLED
    )
    await scene.deliver(recalled, by=scene.by(scene.kari))
    await scene.deliver(created, by=scene.by(scene.kari))
    assert await scene.stored("request.signature") == []
    await scene.deliver(counts(scene.boss, 2, waiting=3))
    await scene.deliver(counts(scene.boss, 1, waiting=4))
    assert (await scene.home(scene.boss))["f_sign"] == 3


def counts(position: Position, revision: int, *, waiting: int) -> signing.CountsChanged:
    return signing.CountsChanged(
        revision=revision,
        person_id=position.person_id,
        lists=(signing.ListCount(list="signatures", waiting=waiting, has_handled=False),),
    )


async def test_one_who_ends_and_one_who_raises_at_the_same_time_leave_no_untrue_alert(
    scene: Any, start: Any
) -> None:
    async with start() as other:
        for _ in range(15):
            assigned = scene.assigned(scene.kari)
            ended = scene.deactivated(assigned, scene.kari, AssignmentReason.INACTIVITY)
            await asyncio.gather(
                scene.notify.deliver(assigned, by=scene.by(scene.boss)),
                other.deliver(ended, by=scene.by(scene.boss)),
            )
    assert [
        row["state"] for row in await scene.stored("assignment.assigned") if row["state"] == "active"
    ] == []


async def test_a_late_event_is_shown_with_its_own_time_and_not_mailed(scene: Any, clock: SetClock) -> None:
    then = clock.now() - timedelta(hours=72, seconds=1)
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss), at=then)
    [alert] = await scene.alerts(scene.kari, "upd")
    assert alert["occurred_at"].startswith("2026-11-28T08:59:59")
    assert await scene.hand_over() == 0
    just_in_time = clock.now() - timedelta(hours=72)
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss), at=just_in_time)
    assert await scene.hand_over() == 1

    await scene.deliver(scene.verification(scene.kari, "ny@post.example"), at=clock.now() - timedelta(days=30, seconds=1))
    assert await scene.hand_over(after=None) == 0
    await scene.deliver(scene.verification(scene.kari, "ny@post.example"), at=clock.now() - timedelta(days=29))
    assert await scene.hand_over(after=None) == 1


@pytest.mark.rule("NTF-114")
async def test_an_event_waits_ten_minutes_for_a_person_and_is_then_parked(
    scene: Any, clock: SetClock
) -> None:
    liv = scene.world.person("Liv", "Moe").at(scene.ward)
    late = scene.world.news()
    stranger = scene.world.person("Bo", "Lie").at(scene.ward)
    scene.world.news()  # never told
    await scene.notify.deliver(
        scene.assigned(liv), scene.assigned(stranger), scene.assigned(scene.kari), by=scene.by(scene.boss)
    )
    assert len(await scene.notify.held()) == 2
    assert await scene.home(scene.kari) == {"upd": 1}, "others are not blocked"
    clock.move(minutes=2)
    await scene.notify.deliver(*late)
    await scene.notify.inbox.retry_due()
    assert await scene.home(liv) == {"upd": 1}
    for _ in range(20):
        clock.move(seconds=45)
        await scene.notify.inbox.retry_due()
    [parked] = await scene.notify.held("dead")
    assert parked.type == "plans.assignment.created.v1"
    assert (parked.due_at - parked.held_at) < timedelta(minutes=11)
    manager = scene.world.person("Siri", "Sol").at(scene.hf)
    scene.world.grant(manager, "system_manager", scene.hf)
    await scene.news()
    client = scene.client(manager)
    [seen] = (await client.get("/admin/parked-events")).json()
    assert str(stranger.person_id) in seen["reason"]
    assert (await scene.client(scene.kari).get("/admin/parked-events")).status_code == 403
    assert (
        await scene.client(scene.kari).post(f"/admin/parked-events/{seen['id']}/replay")
    ).status_code == 403
    assert (await client.post(f"/admin/parked-events/{seen['id']}/replay")).status_code == 204
    assert (await client.post(f"/admin/parked-events/{seen['id'] + 1}/replay")).status_code == 404
    assert await scene.notify.held("dead") == []


@pytest.mark.rule("NTF-009")
async def test_the_leader_of_the_moment_is_told_and_nobody_in_the_leaders_place(scene: Any) -> None:
    stand_in = scene.world.person("Siri", "Moe").at(scene.ward)
    scene.world.deputy(scene.boss, stand_in.person)
    admin = scene.world.person("Gro", "Tø").at(scene.hf)
    scene.world.grant(admin, "hf_admin", scene.hf)
    scene.world.grant(stand_in, "delegated_leader", scene.ward)
    manual = scene.world.person("Liv", "Lie").at(scene.ward)
    await scene.notify.deliver(*scene.world.news(), origin=Origin.INITIAL_LOAD)
    scene.world.set_leader(scene.kari, manual, cause=LeaderChangeCause.MANUAL_REMOVED)
    await scene.notify.deliver(*scene.world.news(), origin=Origin.INITIAL_LOAD)
    registration = RegistrationId(new_id())
    expired = scene.validity(plans.ValidityExpired, scene.kari, registration, TODAY - timedelta(days=1))
    await scene.deliver(expired, origin=Origin.NIGHTLY)
    assert await scene.home(manual) == {"fol": 1}
    for nobody in (scene.boss, stand_in, admin):
        assert await scene.home(nobody) == {}
    scene.world.set_leader(scene.per, None)
    await scene.news()
    alone = scene.validity(
        plans.ValidityExpired, scene.per, RegistrationId(new_id()), TODAY - timedelta(days=1)
    )
    with capture_logs() as logged:
        await scene.deliver(alone, origin=Origin.NIGHTLY)
    assert [line["type"] for line in logged if line["event"] == "no_recipient"] == ["followup.employee_expired"]
    assert await scene.home(scene.per) == {"out": 1}
    assert len(await scene.stored("followup.employee_expired")) == 1


@pytest.mark.rule("NTF-013")
async def test_a_deadline_set_or_changed_is_told_and_one_removed_takes_it_away(scene: Any) -> None:
    deadline = DeadlineId(new_id())
    by = scene.by(scene.boss)
    await scene.deliver(scene.deadline(plans.DeadlineSet, scene.kari, deadline, date(2027, 1, 10)), by=by)
    assert await scene.lines(scene.kari, "upd") == ["HLR har fått frist 10.01.2027"]
    await scene.deliver(scene.deadline(plans.DeadlineSet, scene.kari, deadline, date(2027, 2, 10)), by=by)
    assert await scene.lines(scene.kari, "upd") == ["HLR har fått frist 10.02.2027"]
    await scene.deliver(scene.deadline(plans.DeadlineRemoved, scene.kari, deadline, None), by=by)
    assert await scene.home(scene.kari) == {}


@pytest.mark.rule("NTF-014")
async def test_an_item_is_told_of_when_it_is_activated_in_the_plan_and_not_before(scene: Any) -> None:
    fields = {
        "plan_id": scene.plan_id,
        "plan_name": "Akuttmedisin",
        "items": (NamedRequirement(requirement_id=scene.requirement_id, name="HLR"),),
        "affected": (Affected(person_id=scene.kari.person_id, position_id=scene.kari.position_id),),
    }
    draft = plans.PlanItemDeactivated(
        revision=1, item_id=new_id(), plan_id=scene.plan_id, plan_name="Akuttmedisin",
        requirement_id=scene.requirement_id, requirement_name="HLR", state="inactive",
        changed_at=scene.clock.now(),
    )  # fmt: skip
    await scene.deliver(draft, by=scene.by(scene.boss))
    assert await scene.home(scene.kari) == {}
    await scene.deliver(plans.PlanItemsActivated(revision=5, **fields), by=scene.by(scene.boss))
    assert await scene.lines(scene.kari, "upd") == ["HLR er lagt til i planen Akuttmedisin"]
    await scene.deliver(plans.PlanItemsDeactivated(revision=6, **fields), by=scene.by(scene.boss))
    assert await scene.lines(scene.kari, "upd") == ["HLR er deaktivert i planen Akuttmedisin"]


async def test_items_added_in_one_act_are_one_alert(scene: Any) -> None:
    items = tuple(NamedRequirement(requirement_id=RequirementId(new_id()), name=name) for name in "abc")
    event = plans.PlanItemsActivated(
        revision=5, plan_id=scene.plan_id, plan_name="Akutt", items=items,
        affected=(Affected(person_id=scene.kari.person_id), Affected(person_id=scene.per.person_id)),
    )  # fmt: skip
    await scene.deliver(event, by=scene.by(scene.boss))
    for holder in (scene.kari, scene.per):
        assert await scene.lines(holder, "upd") == ["3 krav/aktiviteter er lagt til i planen Akutt"]
    gone = plans.PlanItemsDeactivated(
        revision=6, plan_id=scene.plan_id, plan_name="Akutt", items=items[:2],
        affected=(Affected(person_id=scene.kari.person_id),),
    )  # fmt: skip
    await scene.deliver(gone, by=scene.by(scene.boss))
    assert "c er lagt til i planen Akutt" in await scene.lines(scene.kari, "upd")


@pytest.mark.rule("NTF-016")
async def test_a_plan_inactive_for_long_is_told_by_its_own_email_only(
    start: Any, make_scene: Callable[[ServiceUnderTest], Any], smtp: Any
) -> None:
    async with start(site_kind="municipal") as municipal:
        scene = make_scene(municipal)
        await scene.begin()
        for name in ("Akutt", "Brann"):
            assigned = scene.assigned(scene.kari, plan_name=name)
            inactive = scene.deactivated(assigned, scene.kari, AssignmentReason.INACTIVITY)
            await scene.deliver(inactive, origin=Origin.NIGHTLY, batch_id=BatchId(scene.plan_id))
        assert await scene.stored("assignment.deactivated") == []
        await scene.hand_over()
        [mail] = smtp.messages
        assert "deaktivert grunnet inaktivitet i planen" in mail.subject
        assert "- Akutt\n" in mail.text
        assert "- Brann\n" in mail.text


@pytest.mark.rule("NTF-005")
@pytest.mark.parametrize("kind", ["rhf", "municipal"])
async def test_an_undone_goal_approval_is_an_alert_at_regions_and_an_email_at_the_municipal_site(
    start: Any, make_scene: Callable[[ServiceUnderTest], Any], smtp: Any, kind: str
) -> None:
    async with start(site_kind=kind) as under_test:
        scene = make_scene(under_test)
        await scene.begin()
        request, decision = RequestId(new_id()), new_id()
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
                goal={"goal_number": "FKM-001", "goal_key": "FKM1"}, decided_by=scene.decider(scene.boss),
                decided_at=scene.clock.now(), by="leader", request_id=request,
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
    await scene.deliver(event, counts(scene.boss, 1, waiting=1), by=scene.by(scene.kari))
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
    request, decision = RequestId(new_id()), new_id()
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
        (signing.RequestRecalled, {}),
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


async def test_a_mentor_hears_of_being_chosen_and_of_being_removed(scene: Any) -> None:
    trainee, mentor = scene.kari.person, scene.per.person
    scene.world.mentor(trainee, mentor)
    [registered] = scene.world.news()
    await scene.deliver(registered, by=scene.by(scene.kari))
    assert await scene.lines(scene.per, "men") == ["Kari Hansen har valgt deg som veileder"]
    removed = identity.MentorRemoved(**{**registered.model_dump(), "revision": 2, "cause": "removed"})
    await scene.deliver(removed, by=scene.by(scene.kari))
    assert await scene.lines(scene.per, "men") == ["Kari Hansen har fjernet deg som veileder"]


@pytest.mark.rule("NTF-030")
async def test_alerts_about_an_employee_end_with_the_leader_relation(scene: Any, clock: SetClock) -> None:
    chief = scene.world.person("Gro", "Tø").at(scene.hf)
    await scene.news()
    request = scene.request(
        signing.RequestRecalled, scene.kari, scene.boss, request_id=RequestId(new_id()),
        status=RequestStatus.RECALLED,
    )  # fmt: skip
    expired = [
        scene.validity(plans.ValidityExpired, holder, RegistrationId(new_id()), TODAY - timedelta(days=1))
        for holder in (scene.kari, scene.per)
    ]
    await scene.deliver(request, by=scene.by(scene.kari))
    await scene.deliver(*expired, origin=Origin.NIGHTLY)
    assert await scene.home(scene.boss) == {"fol": 2}
    clock.move(minutes=1)
    scene.world.set_leader(scene.kari, chief, cause=LeaderChangeCause.HR)
    await scene.news()
    assert await scene.lines(scene.boss, "fol") == ["1 medarbeider(e) har 1 utløpt(e) krav/aktiviteter"]
    # the mentor's side
    scene.world.mentor(scene.kari.person, scene.per.person)
    [registered] = scene.world.news()
    await scene.deliver(registered, by=scene.by(scene.kari))
    gone = identity.MentorRemoved(**{**registered.model_dump(), "revision": 2, "cause": "end_date"})
    await scene.deliver(gone, by=scene.by(scene.kari))
    assert [(await scene.stored("mentor.chosen"))[0]["state"]] == ["resolved"]
    assert await scene.home(scene.per) == {"out": 1, "men": 1}


@pytest.mark.rule("NTF-028")
async def test_an_expired_requirement_done_again_is_gone_at_once_and_the_leaders_count_falls(
    scene: Any, clock: SetClock
) -> None:
    registrations = [RegistrationId(new_id()) for _ in range(2)]
    old = TODAY - timedelta(days=1)
    run = [scene.validity(plans.ValidityExpired, scene.kari, one, old) for one in registrations]
    await scene.deliver(*run, origin=Origin.NIGHTLY)
    assert await scene.home(scene.kari) == {"out": 2}
    assert await scene.lines(scene.boss, "fol") == ["1 medarbeider(e) har 2 utløpt(e) krav/aktiviteter"]
    clock.move(minutes=1)
    first = registrations[0]
    await scene.deliver(scene.status(scene.kari, first, ItemStatus.WAITING))
    await scene.deliver(scene.status(scene.kari, first, ItemStatus.EXPIRED, valid_until=old))
    assert await scene.home(scene.kari) == {"out": 2}, "being sent is not enough"
    await scene.deliver(scene.status(scene.kari, first, ItemStatus.FULFILLED, valid_until=date(2027, 12, 1)))
    assert await scene.home(scene.kari) == {"out": 1}
    assert await scene.lines(scene.boss, "fol") == ["1 medarbeider(e) har 1 utløpt(e) krav/aktiviteter"]
    await scene.deliver(scene.status(scene.kari, registrations[1], ItemStatus.FULFILLED))
    assert await scene.home(scene.kari) == {}
    assert await scene.home(scene.boss) == {}


async def test_a_reminder_ends_with_the_last_plan_that_holds_the_item(scene: Any, clock: SetClock) -> None:
    in_plans = tuple(scene.in_plan(scene.kari, new_id()) for _ in range(2))
    soon = scene.validity(
        plans.ValidityExpiring, scene.kari, RegistrationId(new_id()), TODAY + timedelta(days=9),
        assignments=in_plans,
    )  # fmt: skip
    await scene.deliver(soon, origin=Origin.NIGHTLY)
    for left, plan in ((1, in_plans[0]), (0, in_plans[1])):
        clock.move(minutes=1)
        before = scene.assigned(scene.kari, assignment_id=plan.assignment_id)
        await scene.deliver(scene.deactivated(before, scene.kari, AssignmentReason.INACTIVITY))
        assert (await scene.home(scene.kari)).get("soon", 0) == left


@pytest.mark.rule("NTF-113")
async def test_a_reminder_that_comes_too_late_is_not_made(scene: Any) -> None:
    await scene.deliver(
        scene.validity(
            plans.ValidityExpiring, scene.kari, RegistrationId(new_id()), TODAY - timedelta(days=1)
        ),
        scene.deadline(
            plans.DeadlineApproaching, scene.kari, DeadlineId(new_id()), TODAY - timedelta(days=1)
        ),
        origin=Origin.NIGHTLY,
    )
    assert await scene.home(scene.kari) == {}
    await scene.deliver(
        scene.validity(
            plans.ValidityExpired, scene.kari, RegistrationId(new_id()), TODAY - timedelta(days=1)
        ),
        scene.deadline(plans.DeadlinePassed, scene.kari, DeadlineId(new_id()), TODAY - timedelta(days=1)),
        scene.validity(plans.ValidityExpiring, scene.kari, RegistrationId(new_id()), TODAY),
        origin=Origin.NIGHTLY,
    )
    assert await scene.home(scene.kari) == {"out": 2, "soon": 1}


@pytest.mark.rule("NTF-115")
async def test_a_nightly_run_that_is_repeated_makes_no_second_alert(scene: Any, clock: SetClock) -> None:
    registration, deadline = RegistrationId(new_id()), DeadlineId(new_id())
    until = TODAY + timedelta(days=20)
    for _ in range(3):
        await scene.deliver(
            scene.validity(plans.ValidityExpiring, scene.kari, registration, until),
            scene.deadline(plans.DeadlineApproaching, scene.kari, deadline, until),
            origin=Origin.NIGHTLY,
        )
        clock.move(days=1)
    assert await scene.home(scene.kari) == {"soon": 2}
    clock.moment += timedelta(hours=12)
    assert await scene.hand_over() == 2  # one to Kari about the validity, one to her leader


async def test_reminders_turn_into_what_has_passed(scene: Any, clock: SetClock) -> None:
    registration, deadline = RegistrationId(new_id()), DeadlineId(new_id())
    await scene.deliver(
        scene.validity(plans.ValidityExpiring, scene.kari, registration, TODAY),
        scene.deadline(plans.DeadlineApproaching, scene.kari, deadline, TODAY),
        origin=Origin.NIGHTLY,
    )
    clock.move(days=1)
    await scene.deliver(
        scene.validity(plans.ValidityExpired, scene.kari, registration, TODAY),
        scene.deadline(plans.DeadlinePassed, scene.kari, deadline, TODAY),
        origin=Origin.NIGHTLY,
    )
    assert await scene.home(scene.kari) == {"out": 2}
    assert sorted(await scene.lines(scene.kari, "out")) == [
        "Fristen for HLR gikk ut 01.12.2026",
        "HLR utløp 01.12.2026",
    ]
    clock.move(minutes=1)
    await scene.deliver(
        scene.status(scene.kari, registration, ItemStatus.FULFILLED, valid_until=date(2027, 12, 1))
    )
    assert await scene.home(scene.kari) == {}


async def test_a_reset_is_told_until_the_item_is_fulfilled_again(scene: Any, clock: SetClock) -> None:
    event = plans.ItemReset(
        revision=4, requirement_id=scene.requirement_id, requirement_name="HLR", cause=ResetCause.RESET,
        reset_at=clock.now(),
        affected=(Affected(person_id=scene.kari.person_id, position_id=scene.kari.position_id),),
    )  # fmt: skip
    await scene.deliver(event, by=scene.by(scene.boss))
    assert await scene.lines(scene.kari, "upd") == ["HLR er nullstilt og må gjennomføres på nytt"]
    clock.move(minutes=1)
    await scene.deliver(scene.status(scene.kari, RegistrationId(new_id()), ItemStatus.FULFILLED))
    assert await scene.home(scene.kari) == {}


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


async def test_a_plan_reactivated_and_deactivated_shows_only_what_holds(scene: Any) -> None:
    assigned = scene.assigned(scene.kari)
    off = scene.deactivated(assigned, scene.kari)
    on = scene.assignment(plans.AssignmentReactivated, scene.kari, assignment_id=assigned.assignment_id)
    by = scene.by(scene.boss)
    await scene.deliver(assigned, by=by)
    await scene.deliver(off, by=by)
    assert await scene.lines(scene.kari, "upd") == ["Planen Akuttmedisin er deaktivert"]
    await scene.deliver(on, by=by)
    assert await scene.lines(scene.kari, "upd") == ["Planen Akuttmedisin er reaktivert"]


async def test_an_alert_follows_its_assignment_to_another_position(scene: Any) -> None:
    second = scene.kari.person.at(scene.world.unit("Mottak", parent=scene.hf))
    await scene.notify.deliver(*scene.world.news(), origin=Origin.INITIAL_LOAD)
    assigned = scene.assigned(scene.kari)
    await scene.deliver(assigned, by=scene.by(scene.boss))
    moved = scene.assignment(
        plans.AssignmentMoved, second, assignment_id=assigned.assignment_id,
        from_position_id=scene.kari.position_id, to_position_id=second.position_id,
    )  # fmt: skip
    await scene.deliver(moved)
    [alert] = await scene.alerts(scene.kari, "upd")
    assert alert["other_position"] == {"position_id": str(second.position_id), "unit_name": "Mottak"}
    [alert] = await scene.alerts(second, "upd")
    assert alert["other_position"] is None


async def test_document_owners_and_responsibles_are_told_until_another_takes_over(scene: Any) -> None:
    def roles(revision: int, owner: Position) -> plans.PlanDocumentRolesSet:
        return plans.PlanDocumentRolesSet(
            revision=revision, plan_id=scene.plan_id, type=PlanType.COMPETENCE, variant=PlanVariant.LOCAL,
            state=PlanState.PUBLISHED, name="Akuttmedisin", document_owner=scene.person(owner),
            document_responsible=scene.person(scene.per), new_owner=True, new_responsible=revision == 1,
        )  # fmt: skip

    await scene.deliver(roles(1, scene.kari), by=scene.by(scene.boss))
    assert await scene.lines(scene.kari, "doc") == ["Du er valgt som dokumenteier for planen Akuttmedisin"]
    assert await scene.home(scene.per) == {"doc": 1}
    await scene.deliver(roles(2, scene.boss), by=scene.by(scene.kari))
    assert await scene.home(scene.kari) == {}
    assert await scene.home(scene.per) == {"doc": 1}


async def test_deputies_and_delegated_approvers_hear_of_being_chosen_while_they_are(scene: Any) -> None:
    deputy_id = scene.world.deputy(scene.boss, scene.per.person)
    [appointed] = scene.world.news()
    delegation = signing.DelegationAdded(
        revision=1, delegation_id=new_id(), leader=scene.person(scene.boss),
        leader_position_id=scene.boss.position_id, delegate=scene.person(scene.per),
        created_at=scene.clock.now(),
    )  # fmt: skip
    await scene.deliver(appointed, delegation, by=scene.by(scene.boss))
    assert sorted(await scene.lines(scene.per, "fol")) == [
        "Torbjørn Engeskår har valgt deg som delegert godkjenner av læringsmål",
        "Torbjørn Engeskår har valgt deg som stedfortreder",
    ]
    await scene.deliver(
        identity.DeputyEnded(**{**appointed.model_dump(), "revision": 2, "ended_at": scene.clock.now()}),
        signing.DelegationRemoved(**{**delegation.model_dump(), "revision": 2}),
    )
    assert deputy_id
    assert await scene.home(scene.per) == {}


async def test_a_secondment_and_an_invitation_that_need_somebody_are_told(scene: Any) -> None:
    secondment = identity.SecondmentRegistered(
        revision=1, secondment_id=SecondmentId(new_id()), person_id=scene.kari.person_id,
        home_position_id=scene.kari.position_id, unit_id=UnitId(new_id()), unit_name="Mottak",
        start_date=date(2027, 1, 4), end_date=date(2027, 2, 1), state=SecondmentState.FUTURE,
    )  # fmt: skip
    invitation = InvitationId(new_id())
    expired = identity.InvitationExpired(
        revision=2, invitation_id=invitation, role=InvitationRole.MENTOR, state=InvitationState.EXPIRED,
        name="Åse Lund", trainee=scene.person(scene.kari),
    )  # fmt: skip
    await scene.deliver(secondment, expired)
    assert sorted(await scene.lines(scene.kari, "upd")) == [
        "Du er utlånt til Mottak 04.01.2027–01.02.2027",
        "Invitasjonen til Åse Lund som veileder trenger noe fra deg",
    ]
    withdrawn = identity.InvitationWithdrawn(
        **{**expired.model_dump(), "revision": 3, "state": InvitationState.WITHDRAWN}
    )
    deleted = identity.SecondmentDeleted(
        **{**secondment.model_dump(), "revision": 2, "state": SecondmentState.DELETED}
    )
    await scene.deliver(withdrawn, deleted)
    assert await scene.home(scene.kari) == {}


async def test_who_has_no_access_gets_no_alerts_and_waiting_emails_are_dropped(
    scene: Any, clock: SetClock, smtp: Any
) -> None:
    by = scene.by(scene.boss)
    await scene.deliver(scene.assigned(scene.kari), scene.assigned(scene.per), by=by)
    scene.world.deactivate(scene.kari)
    scene.world.deactivate_account(scene.per.person)
    await scene.news()
    await scene.hand_over()
    assert smtp.messages == []
    assert [state for _, state in await scene.mails()] == ["dropped", "dropped"]
    await scene.deliver(scene.assigned(scene.kari), scene.assigned(scene.per), by=by)
    assert len(await scene.stored("assignment.assigned")) == 2, "those of before"
    # exceptions: what is sent to those who leave
    await scene.deliver(
        scene.steward(scene.kari)
    )
    await scene.hand_over(after=None)
    assert [mail.recipients for mail in smtp.messages] == [("kari@post.example",)]
    # after reactivation old active alerts are shown again
    again = identity.PositionReactivated(
        **{**scene.world._state(scene.kari), "status": "active", "cause": "manual"}
    )
    await scene.deliver(again)
    assert await scene.home(scene.kari) == {"upd": 1}


async def test_an_erased_persons_things_are_deleted_and_the_name_leaves_others_alerts(
    scene: Any, smtp: Any
) -> None:
    request = scene.request(
        signing.RequestRecalled, scene.kari, scene.boss, request_id=RequestId(new_id()),
        status=RequestStatus.RECALLED,
    )  # fmt: skip
    await scene.deliver(scene.assigned(scene.kari), by=scene.by(scene.boss))
    await scene.deliver(request, scene.assigned(scene.per), by=scene.by(scene.kari))
    await scene.hand_over()
    settings = (await scene.client(scene.kari).get("/me/settings")).json()
    body = {"no_email": True, "groups": settings["groups"]}
    await scene.client(scene.kari).put("/me/settings", json=body, headers={"if-match": "*"})
    await scene.deliver(
        identity.PersonErased(revision=99, person_id=scene.kari.person_id), origin=Origin.USER
    )
    assert await scene.lines(scene.boss, "fol") == [
        "Tidligere bruker har trukket tilbake en forespørsel til deg"
    ]
    [of_per] = await scene.alerts(scene.per, "upd")
    assert of_per["actor_name"] == "Tidligere bruker"
    pool = scene.notify.runtime.database.pool
    for table, column in (
        ("alert", "person_id"), ("alert_settings", "person_id"), ("contact", "person_id"),
        ("mail", "recipient_id"), ("stream_event", "person_id"), ("collection", "person_id"),
    ):  # fmt: skip
        found = await pool.fetchval(f"select count(*) from {table} where {column} = $1", scene.kari.person_id)
        assert found == 0, table


def test_topics_of_different_things_never_meet() -> None:
    one = new_id()
    made = [
        topics.request_waits(one), topics.decision_stands(one), topics.subject_undecided(one),
        topics.subject_not_resent(one), topics.subject_open(one), topics.item_open(one, one),
        topics.item_not_reset(one, one), topics.registration_kept(one), topics.assignment_lasts(one),
        topics.plan_stands(one), topics.leads(one, one), topics.not_mentor(one, one),
        topics.training_time_kept(one), topics.validity(one), topics.before_deadline(one),
        topics.assignment_active(one), topics.assignment_inactive(one), topics.deadline_unchanged(one),
        topics.in_plan(one, one, active=True), topics.in_plan(one, one, active=False),
        topics.plan_role(one, "owner"), topics.leader_unchanged(one), topics.link_lasts(one),
        topics.invitation_unanswered(one),
    ]  # fmt: skip
    assert len(set(made)) == len(made)
