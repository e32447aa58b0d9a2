"""Every table of sync, for migrations."""

from stafett_sync.copies import store as copies
from stafett_sync.exchange import store as exchange
from stafett_sync.facts import publishing, settling, waiting
from stafett_sync.facts import store as facts
from stafett_sync.metadata import metadata
from stafett_sync.outgoing import store as outgoing
from stafett_sync.persons import store as persons
from stafett_sync.persons import talks

__all__ = [
    "copies",
    "exchange",
    "facts",
    "metadata",
    "outgoing",
    "persons",
    "publishing",
    "settling",
    "talks",
    "waiting",
]
