"""Whom nothing is told, and events that come twice, late, at once or in the wrong order."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from stafett_chassis.clock import SetClock
from stafett_contracts import signing
from stafett_contracts.ids import (
    RequestId,
    new_id,
)
from stafett_contracts.vocabulary import (
    AssignmentReason,
    Origin,
    RequestStatus,
)
from stafett_notify.alerts import topics
from stafett_testing.service import ServiceUnderTest


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
    await scene.deliver(scene.counts(scene.boss, 2, signatures=3))
    await scene.deliver(scene.counts(scene.boss, 1, signatures=4))
    assert (await scene.home(scene.boss))["f_sign"] == 3


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

    await scene.deliver(
        scene.verification(scene.kari, "ny@post.example"), at=clock.now() - timedelta(days=30, seconds=1)
    )
    assert await scene.hand_over(after=None) == 0
    await scene.deliver(
        scene.verification(scene.kari, "ny@post.example"), at=clock.now() - timedelta(days=29)
    )
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
