"""Events and shared vocabulary: what services may know about one another."""

from stafett_contracts.event import (
    Actor,
    Envelope,
    Event,
    MalformedEvent,
    UnknownEvent,
    UtcTime,
    Value,
    all_events,
    decode,
    encode,
    registry,
    source_of,
)
from stafett_contracts.ids import new_id

# Loading a service's events registers them: whoever imports anything from here can decode everything.
from stafett_contracts import dialog, identity, notify, plans, signing, sync, training_time  # isort: skip

__all__ = [
    "Actor",
    "Envelope",
    "Event",
    "MalformedEvent",
    "UnknownEvent",
    "UtcTime",
    "Value",
    "all_events",
    "decode",
    "dialog",
    "encode",
    "identity",
    "new_id",
    "notify",
    "plans",
    "registry",
    "signing",
    "source_of",
    "sync",
    "training_time",
]
