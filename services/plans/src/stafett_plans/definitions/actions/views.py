"""Rows as the API answers them."""

from datetime import date
from uuid import UUID

from stafett_chassis.auth import Caller
from stafett_chassis.problems import NotFound
from stafett_chassis.sql import Connection, Row
from stafett_plans.definitions.rules.versions import NONE, Version
from stafett_plans.definitions.schemas import PlanHead, PlanView
from stafett_plans.definitions.store import plans, rights

_SAME = (
    "plan_id type variant state name description time_frame literature completion owner_unit_id owner_unit_name"
    " hf_id template_code track specialty document_owner_id document_owner_name document_responsible_id"
    " document_responsible_name publications changed_at may_edit revision"
).split()


async def whole_plan(
    connection: Connection, caller: Caller, today: date, site_kind: str, plan_id: UUID
) -> PlanView:
    """The plan as the editor shows it. Raises 404 for plans the caller may not see."""
    row = await plans.whole(
        connection,
        plan_id,
        rights.may_see(caller, today),
        rights.may_edit(caller, today, site_kind),
        rights.may_edit_item(caller, today),
    )
    if row is None:
        raise NotFound()
    return PlanView(plan_head(row, today), row["sections"], row["goals"], row["items"], row["revision"])


def plan_head(row: Row, today: date) -> PlanHead:
    """A row of `plans.head`."""
    version = Version(row["major"], row["minor"])
    closed = row["owner_valid_to"] is not None and row["owner_valid_to"] < today  # PLN-012
    return PlanHead(
        **{name: row[name] for name in _SAME},
        version=None if version == NONE else str(version),
        owner_closed=closed,
    )
