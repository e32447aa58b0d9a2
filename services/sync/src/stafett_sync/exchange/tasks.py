"""What runs beside the worker: the relay to the other sites, the consumer, and the upkeep of the exchange."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import structlog

from stafett_chassis.bus import Bus
from stafett_chassis.rabbit import RabbitBus
from stafett_chassis.relay import Relay
from stafett_chassis.runtime import Runtime
from stafett_chassis.schedules import Run
from stafett_chassis.work import Cause, Units, Work
from stafett_contracts.vocabulary import Origin
from stafett_sync.exchange.accepting import judge_anew
from stafett_sync.exchange.incoming import Incoming
from stafett_sync.facts import waiting
from stafett_sync.outgoing import actions as outgoing
from stafett_sync.outgoing import rules as messages
from stafett_sync.outgoing import store as streams
from stafett_sync.own import NATIONAL_OUTBOX, Own
from stafett_sync.persons import actions as persons
from stafett_sync.persons import loading, talks
from stafett_sync.persons import store as person_store
from stafett_sync.settings import SyncSettings

log = structlog.get_logger(__name__)

EXCHANGE = "national"
EVERYBODY = "all"
GAP_AGE = timedelta(seconds=30)
EVIDENCE_LIMIT = timedelta(minutes=10)
HEARTBEAT_SECONDS = 60.0
UPKEEP_SECONDS = 5.0
RETRY_SECONDS = 1.0
_KEPT_SENT = timedelta(days=90)


def queue_of(site: str) -> str:
    """The site's one queue on the bus between sites (SYN-132)."""
    return f"sync.{site}"


async def exchange(runtime: Runtime[SyncSettings]) -> None:
    """Send, receive and keep the exchange going until cancelled. A site alone has nothing to do here."""
    own = runtime.owned(Own)
    async with _national(runtime) as bus:
        if bus is None:
            await asyncio.Event().wait()
            return
        await judge_anew(runtime.units)
        incoming = Incoming(runtime.units)
        relay = Relay(
            str(runtime.settings.database_url),
            bus,
            site=own.site,
            service=f"{runtime.service.name} national",
            table=NATIONAL_OUTBOX,
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(relay.run())
            tasks.create_task(bus.consume(queue_of(own.site), {own.site, EVERYBODY}, incoming.take))
            tasks.create_task(_repeat(RETRY_SECONDS, incoming.retry_due))
            tasks.create_task(_repeat(UPKEEP_SECONDS, lambda: upkeep(runtime.units)))
            tasks.create_task(_repeat(HEARTBEAT_SECONDS, lambda: heartbeat(runtime.units)))


@asynccontextmanager
async def _national(runtime: Runtime[SyncSettings]) -> AsyncIterator[Bus | None]:
    """The bus between sites: the process's own where it has one, else the vhost that the settings name."""
    if runtime.national is not None:
        yield runtime.national
    elif runtime.settings.national_amqp_url is not None:
        bus = RabbitBus(
            str(runtime.settings.national_amqp_url), exchange=EXCHANGE, name=f"sync@{runtime.settings.site}"
        )
        try:
            yield bus
        finally:
            await bus.close()
    else:
        yield None


async def upkeep(units: Units) -> None:
    """Ask for what is missing in the streams, ask again what is not answered, tell of evidence that does not come."""
    async with units.begin(cause=Cause(origin=Origin.SYNC)) as work:
        for peer, numbers in sorted((await streams.overdue_gaps(work, work.at - GAP_AGE)).items()):
            outgoing.send_message(work, peer, messages.STREAM_ASK, {"numbers": numbers})
            await streams.mark_asked(work, peer, numbers, work.at)
    for due in await _due_loads(units):
        # One a transaction: a transaction that asks about many would hold them all.
        async with units.begin(cause=Cause(origin=Origin.SYNC)) as work:
            await _ask_again(work, due)
    async with units.begin(cause=Cause(origin=Origin.SYNC)) as work:
        overdue = await waiting.alarm_overdue(work, work.at - EVIDENCE_LIMIT, work.at)
    if overdue:
        log.error("goal_status_without_evidence", goals=overdue)


async def _due_loads(units: Units) -> list[talks.Load]:
    async with units.database.connection() as connection:
        return await talks.due_loads(connection, units.clock.now())


async def _ask_again(work: Work, due: talks.Load) -> None:
    person_id = await person_store.open_trainee(work, due.hpr)
    if person_id is None:
        return
    await person_store.lock_person(work, person_id)
    trainee = await person_store.trainee_of(work, person_id)
    load = await talks.load_from(work, due.hpr, due.peer)
    if trainee is None or load is None or load.done_at is not None or load.next_at > work.at:
        return  # answered, or asked by another, meanwhile
    await loading.ask(work, trainee, load.peer, before=load, lines=load.lines)
    work.gather(persons.refresh_link, person_id)


async def heartbeat(units: Units) -> None:
    """Tell every peer that this site lives, and thereby its last stream number; none while one still waits."""
    async with units.begin(cause=Cause(origin=Origin.SYNC)) as work:
        own = work.owned(Own)
        body = {
            "registry": own.identity.registry.version,
            "trainees": len(await person_store.present_numbers(work)),
        }
        for peer in own.identity.peers:
            if not await streams.waits_for(work, peer):
                outgoing.send_message(work, peer, messages.HEARTBEAT, body)


async def nightly(run: Run) -> None:
    """Presence ends by the calendar: decide anew about every trainee, a portion a transaction (SYN-025)."""
    after = None
    while True:
        async with run.begin() as work:
            portion = await person_store.everybody_known(work, after)
            work.gather(persons.refresh, *portion)
            await streams.forget_sent(work, work.at - _KEPT_SENT)
        if not portion:
            return
        after = portion[-1]


async def _repeat(seconds: float, act: Callable[[], Awaitable[Any]]) -> None:
    while True:
        try:
            await act()
        except Exception as error:
            log.warning("exchange_step_failed", error=repr(error))
        await asyncio.sleep(seconds)
