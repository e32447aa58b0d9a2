"""Notify, on one screen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from stafett_chassis.directory import copy
from stafett_chassis.reactions import Reactions
from stafett_chassis.runtime import Runtime, Service
from stafett_chassis.schedules import Schedule
from stafett_notify.alerts.reactions import reactions as of_alerts
from stafett_notify.catalogue.api import routes as catalogue
from stafett_notify.configuration import NotifySettings
from stafett_notify.contacts.api import routes as contacts
from stafett_notify.contacts.reactions import reactions as of_contacts
from stafett_notify.home.api import routes as home
from stafett_notify.home.reactions import reactions as of_home
from stafett_notify.live.api import routes as live
from stafett_notify.live.hub import Hub
from stafett_notify.live.reactions import reactions as of_live
from stafett_notify.mail.reactions import reactions as of_mail
from stafett_notify.mail.sender import hand_over
from stafett_notify.operations.actions import tidy
from stafett_notify.operations.api import routes as operations
from stafett_notify.own import Own
from stafett_notify.settings.api import routes as settings
from stafett_notify.unsubscribing.api import routes as unsubscribing

reactions = Reactions()
# The directory copy first: what follows asks it who people are now.
reactions.include([copy.reactions, of_contacts, of_alerts, of_home, of_mail, of_live])


@asynccontextmanager
async def _open(runtime: Runtime[Any]) -> AsyncIterator[Own]:
    hub = Hub(runtime)
    yield Own(hub, runtime.database)
    await hub.close()


async def live_updates(runtime: Runtime[Any]) -> None:
    """Write what happens to the open streams of this process."""
    await runtime.owned(Own).hub.run()


service = Service(
    name="notify",
    meaning="Alerts on the home page, e-mail and live updates; decides nothing, repeats what the owners say.",
    package="stafett_notify",
    settings=NotifySettings,
    routers=[home, live, settings, contacts, catalogue, unsubscribing, operations],
    reactions=reactions,
    schedules=[Schedule("tidy", "40 4 * * *", tidy)],
    open=_open,
    http_tasks=[live_updates],
    worker_tasks=[hand_over],
)
