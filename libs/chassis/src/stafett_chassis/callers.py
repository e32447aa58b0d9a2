"""Whose request it is: the token it carries, and whether a page of another origin made the browser send it."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from stafett_chassis.auth import Caller, bearer
from stafett_chassis.problems import Forbidden, Unauthenticated

if TYPE_CHECKING:
    from stafett_chassis.runtime import Runtime

TOKEN_COOKIE = "stafett_token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def caller_of_request(request: HTTPConnection) -> Caller:
    """The logged-in person, from the bearer token or the cookie. Raises 401, and 403 for a forged form."""
    token, by_cookie = bearer(request.headers.get("authorization"), request.cookies.get(TOKEN_COOKIE))
    if token is None:
        raise Unauthenticated("not_logged_in", "Du må logge inn.", "You must log in.")
    if by_cookie and request.scope.get("method", "GET") not in _SAFE:
        refuse_foreign_origin(request)
    runtime = cast("Runtime[Any]", request.app.state.runtime)
    caller = await runtime.tokens.verify(token)
    return caller


def refuse_foreign_origin(request: HTTPConnection) -> None:
    """Refuse a change that a page of another origin makes the browser send (CSRF)."""
    runtime = cast("Runtime[Any]", request.app.state.runtime)
    origin, fetch_site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    ours = urlsplit(runtime.settings.base())
    if origin is not None:
        with suppress(ValueError):  # no address at all
            given = urlsplit(origin)
            if (given.scheme, given.netloc) == (ours.scheme, ours.netloc):
                return
    elif fetch_site in (None, "same-origin", "none"):
        return
    raise Forbidden(
        "foreign_origin",
        "Forespørselen kommer fra et annet nettsted.",
        "The request comes from another site.",
    )
