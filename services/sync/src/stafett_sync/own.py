"""What a running sync holds beside the chassis: who it is among the sites, and how it wakes its second relay."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from stafett_chassis.runtime import Runtime
from stafett_chassis.work import Wakeup
from stafett_sync.settings import SyncSettings
from stafett_sync.statements.identity import SiteIdentity, identity_of

NATIONAL_OUTBOX = "national_outbox"


@dataclass
class Own:
    """This site among the sites."""

    identity: SiteIdentity
    wakeup: Wakeup

    @property
    def site(self) -> str:
        """This site's id."""
        return self.identity.site

    async def wake(self) -> None:
        """Tell the relay to the other sites that something waits."""
        self.wakeup.poke()


@asynccontextmanager
async def open_own(runtime: Runtime[SyncSettings]) -> AsyncIterator[Own]:
    """Read registry and key; raises `BadSettings` when they do not fit."""
    own = Own(identity_of(runtime.settings), Wakeup(runtime.database, channel=NATIONAL_OUTBOX))
    try:
        yield own
    finally:
        await own.wakeup.close()
