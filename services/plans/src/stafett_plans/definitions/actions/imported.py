"""What an import of a catalogue does to the plans made from its template (PLN-450, PLN-493)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from stafett_chassis.work import Work
from stafett_contracts.ids import GoalKey, PlanId
from stafett_contracts.vocabulary import PlanVariant
from stafett_plans.definitions import hooks
from stafett_plans.definitions.actions.linking import add_goals, link_active
from stafett_plans.definitions.actions.telling import tell_activated
from stafett_plans.definitions.actions.versions import Touched, make_versions
from stafett_plans.definitions.store import local_goal, plan, plan_item
from stafett_plans.definitions.store.items import plans_with_active


@dataclass
class Reached:
    """What became active where; told when everything is stored."""

    touched: list[Touched] = field(default_factory=list)
    activated: list[UUID] = field(default_factory=list)

    async def tell(self, work: Work) -> None:
        """Make the plans' versions and emit the events."""
        await make_versions(work, self.touched, "imported")
        await tell_activated(work, self.activated)


async def reach_plans(
    work: Work,
    template_id: UUID,
    *,
    new_goals: Collection[GoalKey],
    links: Sequence[tuple[GoalKey, UUID, int]],
    published: Sequence[hooks.Published],
    changed_goals: Collection[GoalKey],
) -> Reached:
    """Put new goals and activities (goal, requirement, place) into the template's plans; new activities are active."""
    reached = Reached()
    rows = await work.all(
        select(plan.c.plan_id, plan.c.variant)
        .where(plan.c.template_id == template_id, plan.c.archived_at.is_(None))
        .order_by(plan.c.plan_id)
        .with_for_update()
    )
    for row in rows:
        plan_id = row["plan_id"]
        # PLN-450: a trust first adds its own activities. Nobody does in the template's central plan (PLN-259).
        hidden = row["variant"] == PlanVariant.LOCAL.value
        await add_goals(work, plan_id, new_goals, must_be_updated=hidden)
        items = await link_active(work, plan_id, await _missing_links(work, plan_id, links))
        reached.touched += [Touched(plan_id, item.item_id, item.requirement_id) for item in items]
        reached.activated += [item.item_id for item in items]
        if new_goals and not hidden:
            await hooks.goals_available(work, PlanId(plan_id), list(new_goals))
        if items:
            await hooks.items_activated(work, PlanId(plan_id), items)
    if published:
        elsewhere = await plans_with_active(work, [each.requirement_id for each in published])
        reached.touched += [Touched(**where) for where in elsewhere]
    if changed_goals:
        await hooks.goals_changed(work, list(changed_goals))
    return reached


async def _missing_links(
    work: Work, plan_id: UUID, links: Sequence[tuple[GoalKey, UUID, int]]
) -> list[tuple[UUID, GoalKey, UUID, int]]:
    """Those of `links` the plan lacks, each with the local goal it belongs under."""
    if not links:
        return []
    homes = await work.all(
        select(local_goal.c.goal_key, local_goal.c.local_goal_id).where(local_goal.c.plan_id == plan_id)
    )
    ids = {row["goal_key"]: row["local_goal_id"] for row in homes}
    present = {
        (row["goal_key"], row["requirement_id"])
        for row in await work.all(
            select(plan_item.c.goal_key, plan_item.c.requirement_id).where(plan_item.c.plan_id == plan_id)
        )
    }
    return [
        (ids[key], key, requirement_id, place)
        for key, requirement_id, place in links
        if key in ids and (key, requirement_id) not in present
    ]
