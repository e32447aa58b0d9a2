import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from stafett_chassis import migrate
from stafett_chassis.clock import SetClock
from stafett_contracts.identity import OrgUnitCreated
from stafett_contracts.vocabulary import LeaderSource, OrgLevel, Role
from stafett_plans.app import service
from stafett_testing.people import Position, Unit, World
from stafett_testing.service import ServiceUnderTest, service_under_test


async def _migrate(url: str) -> None:
    await migrate.upgrade(service.package, url)


@pytest.fixture(scope="session")
def plans_template(databases: Any) -> str:
    name: str = databases.template("plans", _migrate)
    return name


@pytest.fixture
def database(new_database: Any, plans_template: str) -> str:
    url: str = new_database(plans_template)
    return url


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 12, 1, 9, 0, tzinfo=UTC))


@pytest.fixture
async def plans(database: str, clock: SetClock) -> AsyncIterator[ServiceUnderTest]:
    async with service_under_test(service, database, clock=clock) as under_test:
        yield under_test


EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogues"


class Hospital:
    """Two trusts of a region, with one person for each role, known to the service."""

    def __init__(self, plans: ServiceUnderTest, world: World) -> None:
        self.plans = plans
        self.world = world
        self.code_of: dict[UUID, str] = {}
        self.region = world.unit("Helse Vestkyst RHF", level=OrgLevel.RHF)
        self.trust = world.unit("Havnes sykehus", parent=self.region, level=OrgLevel.HF)
        self.other_trust = world.unit("Vidda sykehus", parent=self.region, level=OrgLevel.HF)
        self.clinic = world.unit("Medisinsk klinikk", parent=self.trust, level=OrgLevel.CLINIC)
        self.ward = world.unit("Sengepost 2", parent=self.clinic, level=OrgLevel.DEPARTMENT)
        self.other_ward = world.unit("Sengepost 3", parent=self.clinic, level=OrgLevel.DEPARTMENT)
        self.leader = world.person("Torbjørn", "Engeskår").at(self.ward)
        self.employee = world.person("Kari", "Hansen").at(self.ward, leader=self.leader)
        self.by_hand = world.person("Ola", "Moe").at(self.ward)
        world.set_leader(world.person("Eva", "Lie").at(self.ward), self.by_hand, source=LeaderSource.MANUAL)
        self.delegated = self._with(Role.DELEGATED_LEADER, self.ward)
        self.lead_a = self._with(Role.PROFESSIONAL_LEAD_A, self.ward)
        self.lead_b = self._with(Role.PROFESSIONAL_LEAD_B, self.ward)
        self.super_user = self._with(Role.SUPER_USER, self.ward)
        self.training_lead = self._with(Role.TRAINING_LEAD, self.trust)
        self.hf_admin = self._with(Role.HF_ADMIN, self.trust)
        self.other_hf_admin = self._with(Role.HF_ADMIN, self.other_trust)
        self.lis_admin = self._with(Role.LIS_HF_ADMIN, self.trust)
        self.other_lis_admin = self._with(Role.LIS_HF_ADMIN, self.other_trust)
        self.apprentice_admin = self._with(Role.APPRENTICE_HF_ADMIN, self.trust)
        self.rhf_admin = self._with(Role.RHF_ADMIN, self.region)

    def _with(self, role: Role, unit: Unit) -> Position:
        holder = self.world.person(role.value.title(), unit.name.split()[0]).at(unit)
        self.world.grant(holder, role, unit)
        return holder

    @property
    def short_name(self) -> str:
        """What names of the trust's plans begin with."""
        return self.code_of[self.trust.unit_id]

    async def learn(self) -> None:
        """Tell the service what has been noted since last time."""
        news = self.world.news()
        self.code_of.update({e.unit_id: e.code for e in news if isinstance(e, OrgUnitCreated)})
        await self.plans.deliver(*news)
        assert await self.plans.held() == []

    async def categories(self) -> dict[str, UUID]:
        """Make the categories of the examples; their ids by name."""
        client = self.plans.client(self.rhf_admin)
        made = {}
        for each in json.loads((EXAMPLES / "categories.json").read_text("utf-8")):
            answer = await client.post("/categories", json=each)
            assert answer.status_code == 201, answer.text
            made[each["name"]] = UUID(answer.json()["category_id"])
        return made

    async def dry_run(self, name: str) -> dict[str, Any]:
        """Upload one of the example catalogues; the run."""
        content = (EXAMPLES / f"{name}.json").read_bytes()
        answer = await self.plans.client(self.rhf_admin).post(
            "/imports", content=content, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 201, answer.text
        return cast(dict[str, Any], answer.json())

    async def apply(self, run: dict[str, Any]) -> dict[str, Any]:
        """Apply a dry run; the run."""
        answer = await self.plans.client(self.rhf_admin).post(f"/imports/{run['run_id']}/apply")
        assert answer.status_code == 200, answer.text
        return cast(dict[str, Any], answer.json())

    async def imported(self, name: str) -> dict[str, Any]:
        """Import one of the example catalogues; the run."""
        run = await self.dry_run(name)
        assert run["state"] == "ready", run["report"]["errors"]
        return await self.apply(run)


@pytest.fixture
async def hospital(plans: ServiceUnderTest) -> Hospital:
    made = Hospital(plans, World())
    await made.learn()
    return made
