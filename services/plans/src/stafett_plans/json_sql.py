"""Rows gathered into JSON by the database, so that a whole screen is one statement."""

from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy.dialects.postgresql import aggregate_order_by


def json_object(**values: Any) -> ColumnElement[Any]:
    """A JSON object of these columns."""
    return func.jsonb_build_object(*(part for pair in values.items() for part in pair))


def json_list(item: Any, *order: Any) -> ColumnElement[Any]:
    """A JSON list of one `item` a row, in this order; empty when there are no rows."""
    return func.coalesce(func.jsonb_agg(aggregate_order_by(item, *order)), func.jsonb_build_array())
