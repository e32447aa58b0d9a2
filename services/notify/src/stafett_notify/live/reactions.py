"""A session that has ended takes its streams with it."""

from stafett_chassis.reactions import Reactions
from stafett_contracts.identity import SessionRevoked
from stafett_notify.live import actions

reactions = Reactions()

reactions.on(SessionRevoked)(actions.end_session)
