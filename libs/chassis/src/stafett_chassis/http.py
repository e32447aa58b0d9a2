"""What a route handler works with: the caller, one transaction, and an answer.

    @routes.post("/goals/{goal}/send", response_model=GoalView, openapi_extra=CHANGE)
    async def send(goal: GoalNumber, asked: AskApproval, call: Call) -> Response:
        return await call.act(actions.send_goal, goal, asked)

`act` runs an action in a unit of work, honours `Idempotency-Key`, and repeats it when the database asks for that
(deadlock, two first inserts at once). `read` runs a query without a transaction. Both turn the result, usually a
frozen dataclass, straight into JSON: FastAPI's own serialisation of a hundred rows costs more than the query.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec, TypeVar, cast

import asyncpg
from fastapi import Depends, Request, Response
from starlette.requests import HTTPConnection

from stafett_chassis.auth import Caller
from stafett_chassis.callers import TOKEN_COOKIE as TOKEN_COOKIE
from stafett_chassis.callers import caller_of_request as caller_of_request
from stafett_chassis.callers import refuse_foreign_origin as refuse_foreign_origin
from stafett_chassis.clock import oslo_date
from stafett_chassis.problems import (
    Fault,
    Invalid,
    Problem,
    Refused,
    VersionRequired,
)
from stafett_chassis.sql import Connection, Raw, to_json
from stafett_chassis.work import Work

if TYPE_CHECKING:
    from stafett_chassis.runtime import Runtime

P = ParamSpec("P")
T = TypeVar("T")

_KEY_LIFETIME = timedelta(hours=24)
_REPEATABLE = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.UniqueViolationError,
)
_REPEATS = 3

_KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "Repeating a request with the same key within 24 hours returns the first answer.",
}
_VERSION_HEADER = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "schema": {"type": "string"},
    "description": "The version (ETag) the change is based on; `*` for any.",
}
CHANGE: dict[str, Any] = {"parameters": [_KEY_HEADER]}
"""`openapi_extra` of a route that changes something."""
VERSIONED: dict[str, Any] = {"parameters": [_KEY_HEADER, _VERSION_HEADER]}
"""`openapi_extra` of a route whose change must carry a version."""
OPEN: dict[str, Any] = {"security": []}
"""`openapi_extra` of a route that needs no log-in."""

_CLAIM_KEY = """
insert into idempotency as i (caller, key, request_hash, status, body, stored_at) values ($1, $2, $3, 0, '', $4)
on conflict (caller, key) do update set request_hash = $3, status = 0, body = '', etag = null, stored_at = $4
    where i.stored_at < $5
