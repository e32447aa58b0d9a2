"""What a running notify holds beside the chassis's things."""

from dataclasses import dataclass

from stafett_chassis.sql import Database
from stafett_notify.live.hub import Hub


@dataclass(frozen=True, slots=True)
class Own:
    """The open streams of this process, and the way to wake other processes."""

    hub: Hub
    database: Database

    async def ring(self, channel: str, payload: str = "") -> None:
        """Wake those who listen on the channel. A wake-up that is lost is made good by their polls."""
        await self.database.pool.execute("select pg_notify($1, $2)", channel, payload)
