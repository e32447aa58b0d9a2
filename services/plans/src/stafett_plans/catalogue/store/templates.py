"""Queries about templates, goals and categories: one statement a screen."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from stafett_chassis.sql import Connection, Row
from stafett_plans.catalogue.store.requirements import published
from stafett_plans.catalogue.store.tables import (
    category,
    goal,
    goal_activity,
    goal_replacement,
    goal_text,
    requirement,
    requirement_version,
    template,
    template_goal,
    theme,
)
from stafett_plans.definitions.store.tables import plan
from stafett_plans.json_sql import json_list, json_object


async def templates(connection: Connection) -> list[Row]:
    """Every template, with its number of goals and whether it is in use."""
    goals = (
        select(func.count())
        .where(template_goal.c.template_id == template.c.template_id)
        .correlate(template)
        .scalar_subquery()
    )
    in_use = (
        select(plan.c.plan_id)
        .where(plan.c.template_id == template.c.template_id)
        .correlate(template)
        .exists()
    )
    query = select(template, goals.label("goals"), in_use.label("in_use"))
    return list(await connection.all(query.order_by(template.c.code, template.c.track, template.c.specialty)))


async def matching(
    connection: Connection, code: str, track: str | None = None, specialty: str | None = None
) -> list[Row]:
    """The templates of this code and, where given, track and specialty."""
    query = select(template).where(template.c.code == code)
    if track is not None:
        query = query.where(template.c.track == track)
    if specialty is not None:
        query = query.where(template.c.specialty == specialty)
    return list(await connection.all(query.order_by(template.c.track, template.c.specialty)))


async def whole(connection: Connection, template_id: UUID) -> Row:
    """A template with its themes, goals and activities."""
    activity = json_object(
        requirement_id=requirement.c.requirement_id,
        number=requirement.c.number,
        key=requirement.c.external_key,
        level=requirement.c.level,
        name=requirement_version.c.name,
        learning_form=requirement_version.c.learning_form,
        documentation_form=requirement_version.c.documentation_form,
        description=requirement_version.c.description,
        repetitions=requirement_version.c.repetitions,
        requires_signing=requirement_version.c.requires_signing,
        category=category.c.name,
    )
    activities = (
        select(json_list(activity, goal_activity.c.place, requirement.c.external_key))
        .select_from(goal_activity)
        .join(requirement, requirement.c.requirement_id == goal_activity.c.requirement_id)
        .join(requirement_version, published())
        .join(category, category.c.category_id == requirement_version.c.category_id)
        .where(
            goal_activity.c.template_id == template_goal.c.template_id,
            goal_activity.c.goal_key == template_goal.c.goal_key,
        )
        .correlate(template_goal)
        .scalar_subquery()
    )
    replaces = (
        select(
            json_list(
                json_object(number=_old.c.goal_number, demand=goal_replacement.c.demand), _old.c.goal_key
            )
        )
        .select_from(goal_replacement)
        .join(_old, _old.c.goal_key == goal_replacement.c.old_goal_key)
        .where(goal_replacement.c.goal_key == goal.c.goal_key)
        .correlate(goal)
        .scalar_subquery()
    )
    one = json_object(
        number=goal.c.goal_number,
        key=goal.c.goal_key,
        text=goal.c.text,
        order=template_goal.c.place,
        carried_out_in=goal.c.carried_out_in,
        effective_from=goal.c.effective_from,
        withdrawn_from=goal.c.withdrawn_from,
        replaces=replaces,
        activities=activities,
    )
    goals = (
        select(json_list(one, template_goal.c.place, goal.c.goal_key))
        .select_from(template_goal)
        .join(goal, goal.c.goal_key == template_goal.c.goal_key)
        .where(template_goal.c.theme_id == theme.c.theme_id)
        .correlate(theme)
        .scalar_subquery()
    )
    a_theme = json_object(code=theme.c.code, name=theme.c.name, order=theme.c.place, goals=goals)
    themes = (
        select(json_list(a_theme, theme.c.place, theme.c.code))
        .select_from(theme)
        .where(theme.c.template_id == template.c.template_id)
        .correlate(template)
        .scalar_subquery()
    )
    return await connection.one(
        select(template, themes.label("themes")).where(template.c.template_id == template_id)
    )


_old = goal.alias("old")
_new = goal.alias("new")


def goals_told() -> Select[Any]:
    """Goals with the templates they lie in, as events and the goal's page tell them."""
    place = json_object(
        code=template.c.code,
        name=template.c.name,
        track=template.c.track,
        specialty=template.c.specialty,
        theme=theme.c.name,
        theme_order=theme.c.place,
        goal_order=template_goal.c.place,
    )
    places = (
        select(json_list(place, template.c.code, template.c.track, template.c.specialty))
        .select_from(template_goal)
        .join(template, template.c.template_id == template_goal.c.template_id)
        .join(theme, theme.c.theme_id == template_goal.c.theme_id)
        .where(template_goal.c.goal_key == goal.c.goal_key)
        .correlate(goal)
        .scalar_subquery()
    )
    return select(goal, places.label("templates"))


async def goal_page(connection: Connection, key: str) -> Row | None:
    """A goal with everything about it."""

    def replacements(side: Any, other: Any, mine: Any) -> Any:
        return (
            select(
                json_list(
                    json_object(
                        number=side.c.goal_number, key=side.c.goal_key, demand=goal_replacement.c.demand
                    ),
                    side.c.goal_key,
                )
            )
            .select_from(goal_replacement)
            .join(side, side.c.goal_key == other)
            .where(mine == goal.c.goal_key)
            .correlate(goal)
            .scalar_subquery()
        )

    r = goal_replacement.c
    earlier = (
        select(
            json_list(json_object(until=goal_text.c.until, text=goal_text.c.text), goal_text.c.until.desc())
        )
        .where(goal_text.c.goal_key == goal.c.goal_key)
        .correlate(goal)
        .scalar_subquery()
    )
    query = goals_told().add_columns(
        replacements(_old, r.old_goal_key, r.goal_key).label("replaces"),
        replacements(_new, r.goal_key, r.old_goal_key).label("replaced_by"),
        earlier.label("earlier_texts"),
    )
    return await connection.maybe(query.where(goal.c.goal_key == key))


async def categories(connection: Connection) -> list[Row]:
    """The whole tree, by name."""
    return list(await connection.all(select(category).order_by(category.c.name, category.c.category_id)))
