"""`/me/home` and the cards' panels."""

from uuid import UUID

from fastapi import APIRouter, Response

from stafett_chassis.http import CHANGE, Call
from stafett_chassis.paging import Page
from stafett_notify.catalogue.rules import Card
from stafett_notify.home import actions
from stafett_notify.home.actions import AlertLine, DismissCard, Home

routes = APIRouter(tags=["home page"])


@routes.get("/me/home", response_model=Home)
async def get_home(call: Call) -> Response:
    """Read the home page: groups of cards, each card with its number."""
    return await call.read(actions.read_home)


@routes.get("/me/cards/{card}/alerts", response_model=Page[AlertLine])
async def get_card_alerts(card: Card, call: Call, cursor: str | None = None) -> Response:
    """List the alerts of a card, newest first, 50 a page."""
    return await call.read(actions.read_panel, card, cursor)


@routes.post("/me/alerts/{alert_id}/dismiss", status_code=204, openapi_extra=CHANGE)
async def dismiss_alert(alert_id: UUID, call: Call) -> Response:
    """Dismiss an alert (X)."""
    return await call.act(actions.dismiss, alert_id)


@routes.post("/me/alerts/{alert_id}/undo-dismiss", status_code=204, openapi_extra=CHANGE)
async def undo_dismiss_alert(alert_id: UUID, call: Call) -> Response:
    """Undo a dismissal (Angre), for ten seconds."""
    return await call.act(actions.undo_dismiss, alert_id)


@routes.post("/me/cards/{card}/dismiss", status_code=204, openapi_extra=CHANGE)
async def dismiss_card(card: Card, body: DismissCard, call: Call) -> Response:
    """Dismiss the alerts of a card that were displayed (X)."""
    return await call.act(actions.dismiss_card, card, body)
