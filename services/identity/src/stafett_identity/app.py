"""Identity on one screen."""

from stafett_chassis.reactions import Reactions
from stafett_chassis.runtime import Service
from stafett_identity.registration import tables as registration_tables  # noqa: F401 - registers them
from stafett_identity.sessions import api as sessions
from stafett_identity.sessions.keys import keep_keys
from stafett_identity.sessions.opening import opened
from stafett_identity.sessions.schedules import schedules as session_schedules
from stafett_identity.settings import IdentitySettings

reactions = Reactions()

service = Service(
    name="identity",
    meaning="People, accounts and log-in, organisation, positions, roles and relations.",
    package="stafett_identity",
    settings=IdentitySettings,
    routers=[sessions.routes],
    reactions=reactions,
    schedules=[*session_schedules],
    open=opened,
    http_tasks=[keep_keys],
)
