"""Log-in, the session, and the tokens made from it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from stafett_chassis.clock import oslo_date
from stafett_chassis.http import OPEN
from stafett_chassis.paging import Page, key_of, page_of
from stafett_chassis.problems import NotFound
from stafett_chassis.sql import to_json
from stafett_identity.directory.rules import folded
from stafett_identity.sessions import actions, cookies, rules, store
from stafett_identity.sessions.model import (
    DemoPerson,
    Identity,
    LoginView,
    OptionView,
    OwnSession,
    ProvidersView,
    ProviderView,
    SessionView,
    TokenView,
)
from stafett_identity.sessions.rules import EndedCause, Method
from stafett_identity.sessions.views import session_view
from stafett_identity.sessions.web import Body, Browser, SessionCall, Visiting, json_response, without_nul

routes = APIRouter(tags=["log-in"])


class DemoLogin(Body):
    """The demo person to log in as."""

    person_id: UUID


class DemoEid(Body):
    """What a real e-ID would say of somebody."""

    national_id: str = Field(pattern=r"^[0-9]{11}$", description="synthetic national id or D-number")
    given_name: str = Field(min_length=1, max_length=100)
    family_name: str = Field(min_length=1, max_length=100)
    hpr_number: str | None = Field(default=None, pattern=r"^[0-9]{7,9}$")


class ChooseOption(Body):
    """What to act from."""

    option_id: UUID


# --- logging in ---


@routes.get("/login/providers", response_model=ProvidersView, openapi_extra=OPEN)
async def get_providers(visit: Visiting) -> Response:
    """List the ways to log in at this site."""
    settings = visit.settings
    found = rules.demo_providers(settings.site_kind) if settings.is_demo else []
    providers = [ProviderView(one.id, one.name, rules.assurance_of(one.method)) for one in found]
    return json_response(
        to_json(
            ProvidersView(
                site=settings.site,
                site_name=settings.site_name,
                site_kind=settings.site_kind,
                product=settings.product,
                demo=settings.is_demo,
                providers=providers,
            )
        )
    )


@routes.get("/login/demo", response_model=Page[DemoPerson], openapi_extra=OPEN)
async def get_demo_people(
    visit: Visiting,
    q: Annotated[str, Query(max_length=100, description="words that names begin with")] = "",
    cursor: str | None = None,
    size: Annotated[int, Query(ge=1, le=100)] = 25,
) -> Response:
    """List the people one can log in as in demo mode, by name; 404 elsewhere."""
    _demo_only(visit)
    after = key_of(cursor, without_nul, UUID)
    async with visit.runtime.database.connection() as connection:
        people = await store.demo_people(
            connection,
            folded(q).split(),
            oslo_date(visit.runtime.clock.now()),
            (after[0], after[1]) if after else None,
            size + 1,
        )
    return json_response(to_json(page_of(people, size, lambda one: (one.sort_key, one.person_id))))


@routes.post("/login/demo", response_model=LoginView, openapi_extra=OPEN)
async def post_demo_login(body: DemoLogin, visit: Visiting) -> Response:
    """Log in as a demo person, in demo mode only; 404 elsewhere."""
    _demo_only(visit)
    how = await _logging_in(visit, Method.DEMO)
    async with visit.runtime.units.begin() as work:
        view = await actions.log_in_as_demo(work, how, body.person_id)
    return logged_in(visit, how, view)


@routes.post("/login/demo-eid", response_model=LoginView, openapi_extra=OPEN)
async def post_demo_eid(body: DemoEid, visit: Visiting) -> Response:
    """Log in as an e-ID would identify somebody, in demo mode only; 404 elsewhere.

    At the municipal site somebody unknown is answered with `register` and an identification.
    """
    _demo_only(visit)
    how = await _logging_in(visit, Method.DEMO_EID)
    who = Identity(body.national_id, body.given_name.strip(), body.family_name.strip(), body.hpr_number)
    async with visit.runtime.units.begin() as work:
        view = await actions.log_in_with_eid(work, how, who)
    return logged_in(visit, how, view)


@routes.post("/logout", status_code=204, openapi_extra=OPEN)
async def post_logout(visit: Visiting) -> Response:
    """End the session, if there is one, and take back the browser's cookies."""
    session = await visit.session()
    if session is not None:
        async with visit.runtime.units.begin() as work:
            await actions.end_session(work, session.session_id, EndedCause.LOGGED_OUT)
    response = Response(status_code=204)
    cookies.forget_all(response, secure=visit.secure)
    return response


