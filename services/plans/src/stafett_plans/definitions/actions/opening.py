"""Finding a plan to change, with the caller's rights checked in the query."""

from uuid import UUID

from stafett_chassis.problems import Forbidden, NotFound, StaleVersion
from stafett_chassis.sql import Row
from stafett_chassis.work import Work
from stafett_plans.definitions.actions.views import whole_plan
from stafett_plans.definitions.rules.items import archived
from stafett_plans.definitions.schemas import PlanView
from stafett_plans.definitions.store import plans, rights


async def open_plan(work: Work, plan_id: UUID, version: int | None = None) -> Row:
    """The plan, locked. Refuses who may not edit it, an archived one (PLN-014), and a stale `version` (PLN-004)."""
    row = await plans.locked(
        work,
        plan_id,
        rights.may_see(work.caller, work.today),
        rights.may_edit(work.caller, work.today, work.site_kind),
    )
    if row is None:
        raise NotFound()
    if not row["may_edit"]:
        raise Forbidden("plan_not_yours", "Du kan ikke endre denne planen.", "You may not edit this plan.")
    if row["archived_at"] is not None:
        raise archived()
    if version is not None and version != row["revision"]:
        raise StaleVersion(await shown(work, plan_id), version=row["revision"])
    return row


async def shown(work: Work, plan_id: UUID) -> PlanView:
    """The plan after the change, as the caller sees it."""
    return await whole_plan(work, work.caller, work.today, work.site_kind, plan_id)
