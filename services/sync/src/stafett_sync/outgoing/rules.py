"""The envelope of a message between sites, and the messages that are no statements (SYN-060, SYN-061). Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stafett_sync.statements import canonical
from stafett_sync.statements.rules import Refused, moment, read_moment

MAX_BYTES = 256 * 1024
"""Of one message (SYN-067)."""
REQUEST, PAGE, CHECK = "facts.request", "facts.page", "person.check"
REFUSAL, HEARTBEAT = "statement.refused", "heartbeat"
STREAM_ASK, STREAM_FILLED = "stream.ask", "stream.filled"
ROOT, BUCKETS, BUCKETS_ASK, TRAINEES, TRAINEES_ASK = (
    "digest.root",
    "digest.buckets",
    "digest.buckets_ask",
    "digest.trainees",
    "digest.trainees_ask",
)
MESSAGES = frozenset(
    {
        *(REQUEST, PAGE, CHECK, REFUSAL, HEARTBEAT, STREAM_ASK, STREAM_FILLED),
        *(ROOT, BUCKETS, BUCKETS_ASK, TRAINEES, TRAINEES_ASK),
    }
)
_TYPE = re.compile(r"no\.kp\.sync\.([a-z][a-z._]{0,39})\.v([1-9][0-9]{0,3})")
_SOURCE = re.compile(r"urn:kp:site:([a-z]{2,8})")
_SENDER = re.compile(r"[a-z]{2,8}")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the outside of a message says; not to be trusted before it agrees with the signed inside."""

    id: str
    origin: str
    type: str
    major: int
    sender: str
    stream: int | None
    signed: str


def wrap(envelope: Envelope, at: datetime) -> bytes:
    """The CloudEvents envelope as JSON."""
    document = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": f"urn:kp:site:{envelope.origin}",
        "type": f"no.kp.sync.{envelope.type}.v{envelope.major}",
        "time": moment(at),
        "datacontenttype": "application/jose",
        "sender": envelope.sender,
        "stream": envelope.stream,
        "data": envelope.signed,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def unwrap(raw: bytes) -> Envelope:
    """The envelope in `raw`; refuses as `malformed` what is none."""
    if len(raw) > MAX_BYTES:
        raise Refused("malformed", "size")
    try:
        document = canonical.read(raw)
    except ValueError:
        raise Refused("malformed", "envelope") from None
    if not isinstance(document, dict) or document.get("specversion") != "1.0":
        raise Refused("malformed", "envelope")
    kind = _TYPE.fullmatch(str(document.get("type")))
    source = _SOURCE.fullmatch(str(document.get("source")))
    stream, sender, data = document.get("stream"), document.get("sender"), document.get("data")
    if kind is None or source is None or not isinstance(data, str):
        raise Refused("malformed", "envelope")
    if not isinstance(sender, str) or not _SENDER.fullmatch(sender):
        raise Refused("malformed", "sender")
    if stream is not None and (
        not isinstance(stream, int) or isinstance(stream, bool) or not 1 <= stream < 2**62
    ):
        raise Refused("malformed", "stream")
    return Envelope(str(document.get("id")), source[1], kind[1], int(kind[2]), sender, stream, data)


def message_payload(
    doc: str, *, env: str, site: str, to: str, at: datetime, body: Mapping[str, Any]
) -> dict[str, Any]:
    """The signed inside of a message that is no statement; `to` keeps it from being sent on to others."""
    return {
        "doc": f"{doc}/1",
        "env": env,
        "origin": {"site": site},
        "to": to,
        "issued_at": moment(at),
        "body": dict(body),
    }


@dataclass(frozen=True, slots=True)
class PeerMessage:
    """A verified message of a peer."""

    doc: str
    site: str
    issued_at: datetime
    body: Mapping[str, Any]


def read_message(payload: Mapping[str, Any], *, env: str, to: str) -> PeerMessage:
    """The message in a verified payload. Refuses what is meant for others or broken."""
    doc, _, major = str(payload.get("doc")).partition("/")
    origin, body = payload.get("origin"), payload.get("body")
    if doc not in MESSAGES or major != "1" or not isinstance(origin, dict) or not isinstance(body, dict):
        raise Refused("malformed", "doc")
    if payload.get("env") != env:
        raise Refused("wrong_environment", "env")
    if payload.get("to") != to:
        raise Refused("not_allowed", "to")
    return PeerMessage(doc, str(origin.get("site")), read_moment(payload.get("issued_at"), "issued_at"), body)


def missing_between(highest: int, arrived: int) -> range:
    """The stream numbers that a message numbered `arrived` shows to be missing behind `highest` (SYN-134)."""
    return range(highest + 1, arrived)
