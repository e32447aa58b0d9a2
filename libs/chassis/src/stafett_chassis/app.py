"""The HTTP side of a service: its routes under `/api/<service>`, health, metrics, problem documents."""

import time
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stafett_chassis import telemetry
from stafett_chassis.http import language_of, problem_response
from stafett_chassis.problems import Fault, Invalid, Problem
from stafett_chassis.runtime import Runtime, Service
from stafett_contracts.ids import new_id

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
    "extra_forbidden": ("Feltet er ukjent.", "The field is unknown."),
}


def create_app(service: Service[Any], runtime: Runtime[Any] | None = None) -> FastAPI:
    """The application of `service`; without a `runtime` only its description can be read."""
    app = FastAPI(
        title=f"Stafett {service.name}",
        description=service.meaning,
        version="1",
        openapi_url=f"{service.path}/openapi.json",
        docs_url=f"{service.path}/docs",
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
    )
    app.state.runtime = runtime
    for router in service.routers:
        app.include_router(router, prefix=service.path)
    app.add_api_route("/live", _live, include_in_schema=False)
    app.add_api_route("/ready", _ready, include_in_schema=False)
    app.add_api_route("/metrics", _metrics, include_in_schema=False)
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.openapi = lambda: _describe(app)  # type: ignore[method-assign]
    if runtime is not None:
        app.add_middleware(_Observed, runtime=runtime)
        if runtime.settings.otlp_endpoint is not None:
            from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

            FastAPIInstrumentor.instrument_app(app, excluded_urls="/live,/ready,/metrics")
    return app


def description(service: Service[Any]) -> dict[str, Any]:
    """The OpenAPI document of `service`."""
    return _describe(create_app(service))


def _describe(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        parts = document.setdefault("components", {})
        # Beside what a service's own routes declare (identity: its session cookie).
        parts.setdefault("securitySchemes", {})["token"] = {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
        }
        parts.setdefault("schemas", {})["Problem"] = _PROBLEM
        document["security"] = [{"token": []}]
        for methods in document.get("paths", {}).values():
            for operation in methods.values():
                answers = operation.setdefault("responses", {})
                # FastAPI describes its own form of a validation error; ours is a problem document too.
                answers.pop("422", None)
                answers["4XX"] = {
                    "description": "Refused; the problem document says why.",
                    "content": {
                        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                    },
                }
        for unused in ("HTTPValidationError", "ValidationError"):
            parts["schemas"].pop(unused, None)
        app.openapi_schema = document
    return app.openapi_schema


_PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem document",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "messages": {"type": "object", "properties": {"nb": {"type": "string"}, "en": {"type": "string"}}},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}


async def _live() -> Response:
    return Response(b'{"status":"live"}', media_type="application/json")


async def _ready(request: Request) -> Response:
    runtime: Runtime[Any] = request.app.state.runtime
    try:
        await runtime.database.pool.fetchval("select 1", timeout=2)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
        return Response(b'{"status":"waiting","for":["database"]}', 503, media_type="application/json")
    return Response(b'{"status":"ready"}', media_type="application/json")


async def _metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


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
        faults.append(Fault(place, kind, nb, en))
    return problem_response(Invalid(faults), language_of(request))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, nb, en = _STANDARD.get(error.status_code, ("refused", str(error.detail), str(error.detail)))
    headers = dict(error.headers or {})
    return problem_response(Problem(error.status_code, code, nb, en, headers=headers), language_of(request))


class _Observed:
    """Measures every request, gives it an id, and answers what nobody caught with a bare 500."""

    def __init__(self, app: ASGIApp, runtime: Runtime[Any]) -> None:
        self._app = app
        self._site = runtime.settings.site
        self._service = runtime.service.name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        request_id = _given_request_id(scope) or str(new_id())

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(
            request_id=request_id, site=self._site, service=self._service
        ):
            try:
                await self._app(scope, receive, observed)
            except Exception:
                log.exception("request_failed", method=scope["method"], path=scope["path"])
                if status != 500:
                    raise  # the answer had begun
                problem = Problem(500, "internal_error", _broken(request_id, "nb"), _broken(request_id, "en"))
                await problem_response(problem, "nb")(scope, receive, observed)
        route = getattr(scope.get("route"), "path", "unmatched")
        telemetry.requests_seconds.labels(
            self._site, self._service, scope["method"], route, str(status)
        ).observe(time.perf_counter() - started)


def _given_request_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and 8 <= len(value) <= 64 and value.replace(b"-", b"").isalnum():
            return bytes(value).decode("ascii", "ignore")
    return None


def _broken(request_id: str, language: str) -> str:
    if language == "en":
        return f"Something went wrong on our side. Nothing was stored. Reference: {request_id}"
    return f"Noe gikk galt hos oss. Ingenting ble lagret. Referanse: {request_id}"
