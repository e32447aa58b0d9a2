"""Plans as defined, in the database."""

from stafett_plans.definitions.store.assignable import assignable_at
from stafett_plans.definitions.store.tables import (
    local_goal,
    plan,
    plan_item,
    plan_version,
    publication,
    section,
)

__all__ = [
    "assignable_at",
    "local_goal",
    "plan",
    "plan_item",
    "plan_version",
    "publication",
    "section",
]
