"""Signing, put together."""

from stafett_chassis.directory import copy
from stafett_chassis.reactions import Reactions
from stafett_chassis.runtime import Service
from stafett_chassis.schedules import Schedule
from stafett_signing.choosing import api as choosing
from stafett_signing.counts import actions as counts
from stafett_signing.deciding import api as deciding
from stafett_signing.journal import api as journal
from stafett_signing.lists import api as lists
from stafett_signing.people import reactions as people
from stafett_signing.requests import reactions as requests
from stafett_signing.settings import SigningSettings

reactions = Reactions()
# The copy first: what follows decides by the directory as it is with the event applied.
reactions.include([copy.reactions, people.reactions, requests.reactions])

service = Service(
    name="signing",
    meaning="Every signature and approval: asking, deciding, undoing, proving.",
    package="stafett_signing",
    settings=SigningSettings,
    routers=[lists.routes, deciding.routes, choosing.routes, journal.routes],
    reactions=reactions,
    schedules=[Schedule("counts", "20 4 * * *", counts.republish)],
)