def _demo_only(visit: Browser) -> None:
    if not visit.settings.is_demo:
        raise NotFound()


async def _logging_in(visit: Browser, method: Method) -> actions.LoggingIn:
    before = await visit.session()
    return actions.LoggingIn(
        settings=visit.settings,
        method=method,
        secret=cookies.new_secret(),
        device=visit.device,
        replaces=before.session_id if before else None,
    )


def logged_in(visit: Browser, how: actions.LoggingIn, view: LoginView, status: int = 200) -> Response:
    """The answer to a log-in, with the cookies that carry it on."""
    response = json_response(to_json(view), status)
    if view.session is not None:
        cookies.set_session(response, view.session.session_id, how.secret, secure=visit.secure)
    else:
        seconds = int(actions.IDENTIFICATION_LIFETIME.total_seconds())
        cookies.set_identification(response, how.secret, seconds, secure=visit.secure)
    return response


# --- the session ---


@routes.get("/session", response_model=SessionView)
async def get_session(call: SessionCall) -> Response:
    """Show who is logged in, from what, the menu, and when the session ends. Does not count as activity."""
    today = oslo_date(call.runtime.clock.now())
    async with call.runtime.database.connection() as connection:
        options = await store.options(connection, call.live.person_id, today)
        view = await session_view(connection, call.settings, call.live, options, today)
    return json_response(to_json(view))


@routes.get("/session/options", response_model=list[OptionView])
async def get_options(call: SessionCall) -> Response:
    """List what the person can act from: own positions, temporary ones, leaders one is deputy for."""
    today = oslo_date(call.runtime.clock.now())
    async with call.runtime.database.connection() as connection:
        options = await store.options(connection, call.live.person_id, today)
    return json_response(to_json([OptionView.of(option, call.live.option_id) for option in options]))


@routes.post("/session/option", response_model=SessionView)
async def post_option(body: ChooseOption, call: SessionCall) -> Response:
    """Choose what to act from, at log-in or with «Bytt stilling»; then ask for a new token."""
    async with call.runtime.units.begin() as work:
        view = await actions.choose(work, call.settings, call.live.session_id, body.option_id)
    response = json_response(to_json(view))
    cookies.forget_token(response, secure=call.secure)
    return response


@routes.post("/session/token", response_model=TokenView)
async def post_token(call: SessionCall) -> Response:
    """Issue an access token, also as a cookie; its rights are read anew. Counts as activity of the user."""
    async with call.runtime.units.begin() as work:
        view = await actions.issue_token(work, call.settings, call.keyring, call.live)
    if view is None:
        raise rules.option_ended()
    response = json_response(to_json(view))
    cookies.set_token(response, view.access_token, view.expires_in, secure=call.secure)
    return response


@routes.get("/me/sessions", response_model=list[OwnSession])
async def get_own_sessions(call: SessionCall) -> Response:
    """List one's live sessions, the one last used first."""
    now = call.runtime.clock.now()
    async with call.runtime.database.connection() as connection:
        found = await store.live_sessions(connection, call.live.person_id, now, call.live.session_id)
    return json_response(to_json(found))


@routes.delete("/me/sessions/{session_id}", status_code=204)
async def delete_own_session(session_id: UUID, call: SessionCall) -> Response:
    """End one of one's sessions."""
    async with call.runtime.units.begin() as work:
        await actions.end_own_session(work, call.live.person_id, session_id)
    return Response(status_code=204)


# --- keys ---


@routes.get("/.well-known/jwks.json", openapi_extra=OPEN)
async def get_keys(visit: Visiting) -> Response:
    """The public keys (JWK set) that access tokens of this site are verified with."""
    return Response(
        to_json(visit.keyring.published), 200, {"cache-control": "public, max-age=60"}, "application/json"
    )
