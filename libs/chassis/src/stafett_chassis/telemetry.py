"""Logs (structlog, JSON), traces (OpenTelemetry) and metrics (Prometheus).

Tracing is on when an OTLP endpoint is set. The trace context travels in `traceparent`: of HTTP requests by the
ASGI instrumentation, of events inside the CloudEvents envelope, of SQL by the asyncpg instrumentation.
"""

import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import asyncpg
import structlog
from opentelemetry import propagate, trace
from prometheus_client import Counter, Gauge, Histogram

from stafett_chassis.settings import Settings

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

requests_seconds = Histogram(
    "http_server_request_duration_seconds",
    "Time to answer a request",
    ("site", "service", "method", "route", "status"),
    buckets=_SECONDS,
)
outbox_backlog = Gauge("stafett_outbox_backlog", "Events stored but not published", ("site", "service"))
outbox_lag_seconds = Gauge(
    "stafett_outbox_lag_seconds", "Age of the oldest unpublished event", ("site", "service")
)
published = Counter("stafett_events_published", "Events the bus has confirmed", ("site", "service"))
publish_failures = Counter("stafett_publish_failures", "Batches the bus did not take", ("site", "service"))
reaction_seconds = Histogram(
    "stafett_reaction_seconds", "Time to apply an event", ("site", "service", "type"), buckets=_SECONDS
)
event_age_seconds = Histogram(
    "stafett_event_age_seconds",
    "Time from a fact to its effect here",
    ("site", "service", "type"),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3600),
)
events_held = Counter("stafett_events_held", "Events put off for another try", ("site", "service", "type"))
events_dead = Counter("stafett_events_dead", "Events given up", ("site", "service", "type"))
dead_now = Gauge("stafett_dead_events", "Events waiting for somebody to look at them", ("site", "service"))
schedule_runs = Counter(
    "stafett_schedule_runs", "Scheduled jobs by outcome", ("site", "service", "job", "outcome")
)

tracer = trace.get_tracer("stafett")


def set_up_logging(settings: Settings, service: str) -> None:
    """Log to standard output: JSON lines in production, readable ones on a console."""
    level = getattr(logging, settings.log_level.upper())
    last: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_trace,
        _without_values,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(site=settings.site, service=service)
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")


def set_up_tracing(settings: Settings, service: str) -> None:
    """Send traces to the collector, if one is configured; otherwise nothing is instrumented."""
    if settings.otlp_endpoint is None:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

    provider = TracerProvider(
        sampler=ParentBasedTraceIdRatio(settings.trace_ratio),
        resource=Resource.create({"service.name": service, "service.namespace": f"stafett.{settings.site}"}),
    )
    endpoint = str(settings.otlp_endpoint).rstrip("/") + "/v1/traces"
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(provider)
    instrument()


def instrument() -> None:
    """Make asyncpg and httpx take part in the current trace (FastAPI apps do so one by one)."""
    from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor

    AsyncPGInstrumentor().instrument()  # type: ignore[no-untyped-call]
    HTTPXClientInstrumentor().instrument()


def traceparent() -> str | None:
    """The current trace context in W3C form, or none outside a trace."""
    if not trace.get_current_span().get_span_context().is_valid:
        return None
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def continued(name: str, parent: str | None, **attributes: str) -> Iterator[None]:
    """A span `name` that continues the trace of `parent` (a `traceparent`)."""
    if parent is None:
        yield
        return
    context = propagate.extract({"traceparent": parent})
    with tracer.start_as_current_span(
        name, context=context, kind=trace.SpanKind.CONSUMER, attributes=attributes
    ):
        yield


def _without_values(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Database errors quote the row they are about, and rows are about people: logs go without."""
    error = event.get("exc_info")
    error = sys.exception() if error is True else error
    while isinstance(error, BaseException):
        if isinstance(error, asyncpg.PostgresError):
            error.detail = None
            if error.sqlstate == "22000":  # asyncpg's own, on a value that it could not send
                error.args = ("a value cannot be sent",)
        error = error.__cause__ or error.__context__
    return event


def _with_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event
