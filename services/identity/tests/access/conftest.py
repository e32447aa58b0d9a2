"""Sites in demo mode with some people at them, and clients that log in as a browser does."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest

from stafett_chassis.auth import public_keys
from stafett_chassis.clock import SetClock
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import (
    GrantState,
    LeaderChangeCause,
    LeaderSource,
    OrgLevel,
    OrgSource,
    PositionKind,
    RelationCause,
    Role,
    Track,
)
from stafett_identity.app import service
from stafett_identity.directory import actions, endings, relations, store
from stafett_identity.directory.model import Deputy, Grant, Person, Position, Unit
from stafett_identity.national_ids import NationalIds
from stafett_identity.sessions.keys import Keyring
from stafett_testing.service import ServiceUnderTest, service_under_test, signing_key

# Synthetic (month + 80), with valid control digits.
NUMBERS = (
    "08827616460 18906843001 13817931981 07838626089 10897623728 11828236034 09849005240 19917448658 06909341556"
    " 17899024788 12838515035 13866307509 18867445664 26887921856 04896227047 27848319142 16888227486 12818441191"
).split()


@dataclass
class Site:
    """A site and the ways to put people in it."""

    identity: ServiceUnderTest
    root: Unit
    numbers: list[str]

    @property
    def clock(self) -> SetClock:
        clock = self.identity.clock
        assert isinstance(clock, SetClock)
        return clock

    @property
    def keyring(self) -> Keyring:
        keyring: Keyring = self.identity.runtime.owned(Keyring)
        return keyring

    async def unit(self, name: str, parent: Unit | None = None, level: OrgLevel | None = None) -> Unit:
        async with self.identity.runtime.units.begin() as work:
            return await actions.create_unit(
                work,
                code=f"U{new_id().hex[-8:]}",
                name=name,
                level=level or _below(parent or self.root),
                parent=parent or self.root,
                source=OrgSource.MANUAL,
            )

    async def known_unit(self, unit_id: UUID) -> Unit:
        async with self.identity.runtime.units.begin() as work:
            unit = await store.unit(work, unit_id)
        assert unit is not None
        return unit

    async def person(self, given: str, family: str, number: str | None = None, **fields: Any) -> Person:
        keys = NationalIds.of(self.identity.runtime.settings)
        async with self.identity.runtime.units.begin() as work:
            return await actions.register_person(
                work,
                keys,
                given_name=given,
                family_name=family,
                national_id=number or self.numbers.pop(),
                **fields,
            )

    async def position(
        self,
        person: Person,
        unit: Unit,
        *,
        kind: PositionKind = PositionKind.EMPLOYMENT,
        leader: Position | None = None,
        track: Track = Track.NONE,
        **fields: Any,
    ) -> Position:
        async with self.identity.runtime.units.begin() as work:
            assert unit.hf_id
            position = await actions.create_position(
                work,
                person_id=person.person_id,
                unit_id=unit.unit_id,
                hf_id=unit.hf_id,
                kind=kind,
                track=track,
                **{"title": "Lege", **fields},
            )
        if leader:
            await self.lead(position, leader)
        return position

    async def lead(self, employee: Position, leader: Position) -> None:
        async with self.identity.runtime.units.begin() as work:
            await relations.set_leader(
                work,
                employee,
                leader,
                source=LeaderSource.HR,
                cause=LeaderChangeCause.POSITION_CREATED,
            )

    async def mentor(self, trainee: Person, mentor: Person) -> None:
        async with self.identity.runtime.units.begin() as work:
            await relations.add_mentor(
                work, trainee.person_id, mentor.person_id, cause=RelationCause.CHOSEN, by=None
            )

    async def deputy(self, leader: Position, deputy: Person, expires_on: date | None = None) -> Deputy:
        row = Deputy(
            deputy_id=new_id(),
            leader_position_id=leader.position_id,
            leader_person_id=leader.person_id,
            deputy_person_id=deputy.person_id,
            valid_from=date(2026, 1, 1),
            expires_on=expires_on,
        )
        async with self.identity.runtime.units.begin() as work:
            await store.put(work, row)
        return row

    async def end_deputy(self, row: Deputy) -> None:
        async with self.identity.runtime.units.begin() as work:
            await store.put(work, replace(row, ended_at=work.at, revision=2))

    async def grant(self, position: Position, role: Role, *units: Unit, plans: Sequence[UUID] = ()) -> Grant:
        async with self.identity.runtime.units.begin() as work:
            row = Grant(
                grant_id=new_id(),
                position_id=position.position_id,
                person_id=position.person_id,
                role=role.value,
                specialties=[],
                plan_ids=list(plans),
                scope_key=new_id().hex,
                valid_from=date(2026, 1, 1),
                order_ref=new_id().hex,
                state=GrantState.ACTIVE.value,
                created_at=work.at,
                updated_at=work.at,
            )
            await endings.save_grants(work, [row], new=True)
            for unit in units:
                await work.raw.execute(
                    "insert into role_unit (grant_id, unit_id, include_sub_units) values ($1, $2, true)",
                    row.grant_id,
                    unit.unit_id,
                )
        return row

    async def sql(self, statement: str, *values: Any) -> Any:
        return await self.identity.runtime.database.pool.fetch(statement, *values)

    async def logged_in(self, person: Person | UUID, option: UUID | None = None) -> httpx.AsyncClient:
        """A browser in which the person has logged in, chosen, and got a token."""
        client = self.identity.client()
        person_id = person if isinstance(person, UUID) else person.person_id
        answer = await client.post("/login/demo", json={"person_id": str(person_id)})
        assert answer.status_code == 200, answer.text
        if option is not None:
            chosen = await client.post("/session/option", json={"option_id": str(option)})
            assert chosen.status_code == 200, chosen.text
        token = await client.post("/session/token")
        assert token.status_code == 200, token.text
        return client

    async def identified(self, number: str, given: str, family: str, **more: Any) -> httpx.AsyncClient:
        """A browser in which an e-ID has told who somebody is."""
        client = self.identity.client()
        answer = await client.post(
            "/login/demo-eid",
            json={"national_id": number, "given_name": given, "family_name": family, **more},
        )
        assert answer.status_code == 200, answer.text
        return client


def _below(parent: Unit) -> OrgLevel:
    return {
        "rhf": OrgLevel.HF,
        "hf": OrgLevel.COST_CENTRE,
        "national": OrgLevel.TRAINING_ENTERPRISE,
        "training_enterprise": OrgLevel.UNIT,
    }[parent.level]


NewSite = Callable[..., Awaitable[Site]]


@pytest.fixture
async def new_site(database: str, clock: SetClock) -> AsyncIterator[NewSite]:
    """Makes a site in demo mode, a hospital's unless told otherwise."""
    async with AsyncExitStack() as stack:

        async def make(**settings: Any) -> Site:
            given = {"environment": "demo", **settings}
            identity = await stack.enter_async_context(
                service_under_test(service, database, clock=clock, **given)
            )
            keyring: Keyring = identity.runtime.owned(Keyring)
            both = [*public_keys([signing_key()])["keys"], *keyring.published["keys"]]
            identity.runtime.tokens.trust({"keys": both})
            municipal = given.get("site_kind") == "municipal"
            async with identity.runtime.units.begin() as work:
                known = await work.raw.fetchval("select unit_id from org_unit where parent_id is null")
                root = await store.unit(work, known) if known else None
                root = root or await actions.create_unit(
                    work,
                    code="ROOT",
                    name="Hele landet" if municipal else "Helse Vestkyst RHF",
                    level=OrgLevel.NATIONAL if municipal else OrgLevel.RHF,
                    parent=None,
                    source=OrgSource.MANUAL,
                )
            return Site(identity, root, list(NUMBERS))

        yield make


@pytest.fixture
async def hospital(new_site: NewSite) -> Site:
    return await new_site()


@pytest.fixture
async def municipal(new_site: NewSite) -> Site:
    return await new_site(site="kommune", site_name="LIS Kommune", site_kind="municipal")
