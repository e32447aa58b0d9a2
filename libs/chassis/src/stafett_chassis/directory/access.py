"""Who may see whom, as conditions inside a query.

    reach = access.positions(read.caller, read.today, leader=True, roles=(Role.HF_ADMIN,))
    select(...).where(assignment.c.position_id.in_(reach))

Rights are read from this service's own copy at the moment of asking: one withdrawn is gone when its event has
arrived, whatever an older token says. The token tells only who asks, and from which position.
"""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, literal, or_, select, union

from stafett_chassis.auth import ActingAs, Caller
from stafett_chassis.directory.tables import (
    account,
    deputy,
    leader,
    position,
    relation,
    role,
    role_unit,
    unit_above,
)
from stafett_chassis.sql import Connection
from stafett_contracts.vocabulary import AccountState, GrantState, PositionStatus, Role

FOLLOW_UP = (Role.DELEGATED_LEADER, Role.PROFESSIONAL_LEAD_B, Role.SUPER_USER, Role.HF_ADMIN)
"""Roles that, beside the leader, follow up the employees in their reach."""


def positions(
    caller: Caller, today: date, *, leader: bool = False, roles: Collection[Role] = (), own: bool = False
) -> Select[Any]:
    """Ids of the positions within the caller's access: own, led, or in the reach of one of `roles`.

    Roles do not work in a deputy session: a deputy gets the leader's employees and nothing more (IDN-148).
    """
    parts: list[Select[Any]] = []
    if own and caller.acting_as is not ActingAs.DEPUTY:
        parts.append(select(position.c.position_id).where(position.c.person_id == caller.person_id))
    if leader:
        parts.append(led_by(caller, today))
    if roles and caller.acting_as is not ActingAs.DEPUTY:
        parts.append(in_reach_of(caller, today, roles))
    if not parts:
        return select(position.c.position_id).where(false())
    if len(parts) == 1:
        return parts[0]
    return select(union(*parts).subquery().c.position_id)


def led_by(caller: Caller, today: date) -> Select[Any]:
    """Ids of the positions that the caller leads from the acting position, or as a deputy in force."""
    led = select(leader.c.employee_position_id.label("position_id")).where(
        leader.c.leader_position_id == caller.leads_from
    )
    if caller.acting_as is ActingAs.DEPUTY:
        led = led.where(
            select(deputy.c.deputy_id)
            .where(
                deputy.c.leader_position_id == caller.leader_position_id,
                deputy.c.deputy_person_id == caller.person_id,
                in_force(deputy.c.expires_on, today),
                deputy.c.ended_at.is_(None),
            )
            .exists()
        )
    return led


def in_reach_of(caller: Caller, today: date, roles: Collection[Role]) -> Select[Any]:
    """Ids of the positions at units that one of `roles`, granted on the acting position, covers."""
    return (
        select(position.c.position_id)
        .join(unit_above, unit_above.c.unit_id == position.c.unit_id)
        .join(role_unit, role_unit.c.unit_id == unit_above.c.above_id)
        .join(role, role.c.grant_id == role_unit.c.grant_id)
        .where(
            holds(caller, today, roles),
            or_(role_unit.c.include_sub_units, role_unit.c.unit_id == position.c.unit_id),
        )
    )


def units_in_reach(caller: Caller, today: date, roles: Collection[Role]) -> Select[Any]:
    """Ids of the units that one of `roles`, granted on the acting position, covers."""
    return (
        select(unit_above.c.unit_id)
        .join(role_unit, role_unit.c.unit_id == unit_above.c.above_id)
        .join(role, role.c.grant_id == role_unit.c.grant_id)
        .where(
            holds(caller, today, roles),
            or_(role_unit.c.include_sub_units, role_unit.c.unit_id == unit_above.c.unit_id),
        )
    )


def holds(caller: Caller, today: date, roles: Collection[Role]) -> ColumnElement[bool]:
    """Condition on `directory_role`: one of `roles`, on the acting position, in force today."""
    if caller.acting_as is ActingAs.DEPUTY:
        return false()
    return and_(
        role.c.position_id == caller.position_id,
        role.c.person_id == caller.person_id,
        role.c.role.in_([wanted.value for wanted in roles]),
        role.c.state == GrantState.ACTIVE.value,
        role.c.valid_from <= today,
        in_force(role.c.valid_to, today),
    )


def mentees(caller: Caller) -> Select[Any]:
    """Ids of the persons whose mentor the caller is; not in a deputy session, where one acts for another."""
    return select(relation.c.trainee_person_id).where(
        relation.c.kind == "mentor",
        relation.c.holder_person_id == caller.person_id,
        relation.c.ended.is_(False),
        literal(caller.acting_as is not ActingAs.DEPUTY),
    )


def led_in_training(caller: Caller) -> Select[Any]:
    """(position, specialty) of the trainees whose training lead the caller is from the acting position."""
    return select(relation.c.trainee_position_id, relation.c.specialty).where(
        relation.c.kind == "training_lead",
        relation.c.holder_position_id == caller.position_id,
        relation.c.ended.is_(False),
        literal(caller.acting_as is not ActingAs.DEPUTY),
    )


def in_force(last_day: Any, today: date) -> ColumnElement[bool]:
    """Whether a period with this last day (null: none) still runs; the last day counts (IDN-001)."""
    return or_(last_day.is_(None), last_day >= today)


def active_person(person_id: Any, today: date) -> ColumnElement[bool]:
    """Whether the person has an active account and a position that gives access (SGN-003)."""
    return and_(
        select(position.c.position_id)
        .where(
            position.c.person_id == person_id,
            position.c.status == PositionStatus.ACTIVE.value,
            in_force(position.c.access_until, today),
        )
        .exists(),
        ~select(account.c.person_id)
        .where(account.c.person_id == person_id, account.c.state == AccountState.DEACTIVATED.value)
        .exists(),
    )


async def may_follow(
    connection: Connection,
    caller: Caller,
    today: date,
    position_id: UUID,
    *,
    leader: bool = True,
    roles: Collection[Role] = FOLLOW_UP,
    own: bool = False,
) -> bool:
    """Whether one position is within the caller's access."""
    reach = positions(caller, today, leader=leader, roles=roles, own=own).subquery()
    return (
        await connection.value(select(reach.c.position_id).where(reach.c.position_id == position_id).limit(1))
        is not None
    )
