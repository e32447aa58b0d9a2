"""Queries about requirements."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, true

from stafett_chassis.sql import Connection, Row
from stafett_plans.catalogue.store.tables import (
    category,
    requirement,
    requirement_number,
    requirement_version,
)

current = requirement_version
"""Joined with `published`, the version in force."""


def published() -> ColumnElement[bool]:
    """How `requirement_version` is joined to give the version in force."""
    return and_(
        current.c.requirement_id == requirement.c.requirement_id,
        current.c.version == requirement.c.published_version,
    )


CONTENT = [
    column
    for column in requirement_version.c
    if column.name not in ("requirement_id", "version", "changed_fields", "published_by", "published_at")
]
"""The columns that hold what a requirement says."""


def whole(may_edit: ColumnElement[bool] | None = None) -> Select[Any]:
    """Requirements with what is in force and the name of its category."""
    content = func.to_jsonb(current.table_valued()).label("published")
    return (
        select(
            requirement,
            content,
            category.c.name.label("category_name"),
            (may_edit if may_edit is not None else true()).label("may_edit"),
        )
        .outerjoin(current, published())
        .outerjoin(category, category.c.category_id == current.c.category_id)
    )


async def one(
    connection: Connection, requirement_id: UUID, may_edit: ColumnElement[bool], *, lock: bool = False
) -> Row | None:
    """The requirement, with whether the caller may edit it."""
    query = whole(may_edit).where(requirement.c.requirement_id == requirement_id)
    return await connection.maybe(query.with_for_update(of=requirement) if lock else query)


async def several(connection: Connection, requirement_ids: Collection[UUID]) -> list[Row]:
    """These requirements, locked, in the order of their ids so that two who want the same wait for one another."""
    query = (
        whole()
        .where(requirement.c.requirement_id == func.any(list(requirement_ids)))
        .order_by(requirement.c.requirement_id)
        .with_for_update(of=requirement)
    )
    return list(await connection.all(query))


async def next_numbers(connection: Connection, count: int) -> list[str]:
    """So many new requirement numbers."""
    return await connection.column(
        select(func.format("%s", requirement_number.next_value())).select_from(func.generate_series(1, count))
    )
