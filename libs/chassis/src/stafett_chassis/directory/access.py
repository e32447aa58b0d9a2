"""Who may see whom, as conditions inside a query.

    reach = access.positions(read.caller, read.today, leader=True, roles=(Role.HF_ADMIN,))
    select(...).where(assignment.c.position_id.in_(reach))

Rights are read from this service's own copy at the moment of asking: one withdrawn is gone when its event has
arrived, whatever an older token says. The token tells only who asks, and from which position.

A statement asked many times a second is built once, with `reach` in place of `positions`, and carried out with who
asks as its parameters:

    _PAGE = select(...).where(assignment.c.position_id.in_(access.reach(leader=True, own=True)))
    await read.all(_PAGE, **access.asking(read.caller, read.today), assignment=assignment_id)
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    false,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY

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


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who asks, as values or as parameters of a statement."""

    person: Any
    position: Any
    leads_from: Any  # the position whose employees are followed up
    is_deputy: Any
    today: Any


_PARAMETERS = _Asking(
    person=bindparam("asking_person", type_=Uuid),
    position=bindparam("asking_position", type_=Uuid),
    leads_from=bindparam("asking_leads_from", type_=Uuid),
    is_deputy=bindparam("asking_is_deputy", type_=Boolean),
    today=bindparam("asking_today", type_=Date),
)


def asking(caller: Caller, today: date) -> dict[str, Any]:
    """The parameters of a statement built with `reach`."""
    return {
        "asking_person": caller.person_id,
        "asking_position": caller.position_id,
        "asking_leads_from": caller.leads_from,
        "asking_is_deputy": caller.acting_as is ActingAs.DEPUTY,
        "asking_today": today,
    }


def _values(caller: Caller, today: date) -> _Asking:
    return _Asking(
        person=literal(caller.person_id, Uuid),
        position=literal(caller.position_id, Uuid),
        leads_from=literal(caller.leads_from, Uuid),
        is_deputy=literal(caller.acting_as is ActingAs.DEPUTY, Boolean),
        today=literal(today, Date),
    )


def positions(
    caller: Caller, today: date, *, leader: bool = False, roles: Collection[Role] = (), own: bool = False
) -> Select[Any]:
    """Ids of the positions within the caller's access: own, led, or in the reach of one of `roles`.

    Roles, and what is one's own, do not count in a deputy session: a deputy gets the leader's employees and
    nothing more (IDN-148).
    """
    return _positions(_values(caller, today), leader, tuple(roles), own)


@cache
def _reach(leader: bool, roles: tuple[Role, ...], own: bool) -> Select[Any]:
    return _positions(_PARAMETERS, leader, roles, own)


def reach(*, leader: bool = False, roles: Collection[Role] = (), own: bool = False) -> Select[Any]:
    """As `positions`, for a statement that is built once and given `asking` when it is carried out."""
    return _reach(leader, tuple(roles), own)


def _positions(who: _Asking, leads: bool, roles: tuple[Role, ...], own: bool) -> Select[Any]:
    parts: list[Select[Any]] = []
    if own:
        parts.append(select(position.c.position_id).where(position.c.person_id == who.person, ~who.is_deputy))
    if leads:
        parts.append(_led_by(who))
    if roles:
        parts.append(_in_reach_of(who, roles))
    if not parts:
        return select(position.c.position_id).where(false())
    if len(parts) == 1:
        return parts[0]
    return select(union(*parts).subquery().c.position_id)


def led_by(caller: Caller, today: date) -> Select[Any]:
    """Ids of the positions that the caller leads from the acting position, or as a deputy in force."""
    return _led_by(_values(caller, today))


def _led_by(who: _Asking) -> Select[Any]:
    appointed = (
        select(deputy.c.deputy_id)
        .where(
            deputy.c.leader_position_id == who.leads_from,
            deputy.c.deputy_person_id == who.person,
            in_force(deputy.c.expires_on, who.today),
            deputy.c.ended_at.is_(None),
        )
        .exists()
    )
    return select(leader.c.employee_position_id.label("position_id")).where(
        leader.c.leader_position_id == who.leads_from, or_(~who.is_deputy, appointed)
    )


def in_reach_of(caller: Caller, today: date, roles: Collection[Role]) -> Select[Any]:
    """Ids of the positions at units that one of `roles`, granted on the acting position, covers."""
    return _in_reach_of(_values(caller, today), tuple(roles))


def _in_reach_of(who: _Asking, roles: tuple[Role, ...]) -> Select[Any]:
    return (
        select(position.c.position_id)
        .join(unit_above, unit_above.c.unit_id == position.c.unit_id)
        .join(role_unit, role_unit.c.unit_id == unit_above.c.above_id)
        .join(role, role.c.grant_id == role_unit.c.grant_id)
        .where(
            _holds(who, roles),
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
    return _holds(_values(caller, today), tuple(roles))


def _holds(who: _Asking, roles: tuple[Role, ...]) -> ColumnElement[bool]:
    return and_(
        ~who.is_deputy,
        role.c.position_id == who.position,
        role.c.person_id == who.person,
        # An array, not IN: the statement keeps one form whatever the number of roles.
        role.c.role == any_(literal([wanted.value for wanted in roles], ARRAY(Text))),
        role.c.state == GrantState.ACTIVE.value,
        role.c.valid_from <= who.today,
        in_force(role.c.valid_to, who.today),
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
        relation.c.holder_position_id == literal(caller.position_id, Uuid),
        relation.c.ended.is_(False),
        literal(caller.acting_as is not ActingAs.DEPUTY),
    )


def in_force(last_day: Any, today: Any) -> ColumnElement[bool]:
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


@cache
def _follows(leader: bool, roles: tuple[Role, ...], own: bool) -> Select[Any]:
    allowed = _reach(leader, roles, own).subquery()
    return (
        select(allowed.c.position_id)
        .where(allowed.c.position_id == bindparam("followed", type_=Uuid))
        .limit(1)
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
    statement = _follows(leader, tuple(roles), own)
    found = await connection.value(statement, followed=position_id, **asking(caller, today))
    return found is not None
