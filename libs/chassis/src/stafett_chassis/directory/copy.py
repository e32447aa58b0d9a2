"""Keeping the directory copy: reactions to identity's events, each carrying an object's full state.

The newest revision stands, whatever the order (IDN-253). A service includes `reactions` in its own; the same
functions fill a wiped copy from identity's snapshot (`rebuild.py`).
"""

from functools import cache
from typing import Any

from sqlalchemy import Table, bindparam, delete, select
from sqlalchemy.dialects.postgresql import Insert, insert

from stafett_chassis.directory import tables
from stafett_chassis.reactions import Reactions
from stafett_chassis.sql import Connection
from stafett_chassis.work import Work
from stafett_contracts import identity

reactions = Reactions()

_UNITS_LOCK = 0x57AF_E02


@cache
def _keeping(table: Table) -> Insert:
    """Store a row, given by its columns' names, unless the table holds the same or a newer revision of it."""
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key]
    statement = insert(table).values({name: bindparam(name) for name in names})
    return statement.on_conflict_do_update(
        index_elements=keys,
        set_={name: statement.excluded[name] for name in names if name not in keys},
        where=table.c.revision < statement.excluded.revision,
    )


async def _keep(work: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Store `row` unless the table holds the same or a newer revision; whether it was stored."""
    return bool(await work.run(_keeping(table), **row))


@reactions.on(identity.PersonRegistered, identity.PersonChanged, identity.PersonMerged)
async def keep_person(work: Work, event: identity.PersonData) -> None:
    """Names and HPR number."""
    await _keep(
        work,
        tables.person,
        {
            "person_id": event.person_id,
            "given_name": event.given_name,
            "family_name": event.family_name,
            "sort_key": event.sort_key,
            "hpr_number": event.hpr_number,
            "protected": event.protected,
            "erased": False,
            "revision": event.revision,
        },
    )


@reactions.on(identity.PersonErased)
async def erase_person(work: Work, event: identity.PersonErased) -> None:
    """Only the id remains."""
    await _keep(
        work,
        tables.person,
        {
            "person_id": event.person_id,
            "given_name": "",
            "family_name": "",
            "sort_key": "",
            "hpr_number": None,
            "protected": False,
            "erased": True,
            "revision": event.revision,
        },
    )


@reactions.on(identity.AccountWarned, identity.AccountDeactivated, identity.AccountReactivated)
async def keep_account(work: Work, event: identity.AccountData) -> None:
    """Whether the person may log in."""
    await _keep(
        work,
        tables.account,
        {"person_id": event.person_id, "state": event.state.value, "revision": event.revision},
    )


@reactions.on(identity.OrgUnitCreated, identity.OrgUnitChanged, identity.OrgUnitMoved, identity.OrgUnitClosed)
async def keep_unit(work: Work, event: identity.OrgUnitData) -> None:
    """A unit, and who is above and below it."""
    # One at a time: two moves that do not see one another would each leave the other's lines as they were.
    await work.raw.execute(f"select pg_advisory_xact_lock({_UNITS_LOCK})")
    before = await work.maybe(
        select(tables.unit.c.parent_id, tables.unit.c.revision).where(tables.unit.c.unit_id == event.unit_id)
    )
    kept = await _keep(
        work,
        tables.unit,
        {
            "unit_id": event.unit_id,
            "code": event.code,
            "name": event.name,
            "level": event.level.value,
            "parent_id": event.parent_id,
            "hf_id": event.hf_id,
            "valid_to": event.valid_to,
            "revision": event.revision,
        },
    )
    if kept and (before is None or before["parent_id"] != event.parent_id):
        await work.raw.execute(_REFRESH_ABOVE, event.unit_id)


# The unit's whole subtree gets its lines to all ancestors anew. A parent that has not arrived yet ends the line; its
# arrival completes it.
_REFRESH_ABOVE = """
with recursive below as (
    select $1::uuid as unit_id
    union
    select u.unit_id from directory_unit u join below b on u.parent_id = b.unit_id
), above as (
    select unit_id, unit_id as above_id from below
    union
    select a.unit_id, u.parent_id from above a join directory_unit u on u.unit_id = a.above_id
    where u.parent_id is not null
), gone as (
    delete from directory_unit_above o using below b
    where o.unit_id = b.unit_id and not exists (
        select 1 from above a where a.unit_id = o.unit_id and a.above_id = o.above_id)
)
insert into directory_unit_above (unit_id, above_id) select unit_id, above_id from above on conflict do nothing
"""


@reactions.on(
    identity.PositionCreated,
    identity.PositionChanged,
    identity.PositionMoved,
    identity.PositionDeactivated,
    identity.PositionReactivated,
)
async def keep_position(work: Work, event: identity.PositionData) -> None:
    """A position."""
    await _keep(
        work,
        tables.position,
        {
            "position_id": event.position_id,
            "person_id": event.person_id,
            "hf_id": event.hf_id,
            "unit_id": event.unit_id,
            "kind": event.kind.value,
            "title": event.title,
            "track": event.track.value,
            "specialty": event.specialty,
            "status": event.status.value,
            "start_date": event.start_date,
            "end_date": event.end_date,
            "access_until": event.access_until,
            "revision": event.revision,
        },
    )


@reactions.on(identity.LeaderChanged)
async def keep_leader(work: Work, event: identity.LeaderChanged) -> None:
    """The present leader of a position, and the earlier ones."""
    kept = await _keep(
        work,
        tables.leader,
        {
            "employee_position_id": event.employee_position_id,
            "employee_person_id": event.employee_person_id,
            "leader_position_id": event.leader_position_id,
            "leader_person_id": event.leader_person_id,
            "source": event.source.value if event.source else None,
            "valid_from": event.valid_from,
            "revision": event.revision,
        },
    )
    if not kept:
        return
    for link in event.earlier:
        row = {
            "link_id": link.link_id,
            "employee_position_id": event.employee_position_id,
            "employee_person_id": event.employee_person_id,
            "leader_position_id": link.leader_position_id,
            "leader_person_id": link.leader_person_id,
            "source": link.source.value,
            "valid_from": link.valid_from,
            "valid_to": link.valid_to,
        }
        await work.run(
            insert(tables.earlier_leader)
            .values(**row)
            .on_conflict_do_update(index_elements=["link_id"], set_={"valid_to": link.valid_to})
        )


@reactions.on(identity.MentorRegistered, identity.MentorRemoved)
async def keep_mentor(work: Work, event: identity.MentorData) -> None:
    """A mentor of a trainee."""
    await _keep_relation(work, "mentor", event, event.mentor_person_id)


@reactions.on(identity.SupervisorRegistered, identity.SupervisorRemoved)
async def keep_supervisor(work: Work, event: identity.SupervisorData) -> None:
    """A registered supervisor of a trainee."""
    await _keep_relation(work, "supervisor", event, event.supervisor_person_id)


async def _keep_relation(work: Work, kind: str, event: identity.PersonLink, holder: Any) -> None:
    await _keep(
        work,
        tables.relation,
        {
            "link_id": event.link_id,
            "kind": kind,
            "trainee_person_id": event.trainee_person_id,
            "trainee_position_id": None,
            "holder_person_id": holder,
            "holder_position_id": None,
            "specialty": None,
            "ended": event.TYPE.split(".")[2] == "removed",
            "revision": event.revision,
        },
    )


@reactions.on(identity.TrainingLeadLinked, identity.TrainingLeadUnlinked)
async def keep_training_lead(work: Work, event: identity.TrainingLeadData) -> None:
    """A training lead of a trainee's position."""
    await _keep(
        work,
        tables.relation,
        {
            "link_id": event.link_id,
            "kind": "training_lead",
            "trainee_person_id": event.trainee_person_id,
            "trainee_position_id": event.trainee_position_id,
            "holder_person_id": event.lead_person_id,
            "holder_position_id": event.lead_position_id,
            "specialty": event.specialty,
            "ended": event.state.value != "active",
            "revision": event.revision,
        },
    )


@reactions.on(identity.DeputyAppointed, identity.DeputyChanged, identity.DeputyEnded)
async def keep_deputy(work: Work, event: identity.DeputyData) -> None:
    """A deputy of a leader."""
    await _keep(
        work,
        tables.deputy,
        {
            "deputy_id": event.deputy_id,
            "leader_position_id": event.leader_position_id,
            "leader_person_id": event.leader_person_id,
            "deputy_person_id": event.deputy_person_id,
            "expires_on": event.expires_on,
            "ended_at": event.ended_at,
            "revision": event.revision,
        },
    )


@reactions.on(identity.RoleGranted, identity.RoleChanged, identity.RoleSuspended, identity.RoleEnded)
async def keep_role(work: Work, event: identity.RoleData) -> None:
    """A granted role with its scope."""
    kept = await _keep(
        work,
        tables.role,
        {
            "grant_id": event.grant_id,
            "position_id": event.position_id,
            "person_id": event.person_id,
            "role": event.role.value,
            "specialties": [specialty.code for specialty in event.specialties],
            "plan_ids": list(event.plan_ids),
            "valid_from": event.valid_from,
            "valid_to": event.valid_to,
            "state": event.state.value,
            "revision": event.revision,
        },
    )
    if not kept:
        return
    await work.run(delete(tables.role_unit).where(tables.role_unit.c.grant_id == event.grant_id))
    for unit in event.units:
        await work.run(
            insert(tables.role_unit)
            .values(grant_id=event.grant_id, unit_id=unit.unit_id, include_sub_units=unit.include_sub_units)
            .on_conflict_do_nothing()
        )
