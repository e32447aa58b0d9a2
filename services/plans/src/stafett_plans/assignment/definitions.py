"""What definitions ask about people, and what their changes make of people's plans."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from stafett_chassis.sql import Connection
from stafett_chassis.work import Work
from stafett_contracts.ids import (
    AssignmentId,
    GoalKey,
    PersonId,
    PlanId,
    PositionId,
    RequirementId,
)
from stafett_contracts.plans import PlanItemsActivated
from stafett_contracts.values import Affected, NamedRequirement, Part
from stafett_contracts.vocabulary import ReopenCause
from stafett_plans.assignment import standing, store
from stafett_plans.definitions import hooks

_PART = 500
"""Most people an event names."""


@hooks.begun_goals.answer
async def begun_goals(connection: Connection, goals: Collection[GoalKey]) -> frozenset[GoalKey]:
    """Goals that somebody has begun (PLN-492)."""
    rows = await connection.raw.fetch(
        "select distinct goal_key from goal_progress where goal_key = any($1) and status <> 'not_begun'",
        list(goals),
    )
    return frozenset(GoalKey(row["goal_key"]) for row in rows)


@hooks.begun_requirements.answer
async def begun_requirements(
    connection: Connection, requirements: Collection[RequirementId]
) -> frozenset[RequirementId]:
    """Requirements on which somebody has any registration; a mark as not relevant is none (PLN-100)."""
    rows = await connection.raw.fetch(
        "select distinct requirement_id from registration where requirement_id = any($1)"
        " and (state <> 'not_begun' or kept_fulfilled_on is not null)",
        list(requirements),
    )
    return frozenset(RequirementId(row["requirement_id"]) for row in rows)


@hooks.assigned_plans.answer
async def assigned_plans(connection: Connection, plans: Collection[PlanId]) -> frozenset[PlanId]:
    """Plans with an assignment, active or not; deleted ones do not count (PLN-299)."""
    rows = await connection.raw.fetch(
        "select distinct plan_id from assignment where plan_id = any($1) and state <> 'deleted'", list(plans)
    )
    return frozenset(PlanId(row["plan_id"]) for row in rows)


_HOLDERS = """
select a.assignment_id, a.person_id, a.position_id, a.plan_status from assignment a
where a.plan_id = $1 and a.state = 'active' order by a.person_id
"""
# Those for whom all of the new items are not relevant hear nothing (PLN-625).
_HIDDEN = """
select distinct m.person_id from relevance_mark m
where m.plan_id = $1 and m.removed_at is null and m.target_id = any($2::uuid[])
"""


@hooks.items_activated.listen
async def tell_holders(work: Work, plan_id: PlanId, items: Sequence[hooks.Item]) -> None:
    """New requirements appear with those who have the plan, and reopen it where it was complete (PLN-512, PLN-734)."""
    holders = await work.raw.fetch(_HOLDERS, plan_id)
    if not holders or not items:
        return
    sections = [item.section_id for item in items if item.section_id is not None]
    hidden = {row["person_id"] for row in await work.raw.fetch(_HIDDEN, plan_id, sections)}
    affected = [_affected(row) for row in holders if row["person_id"] not in hidden]
    await _tell(work, plan_id, [item.requirement_id for item in items], affected)
    await bring_up_to_date(work, [row["assignment_id"] for row in holders if row["plan_status"] in _COMPLETE])


def _affected(row: Mapping[str, Any]) -> Affected:
    return Affected(
        person_id=PersonId(row["person_id"]),
        position_id=PositionId(row["position_id"]),
        assignment_id=AssignmentId(row["assignment_id"]),
    )


_COMPLETE = ("completed", "waiting", "approved")

_NAMES = """
select p.name as plan_name, p.revision, q.requirement_id, q.number, v.name from plan p
cross join requirement q
join requirement_version v on v.requirement_id = q.requirement_id and v.version = q.published_version
where p.plan_id = $1 and q.requirement_id = any($2::uuid[])
"""


async def _tell(
    work: Work, plan_id: PlanId, requirements: Sequence[UUID], affected: Sequence[Affected]
) -> None:
    names = await work.raw.fetch(_NAMES, plan_id, requirements)
    if not names or not affected:
        return
    parts = range(0, len(affected), _PART)
    for number, start in enumerate(parts, start=1):
        work.emit(
            PlanItemsActivated(
                revision=names[0]["revision"],
                plan_id=plan_id,
                plan_name=names[0]["plan_name"],
                items=tuple(
                    NamedRequirement(
                        requirement_id=RequirementId(row["requirement_id"]),
                        number=row["number"],
                        name=row["name"],
                    )
                    for row in names
                ),
                affected=tuple(affected[start : start + _PART]),
                part=Part(number=number, of=len(parts)),
            )
        )


@hooks.completion_changed.listen
async def follow_completion(work: Work, plan_id: PlanId) -> None:
    """A change of completion type applies to plans that are not complete yet (PLN-737)."""
    rows = await work.raw.fetch(_HOLDERS, plan_id)
    await bring_up_to_date(
        work, [row["assignment_id"] for row in rows if row["plan_status"] in ("begun", "waiting")]
    )


async def bring_up_to_date(work: Work, assignments: Sequence[UUID]) -> None:
    """Judge these plans anew."""
    if not assignments:
        return
    rows = await work.raw.fetch(
        "select distinct person_id from assignment where assignment_id = any($1)", list(assignments)
    )
    plans = await standing.held(work, [row["person_id"] for row in rows], work.today, assignments=assignments)
    await standing.update(work, plans, ReopenCause.NEW_REQUIREMENT)


_LIFT = """
update relevance_mark m set removed_at = $2 from requirement_version v
where m.target_id = any($1::uuid[]) and m.target_kind = 'requirement' and m.removed_at is null
    and v.requirement_id = m.target_id and v.must_be_done
    and v.version = (select q.published_version from requirement q where q.requirement_id = m.target_id)
returning m.person_id, m.plan_id, m.target_id
"""
_OF_MARKED = """
select a.assignment_id, a.person_id, a.position_id, a.plan_id from assignment a
where a.state = 'active' and (a.person_id, a.plan_id) in (select * from unnest($1::uuid[], $2::uuid[]))
"""


@hooks.requirements_published.listen
async def lift_marks(work: Work, published: Sequence[hooks.Published]) -> None:
    """What must be done from now on is relevant again where it was marked by itself (PLN-622, PLN-042)."""
    changed = [one.requirement_id for one in published if "must_be_done" in one.changed_fields]
    lifted = await work.raw.fetch(_LIFT, changed, work.at) if changed else []
    if not lifted:
        return
    holders = await work.raw.fetch(
        _OF_MARKED, [row["person_id"] for row in lifted], [row["plan_id"] for row in lifted]
    )
    for requirement_id, plan_id in sorted({(row["target_id"], row["plan_id"]) for row in lifted}):
        persons = {
            row["person_id"]
            for row in lifted
            if (row["target_id"], row["plan_id"]) == (requirement_id, plan_id)
        }
        having = [row for row in holders if row["plan_id"] == plan_id and row["person_id"] in persons]
        await store.note_many(
            work,
            [row["assignment_id"] for row in having],
            work.at,
            work.cause.actor,
            "mark_lifted",
            "active",
            {"requirement_id": str(requirement_id)},
        )
        await _tell(work, PlanId(plan_id), [requirement_id], [_affected(row) for row in having])
    await bring_up_to_date(work, [row["assignment_id"] for row in holders])
