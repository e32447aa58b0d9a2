"""Keeping a transition: what every change of a request ends with."""

import secrets
from collections.abc import Mapping
from typing import Any

from stafett_chassis.auth import Caller
from stafett_chassis.work import Work
from stafett_contracts.event import Event
from stafett_signing.counts import actions as counts
from stafett_signing.journal import store
from stafett_signing.journal.rules import Entry
from stafett_signing.requests import store as requests
from stafett_signing.requests.rules.request import Request


async def keep(work: Work, request: Request, entry: Entry) -> None:
    """Append a transition to the journal (SGN-170)."""
    await store.append(work, request, entry, salt=secrets.token_hex(16))


async def change(work: Work, before: Request, after: Request, entry: Entry, event: Event) -> None:
    """Save a change, keep it as evidence, tell it, and have the counts of those concerned made anew."""
    await requests.save(work, before, after)
    await keep(work, after, entry)
    work.emit(event)
    counts.changed(work, before.waits_for.person_id, after.waits_for.person_id)


def session_of(caller: Caller) -> Mapping[str, Any]:
    """How the caller was logged in, and when in seconds since 1970 (SGN-173)."""
    return {
        "method": caller.method,
        "assurance": caller.assurance.value,
        "authenticated_at": caller.authenticated_at,
        "session_id": str(caller.session_id),
    }
