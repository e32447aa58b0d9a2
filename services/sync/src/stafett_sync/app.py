"""Sync, put together."""

from stafett_chassis.directory import copy
from stafett_chassis.reactions import Reactions
from stafett_chassis.runtime import Service
from stafett_chassis.schedules import Schedule
from stafett_sync.copies import reactions as copies
from stafett_sync.exchange.reconciling import reconcile
from stafett_sync.exchange.tasks import exchange, nightly
from stafett_sync.facts import reactions as facts
from stafett_sync.own import open_own
from stafett_sync.persons import api as persons_api
from stafett_sync.persons import reactions as persons
from stafett_sync.settings import SyncSettings
from stafett_sync.views import api as views

reactions = Reactions()
# The directory copy first: what follows reads it.
reactions.include([copy.reactions, copies.reactions, facts.reactions, persons.reactions])

service = Service(
    name="sync",
    meaning="What sites tell one another of a trainee's learning, and what holds when they say different things.",
    package="stafett_sync",
    settings=SyncSettings,
    routers=[views.routes, persons_api.routes],
    reactions=reactions,
    schedules=[Schedule("reconcile", "0 20 * * *", reconcile), Schedule("presence", "10 0 * * *", nightly)],
    open=open_own,
    worker_tasks=[exchange],
)
