"""Digests: one hash for what an origin says of a trainee, and of all trainees (SYN-150, SYN-151)."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from stafett_chassis.clock import OSLO
from stafett_contracts.vocabulary import FactState, FactType
from stafett_sync.statements.rules import Statement

BUCKETS = 256


def line(type: str, subject: str, epoch: int, seq: int, hashed: str) -> str:
    """The line of one fact."""
    return f"{type}\t{subject}\t{epoch}.{seq}\t{hashed}"


def counts(type: str, state: FactState, issued_at: datetime, today: date) -> bool:
    """Whether a fact is part of digests: no presence, nothing gone for more than 24 months (SYN-150, SYN-155)."""
    if type == FactType.PRESENCE.value:
        return False
    return state is FactState.PRESENT or today < forgotten_from(issued_at)


def forgotten_from(issued_at: datetime) -> date:
    """The first day of the 25th month after `issued_at` (SYN-155)."""
    issued = issued_at.astimezone(OSLO).date()
    months = issued.year * 12 + issued.month - 1 + 25
    return date(months // 12, months % 12 + 1, 1)


def lines_of(statements: Iterable[Statement], today: date) -> list[str]:
    """The lines of one trainee and origin."""
    return sorted(
        (
            line(one.type, one.subject, one.epoch, one.seq, one.hash)
            for one in statements
            if counts(one.type, one.state, one.issued_at, today)
        ),
        key=str.encode,
    )


def digest(lines: Iterable[str]) -> str:
    """The hash of lines, in whatever order they are given."""
    return hashlib.sha256("\n".join(sorted(lines, key=str.encode)).encode()).hexdigest()


def bucket_of(hpr: str) -> int:
    """The bucket of a trainee: the first byte of the SHA-256 of the HPR number."""
    return hashlib.sha256(hpr.encode()).digest()[0]


def buckets(digests: Mapping[str, str]) -> list[str]:
    """The 256 bucket hashes of trainees' digests (by HPR number)."""
    lines: list[list[str]] = [[] for _ in range(BUCKETS)]
    for hpr, trainee in digests.items():
        lines[bucket_of(hpr)].append(f"{hpr}\t{trainee}")
    return [digest(of_bucket) for of_bucket in lines]


def root(bucket_hashes: Iterable[str]) -> str:
    """The hash of the 256, in the order of the buckets."""
    return hashlib.sha256("\n".join(bucket_hashes).encode()).hexdigest()
