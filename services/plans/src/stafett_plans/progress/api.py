"""A person's requirements over HTTP."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from stafett_chassis.http import CHANGE, VERSIONED, Call
from stafett_plans.progress import actions, counting, history, relevance, sending
from stafett_plans.progress.rules.registration import Entry
from stafett_plans.progress.views import RequirementView

routes = APIRouter(tags=["requirements of a person"])

_PATH = "/assignments/{assignment_id}/requirements/{requirement_id}"
Comment = Annotated[str, Field(max_length=4_000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Fulfilment(_Body):
    """What is filled in to mark a requirement as fulfilled."""

    fulfilled_on: date | None = Field(default=None, description="innfridd dato; not in the future")
    manual_expiry: date | None = Field(
        default=None, description="asked for when the requirement has a manual expiry date"
    )
    comment: Comment | None = None
    unlock: bool = Field(default=False, description="the form was unlocked for change")

    def entry(self) -> Entry:
        """As the rules take it."""
        return Entry(
            fulfilled_on=self.fulfilled_on,
            manual_expiry=self.manual_expiry,
            comment=self.comment,
            unlock=self.unlock,
        )


class Draft(Fulfilment):
    """Any subset of the fields; what is left out is emptied."""

    supervisor_id: UUID | None = Field(default=None, description="person; nothing is sent")

    def entry(self) -> Entry:
        """As the rules take it."""
        return Entry(
            fulfilled_on=self.fulfilled_on,
            manual_expiry=self.manual_expiry,
            comment=self.comment,
            supervisor_id=self.supervisor_id,
            unlock=self.unlock,
        )


class Unlocking(_Body):
    """What a locked registration needs before it is changed."""

    unlock: bool = Field(default=False, description="the form was unlocked for change")


class NotRelevant(_Body):
    """Why the requirement is not relevant."""

    comment: Comment


class Tick(_Body):
    """Whether the checkpoint is done."""

    ticked: bool


class Repetitions(_Body):
    """One or more repetitions of one day; a supervisor where they need a signature."""

    performed_on: date
    count: int = Field(default=1, description="1–100, each becomes a repetition of its own")
    comment: Comment | None = None
    supervisor_id: UUID | None = None


class RepetitionChange(_Body):
    """A corrected repetition; with a supervisor it is sent again."""

    performed_on: date
    comment: Comment | None = None
    supervisor_id: UUID | None = None
    unlock: bool = False


@routes.get(_PATH, response_model=RequirementView)
async def get_requirement(assignment_id: UUID, requirement_id: UUID, call: Call) -> Response:
    """Open a requirement of a person's plan."""
    return await call.read(actions.read, assignment_id, requirement_id)


@routes.put(f"{_PATH}/draft", response_model=RequirementView, openapi_extra=VERSIONED)
async def put_draft(assignment_id: UUID, requirement_id: UUID, body: Draft, call: Call) -> Response:
    """Save a draft; unlocked and without a date it undoes a fulfilment."""
    return await call.act(actions.save_draft, assignment_id, requirement_id, body.entry(), call.version())


@routes.post(f"{_PATH}:fulfil", response_model=RequirementView, openapi_extra=VERSIONED)
async def fulfil(assignment_id: UUID, requirement_id: UUID, body: Fulfilment, call: Call) -> Response:
    """Mark a requirement as fulfilled."""
    return await call.act(actions.fulfil, assignment_id, requirement_id, body.entry(), call.version())


@routes.post(f"{_PATH}:undo", response_model=RequirementView, openapi_extra=VERSIONED)
async def undo(assignment_id: UUID, requirement_id: UUID, body: Unlocking, call: Call) -> Response:
    """Undo a fulfilment."""
    return await call.act(actions.undo, assignment_id, requirement_id, body.unlock, call.version())


@routes.post(f"{_PATH}:send", response_model=RequirementView, openapi_extra=VERSIONED)
async def send(assignment_id: UUID, requirement_id: UUID, body: Draft, call: Call) -> Response:
    """Send a requirement to a supervisor for signing."""
    return await call.act(sending.send, assignment_id, requirement_id, body.entry(), call.version())


