"""Plans given to people, over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from stafett_chassis.auth import ActingAs
from stafett_chassis.http import CHANGE, Call, Reading
from stafett_plans.assignment import actions, lists, page, rules, store
from stafett_plans.assignment.actions import BulkResult, Pair
from stafett_plans.assignment.lists import AssignablePlan, PlanLine, Summary
from stafett_plans.assignment.page import PlanPage
from stafett_plans.assignment.rules import MOST_PAIRS, BulkAct
from stafett_plans.progress.history import HistoryView, of

routes = APIRouter(tags=["plans of a person"])


class PairBody(BaseModel):
    """One employee, one plan, and what to do."""

    model_config = ConfigDict(extra="forbid")

    position_id: UUID
    plan_id: UUID
    action: BulkAct = BulkAct.ASSIGN
    confirmed: bool = Field(
        default=False, description="assign although the employee is not known as trainee or apprentice"
    )


class BulkBody(BaseModel):
    """The pairs of quick or table assignment."""

    model_config = ConfigDict(extra="forbid")

    pairs: Annotated[list[PairBody], Field(min_length=1, max_length=MOST_PAIRS)]


@routes.get("/assignable-plans", response_model=list[AssignablePlan])
async def get_assignable_plans(
    call: Call,
    positions: Annotated[list[UUID], Query(min_length=1, max_length=100, description="employees' positions")],
    q: Annotated[str, Query(max_length=200, description="words of the plan's name")] = "",
) -> Response:
    """List the plans that can be assigned to some employees, with what each has already."""
    municipal = call.runtime.settings.site_kind == "municipal"
    return await call.read(lists.assignable, positions, q, municipal)


@routes.post("/assignments:bulk", response_model=BulkResult, openapi_extra=CHANGE)
async def post_bulk(body: BulkBody, call: Call) -> Response:
    """Assign, deactivate, reactivate, archive or delete many; the answer tells what became of each pair."""
    pairs = [Pair(pair.position_id, pair.plan_id, pair.action, pair.confirmed) for pair in body.pairs]
    return await call.act(actions.bulk, pairs)


@routes.get("/me/plans", response_model=list[PlanLine])
async def get_my_plans(call: Call) -> Response:
    """List the active plans of the position logged in on."""
    return await call.read(lists.mine)


@routes.get("/me/summary", response_model=Summary)
async def get_my_summary(call: Call) -> Response:
    """Sum up own competence development for the home page."""
    return await call.read(lists.summary)


@routes.get("/positions/{position_id}/assignments", response_model=list[PlanLine])
async def get_assignments(
    position_id: UUID,
    call: Call,
    state: Annotated[Literal["active", "deactivated", "archived"] | None, Query()] = None,
) -> Response:
    """List an employee's plans."""
    return await call.read(lists.of_position, position_id, state)


@routes.get("/assignments/{assignment_id}", response_model=PlanPage)
async def get_assignment(assignment_id: UUID, call: Call) -> Response:
    """Open a plan: sections with requirements, or themes with goals and activities, with the person's status."""
    return await call.read(_open, assignment_id)


async def _open(connection: Reading, assignment_id: UUID) -> PlanPage:
    caller = connection.caller
    if caller.acting_as is not ActingAs.DEPUTY:
        own = await page.find(connection, assignment_id, caller.person_id, connection.today, caller.person_id)
        if own is not None:
            return own
    found = await store.authorise(connection, caller, connection.today, assignment_id, rules.Act.READ)
    opened = await page.read(connection, assignment_id, found.person_id, connection.today, caller.person_id)
    await store.note_access(
        connection, caller, connection.at, found.person_id, "assignment", str(assignment_id)
    )
    return opened


@routes.post("/assignments/{assignment_id}:deactivate", response_model=PlanLine, openapi_extra=CHANGE)
async def deactivate(assignment_id: UUID, call: Call) -> Response:
    """Deactivate a plan; it stays readable as it now is."""
    return await call.act(actions.change_one, assignment_id, BulkAct.DEACTIVATE)


@routes.post("/assignments/{assignment_id}:reactivate", response_model=PlanLine, openapi_extra=CHANGE)
async def reactivate(assignment_id: UUID, call: Call) -> Response:
    """Make a deactivated plan active again."""
    return await call.act(actions.change_one, assignment_id, BulkAct.REACTIVATE)


@routes.post("/assignments/{assignment_id}:archive", response_model=PlanLine, openapi_extra=CHANGE)
async def archive(assignment_id: UUID, call: Call) -> Response:
    """Put a plan in the person's archive."""
    return await call.act(actions.change_one, assignment_id, BulkAct.ARCHIVE)


@routes.post("/assignments/{assignment_id}:unarchive", response_model=PlanLine, openapi_extra=CHANGE)
async def unarchive(assignment_id: UUID, call: Call) -> Response:
    """Bring a plan back from the person's archive."""
    return await call.act(actions.change_one, assignment_id, BulkAct.REACTIVATE)


@routes.delete("/assignments/{assignment_id}", status_code=204, openapi_extra=CHANGE)
async def delete(assignment_id: UUID, call: Call) -> Response:
    """Delete a plan that is not begun."""
    return await call.act(actions.delete_one, assignment_id)


@routes.get("/assignments/{assignment_id}/history", response_model=list[HistoryView])
async def get_history(assignment_id: UUID, call: Call) -> Response:
    """List what has happened with a plan, newest first."""
    return await call.read(_history, assignment_id)


async def _history(connection: Reading, assignment_id: UUID) -> list[HistoryView]:
    caller = connection.caller
    found = await store.authorise(connection, caller, connection.today, assignment_id, rules.Act.READ)
    if not found.standing.own:
        await store.note_access(
            connection, caller, connection.at, found.person_id, "assignment", str(assignment_id)
        )
    return await of(connection, assignment_id, comments=found.standing.reads_comments)
