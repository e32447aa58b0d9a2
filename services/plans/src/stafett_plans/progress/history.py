"""«Historikk»: what has happened with a requirement, a plan or a goal (PLN-579, PLN-580, PLN-717)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from stafett_chassis.http import Reading
from stafett_plans.assignment import store
from stafett_plans.progress import opened as opening


@dataclass(frozen=True, slots=True)
class HistoryView:
    """One thing that happened, who did it (and for whom), and the status after it."""

    entry_id: int
    at: datetime
    act: str
    status: str
    comment: str | None
    details: dict[str, Any] | None
    actor_id: UUID | None
    actor_name: str | None
    on_behalf_of: UUID | None
    on_behalf_of_name: str | None


async def of_requirement(connection: Reading, assignment_id: UUID, requirement_id: UUID) -> list[HistoryView]:
    """The history of a person's registration."""
    caller = connection.caller
    opened = await opening.for_reading(connection, caller, connection.today, assignment_id, requirement_id)
    if not opened.own:
        await opening.note_access(connection, caller, connection.at, opened)
    return await of(connection, opened.registration.registration_id, comments=opened.comments)


async def of(connection: Reading, target_id: UUID, *, comments: bool) -> list[HistoryView]:
    """The history of something the caller has been let see, with comments where those may be seen."""
    lines = [HistoryView(**row) for row in await store.history(connection, target_id)]
    return lines if comments else [_without_comment(line) for line in lines]


def _without_comment(line: HistoryView) -> HistoryView:
    details = {name: value for name, value in (line.details or {}).items() if name != "deviation"}
    return replace(line, comment=None, details=details if line.details is not None else None)
