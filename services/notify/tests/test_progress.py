"""Alerts of progress: what expires, what is due, what has been done."""

from datetime import date, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from stafett_chassis.clock import SetClock
from stafett_contracts import plans
from stafett_contracts.ids import (
    DeadlineId,
    RegistrationId,
    new_id,
)
from stafett_contracts.values import Affected
from stafett_contracts.vocabulary import (
    AssignmentReason,
    ItemStatus,
    LeaderChangeCause,
    Origin,
    ResetCause,
)

TODAY = date(2026, 12, 1)


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
    assert [line["type"] for line in logged if line["event"] == "no_recipient"] == [
        "followup.employee_expired"
    ]
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


async def test_an_item_in_several_plans_is_one_alert_that_opens_the_plan_named_first(scene: Any) -> None:
    # plans names first the one it was last registered in (PLN-638)
    in_plans = tuple(scene.in_plan(scene.kari, new_id()) for _ in range(3))
    expired = scene.validity(
        plans.ValidityExpired, scene.kari, RegistrationId(new_id()), TODAY - timedelta(days=1),
        assignments=in_plans,
    )  # fmt: skip
    await scene.deliver(expired, origin=Origin.NIGHTLY)
    [alert] = await scene.alerts(scene.kari, "out")
    assert alert["link"] == f"/plans/{in_plans[0].assignment_id}/items/{scene.requirement_id}"
