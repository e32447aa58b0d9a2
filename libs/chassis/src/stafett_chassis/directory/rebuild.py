"""Filling a wiped or new directory copy from identity's snapshot (IDN-252), while events go on coming in."""

from typing import Any

import structlog

from stafett_chassis.runtime import Runtime
from stafett_chassis.service_auth import service_token
from stafett_chassis.work import Cause
from stafett_contracts.event import decode
from stafett_contracts.vocabulary import Origin

log = structlog.get_logger(__name__)

PATH = "/api/identity/directory/snapshot"


async def rebuild(runtime: Runtime[Any]) -> int:
    """Apply every object of the snapshot, page by page; how many. Newer events that have arrived stand.

    A page is lines of encoded events; the header `Next-Cursor` names the next one. Interrupted, it can simply be
    run again.
    """
    base = str(runtime.settings.identity_url).rstrip("/")
    cursor: str | None = None
    total = 0
    while True:
        answer = await runtime.http.get(
            base + PATH,
            params={"cursor": cursor} if cursor else {},
            headers={
                "authorization": f"Bearer {service_token(runtime.settings, runtime.service.name, runtime.clock)}"
            },
            timeout=60,
        )
        answer.raise_for_status()
        async with runtime.units.begin(cause=Cause(origin=Origin.REBUILD)) as work:
            for line in answer.content.splitlines():
                # The service's own reactions, not only the copy's: what it derives from the directory comes too.
                await runtime.service.reactions.react(work, decode(line).data)
                total += 1
        cursor = answer.headers.get("next-cursor")
        log.info("directory_rebuilding", objects=total)
        if not cursor:
            return total
