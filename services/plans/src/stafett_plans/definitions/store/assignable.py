"""To whom a plan can be assigned (PLN-357, PLN-501)."""

from typing import Any

from sqlalchemy import Select, and_, or_, select

from stafett_chassis.directory.tables import unit_above
from stafett_contracts.vocabulary import PlanState
from stafett_plans.definitions.store.tables import plan, publication


def assignable_at(unit_id: Any) -> Select[Any]:
    """Ids of the plans published, at this moment, to the unit, directly or with sub-units from above.

    `unit_id` is a value or a column of the query this becomes part of; the tree is the directory's as it is now.
    """
    return (
        select(publication.c.plan_id)
        .join(plan, and_(plan.c.plan_id == publication.c.plan_id, plan.c.state == PlanState.PUBLISHED.value))
        .join(unit_above, unit_above.c.above_id == publication.c.unit_id)
        .where(
            unit_above.c.unit_id == unit_id,
            or_(publication.c.include_sub_units, publication.c.unit_id == unit_id),
        )
    )
