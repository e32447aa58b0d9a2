"""What a statement is, and what it must be to be taken: pure.

A statement is one signed version of a fact; a fact is what one site says about one subject of one trainee.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from stafett_contracts.vocabulary import FactState, FactType

MAJOR = {kind.value: 1 for kind in FactType}
"""The major version of each document type that this software speaks."""
_FIELDS = ("doc", "env", "origin", "hpr", "subject", "version", "issued_at", "state", "body")
_SITE = re.compile(r"[a-z]{2,8}")
_DOC = re.compile(r"([a-z][a-z._]{0,39})/([1-9][0-9]{0,3})")
_TRUST = re.compile(r"[0-9A-Za-zÆØÅæøå._-]{1,40}")
_HPR = re.compile(r"[1-9][0-9]{0,8}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_MAX_SUBJECT = 200
_YEARS = range(1900, 9000)
"""Of a time: room for what is counted from it, in every time zone."""


class Refused(Exception):
    """A statement or message that is refused for good (SYN-163); `field` names what is wrong, never its value."""

    def __init__(self, code: str, field: str = "", detail: str = "") -> None:
        super().__init__(f"{code}{f' in {field}' if field else ''}")
        self.code = code
        self.field = field
        self.detail = detail


@dataclass(frozen=True, slots=True)
class FactKey:
    """Which fact: the origin site, the type, the trainee's HPR number, the subject."""

    site: str
    type: str
    hpr: str
    subject: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One version of a fact, as its signed payload says (SYN-062)."""

    type: str
    major: int
    env: str
    site: str
    trust: str
    hpr: str
    subject: str
    epoch: int
    seq: int
    issued_at: datetime
    state: FactState
    hash: str
    body: Mapping[str, Any] = field(default_factory=dict, hash=False)
    cause: str | None = None

    @property
    def key(self) -> FactKey:
        """Which fact it is a version of."""
        return FactKey(self.site, self.type, self.hpr, self.subject)


def moment(at: datetime) -> str:
    """`at` as statements write it: UTC, milliseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def to_milliseconds(at: datetime) -> datetime:
    """`at` cut to what a statement can say."""
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def read_moment(text: object, where: str) -> datetime:
    """The time that `moment` wrote. Refuses anything else, dates out of the calendar included (SYN-066)."""
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        raise Refused("malformed", where)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("malformed", where) from None
    if at.year not in _YEARS:
        raise Refused("malformed", where)
    return at


def normal_hpr(written: str | None) -> str | None:
    """The HPR number as sites compare it, or none when what was written is no number (SYN-002)."""
    if written is None:
        return None
    bare = "".join(written.split()).lstrip("0")
    return bare if _HPR.fullmatch(bare) else None


def payload_of(statement: Statement) -> dict[str, Any]:
    """The payload to be signed: exactly the fields of SYN-062."""
    payload: dict[str, Any] = {
        "doc": f"{statement.type}/{statement.major}",
        "env": statement.env,
        "origin": {"site": statement.site, "trust": statement.trust},
        "hpr": statement.hpr,
        "subject": statement.subject,
        "version": {"epoch": statement.epoch, "seq": statement.seq},
        "issued_at": moment(statement.issued_at),
        "state": statement.state.value,
        "body": dict(statement.body),
    }
    if statement.cause is not None:
        payload["cause"] = statement.cause
    return payload


def read_statement(payload: Mapping[str, Any], hashed: str) -> Statement:
    """The statement in a verified payload, its body unread. Refuses as `malformed` with the failing field.

    Fields of a newer minor version are let be: they count in the hash and stay in the signed text (SYN-064).
    """
    for name in _FIELDS:
        if name not in payload:
            raise Refused("malformed", name)
    doc = _DOC.fullmatch(_text(payload["doc"], "doc"))
    if doc is None:
        raise Refused("malformed", "doc")
    origin, version = _object(payload["origin"], "origin"), _object(payload["version"], "version")
    try:
        state = FactState(_text(payload["state"], "state"))
    except ValueError:
        raise Refused("malformed", "state") from None
    body = _object(payload["body"], "body")
    if body and state is not FactState.PRESENT:
        raise Refused("malformed", "body")  # empty unless present
    cause = payload.get("cause")
    if cause is not None and not isinstance(cause, str):
        raise Refused("malformed", "cause")
    subject = _text(payload["subject"], "subject")
    if not 1 <= len(subject) <= _MAX_SUBJECT or any(ord(sign) < 32 for sign in subject):
        raise Refused("malformed", "subject")
    return Statement(
        type=doc[1],
        major=int(doc[2]),
        env=_text(payload["env"], "env"),
        site=_matching(_SITE, origin.get("site"), "origin.site"),
        trust=_matching(_TRUST, origin.get("trust"), "origin.trust"),
        hpr=_matching(_HPR, payload["hpr"], "hpr"),
        subject=subject,
        epoch=_whole(version.get("epoch"), "version.epoch"),
        seq=_whole(version.get("seq"), "version.seq"),
        issued_at=read_moment(payload["issued_at"], "issued_at"),
        state=state,
        hash=hashed,
        body=body,
        cause=cause,
    )


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise Refused("malformed", where)
    return value


def _object(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Refused("malformed", where)
    return value


def _matching(pattern: re.Pattern[str], value: object, where: str) -> str:
    text = _text(value, where)
    if not pattern.fullmatch(text):
        raise Refused("malformed", where)
    return text


def _whole(value: object, where: str) -> int:
    # A bool is an int to Python; 2**31 is what the register's columns hold.
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 2**31:
        raise Refused("malformed", where)
    return value
