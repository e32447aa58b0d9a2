"""A ward with people, and what plans and training-time would ask of signing for them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest

from stafett_chassis import migrate
from stafett_chassis.clock import SetClock
from stafett_contracts import plans, training_time
from stafett_contracts.basis import (
    AbsencePeriod,
    BasisActivity,
    BasisCheckpoint,
    BasisPlan,
    BasisRepetition,
    BasisRequirement,
    BasisSection,
    CountedTime,
    GoalBasis,
    PlanBasis,
    RequirementBasis,
    ServicePeriod,
    TrainingTimeBasis,
    UnsupervisedPeriod,
    content_hash,
)
from stafett_contracts.ids import (
    AssignmentId,
    AttachmentId,
    GoalKey,
    GoalNumber,
    PeriodId,
    PlanId,
    RequestId,
    RequestItemId,
    RequirementId,
    SubjectId,
    TemplateCode,
    TrainingTimeId,
    new_id,
)
from stafett_contracts.requests import AskedItem, Asking, Withdrawal
from stafett_contracts.values import (
    Addressee,
    AssignedPlan,
    AttachedFile,
    Comment,
    NamedGoal,
    Party,
    Person,
    RequestSubject,
)
from stafett_contracts.vocabulary import (
    AddresseeKind,
    DocumentationForm,
    ItemStatus,
    LearningForm,
    RequestKind,
    RequirementLevel,
    Track,
    TrainingTrack,
    WithdrawalCause,
)
from stafett_signing.app import service
from stafett_testing.people import Position, World
from stafett_testing.service import ServiceUnderTest, service_under_test

TODAY = date(2026, 11, 24)


async def _migrate(url: str) -> None:
    await migrate.upgrade(service.package, url)


@pytest.fixture(scope="session")
def signing_template(databases: Any) -> str:
    name: str = databases.template("signing", _migrate)
    return name


@pytest.fixture
def database(new_database: Any, signing_template: str) -> str:
    url: str = new_database(signing_template)
    return url


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
async def signing(
    database: str, clock: SetClock, request: pytest.FixtureRequest
) -> AsyncIterator[ServiceUnderTest]:
    """The service; a test may be parametrised with settings of its own."""
    settings = getattr(request, "param", {})
    async with service_under_test(service, database, clock=clock, database_pool=20, **settings) as under_test:
        yield under_test


def party(position: Position) -> Party:
    return Party(
        person_id=position.person_id,
        position_id=position.position_id,
        name=position.person.name,
        title="Lege",
        unit_id=position.unit.unit_id,
        unit_name=position.unit.name,
    )


def sent_to(person: Position | None) -> Addressee:
    if person is None:
        return Addressee(kind=AddresseeKind.PERSON)
    return Addressee(kind=AddresseeKind.PERSON, person_id=person.person_id, name=person.person.name)


PLAN = AssignedPlan(plan_id=PlanId(new_id()), name="Introduksjonsplan", assignment_id=AssignmentId(new_id()))
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FILE = AttachedFile(
    attachment_id=AttachmentId(new_id()), name="kurs.pdf", media_type="application/pdf", size=1200,
    sha256="0" * 64, description="Kursbevis",
)  # fmt: skip
GOAL = NamedGoal(goal_number=GoalNumber("FKM-012"), goal_key=GoalKey("FKM12"), text="Kommunikasjon")


class Asks:
    """Builds the events by which owners ask and withdraw."""

    def signature(
        self,
        employee: Position,
        supervisor: Position | None,
        *,
        kind: RequestKind = RequestKind.REQUIREMENT,
        name: str = "Hjerte- og lungeredning",
        completed_on: date | None = TODAY,
        comment: str | None = None,
        asked_by: Position | None = None,
        subject: UUID | None = None,
        revision: int = 1,
        request_id: UUID | None = None,
        requirement: UUID | None = None,
        goals: Sequence[NamedGoal] = (),
        plan: AssignedPlan = PLAN,
        **changes: Any,
    ) -> plans.SignatureRequested:
        requirement_id = RequirementId(requirement or new_id())
        basis = RequirementBasis(
            requirement_id=requirement_id,
            number="K-7",
            version=1,
            name=name,
            description="Utfør HLR på dukke",
            learning_form=LearningForm.SIMULATION,
            documentation_form=DocumentationForm.SIGNATURE,
            plans=(BasisPlan(name=plan.name, section_or_theme="Akutt", goal=GOAL),),
            completed_on=completed_on,
            repetitions_done=0,
            repetitions_required=1,
            checkpoints=(
                BasisCheckpoint(name="Frie luftveier", done=True),
                BasisCheckpoint(name="Barn", not_relevant=True, comment="Ikke på vår avdeling"),
            ),
            manual_expiry=date(2027, 11, 24),
            comment=comment,
            attachments=(FILE,),
        )
        return plans.SignatureRequested(
            **{
                "revision": 1,
                "request_id": RequestId(request_id or new_id()),
                "kind": kind,
                "subject": RequestSubject(
                    kind=kind,
                    id=SubjectId(subject or new_id()),
                    revision=revision,
                    name=name,
                    requirement_id=requirement_id,
                    plans=(plan,),
                    goals=tuple(goals),
                ),
                "employee": party(employee),
                "asked_by": party(asked_by or employee),
                "addressee": sent_to(supervisor),
                "completed_on": completed_on,
                "comment": comment,
                "items": (AskedItem(item_id=RequestItemId(new_id())),),
                "content_hash": content_hash(basis),
                "snapshot": basis,
                **changes,
            }
        )

    def repetitions(
        self,
        employee: Position,
        supervisor: Position,
        *days: date,
        name: str = "Spinalpunksjon",
        subject: UUID | None = None,
        requirement: UUID | None = None,
        item_ids: Sequence[UUID] = (),
    ) -> plans.SignatureRequested:
        one = self.signature(
            employee, supervisor, kind=RequestKind.REPETITIONS, name=name, subject=subject,
            requirement=requirement, completed_on=max(days),
        )  # fmt: skip
        ids = item_ids or [new_id() for _ in days]
        basis = one.snapshot.model_copy(
            update={"repetitions": tuple(BasisRepetition(performed_on=day) for day in days)}
        )
        return one.model_copy(
            update={
                "items": tuple(
                    AskedItem(item_id=RequestItemId(item_id), performed_on=day, comment=f"nr. {number}")
                    for number, (item_id, day) in enumerate(zip(ids, days, strict=True), start=1)
                ),
                "snapshot": basis,
                "content_hash": content_hash(basis),
            }
        )

    def goal(
        self, employee: Position, approver: Position | None, *, completed_on: date = TODAY, **changes: Any
    ) -> plans.ApprovalRequested:
        basis = GoalBasis(
            goal=GOAL,
            plan="LIS1",
            catalogue_version="2024",
            template_code=TemplateCode("lis1"),
            theme="Kommunikasjon",
            arenas=("Sykehus",),
            completed_on=completed_on,
            comment="Ferdig",
            missing_prerequisites=("Kurs i kommunikasjon",),
            comments=(Comment(author="Mona", role="Veileder", written_at=NOW, text="Bra"),),
            attachments=(FILE,),
            converted_cohort=True,
            instruction="Se på video først",
            activities=(
                BasisActivity(
                    name="Simulering",
                    level=RequirementLevel.NATIONAL,
                    status=ItemStatus.FULFILLED,
                    signed=True,
                    fulfilled_on=completed_on,
                    done=2,
                    required=2,
                    signer="Siri Moe",
                ),
                BasisActivity(name="Kurs", workplace="Sunnvik sykehus, Sunnvik", status=ItemStatus.FULFILLED),
            ),
        )
        return self._approval(
            RequestKind.GOAL,
            employee,
            basis,
            **{
                "subject": RequestSubject(
                    kind=RequestKind.GOAL,
                    id=SubjectId(new_id()),
                    revision=1,
                    name="Kommunikasjon",
                    goal=GOAL,
                    plans=(PLAN,),
                ),
                "addressee": sent_to(approver),
                "asked_by": party(employee),
                "completed_on": completed_on,
                **changes,
            },
        )

    def plan(self, employee: Position, *, name: str = "Introduksjonsplan", **changes: Any) -> Any:
        basis = PlanBasis(
            name=name,
            version="1",
            owner="Klinikk",
            sections=(
                BasisSection(
                    name="Del 1",
                    not_relevant_comment="Gjelder ikke",
                    requirements=(
                        BasisRequirement(
                            name="Brannvern",
                            number="K-1",
                            status=ItemStatus.FULFILLED,
                            signed=True,
                            fulfilled_on=TODAY,
                            signer="Siri Moe",
                            expires_on=date(2027, 11, 24),
                            not_relevant_comment="Nei",
                        ),
                    ),
                ),
            ),
        )
        return self._approval(
            RequestKind.PLAN,
            employee,
            basis,
            **{
                "subject": RequestSubject(
                    kind=RequestKind.PLAN,
                    id=SubjectId(new_id()),
                    revision=1,
                    name=name,
                    plans=(PLAN,),
                ),
                "addressee": Addressee(kind=AddresseeKind.LEADER_OF, position_id=employee.position_id),
                "asked_by": None,
                "completed_on": TODAY,
                **changes,
            },
        )

    def training_time(self, employee: Position, **changes: Any) -> training_time.SignatureRequested:
        registration = TrainingTimeId(new_id())
        basis = TrainingTimeBasis(
            track=TrainingTrack.LIS1,
            employer="Havnes sykehus",
            position_title="LIS1",
            absences=(
                AbsencePeriod(
                    first_day=date(2026, 2, 1), last_day=date(2026, 2, 3), percentage=Decimal("50.5")
                ),
            ),
            unsupervised=(UnsupervisedPeriod(day=date(2026, 3, 1), reason="Permisjon"),),
            warnings=("Over 100 %",),
            registered_at=NOW,
            periods=(
                ServicePeriod(
                    period_id=PeriodId(new_id()),
                    first_day=date(2026, 1, 1),
                    last_day=date(2026, 6, 30),
                    percentage=Decimal("100.00"),
                ),
            ),
            supervised=True,
            result=CountedTime(
                counted_days=Decimal(181),
                gross_days=Decimal(181),
                lost_days=Decimal(0),
                counted_text="6 måneder",
                rule_version="2017",
                explanation=("181 dager",),
            ),
        )
        return training_time.SignatureRequested(
            **{
                "revision": 1,
                "request_id": RequestId(new_id()),
                "kind": RequestKind.TRAINING_TIME,
                "subject": RequestSubject(
                    kind=RequestKind.TRAINING_TIME,
                    id=SubjectId(registration),
                    revision=1,
                    name="LIS1, Havnes sykehus",
                ),
                "employee": party(employee),
                "asked_by": party(employee),
                "addressee": Addressee(kind=AddresseeKind.LEADER_OF, position_id=employee.position_id),
                "items": (AskedItem(item_id=RequestItemId(new_id())),),
                "content_hash": content_hash(basis),
                "registration_id": registration,
                "employer_id": employee.unit.hf_id,
                "employer_name": "Havnes sykehus",
                "snapshot": basis,
                **changes,
            }
        )

    def of_kind(self, kind: RequestKind, employee: Position, supervisor: Position, leader: Position) -> Any:
        """A request of any kind: signatures to the supervisor, goals to the leader."""
        if kind is RequestKind.GOAL:
            return self.goal(employee, leader)
        if kind is RequestKind.PLAN:
            return self.plan(employee)
        if kind is RequestKind.TRAINING_TIME:
            return self.training_time(employee)
        if kind is RequestKind.REPETITIONS:
            return self.repetitions(employee, supervisor, date(2026, 11, 1), date(2026, 11, 2))
        return self.signature(employee, supervisor, kind=kind)

    def withdrawn(
        self,
        asked: Asking,
        cause: WithdrawalCause,
        *item_ids: UUID,
        by: Position | None = None,
        explanation: str | None = None,
    ) -> Withdrawal:
        told: dict[str, Any] = {
            "revision": asked.revision + 1,
            "request_id": asked.request_id,
            "item_ids": tuple(RequestItemId(item_id) for item_id in item_ids),
            "cause": cause,
            "explanation": explanation,
            "by": Person(person_id=by.person_id, name=by.person.name) if by else None,
        }
        if isinstance(asked, training_time.SignatureRequested):
            return training_time.SignatureWithdrawn(**told, registration_id=asked.registration_id)
        if isinstance(asked, plans.ApprovalRequested):
            return plans.ApprovalWithdrawn(**told)
        return plans.SignatureWithdrawn(**told)

    def _approval(
        self, kind: RequestKind, employee: Position, basis: GoalBasis | PlanBasis, **fields: Any
    ) -> plans.ApprovalRequested:
        return plans.ApprovalRequested(
            **{
                "revision": 1,
                "request_id": RequestId(new_id()),
                "kind": kind,
                "employee": party(employee),
                "items": (AskedItem(item_id=RequestItemId(new_id())),),
                "content_hash": content_hash(basis),
                "snapshot": basis,
                **fields,
            }
        )


@pytest.fixture
def asks() -> Asks:
    return Asks()


@dataclass
class Ward:
    """People at one ward, and short ways to act as them."""

    signing: ServiceUnderTest
    world: World
    kari: Position
    """Trainee; led by `boss`."""
    boss: Position
    siri: Position
    """Supervisor."""
    per: Position
    """Deputy of `boss`."""
    gro: Position
    """A leader of others."""
    ola: Position
    """Nobody in particular."""
    asks: Asks

    async def news(self) -> None:
        await self.signing.deliver(*self.world.news())
        assert await self.signing.held() == []

    async def ask(self, asked: Any) -> Any:
        """Have it delivered; nothing may be held back."""
        await self.signing.deliver(asked)
        assert await self.signing.held() == []
        assert await self.signing.held("dead") == []
        return asked

    def as_(self, position: Position, deputy_for: Position | None = None) -> httpx.AsyncClient:
        return self.signing.client(position, deputy_for=deputy_for)

    async def see(self, client: httpx.AsyncClient, asked: Any) -> Any:
        answer = await client.get(f"/requests/{asked.request_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def decide(
        self, client: httpx.AsyncClient, asked: Any, outcome: str = "signed", **body: Any
    ) -> Any:
        told = {"outcome": outcome, "content_hash": asked.content_hash, **body}
        if outcome == "rejected":
            told = {"comment": "Mangler noe", "reason": "other", **told}
        return await client.post(f"/requests/{asked.request_id}/decisions", json=told)

    async def cancel(self, client: httpx.AsyncClient, asked: Any, **body: Any) -> Any:
        return await client.post(f"/requests/{asked.request_id}/cancellations", json=body)

    async def recall(self, client: httpx.AsyncClient, asked: Any, **body: Any) -> Any:
        return await client.post(f"/requests/{asked.request_id}/recall", json=body)

    async def rows(self, client: httpx.AsyncClient, list: str, tab: str = "waiting", **params: Any) -> Any:
        answer = await client.get("/requests", params={"list": list, "tab": tab, **params})
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    async def tasks(self, client: httpx.AsyncClient) -> dict[str, int]:
        answer = (await client.get("/me/tasks")).json()
        counts = {one["list"]: one["waiting"] for one in answer["lists"]}
        assert answer["total"] == sum(counts.values())
        return counts

    async def stored(self, asked: Any) -> Any:
        return await self.signing.runtime.database.pool.fetchrow(
            "select * from request where request_id = $1", asked.request_id
        )

    async def statuses(self, asked: Any) -> list[str]:
        rows = await self.signing.runtime.database.pool.fetch(
            "select status from request_item where request_id = $1 order by place", asked.request_id
        )
        return [row["status"] for row in rows]


@pytest.fixture
async def ward(signing: ServiceUnderTest, asks: Asks) -> Ward:
    world = World()
    hf = world.unit("Havnes sykehus")
    unit = world.unit("Medisinsk sengepost", parent=hf)
    boss = world.person("Torbjørn", "Engeskår").at(unit)
    gro = world.person("Gro", "Østby").at(unit)
    kari = world.person("Kari", "Hansen").at(unit, track=Track.LIS1, leader=boss)
    siri = world.person("Siri", "Moe").at(unit, leader=gro)
    per = world.person("Per", "Ås").at(unit, leader=gro)
    ola = world.person("Ola", "Vik").at(unit, leader=gro)
    world.deputy(boss, per.person)
    made = Ward(signing, world, kari, boss, siri, per, gro, ola, asks)
    await made.news()
    return made