returning true
"""
_FIRST_ANSWER = "select request_hash, status, body, etag from idempotency where caller = $1 and key = $2"
_KEEP_ANSWER = "update idempotency set status = $3, body = $4, etag = $5 where caller = $1 and key = $2"


class Reading(Connection):
    """A connection for one question, with who asks and when."""

    def __init__(self, raw: Raw, caller: Caller, at: datetime) -> None:
        super().__init__(raw)
        self.caller = caller
        self.at = at

    @property
    def today(self) -> date:
        """The calendar date in Norway."""
        return oslo_date(self.at)


class Guest:
    """A request from anybody, logged in or not."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.runtime = cast("Runtime[Any]", request.app.state.runtime)
        self.caller: Caller | None = None

    @property
    def language(self) -> str:
        """`en` when the client prefers English to bokmål, else `nb`."""
        return language_of(self.request)

    async def act(
        self, action: Callable[Concatenate[Work, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> Response:
        """The result of `action` (in one transaction) as 200, or 204 when it is none."""
        return await self.answer(200, None, action, *args, **kwargs)

    async def create(
        self, action: Callable[Concatenate[Work, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> Response:
        """The result of `action` as 201."""
        return await self.answer(201, None, action, *args, **kwargs)

    async def answer(
        self,
        status: int,
        fingerprint: bytes | None,
        action: Callable[Concatenate[Work, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Response:
        """As `act`, with another `status`; `fingerprint` stands for the body where that is a stream (uploads)."""
        key = self.request.headers.get("idempotency-key")
        if key is not None and not 1 <= len(key) <= 200:
            raise Invalid(
                [
                    Fault(
                        "Idempotency-Key",
                        "bad_key",
                        "Nøkkelen må ha 1–200 tegn.",
                        "A key has 1–200 characters.",
                    )
                ]
            )
        for attempt in range(_REPEATS):
            try:
                async with self.runtime.units.begin(self.caller) as work:
                    if key is None:
                        return _response(await action(work, *args, **kwargs), status)
                    first = await self._claim(work, key, fingerprint)
                    if first is not None:
                        return first
                    response = _response(await action(work, *args, **kwargs), status)
                    await work.raw.execute(
                        _KEEP_ANSWER,
                        self._who(),
                        key,
                        response.status_code,
                        response.body,
                        response.headers.get("etag"),
                    )
                    return response
            except _REPEATABLE:
                if attempt == _REPEATS - 1:
                    raise
        raise AssertionError("unreachable")

    async def _claim(self, work: Work, key: str, fingerprint: bytes | None) -> Response | None:
        """The first answer to this key, or none when this is the first request with it."""
        request = self.request
        body = fingerprint if fingerprint is not None else await request.body()
        digest = hashlib.sha256(
            b"\0".join((request.method.encode(), request.url.path.encode(), request.url.query.encode(), body))
        ).digest()
        claimed = await work.raw.fetchval(
            _CLAIM_KEY, self._who(), key, digest, work.at, work.at - _KEY_LIFETIME
        )
        if claimed:
            return None
        row = await work.raw.fetchrow(_FIRST_ANSWER, self._who(), key)
        assert row is not None
        if row["request_hash"] != digest:
            raise Refused(
                "idempotency_key_reused",
                "Nøkkelen er allerede brukt til en annen forespørsel.",
                "The key has been used for another request.",
            )
        headers = {"etag": row["etag"]} if row["etag"] else {}
        return Response(
            row["body"], row["status"], {**headers, "idempotency-replayed": "true"}, "application/json"
        )

    def _who(self) -> str:
        return str(self.caller.person_id) if self.caller else "-"

    def version(self) -> int | None:
        """The version in `If-Match`; none for `*`. Raises 428 when it is missing, 422 when it is no version."""
        given = self.request.headers.get("if-match")
        if given is None:
            raise VersionRequired()
        if given.strip() == "*":
            return None
        number = given.strip().removeprefix("W/").strip('"')
        if not number.isascii() or not number.isdigit() or len(number) > 18:
            raise Invalid(
                [
                    Fault(
                        "If-Match",
                        "bad_version",
                        "Ugyldig versjon.",
                        "If-Match must be an ETag that was given out.",
                    )
                ]
            )
        return int(number)


class LoggedIn(Guest):
    """A request of a logged-in person."""

    caller: Caller

    def __init__(self, request: Request, caller: Caller) -> None:
        super().__init__(request)
        self.caller = caller

    async def read(
        self, query: Callable[Concatenate[Reading, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> Response:
        """The result of `query` as 200."""
        async with self.runtime.database.pool.acquire() as raw:
            result = await query(Reading(raw, self.caller, self.runtime.clock.now()), *args, **kwargs)
        return _response(result, 200)


async def _guest(request: Request) -> Guest:
    return Guest(request)


async def _logged_in(request: Request) -> LoggedIn:
    return LoggedIn(request, await caller_of_request(request))


Visit = Annotated[Guest, Depends(_guest)]
"""Parameter of a route that needs no log-in (mark it with `openapi_extra=OPEN`)."""
Call = Annotated[LoggedIn, Depends(_logged_in)]
"""Parameter of a route for logged-in people."""


def route_of(scope: Mapping[str, Any]) -> str:
    """The route of a request as logs and metrics name it: addresses hold tokens that open doors (IDN-064)."""
    return getattr(scope.get("route"), "path", "unmatched")


def language_of(request: HTTPConnection) -> str:
    """`en` when the client prefers English to bokmål, else `nb`."""
    best, found = 0.0, "nb"
    for part in request.headers.get("accept-language", "").lower().split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        language = {"nb": "nb", "no": "nb", "nn": "nb", "en": "en"}.get(tag.split("-")[0])
        if language and quality > best:
            best, found = quality, language
    return found


def problem_response(problem: Problem, language: str) -> Response:
    """The answer that tells of `problem`."""
    return Response(
        to_json(problem.document(language)),
        problem.status,
        {"content-language": language, **problem.headers},
        "application/problem+json",
    )


def _response(result: Any, status: int) -> Response:
    if isinstance(result, Response):
        return result
    if result is None:
        return Response(status_code=204)
    headers: Mapping[str, str] | None = None
    revision = getattr(result, "revision", None)
    if isinstance(revision, int):
        headers = {"etag": f'"{revision}"'}
    return Response(to_json(result), status, headers, "application/json")
