"""Requests that carry a session: who it belongs to, and that it still runs."""

from typing import Annotated, cast

from fastapi import Depends, Request, Response, Security
from fastapi.security import APIKeyCookie
from pydantic import BaseModel, ConfigDict, field_validator

from stafett_chassis.http import refuse_foreign_origin
from stafett_chassis.problems import Unauthenticated
from stafett_chassis.runtime import Runtime
from stafett_identity.sessions import rules, store
from stafett_identity.sessions.cookies import SESSION_COOKIE, read_session_cookie, same
from stafett_identity.sessions.keys import Keyring
from stafett_identity.sessions.model import Session
from stafett_identity.settings import IdentitySettings

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def without_nul(text: str) -> str:
    """`text`, which PostgreSQL can store. `ValueError` when it holds the one character that it cannot."""
    if "\0" in text:
        raise ValueError("must not hold the character NUL")
    return text


class Body(BaseModel):
    """A request body; unknown fields are faults."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: object) -> object:
        return without_nul(value) if isinstance(value, str) else value


class Browser:
    """A request, and what of it concerns log-in; from anybody."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.runtime = cast("Runtime[IdentitySettings]", request.app.state.runtime)

    @property
    def settings(self) -> IdentitySettings:
        """The site's settings."""
        return self.runtime.settings

    @property
    def keyring(self) -> Keyring:
        """The site's signing keys."""
        return self.runtime.owned(Keyring)

    @property
    def secure(self) -> bool:
        """Whether cookies may only travel encrypted."""
        return self.settings.base().startswith("https:")

    @property
    def device(self) -> str | None:
        """What the browser calls itself, shortened."""
        return self.request.headers.get("user-agent", "")[:200] or None

    async def session(self) -> Session | None:
        """The live session of the cookie, if there is one."""
        try:
            return await self.required_session()
        except Unauthenticated:
            return None

    async def required_session(self) -> Session:
        """The live session of the cookie. Raises 401 saying why there is none."""
        given = read_session_cookie(self.request)
        if given is None:
            raise rules.no_session()
        session_id, secret = given
        async with self.runtime.database.connection() as connection:
            session = await store.session(connection, session_id)
        if session is None or not same(secret, session.secret_hash):
            raise rules.no_session()
        rules.refuse_ended(
            self.runtime.clock.now(),
            idle_ends_at=session.idle_ends_at,
            ends_at=session.ends_at,
            ended_at=session.ended_at,
        )
        return session


class InSession(Browser):
    """A request with a live session."""

    def __init__(self, request: Request, session: Session) -> None:
        super().__init__(request)
        self.live = session


async def _browser(request: Request) -> Browser:
    if request.method not in _SAFE:
        refuse_foreign_origin(request)
    return Browser(request)


_cookie = APIKeyCookie(name=SESSION_COOKIE, scheme_name="session", auto_error=False)


async def _in_session(request: Request, _: Annotated[str | None, Security(_cookie)]) -> InSession:
    browser = await _browser(request)
    return InSession(request, await browser.required_session())


Visiting = Annotated[Browser, Depends(_browser)]
"""Parameter of a route for a browser that has or will have a session; no page of another origin may call it."""
SessionCall = Annotated[InSession, Depends(_in_session)]
"""Parameter of a route for whoever holds the session cookie."""


def json_response(body: bytes, status: int = 200) -> Response:
    """An answer that nobody on the way may keep."""
    return Response(body, status, {"cache-control": "no-store"}, "application/json")
