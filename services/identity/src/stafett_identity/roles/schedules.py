"""Ending role grants when their last day has passed (IDN-183)."""

from dataclasses import replace

from sqlalchemy import select

from stafett_chassis.schedules import Run, Schedule
from stafett_chassis.sql import into_all
from stafett_contracts.vocabulary import GrantEndCause, GrantState
from stafett_identity.directory import tables
from stafett_identity.directory.endings import save_grants
from stafett_identity.directory.model import Grant


async def end_passed(run: Run) -> None:
    """End the grants whose last day was before today; nobody could use them since midnight."""
    grant = tables.role_grant.c
    async with run.begin() as work:
        rows = await work.all(
            select(tables.role_grant)
            .where(grant.state != GrantState.ENDED.value, grant.valid_to < work.today)
            .with_for_update()
        )
        await save_grants(
            work,
            [
                replace(
                    row,
                    state=GrantState.ENDED.value,
                    ended_cause=GrantEndCause.END_DATE.value,
                    ended_on=work.today,
                )
                for row in into_all(Grant, rows)
            ],
        )


schedules = [Schedule("roles.end", "5 0 * * *", end_passed)]
