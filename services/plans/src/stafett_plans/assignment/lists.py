"""Lists of plans: a person's own, an employee's, those that can be assigned, and the summary of the home page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from stafett_chassis.auth import ActingAs
from stafett_chassis.http import Reading
from stafett_chassis.problems import NotFound
from stafett_contracts.vocabulary import AssignmentState
from stafett_plans.assignment import rules, standing, store
from stafett_plans.assignment.fragments import SCOPE, SHORTEST, VALID_UNTIL
from stafett_plans.progress.rules.status import EXPIRING_DAYS, PLAN_COLOURS

NEW_FOR = timedelta(days=30)
"""How long a plan nobody has worked in counts as newly assigned."""


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan in a list: what it is, how far it has come (PLN-574)."""

    assignment_id: UUID
    plan_id: UUID
    position_id: UUID
    person_id: UUID
    name: str
    plan_type: str
    owner_unit_id: UUID | None
    owner_unit_name: str | None
    state: str
    reason: str | None
    assigned_at: datetime
    ended_at: datetime | None
    continued_as: UUID | None
    status: str
    label: str
    colour: str
    done: int
    counting: int
    percent: int
    completed_on: date | None
    begun: bool
    revision: int


def line_of(plan: standing.HeldPlan) -> PlanLine:
    """A plan as lists show it; «Deaktivert» and «Arkivert» replace the status (PLN-600)."""
    progress, status = plan.progress, plan.status
    active = plan.state == AssignmentState.ACTIVE
    return PlanLine(
        assignment_id=plan.assignment_id,
        plan_id=plan.plan_id,
        position_id=plan.position_id,
        person_id=plan.person_id,
        name=plan.plan_name,
        plan_type=plan.plan_type,
        owner_unit_id=plan.owner_unit_id,
        owner_unit_name=plan.owner_unit_name,
        state=plan.state,
        reason=plan.reason,
        assigned_at=plan.assigned_at,
        ended_at=plan.ended_at,
        continued_as=plan.continued_as,
        status=status if active else plan.state,
        label=status.label_nb if active else AssignmentState(plan.state).label_nb,
        colour=PLAN_COLOURS[status] if active else "white",
        done=progress.done,
        counting=progress.counting,
        percent=progress.percent,
        completed_on=plan.completed_on,
        begun=plan.first_work_at is not None,
        revision=plan.revision,
    )


async def mine(connection: Reading) -> list[PlanLine]:
    """The active plans of the position logged in on, by owning unit and name (PLN-574)."""
    caller = connection.caller
    if caller.acting_as is ActingAs.DEPUTY:
        return []
    plans = await standing.held(connection, [caller.person_id], connection.today)
    own = [plan for plan in plans if plan.position_id == caller.position_id]
    own.sort(key=lambda plan: (plan.owner_unit_name or "", plan.sort_key))
    return [line_of(plan) for plan in own]


_OF_POSITION = """
select a.assignment_id, a.person_id from directory_position w
join assignment a on a.person_id = w.person_id and a.state <> 'deleted' and (
    a.position_id = w.position_id or a.state <> 'active' and exists (
        select from directory_position e where e.position_id = a.position_id and e.status = 'deactivated'
            and e.hf_id is not distinct from w.hf_id))
where w.position_id = $1 and ($2::text is null or a.state = $2)
"""


async def of_position(connection: Reading, position_id: UUID, state: str | None) -> list[PlanLine]:
    """An employee's plans, as far as the caller may see them.

    Beside those of the position: deactivated and archived ones of the person's ended positions in the same trust
    (PLN-560).
    """
    caller, today = connection.caller, connection.today
    rows = await connection.raw.fetch(_OF_POSITION, position_id, state)
    found = await store.standings(connection, caller, today, [row["assignment_id"] for row in rows])
    followed = await store.followed(connection, caller, today, [position_id])
    own = await connection.raw.fetchval(
        "select person_id from directory_position where position_id = $1", position_id
    )
    mine = own == caller.person_id and caller.acting_as is not ActingAs.DEPUTY
    every = bool(followed) or mine
    seen = [
        one.assignment_id
        for one in found
        if every or (not one.standing.none and one.plan_type in rules.GOAL_PLANS)
    ]
    if not every and not seen:
        raise NotFound()
    if not mine:
        await store.note_access(connection, caller, connection.at, own, "position_plans", str(position_id))
    plans = await standing.held(connection, [own], today, assignments=seen)
    return [line_of(plan) for plan in plans]


@dataclass(frozen=True, slots=True)
class Cell:
    """A plan for one employee: whether it may be assigned, or what there is already (PLN-507)."""

    position_id: UUID
    published: bool
    state: str | None
    assignment_id: UUID | None
    begun: bool
    suggested: bool
    message: str | None


