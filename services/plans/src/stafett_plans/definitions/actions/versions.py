"""Making plan versions: one for each plan an action touched (PLN-375 to PLN-387)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from stafett_chassis.sql import Row
from stafett_chassis.work import Work
from stafett_contracts.plans import PlanVersionCreated
from stafett_plans.catalogue.store.requirements import CONTENT
from stafett_plans.definitions.actions.telling import plan_event
from stafett_plans.definitions.rules.versions import Version, next_version
from stafett_plans.definitions.store import items, plan, plan_version, plans

_SAID = [str(column.name) for column in CONTENT]


@dataclass(frozen=True, slots=True)
class Touched:
    """An item that an action activated or published in a plan."""

    plan_id: UUID
    item_id: UUID
    requirement_id: UUID


async def make_versions(work: Work, touched: Collection[Touched], cause: str) -> None:
    """Freeze the plans in which the action activated or published something, and tell of it.

    What counts in each is the number of distinct requirements (PLN-379). The plans are locked in the order of their
    ids, so that several who act at once number without holes or doubles (PLN-386).
    """
    by_plan: dict[UUID, set[Touched]] = {}
    for each in touched:
        by_plan.setdefault(each.plan_id, set()).add(each)
    if not by_plan:
        return
    rows = await work.all(
        select(plan.c.plan_id, plan.c.major, plan.c.minor)
        .where(plan.c.plan_id.in_(list(by_plan)), plan.c.archived_at.is_(None))
        .order_by(plan.c.plan_id)
        .with_for_update()
    )
    contents = await _contents(work, [row["plan_id"] for row in rows])
    actor = work.cause.actor if work.cause.run_id is None else None
    for row in rows:
        mine = by_plan[row["plan_id"]]
        version = next_version(
            Version(row["major"], row["minor"]), len({each.requirement_id for each in mine})
        )
        await work.run(
            insert(plan_version).values(
                plan_id=row["plan_id"],
                major=version.major,
                minor=version.minor,
                at=work.at,
                by_person=actor.person_id if actor else None,
                cause=cause,
                item_ids=sorted(each.item_id for each in mine),
                content=contents[row["plan_id"]],
            )
        )
        await work.run(
            update(plan)
            .where(plan.c.plan_id == row["plan_id"])
            .values(
                major=version.major,
                minor=version.minor,
                changed_at=work.at,
                revision=plan.c.revision + 1,
                **({"changed_by": actor.person_id} if actor else {}),
            )
        )
    for told in await plans.told(work, [row["plan_id"] for row in rows]):
        item_ids = tuple(sorted(each.item_id for each in by_plan[told["plan_id"]]))
        work.emit(plan_event(PlanVersionCreated, told, cause=cause, item_ids=item_ids))


async def _contents(work: Work, plan_ids: Collection[UUID]) -> Mapping[UUID, Any]:
    """What each plan shows now, with every active item's full content (PLN-384)."""
    sections, goals, active = await items.frozen(work, plan_ids)
    contents: dict[UUID, Any] = {plan_id: {"sections": [], "goals": []} for plan_id in plan_ids}
    homes: dict[UUID, list[Any]] = {}
    for row in sections:
        homes[row["section_id"]] = []
        contents[row["plan_id"]]["sections"].append(
            {
                "section_id": row["section_id"],
                "name": row["name"],
                "may_be_not_relevant": row["may_be_not_relevant"],
                "items": homes[row["section_id"]],
            }
        )
    for row in goals:
        homes[row["local_goal_id"]] = []
        shown = {name: value for name, value in row.items() if name != "plan_id"}
        contents[row["plan_id"]]["goals"].append({**shown, "items": homes[row["local_goal_id"]]})
    for row in active:
        homes[row["section_id"] or row["local_goal_id"]].append(_item(row))
    return contents


def _item(row: Row) -> dict[str, Any]:
    names = ("item_id", "requirement_id", "number", "kind", "level", "version", "customised_validity_days")
    return {name: row[name] for name in (*names, *_SAID)}
