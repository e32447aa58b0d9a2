"""A goal is begun when any of its activities is begun or done (PLN-602)."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_plans.assignment.fragments import SCOPE
from stafett_plans.goals import store, telling
from stafett_plans.goals.rules import GoalProgress

_CHANGED = f"""
select k.goal_key, n.begun from unnest($2::text[]) as k(goal_key)
cross join lateral (select exists (
    select from assignment a
    join plan_item i on i.plan_id = a.plan_id and i.goal_key = k.goal_key and i.state = 'active'
    join requirement q on q.requirement_id = i.requirement_id
    join requirement_version v on v.requirement_id = q.requirement_id and v.version = q.published_version
    join registration r on r.person_id = a.person_id and r.requirement_id = q.requirement_id and r.hf_id = {SCOPE}
    where a.person_id = $1 and a.state = 'active'
        and (r.state <> 'not_begun' or r.kept_fulfilled_on is not null)) as begun) n
left join goal_progress g on g.person_id = $1 and g.goal_key = k.goal_key
where n.begun <> coalesce(g.begun, false)
"""  # noqa: S608


async def activities_changed(work: Work, person_id: UUID, goal_keys: Iterable[str]) -> bool:
    """Bring the goals up to date after activities under them have changed; whether any goal's status did."""
    changed = False
    for row in await work.raw.fetch(_CHANGED, person_id, sorted(goal_keys)):
        old = await store.by_key(work, person_id, row["goal_key"])
        old = old or GoalProgress(new_id(), person_id, row["goal_key"])
        await telling.store_change(work, old, replace(old, begun=row["begun"]), act=None)
        changed = True
    return changed
