"""`/unsubscribe/{token}`: a page for people, JSON for programs, and the one-click POST of RFC 8058."""

from html import escape

from fastapi import APIRouter, Response

from stafett_chassis.http import CHANGE, OPEN, Visit
from stafett_notify.unsubscribing import actions
from stafett_notify.unsubscribing.actions import Unsubscription

routes = APIRouter(tags=["unsubscribe"])

_PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"></head>
<body style="font-family:Arial,Helvetica,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem;line-height:1.5">
<main><h1>{title}</h1><p>{text}</p>{button}<p><a href="{settings}">{link}</a></p></main></body></html>"""


@routes.get("/unsubscribe/{token}", response_model=Unsubscription, openapi_extra=OPEN)
async def show_unsubscription(token: str, visit: Visit) -> Response:
    """Show what the link in an e-mail turns off; it changes nothing."""
    return await _answer(token, visit, done=False)


@routes.post("/unsubscribe/{token}", response_model=Unsubscription, openapi_extra={**OPEN, **CHANGE})
async def unsubscribe(token: str, visit: Visit) -> Response:
    """Turn off what the link says. Works twice without harm."""
    return await _answer(token, visit, done=True)


async def _answer(token: str, visit: Visit, *, done: bool) -> Response:
    secret = visit.runtime.settings.service_secret.get_secret_value()
    as_page = "text/html" in visit.request.headers.get("accept", "")
    if not as_page:
        return await visit.act(actions.turn_off if done else actions.show, secret, token)
    async with visit.runtime.units.begin() as work:
        found = await (actions.turn_off if done else actions.show)(work, secret, token)
    page = _page(found, visit.language, visit.runtime.settings.base())
    return Response(page, media_type="text/html", headers={"cache-control": "no-store"})


def _page(found: Unsubscription, language: str, base: str) -> str:
    english = language == "en"
    what = found.label.en if english else found.label.nb
    title = "E-mail alerts" if english else "E-postvarsler"
    if found.off:
        text = f"Turned off: {what}." if english else f"Skrudd av: {what}."
        button = ""
    else:
        text = f"Do you want to turn off {what}?" if english else f"Vil du skru av {what}?"
        button = f'<form method="post"><button>{"Turn off" if english else "Skru av"}</button></form>'
    return _PAGE.format(
        language="en" if english else "nb",
        title=title,
        text=escape(text),
        button=button,
        settings=escape(f"{base}/settings"),
        link="Change alert settings" if english else "Endre varselinnstillinger",
    )
