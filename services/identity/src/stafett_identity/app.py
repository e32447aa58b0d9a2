"""Identity on one screen."""

from stafett_chassis.reactions import Reactions
from stafett_chassis.runtime import Service
from stafett_identity.settings import IdentitySettings

reactions = Reactions()

service = Service(
    name="identity",
    meaning="People, accounts and log-in, organisation, positions, roles and relations.",
    package="stafett_identity",
    settings=IdentitySettings,
    routers=[],
    reactions=reactions,
    schedules=[],
)
