"""How far people have come in their plans: read for screens, and brought up to date after every change.

Whoever changes something of a person's progress calls `update` in the same transaction; it judges on the stored
state, so that several last changes at once give one completion and one request (PLN-735).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from stafett_chassis.sql import Connection
from stafett_chassis.work import Work
from stafett_contracts.ids import (
    AssignmentId,
    GoalKey,
    GoalNumber,
    PersonId,
    PlanId,
    PositionId,
    RequestId,
    SpecialtyCode,
    TemplateCode,
    UnitId,
    new_id,
)
from stafett_contracts.plans import AssignmentCompleted, AssignmentData, AssignmentReopened
from stafett_contracts.plans.progress import ItemInPlan
from stafett_contracts.values import AssignedPlan, Decider, NamedGoal
from stafett_contracts.vocabulary import (
    AssignmentReason,
    AssignmentState,
    PlanStatus,
    PlanType,
    PlanVariant,
    ReopenCause,
    Track,
    WithdrawalCause,
)
from stafett_plans.assignment import approval, rules, store
from stafett_plans.assignment.fragments import COUNTS_AS_DONE, GOAL_IN_FORCE, SCOPE, SHORTEST

_HELD = f"""
with {SHORTEST}
select a.assignment_id, a.plan_id, a.person_id, a.position_id, a.hf_id, a.state, a.reason, a.assigned_at,
    a.first_work_at, a.plan_status, a.completed_on, a.request_id, a.approved_by, a.ended_at, a.continued_as,
    a.revision, p.name as plan_name, p.sort_key, p.type as plan_type, p.variant as plan_variant, p.completion,
    p.owner_unit_id, u.name as owner_unit_name, p.major, p.minor,
    t.code as template_code, t.track, t.specialty,
    d.given_name || ' ' || d.family_name as person_name, w.unit_id,
    c.total, c.done, c.begun, c.irrelevant, k.relevant, k.section_name, k.goal_keys, k.goal_numbers, k.goal_texts
from assignment a
join plan p on p.plan_id = a.plan_id
left join template t on t.template_id = p.template_id
left join directory_unit u on u.unit_id = p.owner_unit_id
join directory_person d on d.person_id = a.person_id
join directory_position w on w.position_id = a.position_id
cross join lateral (
    select count(*) as total,
        count(*) filter (where marked) as irrelevant,
        count(*) filter (where not marked and done) as done,
        count(*) filter (where not marked and state <> 'not_begun') as begun
    from (
        select {COUNTS_AS_DONE} as done, coalesce(r.state, 'not_begun') as state, exists (
            select from relevance_mark m where m.person_id = a.person_id and m.plan_id = a.plan_id
                and m.removed_at is null and m.target_id in (i.requirement_id, i.section_id)) as marked
        from plan_item i
        join requirement q on q.requirement_id = i.requirement_id
        join requirement_version v on v.requirement_id = q.requirement_id and v.version = q.published_version
        left join registration r on r.person_id = a.person_id and r.requirement_id = i.requirement_id
            and r.hf_id = {SCOPE}
        left join shortest s on s.person_id = a.person_id and s.requirement_id = i.requirement_id
        where i.plan_id = a.plan_id and i.state = 'active' and p.type = 'competence'
        union all
        select coalesce(g.status = 'approved', false), coalesce(g.status, 'not_begun'), false
        from local_goal l
        join goal o on o.goal_key = l.goal_key
        left join goal_progress g on g.person_id = a.person_id and g.goal_key = l.goal_key
        where l.plan_id = a.plan_id and p.type <> 'competence' and {GOAL_IN_FORCE}
    ) every_one
) c
left join lateral (
    select bool_or(not exists (
            select from relevance_mark m where m.person_id = a.person_id and m.plan_id = a.plan_id
                and m.removed_at is null and m.target_id in (i.requirement_id, i.section_id))) as relevant,
        min(e.name) as section_name,
        array_agg(o.goal_key order by i.place) filter (where o.goal_key is not null) as goal_keys,
        array_agg(o.goal_number order by i.place) filter (where o.goal_key is not null) as goal_numbers,
        array_agg(o.text order by i.place) filter (where o.goal_key is not null) as goal_texts
    from plan_item i
    left join section e on e.section_id = i.section_id
    left join goal o on o.goal_key = i.goal_key
    where i.plan_id = a.plan_id and i.state = 'active' and i.requirement_id = $3
) k on $3::uuid is not null
where a.person_id = any($1::uuid[])
    and (a.state = 'active' or a.assignment_id = any($4::uuid[]))
    and ($3::uuid is null or k.relevant is not null)
    and ($4::uuid[] is null or a.assignment_id = any($4))
