"""Alerts of plans: assigned, ended, changed; and of those responsible for them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from stafett_chassis.reactions import Reactions
from stafett_chassis.work import Work
from stafett_contracts import plans
from stafett_contracts.values import Affected
from stafett_contracts.vocabulary import AssignmentReason
from stafett_notify.alerts import store, topics
from stafett_notify.alerts.actions import end, raise_alert, told
from stafett_notify.alerts.rules import FOR_EVER, Notice, link_of, moment

reactions = Reactions()


def _about(
    work: Work,
    event: plans.AssignmentData,
    kind: str,
    *,
    once_key: str,
    until: Mapping[str, int],
    item_key: str = "",
) -> Notice:
    """An alert to the holder of an assignment."""
    return Notice(
        type=kind,
        person_id=event.person_id,
        once_key=once_key,
        told=told(work),
        subject_kind="assignment",
        subject_id=str(event.assignment_id),
        item={"plan": event.plan_name},
        item_key=item_key,
        until=until,
        position_id=event.position_id,
        assignment_id=event.assignment_id,
        link=link_of(kind, assignment=event.assignment_id),
    )


@reactions.on(plans.AssignmentCreated)
async def assigned(work: Work, event: plans.AssignmentCreated) -> None:
    """The holder hears of the plan."""
    raise_alert(
        work,
        _about(
            work,
            event,
            "assignment.assigned",
            once_key=str(event.assignment_id),
            until={topics.assignment_active(event.assignment_id): event.revision},
        ),
    )


@reactions.on(plans.AssignmentDeactivated, plans.AssignmentDeleted, plans.AssignmentArchived)
async def assignment_over(work: Work, event: plans.AssignmentData) -> None:
    """What was true of the plan while it was worked in ends; of a deactivation the holder is told."""
    heard = told(work)
    end(
        work,
        {
            topics.assignment_active(event.assignment_id): event.revision,
            topics.assignment_lasts(event.assignment_id): moment(heard.at),
        },
    )
    if not isinstance(event, plans.AssignmentDeactivated) or event.reason is AssignmentReason.INACTIVITY:
        return  # NTF-016: of inactivity an e-mail tells
    once = f"{event.assignment_id}:{event.revision}"
    if event.reason is AssignmentReason.POSITION_ENDED:
        # NTF-054: the plans of a position that ends are one alert
        once = f"position:{event.position_id}:{heard.batch_id or work.today}"
    raise_alert(
        work,
        _about(
            work,
            event,
            "assignment.deactivated",
            once_key=once,
            item_key=f"{event.assignment_id}:{event.revision}",
            until={topics.assignment_inactive(event.assignment_id): event.revision},
        ),
    )


@reactions.on(plans.AssignmentReactivated)
async def reactivated(work: Work, event: plans.AssignmentReactivated) -> None:
    """The holder hears that the plan is worked in again."""
    end(work, {topics.assignment_inactive(event.assignment_id): event.revision})
    raise_alert(
        work,
        _about(
            work,
            event,
            "assignment.reactivated",
            once_key=f"{event.assignment_id}:{event.revision}",
            until={topics.assignment_active(event.assignment_id): event.revision},
        ),
    )


@reactions.on(plans.AssignmentReopened)
async def reopened(work: Work, event: plans.AssignmentReopened) -> None:
    """An approval of the plan is history."""
    end(work, {topics.plan_stands(event.assignment_id): moment(told(work).at)})


@reactions.on(plans.AssignmentMoved)
async def moved(work: Work, event: plans.AssignmentMoved) -> None:
    """The alerts follow their assignment (NTF-023)."""
    await store.move(work, event.assignment_id, event.to_position_id)


@reactions.on(plans.PlanItemsActivated, plans.PlanItemsDeactivated)
async def items_changed(work: Work, event: plans.PlanItemsChange) -> None:
    """Everybody who has the plan hears what came in or went out, in one alert an act (NTF-014, NTF-054)."""
    came_in = isinstance(event, plans.PlanItemsActivated)
    kind = "assignment.item_added" if came_in else "assignment.item_deactivated"
    heard = told(work)
    end(
        work,
        {
            topics.in_plan(event.plan_id, item.requirement_id, active=not came_in): event.revision
            for item in event.items
        },
    )
    for holder in event.affected:
        for item in event.items:
            raise_alert(
                work,
                Notice(
                    type=kind,
                    person_id=holder.person_id,
                    once_key=f"{event.plan_id}:{heard.batch_id or event.revision}",
                    told=heard,
                    subject_kind="plan",
                    subject_id=str(event.plan_id),
                    params={"plan": event.plan_name},
                    item={"item": item.name},
                    item_key=str(item.requirement_id),
                    until={
                        topics.in_plan(event.plan_id, item.requirement_id, active=came_in): event.revision,
                        **_while_assigned(holder, moment(heard.at)),
                    },
                    position_id=holder.position_id,
                    assignment_id=holder.assignment_id,
                    link=link_of(kind, assignment=holder.assignment_id),
                ),
            )


def _while_assigned(holder: Affected, at: int) -> dict[str, int]:
    return {topics.assignment_lasts(holder.assignment_id): at} if holder.assignment_id else {}


@reactions.on(plans.ItemReset)
async def item_reset(work: Work, event: plans.ItemReset) -> None:
    """Everybody who had registered the requirement hears that it must be done again."""
    heard = told(work)
    at = moment(event.reset_at)
    for holder in event.affected:
        end(work, {topics.item_not_reset(holder.person_id, event.requirement_id): at})
        until = _while_assigned(holder, at)
        if holder.position_id:
            until[topics.item_open(holder.position_id, event.requirement_id)] = at
        raise_alert(
            work,
            Notice(
                type="assignment.item_reset",
                person_id=holder.person_id,
                once_key=f"{event.requirement_id}:{event.revision}",
                told=heard,
                subject_kind="requirement",
                subject_id=str(event.requirement_id),
                params={"item": event.requirement_name},
                until=until,
                position_id=holder.position_id,
                assignment_id=holder.assignment_id,
                link=link_of(
                    "assignment.item_reset", assignment=holder.assignment_id, item=event.requirement_id
                ),
            ),
        )


@reactions.on(plans.PlanDocumentRolesSet)
async def document_roles_set(work: Work, event: plans.PlanDocumentRolesSet) -> None:
    """The new document owner and responsible are told; whoever was before is not any longer."""
    given: Sequence[tuple[bool, Any, str, str]] = (
        (event.new_owner, event.document_owner, "owner", "ownership.owner_set"),
        (event.new_responsible, event.document_responsible, "responsible", "ownership.responsible_set"),
    )
    for new, holder, role, kind in given:
        if not new:
            continue
        until = {topics.plan_role(event.plan_id, role): event.revision}
        end(work, until)
        if holder is None:
            continue
        person_id: UUID = holder.person_id
        raise_alert(
            work,
            Notice(
                type=kind,
                person_id=person_id,
                once_key=f"{event.plan_id}:{event.revision}",
                told=told(work),
                subject_kind="plan",
                subject_id=str(event.plan_id),
                params={"plan": event.name},
                until=until,
                link=link_of(kind, plan=event.plan_id),
            ),
        )


@reactions.on(plans.PlanArchived)
async def plan_archived(work: Work, event: plans.PlanArchived) -> None:
    """Nobody owns an archived plan."""
    end(work, {topics.plan_role(event.plan_id, role): FOR_EVER for role in ("owner", "responsible")})
