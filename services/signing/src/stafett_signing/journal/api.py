"""«Historikk»."""

from uuid import UUID

from fastapi import APIRouter, Response

from stafett_chassis.http import Call
from stafett_contracts.vocabulary import RequestKind
from stafett_signing.access import history

routes = APIRouter(tags=["history"])


@routes.get("/subjects/{kind}/{subject_id}/history", response_model=list[history.HistoryLine])
async def get_history(kind: RequestKind, subject_id: UUID, call: Call) -> Response:
    """List everything that happened to a subject, newest first, across all requests on it."""
    return await call.read(history.of_subject, kind, subject_id)
