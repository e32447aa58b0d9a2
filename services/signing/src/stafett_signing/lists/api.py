"""«Signering/Godkjenning» and «Mine oppgaver»."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from stafett_chassis.http import Call
from stafett_chassis.paging import Page
from stafett_contracts.vocabulary import SigningList
from stafett_signing.lists import store
from stafett_signing.lists import tasks as my_tasks
from stafett_signing.lists.rules import SORT_PATTERN, Asked, Tab

routes = APIRouter(tags=["lists"])


@routes.get("/me/tasks", response_model=my_tasks.Tasks)
async def get_tasks(call: Call) -> Response:
    """Show what waits for the caller, by list and in all («Mine oppgaver»)."""
    return await call.read(my_tasks.tasks, call.runtime.settings.uses_training_time)


@routes.get("/requests", response_model=Page[store.ListRow])
async def get_requests(
    call: Call,
    list: Annotated[SigningList, Query()],
    tab: Annotated[Tab, Query()] = Tab.WAITING,
    q: Annotated[
        str, Query(max_length=100, description="Words of the employee's name and the subject, any order.")
    ] = "",
    plan: Annotated[UUID | None, Query(description="Only what is shown under this plan.")] = None,
    sort: Annotated[
        str | None,
        Query(pattern=SORT_PATTERN, description="A column; with `-` before it the other way round."),
    ] = None,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
    size: Annotated[int, Query(ge=1, le=100)] = 25,
) -> Response:
    """List what waits for the caller, or was decided, in one tab.

    Repetitions of one activity by one employee are one row. In a deputy session it is the leader's list.
    """
    return await call.read(store.listing, Asked(list, tab, q, plan, sort, cursor, size))
