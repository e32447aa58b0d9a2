"""The plans service on one screen."""

from stafett_chassis.directory import copy
from stafett_chassis.reactions import Reactions
from stafett_chassis.runtime import Service
from stafett_plans.catalogue import api as catalogue
from stafett_plans.definitions import api as definitions
from stafett_plans.settings import PlansSettings

reactions = Reactions()
reactions.include([copy.reactions])

service = Service(
    name="plans",
    meaning="What people are asked to learn, the plans made of it, and how far each has come.",
    package="stafett_plans",
    settings=PlansSettings,
    routers=[catalogue.routes, definitions.routes],
    reactions=reactions,
)
