"""What each service's events mean for alerts."""

from stafett_chassis.reactions import Reactions
from stafett_notify.alerts.reactions import assignments, decisions, directory, progress, relations, requests

reactions = Reactions()
reactions.include(
    part.reactions for part in (directory, relations, requests, decisions, assignments, progress)
)
