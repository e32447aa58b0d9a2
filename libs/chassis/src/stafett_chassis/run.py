"""The processes of a service: `serve` answers HTTP, `work` relays, reacts and keeps schedules.

`run` starts both as children of one small parent that has imported the code once, so that they share its memory.
"""

import asyncio
import ctypes
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import structlog
import uvicorn

from stafett_chassis import health, telemetry
from stafett_chassis.app import create_app
from stafett_chassis.bus import Bus, BusUnavailable
from stafett_chassis.cancelling import honour_cancellation
from stafett_chassis.inbox import Inbox
from stafett_chassis.rabbit import RabbitBus
from stafett_chassis.relay import Relay
from stafett_chassis.runtime import Runtime, Service, Task, running
from stafett_chassis.schedules import Scheduler
from stafett_chassis.settings import BadSettings, Settings

log = structlog.get_logger(__name__)

RETRY_SECONDS = 0.5
_HOUSEKEEPING_SECONDS = 3600
_COUNTING_SECONDS = 15
_STOP_SECONDS = 20  # a process that has not ended this long after it was told to is killed


async def serve(service: Service[Any], settings: Settings) -> None:
    """Answer HTTP until stopped by a signal."""
    async with running(service, settings) as runtime:
        app = create_app(service, runtime)
        beside = serve_tasks(runtime)
        try:
            await _serve(http_server(app, settings.http_host, settings.http_port))
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)


def serve_tasks(runtime: Runtime[Any]) -> list[asyncio.Task[None]]:
    """Start what the service does beside answering HTTP; to be cancelled with the server."""
    return [asyncio.create_task(_named(task, runtime)) for task in runtime.service.http_tasks]


async def work(service: Service[Any], settings: Settings) -> None:
    """Relay, react and keep schedules until cancelled."""
    if settings.amqp_url is None:
        raise BadSettings("STAFETT_AMQP_URL is missing: a worker of its own needs a broker")
    bus = RabbitBus(str(settings.amqp_url), name=f"{service.name}@{settings.site}")
    try:
        async with running(service, settings) as runtime, asyncio.TaskGroup() as tasks:
            tasks.create_task(work_in(runtime, bus))
            if settings.worker_port:
                checks = {"database": health.database_check(runtime.database), "bus": bus.ready}
                app = health.application(checks)
                tasks.create_task(_serve(http_server(app, settings.http_host, settings.worker_port)))
    finally:
        await bus.close()


async def work_in(runtime: Runtime[Any], bus: Bus) -> None:
    """The worker of `runtime` on `bus`, until cancelled."""
    service, settings = runtime.service, runtime.settings
    inbox = Inbox(runtime.units, service.reactions, service=service.name)
    relay = Relay(str(settings.database_url), bus, site=settings.site, service=service.name)
    scheduler = Scheduler(runtime.units, service.schedules, service=service.name)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_relay(relay, bus, service))
        # A service that reacts to nothing still has its queue: it is the same everywhere.
        tasks.create_task(bus.consume(service.name, service.reactions.types, inbox.take))
        tasks.create_task(_repeat(RETRY_SECONDS, inbox.retry_due))
        tasks.create_task(_repeat(_HOUSEKEEPING_SECONDS, lambda: _tidy(runtime)))
        tasks.create_task(_repeat(_COUNTING_SECONDS, lambda: _count_dead(runtime)))
        if service.schedules:
            tasks.create_task(scheduler.run())
        if isinstance(bus, RabbitBus):
            tasks.create_task(bus.consume_dead(service.name, inbox.bury))
        for task in service.worker_tasks:
            tasks.create_task(_named(task, runtime))


class _Server(uvicorn.Server):
    """A server that leaves signals to `run_process`: two who listen to them would not let it finish."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _relay(relay: Relay, bus: Bus, service: Service[Any]) -> None:
    """Relay for ever; but first the service's own queue is there, which may be waiting for its own events."""
    while isinstance(bus, RabbitBus):
        try:
            await bus.declare(service.name, service.reactions.types)
            break
        except BusUnavailable as error:
            honour_cancellation()
            log.warning("bus_away", error=str(error))
            await asyncio.sleep(1)
    await relay.run()


def http_server(app: Any, host: str, port: int) -> uvicorn.Server:
    """A server that gives requests under way five seconds at a stop."""
    return _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            loop="uvloop",
            http="httptools",
        )
    )


async def _serve(server: uvicorn.Server) -> None:
    """Serve until cancelled; then no new request is taken, and those under way are finished."""
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await asyncio.gather(serving, return_exceptions=True)


def run_process(main: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run `main` on uvloop until it ends or the process is told to stop; the exit status."""
    import uvloop

    async def until_stopped() -> None:
        task = asyncio.ensure_future(main())
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        with suppress(asyncio.CancelledError):
            await task

    try:
        uvloop.run(until_stopped())
    except BadSettings as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def run(service: Service[Any], settings: Settings) -> int:
    """Both processes of `service`; when one ends the other is stopped. The exit status."""
    gc.collect()
    gc.freeze()  # what is loaded now stays shared with the children
    children = {_fork(lambda: serve(service, settings)), _fork(lambda: work(service, settings))}

    def tell(number: int) -> None:
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, number)

    def stop(*_: Any) -> None:
        tell(signal.SIGTERM)
        signal.alarm(_STOP_SECONDS)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGALRM, lambda *_: tell(signal.SIGKILL))
    worst = 0
    while children:
        child, status = os.wait()
        children.discard(child)
        worst = worst or os.waitstatus_to_exitcode(status)
        stop()
    return abs(worst)


def _fork(main: Callable[[], Coroutine[Any, Any, None]]) -> int:
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    if sys.platform == "linux":
        # Die with the parent, also when it is killed: nothing may be left serving.
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)
    status = 1
    try:
        status = run_process(main)
    except Exception:
        log.exception("process_failed")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


async def _named(task: Task, runtime: Runtime[Any]) -> None:
    """Run a service's own task for ever: what it raises is logged, and it begins again after a pause."""
    pause = 0.5
    while True:
        try:
            await task(runtime)
        except Exception:
            honour_cancellation()
            log.exception("task_failed", task=getattr(task, "__name__", repr(task)))
        await asyncio.sleep(pause)
        pause = min(pause * 2, 30)


async def _repeat(seconds: float, act: Callable[[], Awaitable[Any]]) -> None:
    while True:
        try:
            await act()
        except Exception as error:
            honour_cancellation()
            log.warning("repeated_step_failed", error=repr(error))
        await asyncio.sleep(seconds)


async def _tidy(runtime: Runtime[Any]) -> None:
    """Forget what no repetition can ask for any more."""
    pool = runtime.database.pool
    await pool.execute("delete from inbox where handled_at < now() - interval '60 days'")
    await pool.execute("delete from idempotency where stored_at < now() - interval '25 hours'")
    await pool.execute("delete from scheduled_run where finished_at < now() - interval '1 year'")


async def _count_dead(runtime: Runtime[Any]) -> None:
    dead = await runtime.database.pool.fetchval("select count(*) from held_event where state = 'dead'")
    telemetry.dead_now.labels(runtime.settings.site, runtime.service.name).set(dead)
