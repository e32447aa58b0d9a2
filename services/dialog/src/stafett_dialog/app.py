"""Dialog on one screen."""

from stafett_chassis.directory import copy
from stafett_chassis.reactions import Reactions
from stafett_chassis.runtime import Service
from stafett_chassis.settings import Settings

reactions = Reactions()
reactions.include([copy.reactions])

service = Service(
    name="dialog",
    meaning="Conversations, mentoring conversations and follow-up activities.",
    package="stafett_dialog",
    settings=Settings,
    reactions=reactions,
)
