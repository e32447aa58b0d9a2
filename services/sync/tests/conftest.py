"""Two sites, a health region and the municipal one, and the post between them."""

import hashlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from stafett_chassis import migrate
from stafett_chassis.clock import SetClock
from stafett_contracts import identity, plans, signing
from stafett_contracts.ids import (
    DecisionId,
    GoalKey,
    GoalNumber,
    GoalProgressId,
    HprNumber,
    PersonId,
    RepetitionId,
    RequestId,
    RequestItemId,
    SubjectId,
    TemplateCode,
    new_id,
)
from stafett_contracts.values import Addressee, Decider, NamedGoal, Party, RequestSubject
from stafett_contracts.vocabulary import (
    AddresseeKind,
    AssignmentState,
    Capacity,
    GoalStatus,
    GoalType,
    ItemStatus,
    LearningForm,
    PlanStatus,
    PlanType,
    RejectionReason,
    RepetitionState,
    RequestKind,
    RequestStatus,
    RequirementKind,
    RequirementLevel,
    Scope,
    Track,
)
from stafett_sync.app import service
from stafett_sync.exchange.incoming import Incoming
from stafett_sync.exchange.tasks import upkeep
from stafett_sync.statements.keys import goal_key
from stafett_sync.statements.making import MadeRegistry, SiteToRegister, make_registry
from stafett_testing.people import Position, Unit, World
from stafett_testing.service import ServiceUnderTest, service_under_test

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HPR = "9001234"
NAMES = {"vest": "Helse Vestkyst", "kommune": "Kommunene", "nord": "Helse Nordkyst"}


@pytest.fixture(scope="session")
def sync_template(databases: Any) -> str:
    async def build(url: str) -> None:
        await migrate.upgrade("stafett_sync", url)

    name: str = databases.template("sync", build)
    return name


@pytest.fixture
def database(new_database: Any, sync_template: str) -> str:
    url: str = new_database(sync_template)
    return url


