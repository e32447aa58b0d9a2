"""`GET /me/stream`: server-sent events (NTF-139)."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse

from stafett_chassis.auth import bearer
from stafett_chassis.clock import oslo_date
from stafett_chassis.http import TOKEN_COOKIE, Call
from stafett_chassis.problems import Unauthenticated
from stafett_notify import acting
from stafett_notify.live import store
from stafett_notify.live.hub import Stream
from stafett_notify.own import Own

routes = APIRouter(tags=["live updates"])

_STREAM: dict[str, Any] = {
    "responses": {
        "200": {
            "description": (
                "A stream of `alert.added`, `alert.removed` {alert_id, card}, `card.count` {card, waiting?,"
                " has_handled?} and `reset` {}: ids and counts only, the client fetches the rest."
            ),
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    }
}


@routes.get("/me/stream", response_class=StreamingResponse, openapi_extra=_STREAM)
async def get_stream(
    request: Request, call: Call, last_event_id: Annotated[str | None, Header(max_length=100)] = None
) -> Response:
    """Follow what happens to one's own things as it happens.

    A sign of life comes every 25 seconds. Who comes back with `Last-Event-ID` within ten minutes gets what was
    missed, else `reset`. At most five streams a person: the oldest is closed.
    """
    caller, runtime = call.caller, call.runtime
    now = runtime.clock.now()
    async with runtime.database.connection() as connection:
        if await store.is_over(connection, caller.session_id, caller.person_id):
            raise Unauthenticated("session_ended", "Innloggingen er avsluttet.", "The session has ended.")
        person_id = await acting.subject_of(connection, caller, oslo_date(now))
    token, _ = bearer(request.headers.get("authorization"), request.cookies.get(TOKEN_COOKIE))
    stream = Stream(caller, token or "", person_id)
    return StreamingResponse(
        runtime.owned(Own).hub.follow(stream, last_event_id),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )
