"""Work of every hour on invitations."""

from stafett_chassis.schedules import Run, Schedule
from stafett_identity.registration.keeping import expire_overdue


async def expire_invitations(run: Run) -> None:
    """Mark the invitations nobody answered in time, and tell the trainees."""
    async with run.begin() as work:
        await expire_overdue(work)


schedules = [Schedule("invitations.expire", "10 * * * *", expire_invitations)]
