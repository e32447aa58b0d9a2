"""A ward with people and plans, for everything that is about people's progress."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from stafett_contracts.event import Actor, Event
from stafett_contracts.ids import new_id
from stafett_contracts.plans import ApprovalRequested, SignatureRequested
from stafett_contracts.requests import Asking
from stafett_contracts.signing import (
    RequestLapsed,
    RequestRecalled,
    RequestRecallRefused,
    RequestRefused,
    RequestRejected,
    RequestReopened,
    RequestSigned,
)
from stafett_contracts.signing.requests import RequestItem
from stafett_contracts.values import Decider
from stafett_contracts.vocabulary import (
    Capacity,
    LapseCause,
    Outcome,
    RefusalCode,
    RejectionReason,
    RequestStatus,
    Role,
    Track,
)
from stafett_testing.people import Position, World
from stafett_testing.service import ServiceUnderTest

_MADE = datetime(2026, 1, 1, tzinfo=UTC)


class Definitions:
    """Requirements and plans, put straight into the tables that the definitions half keeps."""

    def __init__(self, plans: ServiceUnderTest) -> None:
        self._pool = plans.runtime.database.pool
        self._count = 0
        self._category: UUID | None = None

    async def _insert(self, table: str, **row: Any) -> None:
        names = list(row)
        places = ", ".join(f"${place}" for place in range(1, len(names) + 1))
        async with self._pool.acquire() as raw:
            await raw.execute(f"insert into {table} ({', '.join(names)}) values ({places})", *row.values())

    async def requirement(self, name: str = "Hygiene", **fields: Any) -> UUID:
        """A published requirement; `fields` are of the requirement or of its version."""
        if self._category is None:
            self._category = new_id()
            await self._insert(
                "category", category_id=self._category, name="Felles", scope="region", revision=1
            )
        self._count += 1
        requirement_id = new_id()
        identity: dict[str, Any] = {}
        for key in ("kind", "level", "external_key", "hf_id"):
            if key in fields:
                identity[key] = fields.pop(key)
        await self._insert(
            "requirement",
            **{
                "requirement_id": requirement_id, "number": f"K{self._count}", "kind": "requirement",
                "level": "local", "state": "published", "published_version": 1, "created_at": _MADE,
                "revision": 1, **identity,
            },
        )  # fmt: skip
        await self._insert(
            "requirement_version",
            **{
                "requirement_id": requirement_id, "version": 1, "name": name,
                "learning_form": "self_study", "documentation_form": "self_registration",
                "description": "", "category_id": self._category, "requires_signing": False,
                "manual_expiry": False, "comment_field": True, "allow_attachments": False,
                "recertification": False, "must_be_done": False, "allow_customisation": False,
                "checklist": [], "links": [], "files": [], "depends_on": [], "course_ids": [],
                "changed_fields": [], "published_at": _MADE, **fields,
            },
        )  # fmt: skip
        return requirement_id

    async def revise(self, requirement_id: UUID, **fields: Any) -> None:
        """Change what the published version of a requirement says."""
        for name, value in fields.items():
            await self._pool.execute(
                f"update requirement_version set {name} = $2 where requirement_id = $1", requirement_id, value
            )

    async def plan(
        self, name: str, unit: Any, *requirements: UUID, completion: str = "automatic", published: bool = True
    ) -> "Plan":
        """A competence plan of one section with these requirements, published to `unit` and below."""
        plan_id, section_id = new_id(), new_id()
        await self._plan(plan_id, name, unit, "competence", completion, None)
        await self._insert(
            "section",
            section_id=section_id,
            plan_id=plan_id,
            place=1,
            name="Del 1",
            may_be_not_relevant=False,
        )
        if published:
            await self.publish(plan_id, unit)
        plan = Plan(plan_id, section_id, name)
        for requirement in requirements:
            await self.add(plan, requirement)
        return plan

    async def add(self, plan: "Plan", requirement_id: UUID, **fields: Any) -> UUID:
        """Put a requirement in a plan, active at once."""
        item_id = new_id()
        place = {"section_id": plan.section_id} if not fields.get("local_goal_id") else {}
        await self._insert(
            "plan_item",
            **{
                "item_id": item_id, "plan_id": plan.plan_id, "requirement_id": requirement_id,
                "place": len(plan.items) + 1, "state": "active", "linked_at": _MADE, "activated_at": _MADE,
                "revision": 1, **place, **fields,
            },
        )  # fmt: skip
        plan.items[requirement_id] = item_id
        return item_id

    async def set_item(self, plan: "Plan", requirement_id: UUID, **fields: Any) -> None:
        """Change an item of a plan."""
        for name, value in fields.items():
            await self._pool.execute(
                f"update plan_item set {name} = $2 where item_id = $1", plan.items[requirement_id], value
            )

    async def set_plan(self, plan: "Plan", **fields: Any) -> None:
        """Change a plan."""
        for name, value in fields.items():
            await self._pool.execute(f"update plan set {name} = $2 where plan_id = $1", plan.plan_id, value)

    async def publish(self, plan_id: UUID, unit: Any, *, include_sub_units: bool = True) -> None:
        """Publish a plan to a unit."""
        await self._insert(
            "publication", publication_id=new_id(), plan_id=plan_id, unit_id=unit.unit_id,
            include_sub_units=include_sub_units, published_by=new_id(), published_at=_MADE,
        )  # fmt: skip

    async def unpublish(self, plan: "Plan") -> None:
        """Take a plan's publications away."""
        await self._pool.execute("delete from publication where plan_id = $1", plan.plan_id)

    async def goal_plan(
        self,
        name: str,
        unit: Any,
        goals: Sequence[str],
        *,
        activities: dict[str, Sequence[UUID]] | None = None,
        track: str = "lis1",
        specialty: str | None = None,
        plan_type: str = "learning_goal",
        setting: str | None = None,
        carried_out_in: str = "any",
    ) -> "Plan":
        """A goal plan with these goals (numbers), each with its activities."""
        template_id, theme_id, plan_id = new_id(), new_id(), new_id()
        await self._insert(
            "template", template_id=template_id, code=name, name=name, plan_type=plan_type, track=track,
            specialty=specialty, revision=1,
        )  # fmt: skip
        await self._insert(
            "theme", theme_id=theme_id, template_id=template_id, code="T", name="Tema", place=1
        )
        await self._plan(plan_id, name, unit, plan_type, "automatic", template_id)
        await self.publish(plan_id, unit)
        plan = Plan(plan_id, None, name)
        for place, number in enumerate(goals):
            letters, digits = number.rsplit("-", 1)
            key, local_id = f"{letters}{int(digits)}", new_id()
            if not await self._pool.fetchval("select 1 from goal where goal_key = $1", key):
                await self._insert(
                    "goal", goal_key=key, goal_number=number, type="learning", text=f"Kunne {number}",
                    carried_out_in=carried_out_in, revision=1,
                )  # fmt: skip
            await self._insert(
                "template_goal", template_id=template_id, goal_key=key, theme_id=theme_id, place=place
            )
            await self._insert(
                "local_goal", local_goal_id=local_id, plan_id=plan_id, goal_key=key, must_be_updated=False,
                training_setting=setting, instruction="Se på listen", revision=1,
            )  # fmt: skip
            plan.goals[number] = local_id
            for requirement in (activities or {}).get(number, ()):
                await self.add(plan, requirement, local_goal_id=local_id, goal_key=key)
        return plan

    async def set_goal(self, number: str, **fields: Any) -> None:
        """Change a goal of the catalogue."""
        for name, value in fields.items():
            await self._pool.execute(f"update goal set {name} = $2 where goal_number = $1", number, value)

    async def replace_goal(self, plan: "Plan", old: str, new: str, *, updated: bool) -> None:
        """Let a goal of a plan replace another, made ready for trainees there or not yet."""
        key = "select goal_key from goal where goal_number = $1"
        await self._insert(
            "goal_replacement", goal_key=await self._pool.fetchval(key, new),
            old_goal_key=await self._pool.fetchval(key, old), demand="same",
        )  # fmt: skip
        await self.set_local_goal(plan, new, must_be_updated=not updated)

    async def set_local_goal(self, plan: "Plan", number: str, **fields: Any) -> None:
        """Change a goal as one trust has it."""
        for name, value in fields.items():
            await self._pool.execute(
                f"update local_goal set {name} = $2 where local_goal_id = $1", plan.goals[number], value
            )

    async def _plan(
        self, plan_id: UUID, name: str, unit: Any, plan_type: str, completion: str, template_id: UUID | None
    ) -> None:
        await self._insert(
            "plan", plan_id=plan_id, type=plan_type, variant="local", state="published", name=name,
            name_key=name.lower(),
            sort_key=name.lower(), description="Om planen", time_frame="To år", literature="Bok",
            completion=completion, owner_unit_id=unit.unit_id, hf_id=unit.hf_id, template_id=template_id,
            major=1, minor=0, created_by=new_id(), created_at=_MADE, changed_by=new_id(),
            changed_at=_MADE, revision=1,
        )  # fmt: skip


