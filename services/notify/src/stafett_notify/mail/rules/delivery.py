"""When an e-mail is handed over, tried again and given up (NTF-100 to NTF-109)."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """Kind of e-mail."""

    SINGLE = "single"
    WEEKLY = "weekly"
    MANDATORY = "mandatory"
    PERSONAL = "personal"
    CONFIRMATION = "confirmation"


class State(StrEnum):
    """What became of an e-mail."""

    WAITING = "waiting"
    HANDING_OVER = "handing_over"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    DROPPED = "dropped"
    NO_ADDRESS = "no_address"
    SUSPENDED = "suspended"


FINAL = frozenset(State) - {State.WAITING, State.HANDING_OVER, State.DEFERRED}
"""States that nothing follows upon."""

STOPPABLE = frozenset({Kind.SINGLE, Kind.WEEKLY})
"""Kinds that settings govern, and of which one too few is better than one too many (NTF-102)."""

LEASE = timedelta(minutes=5)
"""An e-mail handed over longer ago than this, without an outcome, was in the hands of a process that died."""

LIFETIME = timedelta(hours=72)
VERY_LATE = timedelta(days=30)
"""An event older than this gives no e-mail of Table 5 either (NTF-112)."""

_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
_LAST_PAUSE = timedelta(hours=4)

RESERVED = (
    ".example",
    ".test",
    ".invalid",
    ".localhost",
    "@example.com",
    "@example.net",
    "@example.org",
    "@example.no",
)
"""Domains that belong to nobody (RFC 2606, and Norid's example.no): demo mode may write to them."""


class Verdict(StrEnum):
    """What the mail server said."""

    ACCEPTED = "accepted"
    LATER = "later"  # not now: no connection, 4xx, or a fault of our own set-up
    NEVER = "never"  # 5xx about this recipient or message
    UNKNOWN = "unknown"  # the connection was lost after the message had been sent


@dataclass(frozen=True, slots=True)
class Answer:
    """The mail server's verdict with its code; none when there was no answer."""

    verdict: Verdict
    code: int | None = None
    about_recipient: bool = False


def next_try(tries: int, created_at: datetime, now: datetime, not_after: datetime | None) -> datetime | None:
    """When to try again after the failed try number `tries`; none: give up (NTF-103)."""
    pause = _PAUSES[tries - 1] if tries <= len(_PAUSES) else _LAST_PAUSE
    end = min(created_at + LIFETIME, not_after) if not_after else created_at + LIFETIME
    return now + pause if now + pause <= end else None


def after_crash(kind: Kind) -> State:
    """The state of an e-mail whose outcome nobody knows (NTF-102)."""
    return State.UNCERTAIN if kind in STOPPABLE else State.WAITING


def patterns(text: str) -> tuple[str, ...]:
    """The patterns of an allow-list: addresses, `@domain`, `.suffix`. Raises `ValueError` for anything else."""
    found = tuple(word.strip().lower() for word in text.split(",") if word.strip())
    for word in found:
        if not re.fullmatch(r"[^@\s]*@[a-z0-9.-]+|\.[a-z0-9.-]+", word):
            raise ValueError(f"{word!r} is neither an address, nor @domain, nor .suffix")
    return found


def may_be_sent_to(address: str, allowed: tuple[str, ...] | None) -> bool:
    """Whether e-mail may go to the address (NTF-109); `None` allows every one."""
    if allowed is None:
        return True
    lowered = address.lower()
    return any(
        lowered == pattern or (pattern[0] in "@." and lowered.endswith(pattern)) for pattern in allowed
    )


def is_address(address: str) -> bool:
    """Whether the address can stand in an envelope and a header: ASCII, one `@`, no spaces or controls."""
    return bool(re.fullmatch(r"[!-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", address)) and not re.search(
        r'[<>()\[\]\\,;:"]', address
    )


def masked(address: str | None) -> str | None:
    """An address as the mail log shows it: `k…@havnes.example`."""
    if not address or "@" not in address:
        return None
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"
