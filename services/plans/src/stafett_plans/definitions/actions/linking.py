"""Putting goals and activities of a template into plans."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import bindparam, insert

from stafett_chassis.work import Work
from stafett_contracts.ids import GoalKey, PlanItemId, RequirementId, new_id
from stafett_contracts.vocabulary import PlanItemState
from stafett_plans.definitions import hooks
from stafett_plans.definitions.store import local_goal, plan_item

_ADD_GOAL = insert(local_goal).values(
    {
        name: bindparam(name)
        for name in (
            "local_goal_id plan_id goal_key must_be_updated made_available_by made_available_at revision"
        ).split()
    }
)
_ADD_ITEM = insert(plan_item).values(
    {
        name: bindparam(name)
        for name in (
            "item_id plan_id section_id local_goal_id goal_key requirement_id place state linked_by linked_at"
            " activated_by activated_at revision"
        ).split()
    }
)


async def add_goals(
    work: Work, plan_id: UUID, keys: Collection[GoalKey], *, must_be_updated: bool
) -> dict[GoalKey, UUID]:
    """Put goals into a goal plan; those that must be updated are not available yet (PLN-450). Their ids."""
    ids = {key: new_id() for key in keys}
    await work.run_many(
        _ADD_GOAL,
        [
            {
                "local_goal_id": ids[key],
                "plan_id": plan_id,
                "goal_key": key,
                "must_be_updated": must_be_updated,
                "made_available_by": None if must_be_updated else _who(work),
                "made_available_at": None if must_be_updated else work.at,
                "revision": 1,
            }
            for key in keys
        ],
    )
    return ids


async def link_active(
    work: Work, plan_id: UUID, activities: Sequence[tuple[UUID, GoalKey, UUID, int]]
) -> list[hooks.Item]:
    """Put activities (local goal, goal, requirement, place) into a goal plan, active at once."""
    items = [
        hooks.Item(PlanItemId(new_id()), RequirementId(requirement_id), None, local_goal_id, key)
        for local_goal_id, key, requirement_id, _ in activities
    ]
    by = _who(work)
    await work.run_many(
        _ADD_ITEM,
        [
            {
                "item_id": item.item_id,
                "plan_id": plan_id,
                "section_id": None,
                "local_goal_id": item.local_goal_id,
                "goal_key": item.goal_key,
                "requirement_id": item.requirement_id,
                "place": place,
                "state": PlanItemState.ACTIVE.value,
                "linked_by": by,
                "linked_at": work.at,
                "activated_by": by,
                "activated_at": work.at,
                "revision": 1,
            }
            for item, (_, _, _, place) in zip(items, activities, strict=True)
        ],
    )
    return items


async def link_inactive(
    work: Work,
    plan_id: UUID,
    section_id: UUID | None,
    local_goal: tuple[UUID, GoalKey] | None,
    requirement_ids: Sequence[UUID],
    after: int,
) -> list[UUID]:
    """Put requirements into a section or under a goal, inactive, behind place `after`; the ids of the items."""
    ids = [new_id() for _ in requirement_ids]
    await work.run_many(
        _ADD_ITEM,
        [
            {
                "item_id": item_id,
                "plan_id": plan_id,
                "section_id": section_id,
                "local_goal_id": local_goal[0] if local_goal else None,
                "goal_key": local_goal[1] if local_goal else None,
                "requirement_id": requirement_id,
                "place": place,
                "state": PlanItemState.INACTIVE.value,
                "linked_by": _who(work),
                "linked_at": work.at,
                "activated_by": None,
                "activated_at": None,
                "revision": 1,
            }
            for place, (item_id, requirement_id) in enumerate(
                zip(ids, requirement_ids, strict=True), after + 1
            )
        ],
    )
    return ids


def _who(work: Work) -> UUID | None:
    """Who put it there; nobody when an import did."""
    actor = work.cause.actor
    return actor.person_id if actor and work.cause.run_id is None else None
