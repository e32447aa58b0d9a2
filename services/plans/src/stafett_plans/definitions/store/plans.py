"""Queries about plans: one statement a screen."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select, tuple_

from stafett_chassis.directory.tables import person, unit
from stafett_chassis.sql import Connection, Row
from stafett_plans.catalogue.store import (
    definition_log,
    goal,
    requirement,
    requirement_version,
    template,
    template_goal,
    theme,
)
from stafett_plans.catalogue.store.requirements import published
from stafett_plans.definitions.store.tables import local_goal, plan, plan_item, publication, section
from stafett_plans.json_sql import json_list, json_object

_owner = person.alias("document_owner")
_responsible = person.alias("document_responsible")
_unit_published_to = unit.alias("published_to")


def _name(who: Any) -> ColumnElement[Any]:
    return func.concat(who.c.given_name, " ", who.c.family_name)


def _publications() -> ColumnElement[Any]:
    one = json_object(
        publication_id=publication.c.publication_id,
        unit_id=publication.c.unit_id,
        name=func.coalesce(_unit_published_to.c.name, ""),
        include_sub_units=publication.c.include_sub_units,
    )
    return (
        select(json_list(one, publication.c.published_at, publication.c.publication_id))
        .select_from(publication)
        .outerjoin(_unit_published_to, _unit_published_to.c.unit_id == publication.c.unit_id)
        .where(publication.c.plan_id == plan.c.plan_id)
        .correlate(plan)
        .scalar_subquery()
    )


def head(may_edit: ColumnElement[bool] | None = None) -> Select[Any]:
    """Plans with the names people read, and where they are published."""
    return (
        select(
            plan,
            template.c.code.label("template_code"),
            template.c.track,
            template.c.specialty,
            unit.c.name.label("owner_unit_name"),
            unit.c.valid_to.label("owner_valid_to"),
            case((_owner.c.person_id.is_not(None), _name(_owner))).label("document_owner_name"),
            case((_responsible.c.person_id.is_not(None), _name(_responsible))).label(
                "document_responsible_name"
            ),
            _publications().label("publications"),
            (may_edit if may_edit is not None else false()).label("may_edit"),
        )
        .outerjoin(template, template.c.template_id == plan.c.template_id)
        .outerjoin(unit, unit.c.unit_id == plan.c.owner_unit_id)
        .outerjoin(_owner, _owner.c.person_id == plan.c.document_owner_id)
        .outerjoin(_responsible, _responsible.c.person_id == plan.c.document_responsible_id)
    )


def _sections() -> ColumnElement[Any]:
    one = json_object(
        section_id=section.c.section_id,
        name=section.c.name,
        place=section.c.place,
        may_be_not_relevant=section.c.may_be_not_relevant,
    )
    return (
        select(json_list(one, section.c.place, section.c.section_id))
        .where(section.c.plan_id == plan.c.plan_id)
        .correlate(plan)
        .scalar_subquery()
    )


def goals_in_plan(start: Any) -> Any:
    """`start`, which holds `local_goal`, with each goal's text, theme and place in the plan's template."""
    return (
        start.join(goal, goal.c.goal_key == local_goal.c.goal_key)
        .join(
            template_goal,
            and_(
                template_goal.c.template_id == plan.c.template_id,
                template_goal.c.goal_key == local_goal.c.goal_key,
            ),
        )
        .join(theme, theme.c.theme_id == template_goal.c.theme_id)
    )


def _goals() -> ColumnElement[Any]:
    one = json_object(
        local_goal_id=local_goal.c.local_goal_id,
        number=goal.c.goal_number,
        key=goal.c.goal_key,
        text=goal.c.text,
        theme_code=theme.c.code,
        theme_name=theme.c.name,
        carried_out_in=goal.c.carried_out_in,
        effective_from=goal.c.effective_from,
        withdrawn_from=goal.c.withdrawn_from,
        must_be_updated=local_goal.c.must_be_updated,
        training_setting=local_goal.c.training_setting,
    )
    return (
        select(json_list(one, theme.c.place, template_goal.c.place, goal.c.goal_key))
        .select_from(goals_in_plan(local_goal))
        .where(local_goal.c.plan_id == plan.c.plan_id)
        .correlate(plan)
        .scalar_subquery()
    )


def _items(may_edit_item: ColumnElement[bool]) -> ColumnElement[Any]:
    now = requirement_version.c
    one = json_object(
        item_id=plan_item.c.item_id,
        section_id=plan_item.c.section_id,
        local_goal_id=plan_item.c.local_goal_id,
        requirement_id=requirement.c.requirement_id,
        number=requirement.c.number,
        kind=requirement.c.kind,
        level=requirement.c.level,
        name=func.coalesce(now.name, requirement.c.draft["name"].astext),
        state=plan_item.c.state,
        has_draft=requirement.c.draft.is_not(None),
        version=requirement.c.published_version,
        learning_form=now.learning_form,
        documentation_form=now.documentation_form,
        requires_signing=now.requires_signing,
        repetitions=now.repetitions,
        validity_days=func.coalesce(plan_item.c.validity_days, now.validity_days),
        requirement_revision=requirement.c.revision,
        may_edit=may_edit_item,
    )
    return (
        select(json_list(one, plan_item.c.place, plan_item.c.item_id))
        .select_from(plan_item)
        .join(requirement, requirement.c.requirement_id == plan_item.c.requirement_id)
        .outerjoin(requirement_version, published())
        .where(plan_item.c.plan_id == plan.c.plan_id)
        .correlate(plan)
        .scalar_subquery()
    )


async def whole(
    connection: Connection,
    plan_id: UUID,
    may_see: ColumnElement[bool],
    may_edit: ColumnElement[bool],
    may_edit_item: ColumnElement[bool],
) -> Row | None:
    """A plan with its sections or goals and their items, as the plan editor shows it."""
    query = head(may_edit).add_columns(
        _sections().label("sections"), _goals().label("goals"), _items(may_edit_item).label("items")
    )
    return await connection.maybe(query.where(plan.c.plan_id == plan_id, or_(may_see, may_edit)))


async def told(connection: Connection, plan_ids: Collection[UUID]) -> list[Row]:
    """Plans as events tell them, in the order of their ids."""
    return list(
        await connection.all(head().where(plan.c.plan_id.in_(list(plan_ids))).order_by(plan.c.plan_id))
    )


async def locked(
    connection: Connection, plan_id: UUID, may_see: ColumnElement[bool], may_edit: ColumnElement[bool]
) -> Row | None:
    """The plan, kept from others until the unit of work ends, with whether the caller may edit it."""
    return await connection.maybe(
        select(plan, may_edit.label("may_edit"))
        .where(plan.c.plan_id == plan_id, or_(may_see, may_edit))
        .with_for_update(of=plan)
    )


async def listing(
    connection: Connection,
    may_see: ColumnElement[bool],
    may_edit: ColumnElement[bool],
    filters: Collection[ColumnElement[bool]],
    after: tuple[str, UUID] | None,
    size: int,
) -> list[Row]:
    """One more than `size` plans by name, each with the `total` of the list."""
    matching = select(plan.c.plan_id).where(or_(may_see, may_edit), *filters)
    total = select(func.count()).select_from(matching.subquery()).scalar_subquery()
    query = head(may_edit).add_columns(total.label("total")).where(plan.c.plan_id.in_(matching))
    if after is not None:
        query = query.where(tuple_(plan.c.sort_key, plan.c.plan_id) > after)
    return list(await connection.all(query.order_by(plan.c.sort_key, plan.c.plan_id).limit(size + 1)))


def matches(words: str) -> ColumnElement[bool]:
    """Whether the name holds every word, in any case (PLN-010)."""
    name = func.lower(plan.c.name)
    return and_(*(name.contains(word.lower(), autoescape=True) for word in words.split()))


async def log_entries(
    connection: Connection, plan_id: UUID, before: tuple[int] | None, size: int
) -> list[Row]:
    """One more than `size` log entries of a plan, newest first, with the names of who did it and for whom."""
    entry = definition_log.c
    by, principal = person.alias("by"), person.alias("principal")
    query = (
        select(
            *(column for column in entry if column.name not in ("object_kind", "object_id")),
            case((by.c.person_id.is_not(None), _name(by))).label("by_name"),
            case((principal.c.person_id.is_not(None), _name(principal))).label("on_behalf_of_name"),
        )
        .outerjoin(by, by.c.person_id == entry.by_person)
        .outerjoin(principal, principal.c.person_id == entry.on_behalf_of)
        .where(entry.object_kind == "plan", entry.object_id == str(plan_id))
    )
    if before is not None:
        query = query.where(entry.log_id < before[0])
    return list(await connection.all(query.order_by(entry.log_id.desc()).limit(size + 1)))
