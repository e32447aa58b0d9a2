"""Queries about the items of plans, and what versions freeze."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select

from stafett_chassis.directory.tables import unit_above
from stafett_chassis.sql import Connection, Row
from stafett_contracts.vocabulary import PlanItemState, RequirementLevel, RequirementState
from stafett_plans.catalogue.store import (
    goal,
    requirement,
    requirement_share,
    requirement_version,
    template_goal,
    theme,
)
from stafett_plans.catalogue.store.requirements import CONTENT, published
from stafett_plans.definitions.store.plans import goals_in_plan
from stafett_plans.definitions.store.tables import local_goal, plan, plan_item, section


async def items(
    connection: Connection,
    plan_id: UUID,
    may_edit_item: ColumnElement[bool],
    item_id: UUID | None = None,
    *,
    lock: bool = False,
) -> list[Row]:
    """The items of a plan (or one of them), each with its requirement's draft and revision."""
    query = (
        select(
            plan_item,
            requirement.c.revision.label("requirement_revision"),
            requirement.c.draft,
            requirement.c.number,
            func.coalesce(requirement_version.c.name, requirement.c.draft["name"].astext).label("name"),
            may_edit_item.label("may_edit"),
        )
        .join(plan, plan.c.plan_id == plan_item.c.plan_id)
        .join(requirement, requirement.c.requirement_id == plan_item.c.requirement_id)
        .outerjoin(requirement_version, published())
        .where(plan_item.c.plan_id == plan_id)
        .order_by(plan_item.c.item_id)
    )
    if lock:
        query = query.with_for_update(of=plan_item)
    if item_id is not None:
        query = query.where(plan_item.c.item_id == item_id)
    return list(await connection.all(query))


async def told(connection: Connection, item_ids: Collection[UUID]) -> list[Row]:
    """Items as events tell them."""
    return list(
        await connection.all(
            select(
                plan_item,
                plan.c.name.label("plan_name"),
                section.c.name.label("section_name"),
                goal.c.goal_number,
                requirement.c.external_key,
                requirement_version.c.name.label("requirement_name"),
                requirement_version.c.recertification,
            )
            .join(plan, plan.c.plan_id == plan_item.c.plan_id)
            .join(requirement, requirement.c.requirement_id == plan_item.c.requirement_id)
            .outerjoin(requirement_version, published())
            .outerjoin(section, section.c.section_id == plan_item.c.section_id)
            .outerjoin(goal, goal.c.goal_key == plan_item.c.goal_key)
            .where(plan_item.c.item_id == func.any(list(item_ids)))
            .order_by(plan_item.c.item_id)
        )
    )


async def fetchable(
    connection: Connection, requirement_ids: Collection[UUID], owner_unit_id: Any
) -> list[Row]:
    """Which of the requirements a plan with this owner may fetch (PLN-117, PLN-166), and their state."""
    shared = (
        select(requirement_share.c.requirement_id)
        .join(unit_above, unit_above.c.above_id == requirement_share.c.unit_id)
        .where(
            requirement_share.c.requirement_id == requirement.c.requirement_id,
            requirement_share.c.ended_at.is_(None),
            unit_above.c.unit_id == owner_unit_id,
            or_(requirement_share.c.include_sub_units, requirement_share.c.unit_id == owner_unit_id),
        )
        .correlate(requirement)
        .exists()
    )
    of_trust = (
        select(unit_above.c.unit_id)
        .where(unit_above.c.unit_id == owner_unit_id, unit_above.c.above_id == requirement.c.hf_id)
        .correlate(requirement)
        .exists()
    )
    may_fetch = or_(
        shared,
        requirement.c.level == RequirementLevel.REGIONAL.value,
        and_(requirement.c.level == RequirementLevel.TRUST_CENTRAL.value, of_trust),
    )
    return list(
        await connection.all(
            select(
                requirement.c.requirement_id,
                requirement.c.state,
                requirement.c.kind,
                requirement.c.published_version,
                requirement_version.c.documentation_form,
                and_(may_fetch, requirement.c.state != RequirementState.UNPUBLISHED.value).label("may_fetch"),
            )
            .outerjoin(requirement_version, published())
            .where(requirement.c.requirement_id == func.any(list(requirement_ids)))
        )
    )


async def plans_with_active(connection: Connection, requirement_ids: Collection[UUID]) -> list[Row]:
    """Where the requirements are active: plan, item and requirement, archived plans left out."""
    return list(
        await connection.all(
            select(plan_item.c.plan_id, plan_item.c.item_id, plan_item.c.requirement_id)
            .join(plan, plan.c.plan_id == plan_item.c.plan_id)
            .where(
                plan_item.c.requirement_id == func.any(list(requirement_ids)),
                plan_item.c.state == PlanItemState.ACTIVE.value,
                plan.c.archived_at.is_(None),
            )
        )
    )


async def frozen(
    connection: Connection, plan_ids: Collection[UUID]
) -> tuple[list[Row], list[Row], list[Row]]:
    """What versions of the plans freeze: sections, goals, and active items with all they say (PLN-384)."""
    wanted = list(plan_ids)
    sections = await connection.all(
        select(section).where(section.c.plan_id.in_(wanted)).order_by(section.c.place, section.c.section_id)
    )
    goals = await connection.all(
        select(
            local_goal.c.plan_id,
            local_goal.c.local_goal_id,
            goal.c.goal_number,
            goal.c.goal_key,
            goal.c.text,
            theme.c.code.label("theme_code"),
            theme.c.name.label("theme_name"),
            local_goal.c.must_be_updated,
        )
        .select_from(goals_in_plan(plan.join(local_goal, local_goal.c.plan_id == plan.c.plan_id)))
        .where(plan.c.plan_id.in_(wanted))
        .order_by(theme.c.place, template_goal.c.place, goal.c.goal_key)
    )
    active = await connection.all(
        select(
            plan_item.c.plan_id,
            plan_item.c.item_id,
            plan_item.c.section_id,
            plan_item.c.local_goal_id,
            plan_item.c.validity_days.label("customised_validity_days"),
            requirement.c.requirement_id,
            requirement.c.number,
            requirement.c.kind,
            requirement.c.level,
            requirement_version.c.version,
            *CONTENT,
        )
        .join(requirement, requirement.c.requirement_id == plan_item.c.requirement_id)
        .join(requirement_version, published())
        .where(plan_item.c.plan_id.in_(wanted), plan_item.c.state == PlanItemState.ACTIVE.value)
        .order_by(plan_item.c.place, plan_item.c.item_id)
    )
    return list(sections), list(goals), list(active)
