"""Identity on one screen."""

from stafett_chassis.reactions import Reactions
from stafett_chassis.runtime import Service
from stafett_identity.directory import api as directory
from stafett_identity.directory import checks
from stafett_identity.hr_import import api as hr_import
from stafett_identity.hr_import.schedules import schedules as import_schedules
from stafett_identity.registration import api as registration
from stafett_identity.registration import reactions as registration_reactions
from stafett_identity.registration import relations_api as relations
from stafett_identity.registration.schedules import schedules as registration_schedules
from stafett_identity.roles import api as roles
from stafett_identity.roles.schedules import schedules as role_schedules
from stafett_identity.sessions import api as sessions
from stafett_identity.sessions.keys import keep_keys
from stafett_identity.sessions.opening import opened
from stafett_identity.sessions.schedules import schedules as session_schedules
from stafett_identity.settings import IdentitySettings

reactions = Reactions()
reactions.include([registration_reactions.reactions, checks.reactions])

service = Service(
    name="identity",
    meaning="People, accounts and log-in, organisation, positions, roles and relations.",
    package="stafett_identity",
    settings=IdentitySettings,
    routers=[
        sessions.routes,
        registration.routes,
        relations.routes,
        directory.routes,
        hr_import.routes,
        roles.routes,
    ],
    reactions=reactions,
    schedules=[
        *session_schedules,
        *checks.schedules,
        *registration_schedules,
        *import_schedules,
        *role_schedules,
    ],
    open=opened,
    http_tasks=[keep_keys],
)
