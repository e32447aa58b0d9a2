"""What the views read."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Uuid, func, literal, select

from stafett_chassis.directory import access
from stafett_chassis.directory.tables import position
from stafett_chassis.http import Reading
from stafett_chassis.sql import Row
from stafett_contracts.vocabulary import Role
from stafett_sync.views.rules import Rights

_LEADING = (Role.DELEGATED_LEADER,)
_ADMINISTERING = (Role.LIS_HF_ADMIN, Role.HF_ADMIN, Role.RHF_ADMIN)

# Plans elsewhere: other sites' whose facts count here, and this site's own at trusts where the trainee is not now.
_PLANS = """
with elsewhere as (
    select f.site, f.trust, f.subject, f.body from trainee t
    join fact f on f.hpr = t.hpr and f.site <> $2 and f.type = 'plan' and f.state = 'present'
        and f.verdict = 'in_force'
    join jsonb_to_recordset(t.peers) as p(site text, takes boolean) on p.site = f.site and p.takes
    where t.person_id = $1 and t.open
    union all
    select $2, o.trust, o.subject, o.body from own_fact o
    where o.person_id = $1 and o.type = 'plan' and o.state = 'present' and not exists (
        select from directory_position d join directory_unit u on u.unit_id = d.hf_id
        where d.person_id = $1 and d.status = 'active' and u.code = o.trust)
)
select site, trust, substr(subject, strpos(subject, '/') + 1) as template, body from elsewhere
where not exists (
    select from assignment a where a.person_id = $1 and a.state = 'active'
    and a.template_code = substr(subject, strpos(subject, '/') + 1))
order by body->>'assigned_on' desc, site, trust, subject
"""
# Activities elsewhere tied to one of the goals, with the latest plan at the same workplace.
_ACTIVITIES = """
with elsewhere as (
    select f.site, f.trust, f.type, f.subject, f.body from trainee t
    join fact f on f.hpr = t.hpr and f.site <> $2 and f.type in ('activity', 'plan') and f.state = 'present'
        and f.verdict = 'in_force'
    join jsonb_to_recordset(t.peers) as p(site text, takes boolean) on p.site = f.site and p.takes
    where t.person_id = $1 and t.open
    union all
    select $2, o.trust, o.type, o.subject, o.body from own_fact o
    where o.person_id = $1 and o.type in ('activity', 'plan') and o.state = 'present' and not exists (
        select from directory_position d join directory_unit u on u.unit_id = d.hf_id
        where d.person_id = $1 and d.status = 'active' and u.code = o.trust)
)
select a.site, a.trust, a.subject, a.body, coalesce(w.running, false) as running, w.ended_on
from elsewhere a left join (
    select site, trust, bool_or(body->>'state' = 'active') as running, max((body->>'ended_on')::date) as ended_on
    from elsewhere where type = 'plan' group by site, trust
) w using (site, trust)
where a.type = 'activity' and a.body->'goal_keys' ?| $3
"""
_GOALS = """
select f.subject, f.body from trainee t join fact f on f.hpr = t.hpr
where t.person_id = $1 and t.open and f.site = $2 and f.type = 'goal_status' and f.state = 'present'
    and f.verdict <> 'not_understood' and $2 <> $3
union all
select subject, body from own_fact where person_id = $1 and $2 = $3 and type = 'goal_status' and state = 'present'
"""
_NOT_ASSIGNED = """
select distinct f.body->>'name' as name from trainee t
join fact f on f.hpr = t.hpr and f.site <> $2 and f.type = 'plan' and f.state = 'present' and f.verdict = 'in_force'
join jsonb_to_recordset(t.peers) as p(site text, takes boolean) on p.site = f.site and p.takes
where t.person_id = $1 and t.open and f.body->>'state' = 'active' and not exists (
    select from assignment a where a.person_id = $1 and a.state = 'active'
    and a.template_code = substr(f.subject, strpos(f.subject, '/') + 1))
order by 1
"""


async def rights_of(read: Reading, person_id: UUID) -> Rights:
    """By what right the caller looks at the person, from the directory copy."""
    held = select(position.c.position_id).where(position.c.person_id == person_id)

    def reaches(positions: object) -> object:
        return held.where(position.c.position_id.in_(positions)).exists()  # type: ignore[arg-type]

    trained = access.led_in_training(read.caller).subquery()
    row = await read.one(
        select(
            (literal(person_id, Uuid) == literal(read.caller.person_id, Uuid)).label("own"),
            reaches(access.positions(read.caller, read.today, leader=True, roles=_LEADING)).label("follows"),  # type: ignore[attr-defined]
            literal(person_id, Uuid).in_(access.mentees(read.caller)).label("mentor"),
            reaches(access.positions(read.caller, read.today, roles=_ADMINISTERING)).label("administers"),  # type: ignore[attr-defined]
            select(func.array_agg(func.coalesce(trained.c.specialty, "")))
            .where(trained.c.trainee_position_id.in_(held))
            .scalar_subquery()
            .label("trains"),
        )
    )
    return Rights(row["own"], row["follows"], row["mentor"], tuple(row["trains"] or ()), row["administers"])


async def plans_elsewhere(read: Reading, person_id: UUID, site: str) -> Sequence[Row]:
    """Plans elsewhere that are not assigned here."""
    return await read.raw.fetch(_PLANS, person_id, site)


async def activities_elsewhere(
    read: Reading, person_id: UUID, site: str, goals: Sequence[str]
) -> Sequence[Row]:
    """Activities elsewhere that lie under one of `goals`."""
    return await read.raw.fetch(_ACTIVITIES, person_id, site, list(goals))


async def goals_at(read: Reading, person_id: UUID, origin: str, site: str) -> Sequence[Row]:
    """What one origin says of the person's goals."""
    return await read.raw.fetch(_GOALS, person_id, origin, site)


async def not_assigned(read: Reading, person_id: UUID, site: str) -> list[str]:
    """Names of the plans the trainee works in at other sites and has not been assigned here (SYN-021)."""
    return [row["name"] for row in await read.raw.fetch(_NOT_ASSIGNED, person_id, site)]
