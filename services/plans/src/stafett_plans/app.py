"""The plans service on one screen."""

from stafett_chassis.directory import copy
from stafett_chassis.reactions import Reactions
from stafett_chassis.runtime import Service
from stafett_plans.assignment import api as assignment
from stafett_plans.assignment import definitions as _hooks  # noqa: F401 - answers and listens to definitions
from stafett_plans.assignment import reactions as assignment_reactions
from stafett_plans.catalogue import api as catalogue
from stafett_plans.definitions import api as definitions
from stafett_plans.goals import api as goals
from stafett_plans.goals import reactions as goals_reactions
from stafett_plans.progress import api as progress
from stafett_plans.progress import reactions as progress_reactions
from stafett_plans.settings import PlansSettings

reactions = Reactions()
reactions.include(
    [
        copy.reactions,  # first: the others look things up in the copy
        assignment_reactions.reactions,
        progress_reactions.reactions,
        goals_reactions.reactions,
    ]
)

service = Service(
    name="plans",
    meaning="What people are asked to learn, the plans made of it, and how far each has come.",
    package="stafett_plans",
    settings=PlansSettings,
    routers=[catalogue.routes, definitions.routes, assignment.routes, progress.routes, goals.routes],
    reactions=reactions,
)
