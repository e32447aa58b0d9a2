"""`/admin`: the mail log and parked events."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from stafett_chassis.http import CHANGE, Call
from stafett_chassis.paging import Page
from stafett_chassis.sql import to_json
from stafett_notify.operations import actions
from stafett_notify.operations.actions import LoggedMail, ParkedEvent

routes = APIRouter(tags=["operations"])


@routes.get("/admin/mail-log", response_model=Page[LoggedMail])
async def get_mail_log(call: Call, person_id: UUID | None = None, cursor: str | None = None) -> Response:
    """List e-mails and what became of them: all for a system manager, own ones for everybody."""
    return await call.read(actions.read_mail_log, person_id, cursor)


@routes.get("/admin/parked-events", response_model=Sequence[ParkedEvent])
async def get_parked_events(call: Call) -> Response:
    """List events that could not be applied (system manager)."""
    return Response(to_json(await actions.parked(call)), media_type="application/json")


@routes.post("/admin/parked-events/{held_id}/replay", status_code=204, openapi_extra=CHANGE)
async def replay_parked_event(held_id: Annotated[int, Path(ge=1, lt=2**63)], call: Call) -> Response:
    """Try an event again (system manager)."""
    await actions.replay_parked(call, held_id)
    return Response(status_code=204)
