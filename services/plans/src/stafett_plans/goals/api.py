"""A person's goals over HTTP."""

from dataclasses import replace
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from stafett_chassis.auth import ActingAs
from stafett_chassis.http import VERSIONED, Call, Reading
from stafett_chassis.problems import NotFound
from stafett_plans.assignment import page, rules
from stafett_plans.assignment import store as assignments
from stafett_plans.assignment.page import ThemeView
from stafett_plans.goals import actions
from stafett_plans.goals.goal import GoalView, OpenedGoal, open_goal, view_of
from stafett_plans.goals.rules import Sending
from stafett_plans.progress.history import HistoryView, of

routes = APIRouter(tags=["goals of a person"])

_PATH = "/assignments/{assignment_id}/goals/{number}"
Number = Annotated[str, Path(max_length=40, description="the goal's number, e.g. FKM-012")]


class SendGoal(BaseModel):
    """What is filled in in the approval window."""

    model_config = ConfigDict(extra="forbid")

    completed_on: date | None = Field(default=None, description="fullført dato; not in the future")
    approver_id: UUID | None = Field(default=None, description="a person of `approvers`")
    delegation_id: UUID | None = Field(default=None, description="that approver's, when a delegate")
    comment: Annotated[str, Field(max_length=4_000)] | None = None
    confirmed: bool = Field(default=False, description="send although national activities are missing")
    deviation: Annotated[str, Field(max_length=4_000)] | None = Field(
        default=None, description="why it is sent without them"
    )


@routes.get("/assignments/{assignment_id}/goals", response_model=list[ThemeView])
async def get_goals(assignment_id: UUID, call: Call) -> Response:
    """List the goals of a plan under their themes."""
    return await call.read(_listing, assignment_id)


async def _listing(connection: Reading, assignment_id: UUID) -> list[ThemeView]:
    caller = connection.caller
    person = (await _readable(connection, assignment_id)).person_id
    plan = await page.read(connection, assignment_id, person, connection.today, caller.person_id)
    if person != caller.person_id or caller.acting_as is ActingAs.DEPUTY:
        await assignments.note_access(
            connection, caller, connection.at, person, "assignment", str(assignment_id)
        )
    return plan["themes"]


@routes.get(_PATH, response_model=GoalView)
async def get_goal(assignment_id: UUID, number: Number, call: Call) -> Response:
    """Open a goal with its activities and, for the person, the approvers to choose from."""
    return await call.read(_open, assignment_id, number, call.runtime.settings.site_kind)


async def _open(connection: Reading, assignment_id: UUID, number: str, site_kind: str) -> GoalView:
    opened, comments = await _opened(connection, assignment_id, number)
    view = view_of(opened, connection, site_kind)
    return view if comments else replace(view, comment=None, deviation=None, decision_comment=None)


async def _opened(connection: Reading, assignment_id: UUID, number: str) -> tuple[OpenedGoal, bool]:
    """The goal, if the caller may read it, and whether with its comments."""
    caller, comments = connection.caller, True
    try:
        comments = (await _readable(connection, assignment_id)).standing.reads_comments
    except NotFound:
        # PLN-716: an approver who is asked, or has decided, sees that goal only.
        opened = await open_goal(connection, caller, connection.today, assignment_id, number)
        progress = opened.progress
        if progress.request_id is None or progress.approver_id != caller.person_id:
            raise
    else:
        opened = await open_goal(connection, caller, connection.today, assignment_id, number)
    if opened.row["person_id"] != caller.person_id or caller.acting_as is ActingAs.DEPUTY:
        await assignments.note_access(
            connection, caller, connection.at, opened.row["person_id"], "goal", number
        )
    return opened, comments


async def _readable(connection: Reading, assignment_id: UUID) -> assignments.Found:
    """Whose plan it is and how the caller stands to it, if the caller may read it."""
    return await assignments.authorise(
        connection, connection.caller, connection.today, assignment_id, rules.Act.READ
    )


@routes.post(f"{_PATH}:send", response_model=GoalView, openapi_extra=VERSIONED)
async def send(assignment_id: UUID, number: Number, body: SendGoal, call: Call) -> Response:
    """Send a goal to approval."""
    asked = Sending(
        completed_on=body.completed_on,
        approver_id=body.approver_id,
        delegation_id=body.delegation_id,
        comment=body.comment,
        deviation=body.deviation,
        confirmed=body.confirmed,
    )
    return await call.act(actions.send, assignment_id, number, asked, call.version())


@routes.post(f"{_PATH}:recall", response_model=GoalView, openapi_extra=VERSIONED)
async def recall(assignment_id: UUID, number: Number, call: Call) -> Response:
    """Ask for a waiting goal back."""
    return await call.act(actions.recall, assignment_id, number, call.version())


@routes.get(f"{_PATH}/history", response_model=list[HistoryView])
async def get_history(assignment_id: UUID, number: Number, call: Call) -> Response:
    """List what has happened with a goal, newest first."""
    return await call.read(_history, assignment_id, number)


async def _history(connection: Reading, assignment_id: UUID, number: str) -> list[HistoryView]:
    opened, comments = await _opened(connection, assignment_id, number)
    return await of(connection, opened.progress.goal_progress_id, comments=comments)