@dataclass
class Trainee:
    """The same doctor as one site knows her, and what happens to her there."""

    site: "Site"
    position: Position
    revisions: dict[UUID, int] = field(default_factory=dict)
    progress: dict[str, UUID] = field(default_factory=dict)

    @property
    def person_id(self) -> PersonId:
        return self.position.person_id

    def next(self, key: UUID) -> int:
        self.revisions[key] = self.revisions.get(key, 0) + 1
        return self.revisions[key]

    async def goal(
        self,
        number: str,
        status: GoalStatus,
        *,
        at: datetime | None = None,
        evidence: bool = True,
        statement: str | None = None,
        **fields: Any,
    ) -> plans.GoalStatusChanged:
        """Plans tells a goal's status; signing the decision behind it, unless `evidence` is false."""
        at = at or self.site.clock.now()
        progress = self.progress.setdefault(number, new_id())
        request = RequestId(new_id())
        decider = Decider(
            person_id=PersonId(new_id()),
            name="Kari Nes",
            title="Overlege",
            capacity=Capacity.LEADER,
            hf_id=self.position.unit.hf_id,
        )
        decided = status in (GoalStatus.APPROVED, GoalStatus.REJECTED)
        values: dict[str, Any] = {
            "revision": self.next(progress),
            "goal_progress_id": GoalProgressId(progress),
            "person_id": self.person_id,
            "person_name": "Kari Hansen",
            "goal_number": GoalNumber(number),
            "goal_key": goal_key(number),
            "goal_text": f"Teksten til {number}",
            "hf_id": self.position.unit.hf_id,
            "status": status,
            "status_at": at,
            "completed_on": date(2026, 2, 27) if status is GoalStatus.APPROVED else None,
            "decided_by": decider if decided else None,
            "decided_at": at if decided else None,
            "request_id": request if decided else None,
        }
        event = plans.GoalStatusChanged(**{**values, **fields})
        if decided and evidence and event.request_id and not event.imported:
            await self.decide(event, statement=statement)
        await self.site.deliver(event)
        return event

    async def decide(self, event: plans.GoalStatusChanged, statement: str | None = None) -> None:
        """Signing tells of the decision behind a goal's status."""
        assert event.request_id is not None
        assert event.decided_by is not None
        assert event.decided_at is not None
        goal = NamedGoal(goal_number=event.goal_number, goal_key=event.goal_key)
        approved = event.status is GoalStatus.APPROVED
        kind = signing.RequestSigned if approved else signing.RequestRejected
        more: dict[str, Any] = (
            {}
            if approved
            else {"reason": RejectionReason.NOT_SUFFICIENT, "reason_label": "Ikke tilstrekkelig"}
        )
        item = RequestItemId(new_id())
        await self.site.deliver(
            kind(
                revision=2,
                request_id=event.request_id,
                kind=RequestKind.GOAL,
                subject=RequestSubject(
                    kind=RequestKind.GOAL,
                    id=SubjectId(event.goal_progress_id),
                    revision=event.revision,
                    name=event.goal_number,
                    goal=goal,
                ),
                employee=Party(person_id=self.person_id, name="Kari Hansen"),
                asked_at=event.status_at,
                addressee=Addressee(kind=AddresseeKind.PERSON, person_id=event.decided_by.person_id),
                items=(signing.RequestItem(item_id=item, status=RequestStatus.SIGNED),),
                item_ids=(item,),
                decision_id=DecisionId(new_id()),
                decider=event.decided_by,
                decided_at=event.decided_at,
                comment="ikke for andre",
                statement=statement,
                **more,
            )
        )

    async def item(
        self,
        name: str,
        *,
        level: RequirementLevel = RequirementLevel.LOCAL,
        status: ItemStatus = ItemStatus.FULFILLED,
        goals: Sequence[str] = ("FKM-012",),
        registration: UUID | None = None,
        **fields: Any,
    ) -> plans.ItemStatusChanged:
        """Plans tells an activity's status."""
        registration = registration or self.progress.setdefault(name, new_id())
        requirement = self.progress.setdefault(f"requirement {name}", new_id())
        values: dict[str, Any] = {
            "revision": self.next(registration),
            "registration_id": registration,
            "person_id": self.person_id,
            "person_name": "Kari Hansen",
            "requirement_id": requirement,
            "requirement_number": "A1",
            "requirement_name": name,
            "kind": RequirementKind.ACTIVITY,
            "level": level,
            "scope": Scope.SITE,
            "hf_id": self.position.unit.hf_id,
            "status": status,
            "goals": tuple(
                NamedGoal(goal_number=GoalNumber(number), goal_key=GoalKey(goal_key(number)))
                for number in goals
            ),
        }
        event = plans.ItemStatusChanged(**{**values, **fields})
        await self.site.deliver(event)
        return event

    async def count(self, key: str, *entries: tuple[str, int, RepetitionState], **fields: Any) -> None:
        """Plans tells what was done on a national procedure list: (date, number, state) each."""
        await self.item(
            f"Prosedyre {key}",
            level=RequirementLevel.NATIONAL,
            learning_form=LearningForm.PROCEDURE_LIST,
            external_key=key,
            status=ItemStatus.BEGUN,
            repetitions=tuple(
                plans.OwnRepetition(
                    repetition_id=RepetitionId(
                        UUID(bytes=hashlib.sha256(f"{self.site.name}{key}{day}".encode()).digest()[:16])
                    ),
                    performed_on=date.fromisoformat(day),
                    count=number,
                    state=state,
                )
                for day, number, state in entries
            ),
            **fields,
        )

    async def plan(
        self, template: str, state: AssignmentState = AssignmentState.ACTIVE, **fields: Any
    ) -> plans.AssignmentData:
        """Plans tells of a learning-goal plan."""
        assignment = self.progress.setdefault(f"plan {template}", new_id())
        kind = {
            AssignmentState.ACTIVE: plans.AssignmentCreated,
            AssignmentState.DEACTIVATED: plans.AssignmentDeactivated,
            AssignmentState.DELETED: plans.AssignmentDeleted,
        }[state]
        values: dict[str, Any] = {
            "revision": self.next(assignment),
            "assignment_id": assignment,
            "plan_id": self.progress.setdefault(f"plan id {template}", new_id()),
            "plan_name": f"Plan {template}",
            "plan_type": PlanType.LEARNING_GOAL,
            "template_code": template,
            "track": Track.LIS1,
            "position_id": self.position.position_id,
            "person_id": self.person_id,
            "person_name": "Kari Hansen",
            "hf_id": self.position.unit.hf_id,
            "unit_id": self.position.unit.unit_id,
            "state": state,
            "plan_status": PlanStatus.BEGUN,
            "assigned_at": NOW,
        }
        event = kind(**{**values, **fields})
        await self.site.deliver(event)
        return event

    async def checks(self, *values: str) -> None:
        """Identity tells the person checks."""
        key = UUID(int=self.person_id.int ^ 7)
        await self.site.deliver(
            identity.PersonChecksChanged(
                revision=self.next(key),
                person_id=self.person_id,
                checks=tuple(hashlib.sha256(value.encode()).hexdigest() for value in values),
            )
        )


