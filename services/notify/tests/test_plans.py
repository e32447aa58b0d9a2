"""Alerts of plans: assigned, ended, changed."""

from collections.abc import Callable
from typing import Any

import pytest

from stafett_contracts import plans
from stafett_contracts.ids import (
    BatchId,
    PlanItemId,
    RequirementId,
    new_id,
)
from stafett_contracts.values import Affected, NamedRequirement
from stafett_contracts.vocabulary import (
    AssignmentReason,
    Origin,
    PlanItemState,
    PlanState,
    PlanType,
    PlanVariant,
)
from stafett_testing.people import Position
from stafett_testing.service import ServiceUnderTest


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


@pytest.mark.rule("NTF-014")
async def test_an_item_is_told_of_when_it_is_activated_in_the_plan_and_not_before(scene: Any) -> None:
    fields = {
        "plan_id": scene.plan_id,
        "plan_name": "Akuttmedisin",
        "items": (NamedRequirement(requirement_id=scene.requirement_id, name="HLR"),),
        "affected": (Affected(person_id=scene.kari.person_id, position_id=scene.kari.position_id),),
    }
    draft = plans.PlanItemDeactivated(
        revision=1, item_id=PlanItemId(new_id()), plan_id=scene.plan_id, plan_name="Akuttmedisin",
        requirement_id=scene.requirement_id, requirement_name="HLR", state=PlanItemState.INACTIVE,
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