@routes.post(f"{_PATH}:recall", response_model=RequirementView, openapi_extra=VERSIONED)
async def recall(assignment_id: UUID, requirement_id: UUID, call: Call) -> Response:
    """Ask for a sent requirement back."""
    return await call.act(sending.recall, assignment_id, requirement_id, call.version())


@routes.post(f"{_PATH}:renew", response_model=RequirementView, openapi_extra=VERSIONED)
async def renew(assignment_id: UUID, requirement_id: UUID, call: Call) -> Response:
    """Register anew what expires soon or has expired."""
    return await call.act(actions.renew, assignment_id, requirement_id, call.version())


@routes.post(f"{_PATH}:mark-not-relevant", response_model=RequirementView, openapi_extra=CHANGE)
async def mark_not_relevant(
    assignment_id: UUID, requirement_id: UUID, body: NotRelevant, call: Call
) -> Response:
    """Mark a requirement as not relevant in this plan."""
    return await call.act(relevance.mark, assignment_id, requirement_id, body.comment)


@routes.post(f"{_PATH}:mark-relevant", response_model=RequirementView, openapi_extra=CHANGE)
async def mark_relevant(assignment_id: UUID, requirement_id: UUID, call: Call) -> Response:
    """Take the mark away."""
    return await call.act(relevance.lift, assignment_id, requirement_id)


@routes.put(f"{_PATH}/checkpoints/{{checkpoint_id}}", response_model=RequirementView, openapi_extra=CHANGE)
async def put_checkpoint(
    assignment_id: UUID, requirement_id: UUID, checkpoint_id: UUID, body: Tick, call: Call
) -> Response:
    """Tick a checkpoint, or take the tick away."""
    return await call.act(actions.tick, assignment_id, requirement_id, checkpoint_id, body.ticked)


@routes.post(f"{_PATH}/repetitions", response_model=RequirementView, openapi_extra=CHANGE)
async def post_repetitions(
    assignment_id: UUID, requirement_id: UUID, body: Repetitions, call: Call
) -> Response:
    """Register repetitions, or send them for signing."""
    return await call.act(
        counting.register,
        assignment_id,
        requirement_id,
        body.performed_on,
        body.count,
        body.comment,
        body.supervisor_id,
    )


@routes.post(f"{_PATH}/repetitions:quick", response_model=RequirementView, openapi_extra=CHANGE)
async def post_quick_repetition(assignment_id: UUID, requirement_id: UUID, call: Call) -> Response:
    """Register one repetition today («+»)."""
    return await call.act(counting.register, assignment_id, requirement_id, None, 1, None, None, quick=True)


@routes.patch(
    f"{_PATH}/repetitions/{{repetition_id}}", response_model=RequirementView, openapi_extra=VERSIONED
)
async def patch_repetition(
    assignment_id: UUID, requirement_id: UUID, repetition_id: UUID, body: RepetitionChange, call: Call
) -> Response:
    """Correct a repetition that is not signed."""
    return await call.act(
        counting.change,
        assignment_id,
        requirement_id,
        repetition_id,
        body.performed_on,
        body.comment,
        body.supervisor_id,
        body.unlock,
        call.version(),
    )


@routes.delete(
    f"{_PATH}/repetitions/{{repetition_id}}", response_model=RequirementView, openapi_extra=VERSIONED
)
async def delete_repetition(
    assignment_id: UUID,
    requirement_id: UUID,
    repetition_id: UUID,
    call: Call,
    unlock: Annotated[bool, Query(description="the form was unlocked for change")] = False,
) -> Response:
    """Remove a repetition that is not signed; one that waits is asked back."""
    return await call.act(
        counting.remove, assignment_id, requirement_id, repetition_id, unlock, call.version()
    )


@routes.get(f"{_PATH}/history", response_model=list[history.HistoryView])
async def get_history(assignment_id: UUID, requirement_id: UUID, call: Call) -> Response:
    """List what has happened with a requirement, newest first."""
    return await call.read(history.of_requirement, assignment_id, requirement_id)
