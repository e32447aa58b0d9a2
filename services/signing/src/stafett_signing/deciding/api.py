"""A request's page, and the commands on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from stafett_chassis.http import CHANGE, Call, Reading
from stafett_contracts.vocabulary import Outcome, RejectionReason, RequestKind
from stafett_signing.deciding import actions, views
from stafett_signing.deciding.rules.deciding import Wanted, reasons_for
from stafett_signing.requests import actions as requests

routes = APIRouter(tags=["requests"])

CommentText = Annotated[str, Field(max_length=2000)]

ItemIds = Annotated[
    list[UUID] | None,
    Field(
        min_length=1,
        max_length=500,
        description="Which items; left out: all the command can be about.",
    ),
]


class Decide(BaseModel):
    """A decision on a request, or on some of its items."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal[Outcome.SIGNED, Outcome.REJECTED]
    item_ids: ItemIds = None
    comment: CommentText | None = Field(
        default=None,
        description="Needed for a rejection, and when a deputy signs a requirement, activity or repetition. "
        "Ikke skriv pasientopplysninger eller andre sensitive opplysninger.",
    )
    reason: RejectionReason | None = Field(default=None, description="Needed for a rejection.")
    content_hash: str | None = Field(
        default=None, max_length=64, description="Of the basis that was shown; always needed."
    )


class Cancel(BaseModel):
    """Cancelling the decision in force."""

    model_config = ConfigDict(extra="forbid")

    item_ids: ItemIds = None
    comment: CommentText | None = Field(
        default=None, description="Needed when a goal or training time was signed."
    )


class Recall(BaseModel):
    """Taking back what was asked."""

    model_config = ConfigDict(extra="forbid")

    item_ids: ItemIds = None


@dataclass(frozen=True, slots=True)
class ReasonView:
    """A reason for a rejection."""

    code: RejectionReason
    label_nb: str
    label_en: str


@routes.get("/requests/{request_id}", response_model=views.RequestView)
async def get_request(request_id: UUID, call: Call) -> Response:
    """Show a request: basis, history, allowed actions, version and content hash."""
    return await call.read(views.view, request_id)


@routes.post("/requests/{request_id}/decisions", response_model=actions.DecisionAnswer, openapi_extra=CHANGE)
async def post_decision(request_id: UUID, body: Decide, call: Call) -> Response:
    """Sign or reject.

    The same outcome by the same person again answers with the decision there is. Items decided or ended before are
    listed with `done: false`; when that is all of them the answer is 409 with status, actor and time.
    """
    wanted = Wanted(Outcome(body.outcome), body.comment, body.reason, body.content_hash, body.item_ids)
    return await call.act(actions.decide, request_id, wanted, _version(call))


@routes.post(
    "/requests/{request_id}/cancellations", response_model=actions.CancelAnswer, openapi_extra=CHANGE
)
async def post_cancellation(request_id: UUID, body: Cancel, call: Call) -> Response:
    """Cancel the decision in force; what was decided waits again."""
    return await call.act(actions.cancel, request_id, body.item_ids, body.comment, _version(call))


@routes.post("/requests/{request_id}/recall", response_model=requests.RecallAnswer, openapi_extra=CHANGE)
async def post_recall(request_id: UUID, body: Recall, call: Call) -> Response:
    """Take back what still waits of a request one sent, or that was sent for one."""
    return await call.act(requests.recall, request_id, body.item_ids, _version(call))


@routes.get("/reasons", response_model=list[ReasonView])
async def get_reasons(call: Call, kind: Annotated[RequestKind, Query()]) -> Response:
    """List the reasons a rejection of this kind may give."""

    async def reasons(_: Reading) -> Sequence[ReasonView]:
        return [ReasonView(reason, reason.label_nb, reason.label_en) for reason in reasons_for(kind)]

    return await call.read(reasons)


def _version(call: Call) -> int | None:
    """`If-Match` is honoured but not demanded: the content hash already says what was seen (SGN-026, SGN-162)."""
    return call.version() if "if-match" in call.request.headers else None
