"""Loading what one catalogue file is compared with: a fixed number of statements whatever its size."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from stafett_chassis.sql import Connection, Row
from stafett_contracts.ids import ExternalKey, GoalKey, GoalNumber, RequirementId
from stafett_contracts.vocabulary import (
    CarriedOutIn,
    Demand,
    DocumentationForm,
    GoalType,
    LearningForm,
    PlanType,
    RequirementLevel,
)
from stafett_plans.catalogue.rules.file import Catalogue, FileTemplate
from stafett_plans.catalogue.rules.known import Known, KnownActivity, KnownGoal, KnownTemplate, KnownTheme
from stafett_plans.catalogue.store.requirements import published
from stafett_plans.catalogue.store.tables import (
    category,
    goal,
    goal_activity,
    goal_replacement,
    requirement,
    requirement_version,
    template,
    template_goal,
    theme,
)
from stafett_plans.definitions.store.tables import local_goal, plan


async def known(connection: Connection, catalogue: Catalogue, today: date) -> Known:
    """What the catalogue holds of what the file is about."""
    home = await _template(connection, catalogue.template) if catalogue.template else None
    template_id = home.template_id if home else None
    replaced = await connection.all(select(goal_replacement))
    demands: dict[GoalKey, dict[GoalKey, Demand]] = {}
    for row in replaced:
        demands.setdefault(row["goal_key"], {})[row["old_goal_key"]] = Demand(row["demand"])
    taken_over = {row["old_goal_key"] for row in replaced}
    under = await _activities_under(connection, template_id)
    wanted = {goal.key for goal in catalogue.goals} | {
        old.key for goal in catalogue.goals for old in goal.replaces
    }
    rows = await connection.all(_goals(template_id, sorted(wanted), [goal.text for goal in catalogue.goals]))
    goals = [_goal(row, demands, taken_over, under) for row in rows]
    keys = {activity.key for goal in catalogue.goals for activity in goal.activities}
    keys |= {key for listed in under.values() for key in listed}
    return Known(
        today=today,
        template=home,
        goals={goal.key: goal for goal in goals},
        activities=await _activities(connection, sorted(keys)),
        categories=await _categories(connection, catalogue.template),
        replacements={key: tuple(old) for key, old in demands.items()},
    )


def same_template(wanted: FileTemplate) -> Any:
    """The condition that a row of `template` is this one: known by code, track and specialty together."""
    return (
        (template.c.code == wanted.code)
        & (template.c.track == wanted.track.value)
        & template.c.specialty.is_not_distinct_from(wanted.specialty)
    )


async def _template(connection: Connection, wanted: FileTemplate) -> KnownTemplate | None:
    row = await connection.maybe(
        select(
            template,
            select(plan.c.plan_id)
            .where(plan.c.template_id == template.c.template_id)
            .correlate(template)
            .exists()
            .label("in_use"),
        ).where(same_template(wanted))
    )
    if row is None:
        return None
    themes = await connection.all(select(theme).where(theme.c.template_id == row["template_id"]))
    return KnownTemplate(
        row["template_id"],
        row["name"],
        PlanType(row["plan_type"]),
        row["in_use"],
        {each["code"]: KnownTheme(each["theme_id"], each["name"], each["place"]) for each in themes},
    )


def _goals(template_id: UUID | None, keys: Sequence[GoalKey], texts: Sequence[str]) -> Select[Any]:
    in_local_plan = (
        select(local_goal.c.local_goal_id)
        .join(plan, plan.c.plan_id == local_goal.c.plan_id)
        .where(local_goal.c.goal_key == goal.c.goal_key, plan.c.template_id == template_id)
        .correlate(goal)
        .exists()
    )
    return (
        select(
            goal,
            theme.c.code.label("theme"),
            template_goal.c.place,
            in_local_plan.label("in_local_plan"),
        )
        .outerjoin(
            template_goal,
            (template_goal.c.goal_key == goal.c.goal_key) & (template_goal.c.template_id == template_id),
        )
        .outerjoin(theme, theme.c.theme_id == template_goal.c.theme_id)
        .where(
            or_(
                goal.c.goal_key == func.any(keys),
                goal.c.text == func.any(texts),
                template_goal.c.template_id.is_not(None),
            )
        )
        .order_by(theme.c.place, template_goal.c.place, goal.c.goal_key)
    )


def _goal(
    row: Row,
    demands: Mapping[GoalKey, Mapping[GoalKey, Demand]],
    taken_over: set[GoalKey],
    under: Mapping[GoalKey, Sequence[ExternalKey]],
) -> KnownGoal:
    key = GoalKey(row["goal_key"])
    return KnownGoal(
        key=key,
        number=GoalNumber(row["goal_number"]),
        type=GoalType(row["type"]),
        text=row["text"],
        carried_out_in=CarriedOutIn(row["carried_out_in"]),
        effective_from=row["effective_from"],
        withdrawn_from=row["withdrawn_from"],
        replaces=demands.get(key, {}),
        replaced=key in taken_over,
        theme=row["theme"],
        place=row["place"],
        activities=under.get(key, ()),
        in_local_plan=row["in_local_plan"],
    )


async def _activities_under(
    connection: Connection, template_id: UUID | None
) -> dict[GoalKey, Sequence[ExternalKey]]:
    rows = await connection.all(
        select(
            goal_activity.c.goal_key,
            func.array_agg(
                aggregate_order_by(
                    requirement.c.external_key, goal_activity.c.place, requirement.c.external_key
                )
            ).label("keys"),
        )
        .join(requirement, requirement.c.requirement_id == goal_activity.c.requirement_id)
        .where(goal_activity.c.template_id == template_id)
        .group_by(goal_activity.c.goal_key)
    )
    return {row["goal_key"]: row["keys"] for row in rows}


async def _activities(
    connection: Connection, keys: Sequence[ExternalKey]
) -> dict[ExternalKey, KnownActivity]:
    rows = await connection.all(
        select(
            requirement.c.requirement_id,
            requirement.c.external_key,
            requirement.c.level,
            requirement_version,
            category.c.name.label("category_name"),
        )
        .join(requirement_version, published())
        .join(category, category.c.category_id == requirement_version.c.category_id)
        .where(requirement.c.external_key == func.any(keys))
    )
    return {
        row["external_key"]: KnownActivity(
            requirement_id=RequirementId(row["requirement_id"]),
            key=ExternalKey(row["external_key"]),
            version=row["version"],
            level=RequirementLevel(row["level"]),
            name=row["name"],
            learning_form=LearningForm(row["learning_form"]),
            documentation_form=DocumentationForm(row["documentation_form"]),
            description=row["description"],
            repetitions=row["repetitions"],
            requires_signing=row["requires_signing"],
            category=row["category_name"],
        )
        for row in rows
    }


async def _categories(connection: Connection, wanted: FileTemplate | None) -> dict[str, list[UUID]]:
    """The region's categories by name; of several with one name that of the template's specialty is meant."""
    rows = await connection.all(select(category).where(category.c.scope == "region"))
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["name"], []).append(row)
    specialty = wanted.specialty if wanted else None
    return {
        name: [row["category_id"] for row in [r for r in homes if r["specialty"] == specialty] or homes]
        for name, homes in found.items()
    }
