"""The plans service on one screen."""

from stafett_chassis.directory import copy
from stafett_chassis.reactions import Reactions
from stafett_chassis.runtime import Service
from stafett_plans.assignment import api as assignment_api
from stafett_plans.assignment import reactions as assignment_reactions
from stafett_plans.catalogue import store as _catalogue  # noqa: F401
from stafett_plans.definitions import store as _definitions  # noqa: F401
from stafett_plans.goals import api as goals_api
from stafett_plans.goals import reactions as goals_reactions
from stafett_plans.progress import api as progress_api
from stafett_plans.progress import reactions as progress_reactions
from stafett_plans.settings import PlansSettings

reactions = Reactions()
# The directory copy first: the others look things up in it.
reactions.include(
    [
        copy.reactions,
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
    routers=[assignment_api.routes, progress_api.routes, goals_api.routes],
    reactions=reactions,
)
