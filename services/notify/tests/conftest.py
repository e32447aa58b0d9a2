"""Notify on a real database, with a real mail server, and people to tell about."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from stafett_chassis.clock import SetClock
from stafett_chassis.migrate import upgrade
from stafett_contracts import identity, plans, signing
from stafett_contracts.event import Actor, Event
from stafett_contracts.ids import (
    AssignmentId, GrantId, PlanId, RequestItemId, RequirementId, SubjectId, VerificationId, new_id,
)
from stafett_contracts.values import (
    Addressee,
    AssignedPlan,
    Decider,
    NamedGoal,
    OwnedPlan,
    Party,
    Person,
    RequestSubject,
)
from stafett_contracts.vocabulary import (
    AddresseeKind,
    AssignmentReason,
    AssignmentState,
    Capacity,
    ItemStatus,
    Language,
    Origin,
    Outcome,
    PlanStatus,
    PlanType,
    RejectionReason,
    RequestKind,
    RequestStatus,
    RequirementKind,
    RequirementLevel,
    RoleEndCause,
    Scope,
    Track,
)
from stafett_notify.app import service
from stafett_notify.mail.sender import Sender
from stafett_testing.mail import MailServer
from stafett_testing.people import Position, World
from stafett_testing.people import Person as Somebody
from stafett_testing.service import ServiceUnderTest, service_under_test


@pytest.fixture(scope="session")
def notify_template(databases: Any) -> str:
    async def migrate(url: str) -> None:
        await upgrade(service.package, url)

    name: str = databases.template("notify", migrate)
    return name


@pytest.fixture
def database(new_database: Any, notify_template: str) -> str:
    url: str = new_database(notify_template)
    return url


@pytest.fixture
def clock() -> SetClock:
    """Tuesday 1 December 2026, 10:00 in Norway."""
    return SetClock(datetime(2026, 12, 1, 9, tzinfo=UTC))


Start = Callable[..., AbstractAsyncContextManager[ServiceUnderTest]]


@pytest.fixture
def start(database: str, clock: SetClock, smtp: MailServer) -> Start:
    """Starts a process of notify; several share the database and the mail server."""

    @asynccontextmanager
    async def begin(**settings: Any) -> AsyncIterator[ServiceUnderTest]:
        values: dict[str, Any] = {
            "smtp_host": smtp.host,
            "smtp_port": smtp.port,
            "smtp_timeout_seconds": 1,
            "mail_allow_list": ".example",
            "public_url": "https://portal.example",
            "mail_from": "ikke-svar@portal.example",
            **settings,
        }
        async with service_under_test(service, database, clock=clock, **values) as under_test:
            yield under_test

    return begin


@pytest.fixture
async def notify(start: Start) -> AsyncIterator[ServiceUnderTest]:
    async with start() as under_test:
        yield under_test


@dataclass
class Scene:
    """A ward with people, and the events that other services would tell of them."""

    notify: ServiceUnderTest
    clock: SetClock
    world: World = field(default_factory=World)
    revisions: dict[UUID, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hf = self.world.unit("Havnes sykehus")
        self.ward = self.world.unit("Medisinsk sengepost", parent=self.hf)
        self.boss = self.world.person("Torbjørn", "Engeskår").at(self.ward)
        self.kari = self.world.person("Kari", "Hansen").at(self.ward, track=Track.LIS1, leader=self.boss)
        self.per = self.world.person("Per", "Ås").at(self.ward, leader=self.boss)
        self.plan_id = PlanId(new_id())
        self.requirement_id = RequirementId(new_id())

    async def begin(self, *, language: Language = Language.NB, silent: bool = True) -> None:
        """Tell notify of everybody and of their addresses."""
        origin = Origin.INITIAL_LOAD if silent else Origin.USER
        await self.notify.deliver(*self.world.news(), origin=origin)
        for position in (self.boss, self.kari, self.per):
            await self.has_address(position.person, language=language)

    async def news(self) -> None:
        """Tell notify what has happened in the world since."""
        await self.notify.deliver(*self.world.news())

    async def has_address(
        self, person: Somebody, address: str | None = "", language: Language = Language.NB
    ) -> None:
        """Give a person an e-mail address (by default first name at post.example)."""
        if address == "":
            address = f"{person.given_name.lower()}@post.example".replace("ø", "o").replace("å", "a")
        key = UUID(int=person.person_id.int ^ 3)
        await self.notify.deliver(
            identity.PersonContactChanged(
                revision=self.next(key), person_id=person.person_id, email=address, language=language
            )
        )

    def next(self, key: UUID) -> int:
        """The next revision of an aggregate."""
        self.revisions[key] = self.revisions.get(key, 0) + 1
        return self.revisions[key]

    def by(self, position: Position) -> Actor:
        """The holder of the position as the one who did it."""
        return Actor(
            person_id=position.person_id, position_id=position.position_id, name=position.person.name
        )

    # plans

    def assignment(self, kind: type[plans.AssignmentData], holder: Position, **fields: Any) -> Any:
        """An event about an assigned plan."""
        assignment_id = fields.pop("assignment_id", None) or AssignmentId(new_id())
        return kind(
            **{
                "revision": self.next(assignment_id),
                "assignment_id": assignment_id,
                "plan_id": self.plan_id,
                "plan_name": "Akuttmedisin",
                "plan_type": PlanType.COMPETENCE,
                "position_id": holder.position_id,
                "person_id": holder.person_id,
                "person_name": holder.person.name,
                "hf_id": holder.unit.hf_id,
                "unit_id": holder.unit.unit_id,
                "state": AssignmentState.ACTIVE,
                "plan_status": PlanStatus.NOT_BEGUN,
                "assigned_at": self.clock.now(),
                **fields,
            }
        )

    def assigned(self, holder: Position, **fields: Any) -> plans.AssignmentCreated:
        """A plan assigned."""
        event: plans.AssignmentCreated = self.assignment(plans.AssignmentCreated, holder, **fields)
        return event

    def deactivated(
        self,
        before: plans.AssignmentData,
        holder: Position,
        reason: AssignmentReason = AssignmentReason.MANUAL,
    ) -> plans.AssignmentDeactivated:
        """The plan assigned before is worked in no longer."""
        event: plans.AssignmentDeactivated = self.assignment(
            plans.AssignmentDeactivated,
            holder,
            assignment_id=before.assignment_id,
            plan_name=before.plan_name,
            state=AssignmentState.DEACTIVATED,
            reason=reason,
        )
        return event

    def in_plan(self, holder: Position, assignment_id: UUID | None = None) -> AssignedPlan:
        """A plan of the person as other events name it."""
        return AssignedPlan(
            plan_id=self.plan_id,
            name="Akuttmedisin",
            assignment_id=AssignmentId(assignment_id or UUID(int=holder.position_id.int ^ 5)),
            position_id=holder.position_id,
        )

    def status(
        self, holder: Position, registration_id: UUID, status: ItemStatus, **fields: Any
    ) -> plans.ItemStatusChanged:
        """A requirement's status changed."""
        plan = self.in_plan(holder)
        return plans.ItemStatusChanged(
            **{
                "revision": self.next(registration_id),
                "registration_id": registration_id,
                "person_id": holder.person_id,
                "person_name": holder.person.name,
                "requirement_id": self.requirement_id,
                "requirement_number": "K-1",
                "requirement_name": "HLR",
                "kind": RequirementKind.REQUIREMENT,
                "level": RequirementLevel.LOCAL,
                "scope": Scope.SITE,
                "status": status,
                "plans": (plans.ItemInPlan(**plan.model_dump()),),
                **fields,
            }
        )

    def validity(
        self,
        kind: type[plans.ValidityChange],
        holder: Position,
        registration_id: UUID,
        until: date,
        **fields: Any,
    ) -> Any:
        """A nightly event about a last valid day."""
        return kind(
            **{
                "revision": self.next(registration_id),
                "registration_id": registration_id,
                "person_id": holder.person_id,
                "person_name": holder.person.name,
                "requirement_id": self.requirement_id,
                "requirement_name": "HLR",
                "round_id": UUID(int=registration_id.int ^ 1),
                "valid_until": until,
                "assignments": (self.in_plan(holder),),
                **fields,
            }
        )

    def deadline(
        self,
        kind: type[plans.DeadlineData],
        holder: Position,
        deadline_id: UUID,
        on: date | None,
        **fields: Any,
    ) -> Any:
        """An event about a deadline."""
        return kind(
            **{
                "revision": self.next(deadline_id),
                "deadline_id": deadline_id,
                "position_id": holder.position_id,
                "person_id": holder.person_id,
                "person_name": holder.person.name,
                "requirement_id": self.requirement_id,
                "requirement_name": "HLR",
                "deadline": on,
                "assignments": (self.in_plan(holder),),
                **fields,
            }
        )

    # signing

    def request(
        self,
        kind: type[signing.RequestData],
        employee: Position,
        addressee: Position | None,
        *,
        request_id: UUID,
        about: RequestKind = RequestKind.REQUIREMENT,
        status: RequestStatus = RequestStatus.WAITING,
        **fields: Any,
    ) -> Any:
        """An event about a request; one item, decided on with `decision_id` where given."""
        item = RequestItemId(UUID(int=request_id.int ^ 1))
        decision_id = fields.get("decision_id")
        subject = fields.pop("subject_id", None) or SubjectId(UUID(int=request_id.int ^ 2))
        if issubclass(kind, signing.RequestItemsChange):
            fields["item_ids"] = (item,)
        if issubclass(kind, signing.RequestDecided):
            assert addressee is not None
            fields = {"decider": self.decider(addressee), "decided_at": self.clock.now(), **fields}
        if kind is signing.RequestRejected:
            fields = {"reason": RejectionReason.NOT_DONE, "reason_label": "Ikke gjennomført", **fields}
        if kind is signing.RequestReopened:
            assert addressee is not None
            fields = {"was": Outcome.SIGNED, "by": self.decider(addressee), **fields}
        names = {
            RequestKind.PLAN: "Akuttmedisin",
            RequestKind.GOAL: "FKM-001",
            RequestKind.TRAINING_TIME: "Tid",
        }
        return kind(
            **{
                "revision": self.next(request_id),
                "request_id": request_id,
                "kind": about,
                "subject": RequestSubject(
                    kind=about,
                    id=subject,
                    revision=1,
                    name=names.get(about, "HLR"),
                    requirement_id=self.requirement_id if about not in names else None,
                    goal=NamedGoal(goal_number="FKM-001", goal_key="FKM1")  # type: ignore[arg-type]
                    if about is RequestKind.GOAL
                    else None,
                    plans=() if about is RequestKind.TRAINING_TIME else (self.in_plan(employee),),
                    first_day=date(2026, 1, 1) if about is RequestKind.TRAINING_TIME else None,
                    last_day=date(2026, 6, 30) if about is RequestKind.TRAINING_TIME else None,
                ),
                "employee": self.party(employee),
                "asked_by": self.party(employee),
                "asked_at": self.clock.now(),
                "addressee": Addressee(
                    kind=AddresseeKind.PERSON,
                    person_id=addressee.person_id if addressee else None,
                    name=addressee.person.name if addressee else None,
                ),
                "items": (signing.RequestItem(item_id=item, status=status, decision_id=decision_id),),
                **fields,
            }
        )

    def party(self, position: Position) -> Party:
        """A person as requests name them."""
        return Party(
            person_id=position.person_id, position_id=position.position_id, name=position.person.name
        )

    def decider(self, position: Position) -> Decider:
        """Who decided."""
        return Decider(
            person_id=position.person_id,
            position_id=position.position_id,
            name=position.person.name,
            capacity=Capacity.LEADER,
        )

    def person(self, position: Position) -> Person:
        """A person with the name shown."""
        return Person(person_id=position.person_id, name=position.person.name)

    # e-mails that cannot be turned off

    def steward(self, position: Position) -> plans.PlanStewardRemoved:
        """A plan steward left."""
        return plans.PlanStewardRemoved(
            revision=1,
            grant_id=GrantId(new_id()),
            person=self.person(position),
            cause=RoleEndCause.POSITION_ENDED,
            plans=(OwnedPlan(plan_id=self.plan_id, name="Akuttmedisin"),),
        )

    def verification(
        self, position: Position, address: str, expires_at: datetime | None = None
    ) -> identity.EmailVerificationRequested:
        """Somebody gave an address that must be confirmed."""
        return identity.EmailVerificationRequested(
            revision=1,
            verification_id=VerificationId(new_id()),
            person_id=position.person_id,
            address=address,
            link="https://portal.example/verify/hemmelig",
            expires_at=expires_at or self.clock.now() + timedelta(days=1),
        )

    # what people see

    async def home(self, position: Position, **login: Any) -> dict[str, Any]:
        """The cards of a person by name, each with its number."""
        answer = await self.notify.client(position, **login).get("/me/home")
        assert answer.status_code == 200, answer.text
        return {card["card"]: card["count"] for group in answer.json()["groups"] for card in group["cards"]}

    async def lines(self, position: Position, card: str, **login: Any) -> list[str]:
        """The Norwegian lines of a card, newest first."""
        return [one["text"]["nb"] for one in await self.alerts(position, card, **login)]

    async def alerts(self, position: Position, card: str, **login: Any) -> list[dict[str, Any]]:
        """The alerts of a card."""
        answer = await self.notify.client(position, **login).get(f"/me/cards/{card}/alerts")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def stored(self, type_key: str) -> list[dict[str, Any]]:
        """The alerts of a type as they are stored, oldest first."""
        rows = await self.notify.runtime.database.pool.fetch(
            "select * from alert where type = $1 order by created_at, alert_id", type_key
        )
        return [dict(row) for row in rows]

    async def hand_over(self, *, after: timedelta | None = timedelta(seconds=61)) -> int:
        """Let time pass and hand over the e-mails due; how many were claimed."""
        if after:
            self.clock.moment += after
        return await Sender(self.notify.runtime).hand_over_due()

    async def mails(self) -> list[tuple[str, str]]:
        """Key and state of every e-mail there is, in the order they were made."""
        rows = await self.notify.runtime.database.pool.fetch(
            "select keys[1] as key, state from mail order by created_at, mail_id"
        )
        return [(row["key"], row["state"]) for row in rows]

    def client(self, position: Position, **login: Any) -> httpx.AsyncClient:
        """A client logged in from a position."""
        return self.notify.client(position, **login)

    async def deliver(self, *events: Event, **envelope: Any) -> None:
        """Bring events in; none may be held back."""
        await self.notify.deliver(*events, **envelope)
        assert await self.notify.held() == []
        assert await self.notify.held("dead") == []


@pytest.fixture
async def scene(notify: ServiceUnderTest, clock: SetClock) -> Scene:
    scene = Scene(notify, clock)
    await scene.begin()
    return scene


@pytest.fixture
def make_scene(clock: SetClock) -> Callable[[ServiceUnderTest], Scene]:
    """A scene on another process than `notify`."""
    return lambda under_test: Scene(under_test, clock)
