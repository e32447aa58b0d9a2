"""Training time on one screen."""

from stafett_chassis.directory import copy
from stafett_chassis.reactions import Reactions
from stafett_chassis.runtime import Service
from stafett_chassis.settings import Settings

reactions = Reactions()
reactions.include([copy.reactions])

service = Service(
    name="training-time",
    meaning="Registrations of training time and their calculation.",
    package="stafett_training_time",
    settings=Settings,
    reactions=reactions,
)
