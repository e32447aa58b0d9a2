"""The HTTP side of a service: its routes under `/api/<service>`, health, metrics, problem documents."""

import time
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stafett_chassis import health, telemetry
from stafett_chassis.failures import answer_failures, unforeseen
from stafett_chassis.http import language_of, problem_response, route_of
from stafett_chassis.runtime import Runtime, Service
from stafett_contracts.ids import new_id

log = structlog.get_logger(__name__)


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
    answer_failures(app)
    app.openapi = lambda: _describe(app)  # type: ignore[method-assign]
    if runtime is not None:
        app.router.routes += health.routes({"database": health.database_check(runtime.database)})
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
        started, status, begun = time.perf_counter(), 500, False
        request_id = _given_request_id(scope) or str(new_id())

        async def observed(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(
            request_id=request_id, site=self._site, service=self._service
        ):
            try:
                await self._app(scope, receive, observed)
            except Exception:
                log.exception("request_failed", method=scope["method"], path=route_of(scope))
                if begun:
                    raise
                answer = problem_response(unforeseen(request_id), language_of(HTTPConnection(scope)))
                await answer(scope, receive, observed)
        telemetry.requests_seconds.labels(
            self._site, self._service, scope["method"], route_of(scope), str(status)
        ).observe(time.perf_counter() - started)


def _given_request_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and 8 <= len(value) <= 64 and value.replace(b"-", b"").isalnum():
            return bytes(value).decode("ascii", "ignore")
    return None
