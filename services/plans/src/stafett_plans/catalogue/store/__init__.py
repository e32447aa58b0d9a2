"""The catalogue in the database."""

from stafett_plans.catalogue.store.tables import (
    catalogue,
    category,
    definition_log,
    goal,
    goal_activity,
    goal_replacement,
    goal_text,
    import_file,
    import_run,
    requirement,
    requirement_number,
    requirement_share,
    requirement_version,
    template,
    template_goal,
    theme,
)

__all__ = [
    "catalogue",
    "category",
    "definition_log",
    "goal",
    "goal_activity",
    "goal_replacement",
    "goal_text",
    "import_file",
    "import_run",
    "requirement",
    "requirement_number",
    "requirement_share",
    "requirement_version",
    "template",
    "template_goal",
    "theme",
]
