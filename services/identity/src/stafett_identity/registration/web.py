"""Requests of people on their way in: identified by e-ID, or logged in already."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeVar
from uuid import UUID

from fastapi import Depends, Request, Response

from stafett_chassis.http import Guest, refuse_foreign_origin
from stafett_chassis.sql import to_json
from stafett_chassis.work import Work
from stafett_identity.sessions import actions as sessions
from stafett_identity.sessions import cookies, store
from stafett_identity.sessions.actions import Identified, LoggingIn
from stafett_identity.sessions.model import LoginView, Session
from stafett_identity.sessions.rules import Method
from stafett_identity.sessions.web import Browser, json_response
from stafett_identity.settings import IdentitySettings

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who comes: with the secret of an identification, or with a session."""

    given_name: str
    family_name: str
    hpr_number: str | None
    secret: str | None
    session: Session | None
    method: Method
    assurance: str | None


class ApplyingBrowser(Browser):
    """A request that needs an identification or a session."""

    async def applicant(self, given: str | None) -> Applicant:
        """Who applies: an identification in the body (`given`) or the cookie, else the session. Raises 401."""
        secret = given or self.request.cookies.get(cookies.IDENTIFICATION_COOKIE)
        session = None if given else await self.session()
        async with self.runtime.database.connection() as connection:
            if session is not None:
                person = await store.named(connection, session.person_id)
                return Applicant(
                    person.given_name,
                    person.family_name,
                    None,
                    None,
                    session,
                    Method(session.method),
                    session.assurance,
                )
            found = await sessions.identified(
                connection, self.settings, secret or "", self.runtime.clock.now()
            )
        return Applicant(
            found.who.given_name,
            found.who.family_name,
            found.who.hpr_number,
            secret,
            None,
            found.method,
            found.assurance,
        )

    async def locked(self, work: Work, applicant: Applicant) -> Identified | UUID:
        """The applicant inside a unit of work; an identification is held, so that it serves once."""
        if applicant.session is not None:
            return applicant.session.person_id
        return await sessions.identified(work, self.settings, applicant.secret or "", work.at, lock=True)

    def logging_in(self, applicant: Applicant) -> LoggingIn:
        """The log-in that follows, as sure as the identification was."""
        return LoggingIn(
            settings=self.settings,
            method=applicant.method,
            secret=cookies.new_secret(),
            device=self.device,
            stated_assurance=applicant.assurance,
        )

    def answer(self, view: Any, status: int = 200) -> Response:
        """`view` as JSON that nobody on the way keeps."""
        return json_response(to_json(view), status)


async def _applying(request: Request) -> ApplyingBrowser:
    if request.method not in _SAFE:
        refuse_foreign_origin(request)
    return ApplyingBrowser(request)


Applying = Annotated[ApplyingBrowser, Depends(_applying)]
"""Parameter of a route for people on their way in."""


class _LeadsToLogin(Protocol):
    @property
    def login(self) -> LoginView | None: ...


V = TypeVar("V", bound=_LeadsToLogin)


async def with_session(
    applying: ApplyingBrowser,
    visit: Guest,
    how: LoggingIn,
    status: int,
    act: Callable[[Work], Awaitable[V]],
) -> Response:
    """The answer to an act that may have begun a session, with its cookie."""
    begun: list[UUID] = []

    async def noted(work: Work) -> V:
        view = await act(work)
        begun.clear()
        if view.login is not None and view.login.session is not None:
            begun.append(view.login.session.session_id)
        return view

    response = await visit.answer(status, None, noted)
    if begun:
        cookies.set_session(response, begun[0], how.secret, secure=applying.secure)
    return response


def settings_of(call: Guest) -> IdentitySettings:
    """The site's settings."""
    settings: IdentitySettings = call.runtime.settings
    return settings