@dataclass
class Plan:
    """A plan as tests speak of it."""

    plan_id: UUID
    section_id: UUID | None
    name: str
    items: dict[UUID, UUID] = field(default_factory=dict)
    goals: dict[str, UUID] = field(default_factory=dict)


class Signing:
    """What signing would answer to the requests that plans has made."""

    def __init__(self, plans: ServiceUnderTest) -> None:
        self._plans = plans
        self._versions: dict[UUID, int] = {}

    async def requests(self) -> list[Asking]:
        """What was asked, oldest first."""
        return list(await self._plans.told(SignatureRequested, ApprovalRequested))

    async def last(self) -> Asking:
        """The newest request."""
        return (await self.requests())[-1]

    def version(self, request: Asking) -> int:
        """The next version of a request."""
        self._versions[request.request_id] = self._versions.get(request.request_id, 0) + 1
        return self._versions[request.request_id]

    def event(self, kind: type[Event], request: Asking, status: RequestStatus, **fields: Any) -> Any:
        """An event about a request, its items in `status`."""
        items = fields.pop("items", [item.item_id for item in request.items])
        needs_items = "item_ids" in kind.model_fields
        return kind(
            **{
                "revision": fields.pop("version", None) or self.version(request),
                "request_id": request.request_id, "kind": request.kind, "subject": request.subject,
                "employee": request.employee, "asked_by": request.asked_by,
                "asked_at": self._plans.clock.now(), "addressee": request.addressee,
                "completed_on": request.completed_on,
                "items": tuple(RequestItem(item_id=item, status=status) for item in items),
                **({"item_ids": tuple(items)} if needs_items else {}), **fields,
            }
        )  # fmt: skip

    def decider(self, by: Position) -> Decider:
        """Who decides."""
        return Decider(
            person_id=by.person_id,
            position_id=by.position_id,
            name=by.person.name,
            capacity=Capacity.SUPERVISOR,
        )

    def signed(self, request: Asking, by: Position, **fields: Any) -> Any:
        """It is signed."""
        return self.event(
            RequestSigned, request, RequestStatus.SIGNED, decision_id=new_id(), decider=self.decider(by),
            decided_at=self._plans.clock.now(), **fields,
        )  # fmt: skip

    def rejected(self, request: Asking, by: Position, **fields: Any) -> Any:
        """It is rejected."""
        return self.event(
            RequestRejected, request, RequestStatus.REJECTED, decision_id=new_id(), decider=self.decider(by),
            decided_at=self._plans.clock.now(), comment="Prøv igjen", reason=RejectionReason.NOT_DONE,
            reason_label="Ikke gjennomført", **fields,
        )  # fmt: skip

    def reopened(self, request: Asking, by: Position, **fields: Any) -> Any:
        """The decision is undone."""
        return self.event(
            RequestReopened, request, RequestStatus.WAITING, cancelled_decision_id=new_id(),
            was=fields.pop("was", Outcome.SIGNED), by=self.decider(by), **fields,
        )  # fmt: skip

    def recalled(self, request: Asking, **fields: Any) -> Any:
        """The recall is confirmed."""
        return self.event(RequestRecalled, request, RequestStatus.RECALLED, **fields)

    def recall_refused(self, request: Asking, by: Position, **fields: Any) -> Any:
        """The recall came too late."""
        return self.event(
            RequestRecallRefused, request, RequestStatus.SIGNED, decision_id=new_id(),
            outcome=fields.pop("outcome", Outcome.SIGNED), decider=self.decider(by),
            decided_at=self._plans.clock.now(), **fields,
        )  # fmt: skip

    def refused(self, request: Asking, text: str, **fields: Any) -> Any:
        """Signing cannot take it."""
        return self.event(
            RequestRefused, request, RequestStatus.LAPSED, code=RefusalCode.ADDRESSEE_INACTIVE,
            text_nb=text, text_en=text, **fields,
        )  # fmt: skip

    def lapsed(self, request: Asking, cause: LapseCause, **fields: Any) -> Any:
        """It lapsed."""
        return self.event(
            RequestLapsed, request, RequestStatus.LAPSED, cause=cause, was=RequestStatus.WAITING, **fields
        )