class Site:
    """A site's sync: its way in and out on both buses."""

    def __init__(self, name: str, under_test: ServiceUnderTest) -> None:
        self.name = name
        self.under_test = under_test
        self.incoming = Incoming(under_test.runtime.units)
        self.world = World()
        self.hf: Unit = self.world.unit(f"Foretak i {name}")
        self.ward: Unit = self.world.unit("Avdeling", parent=self.hf)
        self.leader = self.world.person("Torbjørn", "Engeskår").at(self.ward)

    @property
    def clock(self) -> SetClock:
        assert isinstance(self.under_test.clock, SetClock)
        return self.under_test.clock

    @property
    def own(self) -> Any:
        return self.under_test.runtime.own

    @property
    def pool(self) -> Any:
        return self.under_test.runtime.database.pool

    async def deliver(self, *events: Any, **more: Any) -> None:
        await self.under_test.deliver(*events, **more)
        assert await self.under_test.held("dead") == []
        assert [(held.type, held.reason) for held in await self.under_test.held()] == []

    async def news(self) -> None:
        await self.deliver(*self.world.news())

    async def hire(
        self,
        hpr: str | None = HPR,
        *,
        checks: Sequence[str] = ("national id",),
        track: Track = Track.LIS1,
        unit: Unit | None = None,
        **fields: Any,
    ) -> Trainee:
        """The doctor gets a position here."""
        person = self.world.person("Kari", "Hansen", hpr=False)
        await self.news()
        # The person with the number wanted, in whatever spelling.
        await self.deliver(self.registered(person.person_id, hpr, 2))
        position = person.at(unit or self.ward, leader=self.leader, track=track, **fields)
        await self.news()
        trainee = Trainee(self, position)
        if checks:
            await trainee.checks(*checks)
        return trainee

    def registered(self, person_id: PersonId, hpr: str | None, revision: int) -> identity.PersonChanged:
        return identity.PersonChanged(
            revision=revision,
            person_id=person_id,
            given_name="Kari",
            family_name="Hansen",
            sort_key="hansen kari",
            hpr_number=HprNumber(hpr) if hpr else None,
        )

    async def catalogue(self, *numbers: str, template: str = "FKM-LIS1", version: str = "1") -> None:
        """The goals this site's catalogue knows."""
        await self.deliver(
            *(
                plans.GoalAdded(
                    revision=int(version),
                    goal_number=GoalNumber(number),
                    goal_key=GoalKey(goal_key(number)),
                    type=GoalType.LEARNING,
                    text=f"Teksten til {number}",
                    catalogue_version=version,
                    templates=(
                        plans.GoalTemplate(
                            code=TemplateCode(template),
                            name=template,
                            track=Track.LIS1,
                            theme="Tema",
                            theme_order=1,
                            goal_order=place,
                        ),
                    ),
                )
                for place, number in enumerate(numbers)
            )
        )

    async def waiting_post(self) -> list[tuple[str, bytes]]:
        """Take what waits for the other sites: (address, message)."""
        rows = await self.pool.fetch("delete from national_outbox returning id, type, body")
        return [(row["type"], row["body"]) for row in sorted(rows, key=lambda row: row["id"])]

    async def facts(self) -> dict[tuple[str, str, str], tuple[int, str, str, str | None]]:
        """The register: (site, type, subject) to (seq, state, verdict, reason)."""
        rows = await self.pool.fetch("select * from fact")
        return {
            (row["site"], row["type"], row["subject"]): (
                row["seq"],
                row["state"],
                row["verdict"],
                row["reason"],
            )
            for row in rows
        }

    async def register(self) -> set[tuple[str, ...]]:
        """The register as digests see it."""
        rows = await self.pool.fetch("select site, type, hpr, subject, hash, verdict from fact")
        return {tuple(row) for row in rows}

    async def dead(self) -> list[tuple[str, str]]:
        rows = await self.pool.fetch("select code, field from national_held where state = 'dead' order by id")
        return [(row["code"], row["field"]) for row in rows]

    async def told(self, *kinds: Any) -> list[Any]:
        return await self.under_test.told(*kinds)


