"""Work of every hour on sessions."""

from stafett_chassis.schedules import Run, Schedule
from stafett_identity.sessions import store


async def tidy_sessions(run: Run) -> None:
    """Mark sessions that have run out, and forget identifications nobody came back with."""
    async with run.begin() as work:
        await store.tidy(work, work.at)


schedules = [Schedule("sessions.tidy", "5 * * * *", tidy_sessions)]
