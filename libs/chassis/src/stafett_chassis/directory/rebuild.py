"""Filling a wiped or new directory copy from identity's snapshot (IDN-252), while events go on coming in."""

from typing import Any

import structlog

from stafett_chassis.reactions import Later
from stafett_chassis.runtime import Runtime
from stafett_chassis.service_auth import service_token
from stafett_chassis.work import Cause
from stafett_contracts.event import Event, decode
from stafett_contracts.vocabulary import Origin

log = structlog.get_logger(__name__)

PATH = "/api/identity/directory/snapshot"


async def rebuild(runtime: Runtime[Any]) -> int:
    """Apply every object of the snapshot, page by page; how many. Newer events that have arrived stand.

    A page is lines of encoded events; the header `Next-Cursor` names the next one. Interrupted, it can simply be
    run again. Raises `Later` for what even the whole snapshot does not explain.
    """
    base = str(runtime.settings.identity_url).rstrip("/")
    cursor: str | None = None
    total = 0
    waiting: list[Event] = []
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
        page = [decode(line).data for line in answer.content.splitlines()]
        waiting += await _apply(runtime, page)
        total += len(page)
        cursor = answer.headers.get("next-cursor")
        log.info("directory_rebuilding", objects=total)
        if not cursor:
            break
    for event in waiting:
        await _react(runtime, [event])
    return total


async def _apply(runtime: Runtime[Any], page: list[Event]) -> list[Event]:
    """Apply a page; the objects of it that speak of something not yet there."""
    try:
        await _react(runtime, page)
        return []
    except Later:
        if len(page) == 1:
            return page
    return [late for event in page for late in await _apply(runtime, [event])]


async def _react(runtime: Runtime[Any], events: list[Event]) -> None:
    # The service's own reactions, not only the copy's: what it derives from the directory comes too.
    async with runtime.units.begin(cause=Cause(origin=Origin.REBUILD)) as work:
        for event in events:
            await runtime.service.reactions.react(work, event)