@dataclass(frozen=True, slots=True)
class AssignablePlan:
    """A plan offered for at least one of the employees (PLN-502)."""

    plan_id: UUID
    name: str
    plan_type: str
    owner_unit_name: str | None
    cells: list[Cell]


_ASSIGNABLE = """
select p.plan_id, p.name, p.type, u.name as owner_unit_name, w.position_id, w.track, w.specialty,
    b.published, a.state, a.assignment_id, a.first_work_at is not null as begun
from plan p
left join directory_unit u on u.unit_id = p.owner_unit_id
cross join unnest($1::uuid[]) with ordinality as x(position_id, place)
join directory_position w on w.position_id = x.position_id
cross join lateral (
    select exists (
        select from publication b where b.plan_id = p.plan_id and (
            b.unit_id = w.unit_id or b.include_sub_units and exists (
                select from directory_unit_above o where o.unit_id = w.unit_id and o.above_id = b.unit_id))
    ) as published
) b
left join assignment a on a.position_id = w.position_id and a.plan_id = p.plan_id and a.state <> 'deleted'
where p.state = 'published' and p.plan_id in (
    select b.plan_id from publication b join directory_unit_above o on o.above_id = b.unit_id
    join directory_position y on y.unit_id = o.unit_id
    where y.position_id = any($1) and (b.include_sub_units or b.unit_id = y.unit_id))
    and not exists (select from unnest($2::text[]) word where strpos(lower(p.name), word) = 0)
order by p.sort_key, p.plan_id, x.place
limit 20000
"""


async def assignable(
    connection: Reading, positions: Sequence[UUID], q: str, municipal: bool
) -> list[AssignablePlan]:
    """The plans published to the units of employees the caller follows up, with a cell for each (PLN-501)."""
    reach = await store.followed(connection, connection.caller, connection.today, positions)
    if not reach:
        raise NotFound()
    rows = await connection.raw.fetch(
        _ASSIGNABLE, [one for one in positions if one in reach], q.lower().split()
    )
    plans: dict[UUID, AssignablePlan] = {}
    for row in rows:
        plan = plans.get(row["plan_id"])
        if plan is None:
            plan = AssignablePlan(row["plan_id"], row["name"], row["type"], row["owner_unit_name"], [])
            plans[row["plan_id"]] = plan
        suggested = (
            municipal
            and row["state"] is None
            and rules.is_suggested(row["name"], row["track"], row["specialty"])
        )
        plan.cells.append(
            Cell(
                row["position_id"],
                row["published"],
                row["state"],
                row["assignment_id"],
                row["begun"],
                suggested,
                None if row["published"] else "Planen er ikke publisert til avdelingen",
            )
        )
    return list(plans.values())


@dataclass(frozen=True, slots=True)
class Summary:
    """Own competence development on the home page (PLN-575)."""

    plans: list[PlanLine]
    newly_assigned: list[PlanLine]
    expiring: int
    expired: int
    rejected: int
    waiting: int


_COUNTS = f"""
with {SHORTEST}, mine as (
    select distinct on (r.registration_id) r.state, {VALID_UNTIL} as until,
        r.state = 'fulfilled' or r.kept_fulfilled_on is not null as counts
    from assignment a
    join plan_item i on i.plan_id = a.plan_id and i.state = 'active'
    join requirement q on q.requirement_id = i.requirement_id
    join requirement_version v on v.requirement_id = q.requirement_id and v.version = q.published_version
    join registration r on r.person_id = a.person_id and r.requirement_id = i.requirement_id and r.hf_id = {SCOPE}
    left join shortest s on s.person_id = a.person_id and s.requirement_id = i.requirement_id
    where a.person_id = any($1) and a.state = 'active' and not exists (
        select from relevance_mark m where m.person_id = a.person_id and m.plan_id = a.plan_id
            and m.removed_at is null and m.target_id in (i.requirement_id, i.section_id))
)
select count(*) filter (where counts and until >= $2::date and until <= $2::date + {EXPIRING_DAYS}) as expiring,
    count(*) filter (where counts and until < $2::date) as expired,
    count(*) filter (where state = 'rejected') as rejected,
    count(*) filter (where state = 'waiting') as waiting
from mine
"""  # noqa: S608


async def summary(connection: Reading) -> Summary:
    """The person's plans, new ones among them, and what needs attention."""
    lines = await mine(connection)
    counts: dict[str, Any] = {"expiring": 0, "expired": 0, "rejected": 0, "waiting": 0}
    if connection.caller.acting_as is not ActingAs.DEPUTY:
        row = await connection.raw.fetchrow(_COUNTS, [connection.caller.person_id], connection.today)
        counts = dict(row or counts)
    new = [line for line in lines if not line.begun and line.assigned_at > connection.at - NEW_FOR]
    return Summary(plans=lines, newly_assigned=new, **counts)
