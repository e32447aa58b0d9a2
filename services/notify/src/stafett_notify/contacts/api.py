"""`/me/address/retry`."""

from fastapi import APIRouter, Response

from stafett_chassis.http import CHANGE, Call
from stafett_notify.contacts import actions

routes = APIRouter(tags=["settings"])


@routes.post("/me/address/retry", status_code=204, openapi_extra=CHANGE)
async def retry_address(call: Call) -> Response:
    """Use one's own suspended e-mail address again."""
    return await call.act(actions.retry)