order by a.assigned_at, a.assignment_id
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class HeldPlan:
    """A plan as one person has it, with progress as of a day.

    `relevant` to `goal_texts` are about the requirement asked for: whether it is relevant in this plan, its
    section, and the goals it lies under.
    """

    assignment_id: UUID
    plan_id: UUID
    person_id: UUID
    position_id: UUID
    hf_id: UUID
    state: str
    reason: str | None
    assigned_at: datetime
    first_work_at: datetime | None
    plan_status: str
    completed_on: date | None
    request_id: UUID | None
    approved_by: dict[str, Any] | None
    ended_at: datetime | None
    continued_as: UUID | None
    revision: int
    plan_name: str
    sort_key: str
    plan_type: str
    plan_variant: str
    completion: str
    owner_unit_id: UUID | None
    owner_unit_name: str | None
    major: int
    minor: int
    template_code: str | None
    track: str | None
    specialty: str | None
    person_name: str
    unit_id: UUID
    total: int
    done: int
    begun: int
    irrelevant: int
    relevant: bool | None
    section_name: str | None
    goal_keys: list[str] | None
    goal_numbers: list[str] | None
    goal_texts: list[str] | None

    @property
    def progress(self) -> rules.Progress:
        """What is done of it."""
        return rules.Progress(self.total, self.done, self.begun, self.irrelevant)

    @property
    def status(self) -> PlanStatus:
        """The status on the day it was read for (PLN-603)."""
        return rules.plan_status(
            self.plan_status,
            self.progress,
            completion=self.completion,
            plan_type=self.plan_type,
            worked_in=self.first_work_at is not None,
        )

    def data(self, **changed: Any) -> dict[str, Any]:
        """The fields of an event about the assignment."""
        return {
            "revision": self.revision,
            "assignment_id": AssignmentId(self.assignment_id),
            "plan_id": PlanId(self.plan_id),
            "plan_name": self.plan_name,
            "plan_type": PlanType(self.plan_type),
            "plan_variant": PlanVariant(self.plan_variant),
            "template_code": cast(TemplateCode, self.template_code),
            "track": Track(self.track) if self.track else None,
            "specialty": cast(SpecialtyCode, self.specialty),
            "position_id": PositionId(self.position_id),
            "person_id": PersonId(self.person_id),
            "person_name": self.person_name,
            "hf_id": UnitId(self.hf_id),
            "unit_id": UnitId(self.unit_id),
            "state": AssignmentState(self.state),
            "reason": AssignmentReason(self.reason) if self.reason else None,
            "plan_status": PlanStatus(self.plan_status),
            "assigned_at": self.assigned_at,
            "ended_on": self.ended_at.date() if self.ended_at else None,
            "completed_on": self.completed_on,
            "request_id": cast(RequestId, self.request_id),
            "approved_by": Decider(**self.approved_by) if self.approved_by else None,
            "continued_as": cast(AssignmentId, self.continued_as),
            **changed,
        }

    def named(self) -> AssignedPlan:
        """The plan with its name, as requests list it."""
        return AssignedPlan(
            plan_id=PlanId(self.plan_id),
            name=self.plan_name,
            assignment_id=AssignmentId(self.assignment_id),
            position_id=PositionId(self.position_id),
        )

    def with_item(self) -> ItemInPlan:
        """The plan, and whether the requirement asked for is relevant in it."""
        return ItemInPlan(
            plan_id=PlanId(self.plan_id),
            name=self.plan_name,
            assignment_id=AssignmentId(self.assignment_id),
            position_id=PositionId(self.position_id),
            relevant=bool(self.relevant),
        )

    def goals(self) -> list[NamedGoal]:
        """The goals of this plan that the requirement asked for lies under."""
        return [
            NamedGoal(goal_key=GoalKey(key), goal_number=GoalNumber(number), text=words)
            for key, number, words in zip(
                self.goal_keys or (), self.goal_numbers or (), self.goal_texts or (), strict=True
            )
        ]


