"""What identity does before it answers anybody: refuses a demo over real people, and has a key to sign with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import structlog

from stafett_chassis.runtime import Runtime
from stafett_chassis.settings import BadSettings
from stafett_identity.sessions import store
from stafett_identity.sessions.keys import Keyring
from stafett_identity.settings import IdentitySettings

log = structlog.get_logger(__name__)

_TRIES = 60
_PAUSE_SECONDS = 0.5


@asynccontextmanager
async def opened(runtime: Runtime[IdentitySettings]) -> AsyncIterator[Keyring]:
    """The keyring. Raises `BadSettings` in demo mode when a real person is held here (IDN-037)."""
    await _reachable(runtime)
    if runtime.settings.is_demo:
        async with runtime.database.connection() as connection:
            if await store.holds_real_people(connection):
                raise BadSettings(
                    "STAFETT_ENVIRONMENT: demo is refused: this database holds at least one national id that is not"
                    " synthetic, and demo mode would open it without log-in"
                )
    keyring = Keyring(runtime)
    await keyring.refresh()
    yield keyring


async def _reachable(runtime: Runtime[IdentitySettings]) -> None:
    """Wait for a database that starts together with us; half a minute, then its error is ours."""
    for left in reversed(range(_TRIES)):
        try:
            await runtime.database.pool.execute("select 1")
            return
        except (OSError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError) as error:
            if not left:
                raise
            log.info("waiting_for_database", error=repr(error))
            await asyncio.sleep(_PAUSE_SECONDS)