@dataclass
class Ward:
    """A trust with a ward, its people, and ways to ask the service things."""

    plans: ServiceUnderTest
    world: World
    hf: Any
    unit: Any
    boss: Position
    kari: Position
    supervisor: Position
    define: Definitions
    signing: Signing

    async def news(self) -> None:
        """Tell the service what has happened in the organisation."""
        await self.plans.deliver(*self.world.news())
        assert await self.plans.held() == []

    async def hear(self, *events: Event) -> None:
        """Tell the service what other services say."""
        await self.plans.deliver(*events)
        assert [one.reason for one in await self.plans.held()] == []

    def client(self, position: Position, **fields: Any) -> httpx.AsyncClient:
        """A client logged in as the holder of a position."""
        return self.plans.client(position, **fields)

    async def assign(self, plan: Plan, position: Position | None = None, **fields: Any) -> UUID:
        """Let the boss assign a plan (to Kari, unless told otherwise)."""
        position = position or self.kari
        pair = {
            "position_id": str(position.position_id), "plan_id": str(plan.plan_id), "confirmed": True, **fields
        }  # fmt: skip
        answer = await self.client(position.leader or self.boss).post(
            "/assignments:bulk", json={"pairs": [pair]}
        )
        assert answer.status_code == 200, answer.text
        [result] = answer.json()["results"]
        assert result["outcome"] == "done", result
        return UUID(result["assignment_id"])

    async def page(self, assignment: UUID, by: Position | None = None) -> dict[str, Any]:
        """The plan page."""
        answer = await self.client(by or self.kari).get(f"/assignments/{assignment}")
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    async def item(self, assignment: UUID, requirement: UUID, by: Position | None = None) -> dict[str, Any]:
        """A requirement, opened."""
        answer = await self.client(by or self.kari).get(
            f"/assignments/{assignment}/requirements/{requirement}"
        )
        assert answer.status_code == 200, answer.text
        item: dict[str, Any] = answer.json()
        return item

    async def post(
        self,
        assignment: UUID,
        requirement: UUID,
        act: str,
        body: dict[str, Any] | None = None,
        *,
        by: Position | None = None,
        version: int | str = "*",
        key: str | None = None,
        method: str = "POST",
    ) -> httpx.Response:
        """Do something with a requirement: `act` is `:fulfil`, `/repetitions` and so on."""
        headers = {"if-match": "*" if version == "*" else f'"{version}"'}
        if key:
            headers["idempotency-key"] = key
        return await self.client(by or self.kari).request(
            method,
            f"/assignments/{assignment}/requirements/{requirement}{act}",
            content=json.dumps(body if body is not None else {}, default=str),
            headers={**headers, "content-type": "application/json"},
        )

    async def goal(self, assignment: UUID, number: str, by: Position | None = None) -> dict[str, Any]:
        """A goal, opened."""
        answer = await self.client(by or self.kari).get(f"/assignments/{assignment}/goals/{number}")
        assert answer.status_code == 200, answer.text
        goal: dict[str, Any] = answer.json()
        return goal

    async def post_goal(
        self,
        assignment: UUID,
        number: str,
        act: str,
        body: dict[str, Any] | None = None,
        *,
        by: Position | None = None,
        version: int | str = "*",
    ) -> httpx.Response:
        """Do something with a goal."""
        return await self.client(by or self.kari).post(
            f"/assignments/{assignment}/goals/{number}{act}",
            content=json.dumps(body or {}, default=str),
            headers={
                "if-match": "*" if version == "*" else f'"{version}"',
                "content-type": "application/json",
            },
        )

    @property
    def today(self) -> date:
        """The date in Norway."""
        return self.plans.clock.now().date()

    def actor(self, position: Position) -> Actor:
        """Somebody, as events name them."""
        return Actor(person_id=position.person_id, position_id=position.position_id)


@pytest.fixture
async def ward(plans: ServiceUnderTest) -> Ward:
    """A ward where Torbjørn leads Kari, who is a LIS1 trainee; Siri supervises."""
    world = World()
    hf = world.unit("Havnes sykehus")
    unit = world.unit("Sengepost 2", parent=hf)
    boss = world.person("Torbjørn", "Engeskår").at(unit)
    kari = world.person("Kari", "Hansen").at(unit, leader=boss, track=Track.LIS1)
    supervisor = world.person("Siri", "Moe").at(unit)
    ward = Ward(plans, world, hf, unit, boss, kari, supervisor, Definitions(plans), Signing(plans))
    await ward.news()
    return ward


@pytest.fixture
def follow_up_roles() -> tuple[Role, ...]:
    """Roles that may do for the employees in reach what a leader may."""
    return (Role.DELEGATED_LEADER, Role.PROFESSIONAL_LEAD_B, Role.SUPER_USER, Role.HF_ADMIN)
