"""A service under test: its real application on a real database, without a network between test and code.

@pytest.fixture
async def plans(database, clock):                       # in the service's conftest.py
async with service_under_test(service, database, clock=clock) as under_test:
yield under_test

await plans.deliver(*world.news())                      # events come in through the inbox
kari = plans.client(kari_position)                      # a client logged in as somebody
answer = await kari.post("/assignments:bulk", json=...) # paths are relative to /api/<service>
[created] = await plans.told(AssignmentCreated)         # what the outbox holds
"""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

import httpx
from joserfc.jwk import ECKey

from stafett_chassis.app import create_app
from stafett_chassis.auth import ActingAs, Assurance, Caller, RoleScope, claims_of, new_key, public_keys, sign
from stafett_chassis.clock import Clock, SetClock
from stafett_chassis.inbox import HeldEvent, Inbox, list_held
from stafett_chassis.runtime import Runtime, Service, running
from stafett_chassis.schedules import Scheduler
from stafett_chassis.settings import file_blob_url
from stafett_contracts.event import Actor, Envelope, Event, decode, encode, source_of
from stafett_contracts.ids import EventId, SiteId, new_id
from stafett_contracts.vocabulary import Origin
from stafett_testing.people import Position

E = TypeVar("E", bound=Event)
_KEY: list[ECKey] = []
TOKEN_SECONDS = 600


def signing_key() -> ECKey:
    """The key that stands for identity's in this test process."""
    if not _KEY:
        _KEY.append(new_key("test"))
    return _KEY[0]


class ServiceUnderTest:
    """A running service, the way in for events, and what it has told."""

    def __init__(self, runtime: Runtime[Any]) -> None:
        self.runtime = runtime
        self.app = create_app(runtime.service, runtime)
        self.inbox = Inbox(runtime.units, runtime.service.reactions, service=runtime.service.name)
        self._clients: list[httpx.AsyncClient] = []

    @property
    def clock(self) -> Clock:
        """The clock the service decides by."""
        return self.runtime.clock

    async def deliver(
        self,
        *events: Event,
        site: str | None = None,
        by: Actor | None = None,
        origin: Origin = Origin.USER,
        at: datetime | None = None,
        event_id: UUID | None = None,
        batch_id: UUID | None = None,
    ) -> None:
        """Bring `events` in as the bus would; whatever cannot be applied is held (see `held`)."""
        await self.inbox.take(
            [
                encode(
                    event,
                    id=EventId(event_id or new_id()),
                    time=(at or self.clock.now()).astimezone(UTC),
                    source=source_of(
                        SiteId(site or self.runtime.settings.site), event.TYPE.split(".")[0].replace("_", "-")
                    ),
                    site=SiteId(site or self.runtime.settings.site),
                    origin=origin,
                    actor=by,
                    batch_id=cast(Any, batch_id),
                )
                for event in events
            ]
        )

    async def held(self, state: str = "waiting") -> list[HeldEvent]:
        """The events that could not be applied: `waiting` for another try, or `dead`."""
        return await list_held(self.runtime.database.pool, state=state)

    async def told(self, *kinds: type[E]) -> list[E]:
        """The data of the events in the outbox that are of `kinds` (all, when none is named), oldest first."""
        return [cast(E, envelope.data) for envelope in await self.envelopes(*kinds)]

    async def envelopes(self, *kinds: type[Event]) -> list[Envelope[Event]]:
        """As `told`, with their envelopes."""
        rows = await self.runtime.database.pool.fetch("select body from outbox order by id")
        found = [decode(row["body"]) for row in rows]
        return [envelope for envelope in found if not kinds or isinstance(envelope.data, kinds)]

    async def forget_told(self) -> None:
        """Empty the outbox, as if the bus had taken everything."""
        await self.runtime.database.pool.execute("delete from outbox")

    async def hand_over_to(self, *others: "ServiceUnderTest") -> int:
        """Bring everything in the outbox to `others` (which take what they want) and empty it; how many."""
        rows = await self.runtime.database.pool.fetch("delete from outbox returning id, type, body")
        for other in others:
            wanted = other.runtime.service.reactions.types
            await other.inbox.take(
                [row["body"] for row in sorted(rows, key=lambda row: row["id"]) if row["type"] in wanted]
            )
        return len(rows)

    async def run_job(self, job: str, day: Any = None) -> None:
        """Run a schedule by hand, as the operator can."""
        scheduler = Scheduler(
            self.runtime.units, self.runtime.service.schedules, service=self.runtime.service.name
        )
        await scheduler.again(job, day)
        await scheduler.tick()

    def caller(
        self, position: Position, *, roles: Sequence[RoleScope] = (), deputy_for: Position | None = None
    ) -> Caller:
        """Who acts from `position`; as deputy for a leader when `deputy_for` is given."""
        caller = Caller(
            person_id=position.person_id,
            position_id=position.position_id,
            acting_as=ActingAs.OWN,
            session_id=new_id(),
            site=self.runtime.settings.site,
            assurance=Assurance.HIGH,
            roles=tuple(roles),
            authenticated_at=int(self.clock.now().timestamp()),
            method="demo",
        )
        if deputy_for is None:
            return caller
        return replace(
            caller,
            acting_as=ActingAs.DEPUTY,
            leader_position_id=deputy_for.position_id,
            leader_person_id=deputy_for.person_id,
        )

    def token(self, caller: Caller, *, lifetime: int = TOKEN_SECONDS) -> str:
        """A token for `caller` as identity would issue it."""
        now = int(self.clock.now().timestamp())
        issuer = str(self.runtime.settings.identity_url)
        return sign(claims_of(caller, issuer=issuer, now=now, lifetime=lifetime), signing_key())

    def client(
        self,
        position: Position | None = None,
        *,
        deputy_for: Position | None = None,
        roles: Sequence[RoleScope] = (),
    ) -> httpx.AsyncClient:
        """A client logged in as the holder of `position`, or nobody; closed with the service."""
        headers = {}
        if position is not None:
            token = self.token(self.caller(position, roles=roles, deputy_for=deputy_for), lifetime=10**9)
            headers["authorization"] = f"Bearer {token}"
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url=f"http://service{self.runtime.service.path}",
            headers=headers,
        )
        self._clients.append(client)
        return client

    async def close(self) -> None:
        """Close the clients."""
        for client in self._clients:
            await client.aclose()


@asynccontextmanager
async def service_under_test(
    service: Service[Any],
    database_url: str,
    *,
    clock: Clock | None = None,
    files: Path | None = None,
    **settings: Any,
) -> AsyncIterator[ServiceUnderTest]:
    """`service` on a migrated database, with tokens of `signing_key` trusted. `settings` override the defaults."""
    values: dict[str, Any] = {
        "site": "vest",
        "site_name": "Helse Vestkyst",
        "site_kind": "rhf",
        "environment": "test",
        "database_url": database_url,
        "public_url": "http://service",
        "identity_url": "http://identity",
        "service_secret": secrets.token_urlsafe(32),
        "blob_url": file_blob_url(files) if files else "",
        **settings,
    }
    async with running(service, service.settings(**values), clock or SetClock()) as runtime:
        runtime.tokens.trust(public_keys([signing_key()]))
        under_test = ServiceUnderTest(runtime)
        try:
            yield under_test
        finally:
            await under_test.close()