async def held(
    connection: Connection,
    persons: Iterable[UUID],
    today: date,
    *,
    requirement_id: UUID | None = None,
    assignments: Iterable[UUID] | None = None,
) -> list[HeldPlan]:
    """The active plans of `persons`: those that hold a requirement, or these assignments in any state, or all."""
    rows = await connection.raw.fetch(
        _HELD,
        list(persons),
        today,
        requirement_id,
        list(assignments) if assignments is not None else None,
    )
    return [HeldPlan(**row) for row in rows]


_SET_STATUS = """
update assignment set plan_status = $2, completed_on = $3, request_id = $4, approved_by = $5,
    revision = revision + 1
where assignment_id = $1
"""


async def update(work: Work, plans: Sequence[HeldPlan], cause: ReopenCause) -> None:
    """Store and tell what has become of plans whose content a person has changed (PLN-729, PLN-730, PLN-734)."""
    for plan in plans:
        status = plan.status
        if plan.state == AssignmentState.ACTIVE and status != plan.plan_status:
            await _change(work, plan, status, cause)


async def _change(work: Work, plan: HeldPlan, status: PlanStatus, cause: ReopenCause) -> None:
    was = plan.plan_status
    finished = status in (PlanStatus.COMPLETED, PlanStatus.APPROVED, PlanStatus.WAITING)
    completed_on = (plan.completed_on or work.today) if finished else None
    request_id = plan.request_id if was == PlanStatus.WAITING and status == PlanStatus.APPROVED else None
    if status == PlanStatus.WAITING:
        request_id = new_id()
    if was == PlanStatus.WAITING and plan.request_id is not None and status != PlanStatus.APPROVED:
        await approval.withdraw(work, plan.request_id, WithdrawalCause.INCOMPLETE)
    await work.raw.execute(_SET_STATUS, plan.assignment_id, status.value, completed_on, request_id, None)
    await store.note(
        work,
        "assignment",
        plan.assignment_id,
        work.at,
        work.cause.actor,
        "approval_void" if was == PlanStatus.APPROVED else status.value,
        status.value,
        details={"approval": plan.approved_by} if plan.approved_by else None,
    )
    told = plan.data(
        revision=plan.revision + 1,
        plan_status=status,
        completed_on=completed_on,
        request_id=request_id,
        approved_by=None,
    )
    if status == PlanStatus.COMPLETED:
        work.emit(AssignmentCompleted(**told))
    elif was in (*rules.FINISHED, PlanStatus.WAITING):
        work.emit(AssignmentReopened(**told, cause=cause))
    if status == PlanStatus.WAITING:
        assert request_id is not None
        await approval.ask(work, plan.assignment_id, plan.revision + 1, request_id)


async def set_decision(
    work: Work, plan: HeldPlan, status: PlanStatus, approved_by: dict[str, Any] | None
) -> None:
    """Store and tell that a plan was approved, or its approval removed (PLN-732, PLN-733)."""
    await work.raw.execute(
        _SET_STATUS, plan.assignment_id, status.value, plan.completed_on, plan.request_id, approved_by
    )
    await store.note(
        work, "assignment", plan.assignment_id, work.at, work.cause.actor,
        "approved" if status == PlanStatus.APPROVED else "approval_removed", status.value, details=approved_by,
    )  # fmt: skip
    told = plan.data(
        revision=plan.revision + 1,
        plan_status=status,
        approved_by=Decider(**approved_by) if approved_by else None,
    )
    event: AssignmentData = (
        AssignmentCompleted(**told)
        if status == PlanStatus.APPROVED
        else AssignmentReopened(**told, cause=ReopenCause.APPROVAL_REMOVED)
    )
    work.emit(event)