class Country:
    """Sites and the post between them, which may lose, double, delay and reorder."""

    def __init__(self, sites: dict[str, Site], made: MadeRegistry) -> None:
        self.sites = sites
        self.made = made

    def __getitem__(self, name: str) -> Site:
        return self.sites[name]

    async def carry(self, *, lose: Callable[[str, str], bool] = lambda _sender, _to: False) -> int:
        """Carry the post until nothing waits; how many messages arrived. Fails when they never stop."""
        carried = 0
        for _ in range(50):
            post = [
                (name, to, body)
                for name, site in self.sites.items()
                for to, body in await site.waiting_post()
            ]
            if not post:
                return carried
            for sender, to, body in post:
                if not lose(sender, to):
                    await self.sites[to].incoming.take([body])
                    carried += 1
        raise AssertionError("the sites never stop talking")

    async def carry_badly(self, chance: random.Random, rounds: int = 8) -> None:
        """Carry the post losing, doubling, delaying and reordering it."""
        delayed: list[tuple[str, bytes]] = []
        for _ in range(rounds):
            post = delayed + [one for site in self.sites.values() for one in await site.waiting_post()]
            delayed = []
            chance.shuffle(post)
            for to, body in post:
                fate = chance.random()
                if fate < 0.2:
                    continue
                if fate < 0.4:
                    delayed.append((to, body))
                    continue
                for _ in range(2 if fate < 0.6 else 1):
                    await self.sites[to].incoming.take([body])

    async def pass_time(self, **span: float) -> None:
        """Let time pass at every site, with the upkeep that belongs to it, and carry the post."""
        for site in self.sites.values():
            site.clock.move(**span)
        for site in self.sites.values():
            await upkeep(site.under_test.runtime.units)
        await self.carry()


@pytest.fixture
async def country(new_database: Any, sync_template: str) -> AsyncIterator[Callable[..., Any]]:
    """Makes a country: `await country("vest", "kommune")`."""
    async with AsyncExitStack() as stack:

        async def build(*names: str, made: MadeRegistry | None = None, **settings: Any) -> Country:
            made = made or make_registry(
                [
                    SiteToRegister(name, NAMES[name], "municipal" if name == "kommune" else "rhf")
                    for name in names
                ],
                env="test",
            )
            sites = {}
            for name in names:
                own: dict[str, Any] = {**made.settings_of(name), **settings}
                under_test = await stack.enter_async_context(
                    service_under_test(
                        service,
                        new_database(sync_template),
                        clock=SetClock(NOW),
                        site=name,
                        site_name=NAMES[name],
                        site_kind="municipal" if name == "kommune" else "rhf",
                        **own,
                    )
                )
                sites[name] = Site(name, under_test)
                await sites[name].news()
            return Country(sites, made)

        yield build


@pytest.fixture
async def two(country: Any) -> Country:
    """A health region and the municipal site."""
    built: Country = await country("vest", "kommune")
    for site in built.sites.values():
        await site.catalogue("FKM-012", "FKM-013", "FKM-014")
    return built
