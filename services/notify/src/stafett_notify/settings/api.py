"""`/me/settings`: what one wants to be told, and how."""

from fastapi import APIRouter, Response

from stafett_chassis.http import VERSIONED, Call
from stafett_notify.settings import actions
from stafett_notify.settings.actions import SettingsBody, SettingsView

routes = APIRouter(tags=["settings"])


@routes.get("/me/settings", response_model=SettingsView)
async def get_settings(call: Call) -> Response:
    """Read one's settings; the ETag is for changing them."""
    return await call.read(actions.read)


@routes.put("/me/settings", response_model=SettingsView, openapi_extra=VERSIONED)
async def put_settings(body: SettingsBody, call: Call) -> Response:
    """Save one's settings as a whole."""
    return await call.act(actions.change, body, call.version())
