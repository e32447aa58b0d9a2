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
from stafett_contracts import identity, plans, signing  # isort: skip

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
    "encode",
    "identity",
    "new_id",
    "plans",
    "registry",
    "signing",
    "source_of",
]
