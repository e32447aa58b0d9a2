"""When an address is given up (NTF-104)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FAILURES = 5
"""As many e-mails in a row that could not be delivered for the time being …"""
FAILING_FOR = timedelta(days=7)
"""… over at least this long suspend an address."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """How many e-mails in a row have not arrived, and since when."""

    failures: int = 0
    since: datetime | None = None


def after_failure(before: Trouble, now: datetime) -> tuple[Trouble, bool]:
    """The trouble after one more e-mail that was given up, and whether it suspends the address."""
    trouble = Trouble(before.failures + 1, before.since or now)
    assert trouble.since is not None
    return trouble, trouble.failures >= FAILURES and now - trouble.since >= FAILING_FOR
