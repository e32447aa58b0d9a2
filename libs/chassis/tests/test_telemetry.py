"""One trace from a request to its effect in another process, logs that name it, and metrics under their names."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import REGISTRY, generate_latest

from stafett_chassis import telemetry
from stafett_chassis.clock import SetClock
from stafett_chassis.rabbit import RabbitBus
from stafett_chassis.run import work_in
from stafett_chassis.settings import Settings
from stafett_chassis.work import Work
from stafett_contracts.identity import ImportRefused
from stafett_testing.people import World
from stafett_testing.sample import service
from stafett_testing.service import service_under_test


@pytest.fixture(scope="module")
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    telemetry.instrument()
    yield exporter
    AsyncPGInstrumentor().uninstrument()  # type: ignore[no-untyped-call]
    HTTPXClientInstrumentor().uninstrument()


async def test_one_trace_leads_from_the_request_to_the_reactions_sql(
    spans: InMemorySpanExporter, database: str, amqp_url: str, clock: SetClock, eventually: Any
) -> None:
    world = World()
    boss = world.person("Torbjørn", "Engeskår").at(world.unit("Havnes sykehus"))
    kari = world.person("Kari", "Hansen").at(boss.unit, leader=boss)
    reacted = asyncio.Event()
    logged: list[Any] = []

    @service.reactions.on(ImportRefused)
    async def apply(work: Work, event: ImportRefused) -> None:
        await work.raw.execute("insert into seen (person_id, revision) values ($1, 1)", event.run_id)
        with structlog.testing.capture_logs(processors=[telemetry._with_trace]) as logs:
            structlog.get_logger().info("applying")
        logged.extend(logs)
        reacted.set()

    bus = RabbitBus(amqp_url)
    try:
        async with service_under_test(
            service, database, clock=clock, otlp_endpoint="http://127.0.0.1:9", trace_ratio=1
        ) as sample:
            await sample.deliver(*world.news())
            spans.clear()
            worker = asyncio.create_task(work_in(sample.runtime, bus))
            client = sample.client(boss)
            answer = await client.post(f"/positions/{kari.position_id}/notes", json={"text": "a"})
            assert answer.status_code == 201
            await asyncio.wait_for(reacted.wait(), 20)
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker
    finally:
        await bus.close()
        del service.reactions._handlers[ImportRefused.TYPE]
    found: dict[str, list[ReadableSpan]] = {}
    for span in spans.get_finished_spans():
        found.setdefault(span.name, []).append(span)
    [reaction] = found[f"react {ImportRefused.TYPE}"]
    assert reaction.context is not None
    trace_id = reaction.context.trace_id
    in_trace = {
        span.context.span_id: span
        for group in found.values()
        for span in group
        if span.context and span.context.trace_id == trace_id
    }
    [request] = [
        span for span in in_trace.values() if span.kind is trace.SpanKind.SERVER and span.parent is None
    ] or [span for span in in_trace.values() if span.kind is trace.SpanKind.SERVER]
    assert "/positions/{position_id}/notes" in request.name
    statements = [
        span
        for span in in_trace.values()
        if span.parent
        and span.parent.span_id == reaction.context.span_id
        and "insert into seen" in str((span.attributes or {}).get("db.statement"))
    ]
    assert len(statements) == 1
    assert any(
        "insert into outbox" in str((s.attributes or {}).get("db.statement")) for s in in_trace.values()
    )
    assert reaction.parent is not None
    assert reaction.parent.span_id in in_trace
    assert logged[0]["trace_id"] == f"{trace_id:032x}"
    assert logged[0]["span_id"] == f"{reaction.context.span_id:016x}"


def test_outside_a_trace_events_and_logs_carry_none() -> None:
    assert telemetry.traceparent() is None
    assert telemetry._with_trace(None, "", {}) == {}
    with telemetry.continued("x", None):
        assert telemetry.traceparent() is None


def test_logs_are_lines_of_json_with_site_and_service(capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(
        site="vest",
        site_name="x",
        site_kind="rhf",
        environment="test",
        database_url="postgresql://x/x",  # type: ignore[arg-type]
        public_url="http://x",  # type: ignore[arg-type]
        identity_url="http://x",  # type: ignore[arg-type]
        service_secret="s" * 32,  # type: ignore[arg-type]
        log_level="info",
    )
    before = structlog.get_config()
    try:
        telemetry.set_up_logging(settings, "plans")
        log = structlog.get_logger()
        log.debug("not shown")
        log.info("blåbær", count=1)
        try:
            raise ValueError("why")
        except ValueError:
            log.exception("failed")
    finally:
        structlog.configure(**before)
        structlog.contextvars.clear_contextvars()
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert {**first, "timestamp": ""} == {
        "event": "blåbær",
        "level": "info",
        "count": 1,
        "site": "vest",
        "service": "plans",
        "timestamp": "",
    }
    assert "ValueError: why" in second["exception"]


def test_metrics_have_the_names_that_dashboards_ask_for() -> None:
    names = {metric.name for metric in REGISTRY.collect()}
    assert names >= {
        "http_server_request_duration_seconds",
        "stafett_outbox_backlog",
        "stafett_outbox_lag_seconds",
        "stafett_events_published",
        "stafett_publish_failures",
        "stafett_reaction_seconds",
        "stafett_event_age_seconds",
        "stafett_events_held",
        "stafett_events_dead",
        "stafett_dead_events",
        "stafett_schedule_runs",
    }


async def test_requests_are_measured_by_route_not_by_address(sample: Any) -> None:
    await sample.client().get("/notes/1")
    await sample.client().get("/hello")
    shown = generate_latest().decode()
    assert 'method="GET",route="/hello",service="sample",site="vest",status="200"' in shown
    assert "/notes/1" not in shown
