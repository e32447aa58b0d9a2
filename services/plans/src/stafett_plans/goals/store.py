"""What each person has done with each goal, and who may be asked to approve it."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Date, Index, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from stafett_chassis.sql import Connection
from stafett_chassis.tables import Moment
from stafett_plans.goals.rules import GoalProgress
from stafett_plans.tables import metadata

# One per person and goal at the site (PLN-569). The goal may be one that no plan here holds yet (PLN-573).
goal_progress = Table(
    "goal_progress",
    metadata,
    Column("goal_progress_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("goal_key", Text, nullable=False),
    Column("own", Text, nullable=False),
    Column("begun", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("status_at", Moment),
    Column("completed_on", Date),
    Column("comment", Text),
    Column("deviation", Text),
    Column("approver_id", Uuid),
    Column("approver_name", Text),
    Column("delegation_id", Uuid),
    Column("assignment_id", Uuid),  # the plan it was sent from
    Column("request_id", Uuid),
    Column("recalling", Boolean, nullable=False),
    Column("before", Text),
    Column("decided_by", JSONB),  # as `contracts.values.Decider`
    Column("decided_at", Moment),
    Column("decision_comment", Text),
    Column("reason", Text),
    Column("note", Text),
    Column("outside", JSONB),  # what other sites say, as sync resolved it
    Column("outside_revision", Integer, nullable=False),
    Column("directorate", JSONB),
    Column("revision", Integer, nullable=False),
    Index("goal_progress_once", "person_id", "goal_key", unique=True),
)

# Delegated approvers, as signing tells of them.
delegation = Table(
    "delegation",
    metadata,
    Column("delegation_id", Uuid, primary_key=True),
    Column("leader_person_id", Uuid, nullable=False),
    Column("leader_position_id", Uuid, nullable=False),
    Column("delegate_person_id", Uuid, nullable=False),
    Column("description", Text),
    Column("mode", Text, nullable=False),
    Column("ended_at", Moment),
    Column("revision", Integer, nullable=False),
    Index("delegation_leader", "leader_person_id"),
)

_FIELDS = [field.name for field in fields(GoalProgress)]
_NAMES = ", ".join(_FIELDS)

GOAL_COLUMNS = ", ".join(f"g.{name}" for name in _FIELDS)

_BY_KEY = f"select {_NAMES} from goal_progress where person_id = $1 and goal_key = $2"  # noqa: S608
_BY_ID = f"select {_NAMES} from goal_progress where goal_progress_id = $1"  # noqa: S608
_SAVE = f"""
insert into goal_progress ({_NAMES}) values ({", ".join(f"${place}" for place in range(1, len(_FIELDS) + 1))})
on conflict (goal_progress_id) do update set {", ".join(f"{name} = excluded.{name}" for name in _FIELDS[3:])}
"""  # noqa: S608


def progress_of(row: Mapping[str, Any]) -> GoalProgress:
    """The progress in a row that holds its columns."""
    return GoalProgress(**{name: row[name] for name in _FIELDS})


async def by_key(connection: Connection, person_id: UUID, goal_key: str) -> GoalProgress | None:
    """A person's progress on a goal; lock the person first when it is to be changed."""
    row = await connection.raw.fetchrow(_BY_KEY, person_id, goal_key)
    return progress_of(row) if row else None


async def by_id(connection: Connection, goal_progress_id: UUID) -> GoalProgress | None:
    """As `by_key`, by its own id."""
    row = await connection.raw.fetchrow(_BY_ID, goal_progress_id)
    return progress_of(row) if row else None


async def save(connection: Connection, progress: GoalProgress) -> None:
    """Store a person's progress on a goal."""
    await connection.raw.execute(_SAVE, *(getattr(progress, name) for name in _FIELDS))


# PLN-702, SGN-070: the leader of the position logged in on, that leader's delegates, leaders of the other active
# positions with theirs, earlier leaders newest first; only people with an active account and position (PLN-704).
_APPROVERS = """
with current as (
    select l.leader_person_id, l.leader_position_id, min(case when p.position_id = $2 then 0 else 1 end) as place
    from directory_position p join directory_leader l on l.employee_position_id = p.position_id
    where p.person_id = $1 and p.status = 'active' and l.leader_person_id is not null
    group by l.leader_person_id, l.leader_position_id
), earlier as (
    select e.leader_person_id, max(e.valid_to) as led_until from directory_earlier_leader e
    where e.employee_person_id = $1
        and not exists (select from current c where c.leader_person_id = e.leader_person_id)
    group by e.leader_person_id
), offered as (
    select c.leader_person_id as person_id, case when c.place = 0 then 'leader' else 'other_leader' end as kind,
        null::uuid as delegation_id, null::text as description, null::uuid as leads, null::date as led_until,
        c.place as place, c.leader_person_id as beneath, 0 as step, c.leader_position_id as position_id
    from current c
    union all
    select d.delegate_person_id, 'delegate', d.delegation_id, d.description, c.leader_person_id, null,
        c.place, c.leader_person_id, 1, null
    from current c join delegation d on d.leader_position_id = c.leader_position_id and d.ended_at is null
    where d.delegate_person_id <> $1
    union all
    select e.leader_person_id, 'earlier_leader', null, null, null, e.led_until, 2, e.leader_person_id, 0, null
    from earlier e
)
select o.person_id, p.given_name || ' ' || p.family_name as name, o.kind, o.delegation_id, o.description,
    l.given_name || ' ' || l.family_name as leads, o.led_until, u.name as unit_name
from offered o
join directory_person p on p.person_id = o.person_id and not p.erased
left join directory_person l on l.person_id = o.leads
left join directory_position q on q.position_id = o.position_id
left join directory_unit u on u.unit_id = q.unit_id
where o.person_id <> $1
    and exists (
        select from directory_position x where x.person_id = o.person_id and x.status = 'active'
            and (x.access_until is null or x.access_until >= $3))
    and not exists (
        select from directory_account k where k.person_id = o.person_id and k.state = 'deactivated')
order by o.place, o.led_until desc nulls first, o.beneath, o.step, p.sort_key
"""


async def approvers(
    connection: Connection, person_id: UUID, position_id: UUID | None, today: Any
) -> list[Mapping[str, Any]]:
    """Who may approve a person's goals, in the order shown, seen from the position logged in on."""
    return list(await connection.raw.fetch(_APPROVERS, person_id, position_id, today))
