"""How what goes wrong in a request is answered: always a problem document, never a stack trace."""

from collections.abc import Awaitable, Callable

import asyncpg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from stafett_chassis.blobs import BlobUnavailable
from stafett_chassis.http import language_of, problem_response, route_of
from stafett_chassis.problems import Fault, Invalid, Problem
from stafett_chassis.sql import is_away

log = structlog.get_logger(__name__)

_STANDARD = {
    404: ("not_found", "Adressen finnes ikke.", "There is nothing at this address."),
    405: ("method_not_allowed", "Metoden er ikke tillatt her.", "The method is not allowed here."),
}
_FAULT_TEXTS = {
    "missing": ("Feltet må fylles ut.", "The field is required."),
    "json_invalid": ("Innholdet er ikke gyldig JSON.", "The content is not valid JSON."),
    "date_from_datetime_parsing": ("Ugyldig dato (ÅÅÅÅ-MM-DD).", "Invalid date (YYYY-MM-DD)."),
    "date_parsing": ("Ugyldig dato (ÅÅÅÅ-MM-DD).", "Invalid date (YYYY-MM-DD)."),
    "string_too_long": ("Teksten er for lang.", "The text is too long."),
    "string_too_short": ("Teksten er for kort.", "The text is too short."),
    "string_unicode": (
        "Teksten har et tegn som ikke kan lagres.",
        "The text has a character that cannot be stored.",
    ),
    "extra_forbidden": ("Feltet er ukjent.", "The field is unknown."),
}


def answer_failures(app: FastAPI) -> None:
    """Register the answers; what is not known here is left to `_Observed`, which tells nothing of it."""
    handlers: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
        Problem: _on_problem,
        RequestValidationError: _on_invalid,
        HTTPException: _on_http,
        BlobUnavailable: _on_no_store,
        asyncpg.PostgresError: _on_database,
        asyncpg.InterfaceError: _on_database,
        OSError: _on_database,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def unforeseen(request_id: str) -> Problem:
    """What a caller is told of a failure of ours: nothing but a reference."""
    return Problem(
        500,
        "internal_error",
        f"Noe gikk galt hos oss. Ingenting ble lagret. Referanse: {request_id}",
        f"Something went wrong on our side. Nothing was stored. Reference: {request_id}",
    )


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_response(error, language_of(request))


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = []
    for fault in error.errors():
        kind = str(fault["type"])
        nb, en = _FAULT_TEXTS.get(kind, (f"Ugyldig verdi: {fault['msg']}", f"Invalid value: {fault['msg']}"))
        # The first part says where it stood (body, query, path), which a client of the API knows.
        place = ".".join(str(part) for part in fault["loc"][1:]) or str(fault["loc"][0])
        faults.append(Fault(_sendable(place), kind, _sendable(nb), _sendable(en)))
    return problem_response(Invalid(faults), language_of(request))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, nb, en = _STANDARD.get(error.status_code, ("refused", str(error.detail), str(error.detail)))
    headers = dict(error.headers or {})
    return problem_response(Problem(error.status_code, code, nb, en, headers=headers), language_of(request))


async def _on_database(request: Request, error: Exception) -> Response:
    if is_away(error):
        log.warning("database_away", error=type(error).__name__, path=route_of(request.scope))
        return problem_response(
            Problem(
                503,
                "database_unavailable",
                "Vi når ikke databasen akkurat nå. Se etter om endringen ble lagret før du prøver igjen.",
                "The database cannot be reached right now. See whether the change was stored before you try again.",
                headers={"Retry-After": "2"},
            ),
            language_of(request),
        )
    unstorable = _unstorable(error)
    if unstorable is None:
        raise error
    log.info("value_not_storable", code=unstorable.code, path=route_of(request.scope))
    return problem_response(Invalid([unstorable]), language_of(request))


async def _on_no_store(request: Request, error: Exception) -> Response:
    log.error("file_store_unavailable", error=str(error), path=route_of(request.scope))
    return problem_response(
        Problem(
            503,
            "file_store_unavailable",
            "Filene kan ikke nås eller lagres akkurat nå. Prøv igjen om litt.",
            "Files can be neither read nor stored right now. Try again shortly.",
            headers={"Retry-After": "30"},
        ),
        language_of(request),
    )


def _unstorable(error: Exception) -> Fault | None:
    """The fault, when a value that came in is one that PostgreSQL has no form for; none for faults of ours."""
    state, text = getattr(error, "sqlstate", None), str(error)
    if state == "22021" or state == "22P05" or "surrogates not allowed" in text:
        return Fault(
            "",
            "bad_character",
            "Teksten har et tegn som ikke kan lagres.",
            "The text has a character that cannot be stored.",
        )
    if state == "22003" or "value out of int" in text:
        return Fault("", "out_of_range", "Tallet er for stort.", "The number is too large.")
    return None


def _sendable(text: str) -> str:
    # Half a surrogate pair is possible in JSON that comes in, and not in JSON that goes out.
    return text.encode("utf-8", "replace").decode()
