"""Conditions and look-ups on the directory copy."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Label, Select, String, and_, case, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from stafett_chassis.auth import Caller
from stafett_chassis.directory import access
from stafett_chassis.directory.tables import account, deputy, earlier_leader, leader, person, position, unit
from stafett_chassis.sql import Connection
from stafett_contracts.vocabulary import AccountState, PositionKind, PositionStatus
from stafett_signing.requests.rules.request import WaitsFor


def not_deactivated(person_id: Any, today: date) -> ColumnElement[bool]:
    """Whether the person may act: account not deactivated and, where HR decides, some position still active.

    Self-registered positions exist only where HR does not decide, and their end leaves the account as it is.
    """
    gone = select(account.c.person_id).where(
        account.c.person_id == person_id, account.c.state == AccountState.DEACTIVATED.value
    )
    has_position = select(position.c.position_id).where(
        position.c.person_id == person_id,
        or_(
            position.c.kind == PositionKind.SELF_REGISTERED.value,
            and_(
                position.c.status == PositionStatus.ACTIVE.value,
                access.in_force(position.c.access_until, today),
            ),
        ),
    )
    return and_(~gone.exists(), has_position.exists())


def deputy_in_force(caller: Caller, today: date) -> ColumnElement[bool]:
    """Whether the caller's deputy session rests on a relation that holds today."""
    return (
        select(deputy.c.deputy_id)
        .where(
            deputy.c.leader_position_id == caller.leader_position_id,
            deputy.c.leader_person_id == caller.leader_person_id,
            deputy.c.deputy_person_id == caller.person_id,
            access.in_force(deputy.c.expires_on, today),
            deputy.c.ended_at.is_(None),
        )
        .exists()
    )


def name_of(table: Any) -> ColumnElement[str]:
    """The name shown, from a row of the person table."""
    return func.trim(table.c.given_name + " " + table.c.family_name)


@dataclass(frozen=True, slots=True)
class Found:
    """A person as the directory knows them."""

    name: str
    sort_key: str
    erased: bool
    active: bool


async def find(connection: Connection, person_id: UUID, today: date) -> Found | None:
    """The person, if the directory copy knows them."""
    row = await connection.maybe(
        select(
            name_of(person).label("name"),
            person.c.sort_key,
            person.c.erased,
            access.active_person(person.c.person_id, today).label("active"),
        ).where(person.c.person_id == person_id)
    )
    return Found(**row) if row else None


def effective_leader() -> Select[Any]:
    """The leader of every position, the last one where the position has ended without (SGN-126, SGN-127)."""
    last = (
        select(earlier_leader.c.leader_person_id, earlier_leader.c.leader_position_id)
        .where(
            earlier_leader.c.employee_position_id == position.c.position_id,
            position.c.status == PositionStatus.DEACTIVATED.value,
            leader.c.leader_person_id.is_(None),
        )
        .order_by(earlier_leader.c.valid_to.desc(), earlier_leader.c.valid_from.desc())
        .limit(1)
        .lateral("last_leader")
    )
    leads = func.coalesce(leader.c.leader_person_id, last.c.leader_person_id)
    return (
        select(
            position.c.position_id.label("employee_position_id"),
            leads.label("person_id"),
            func.coalesce(leader.c.leader_position_id, last.c.leader_position_id).label("position_id"),
            name_of(person).label("name"),
        )
        .select_from(position)
        .outerjoin(leader, leader.c.employee_position_id == position.c.position_id)
        .outerjoin(last, literal(True))
        .outerjoin(person, person.c.person_id == leads)
    )


async def leader_of(connection: Connection, position_id: UUID) -> WaitsFor | None:
    """Who leads the position; an empty `WaitsFor` when nobody does, none when the position is unknown here."""
    row = await connection.maybe(effective_leader().where(position.c.position_id == position_id))
    return WaitsFor(row["person_id"], row["position_id"], row["name"]) if row else None


def standing_columns(caller: Caller, today: date) -> list[Label[Any]]:
    """Name, title, unit and HF of the caller, and whether the rights they act by hold."""
    here = select(position.c.title, position.c.unit_id, position.c.hf_id).where(
        position.c.position_id == caller.position_id
    )
    at = here.subquery("acting_at")
    unit_name = select(unit.c.name).join(at, at.c.unit_id == unit.c.unit_id).scalar_subquery()
    hf_name = select(unit.c.name).join(at, at.c.hf_id == unit.c.unit_id).scalar_subquery()
    leaders = select(name_of(person)).where(person.c.person_id == caller.leader_person_id)
    return [
        _or_null(select(name_of(person)).where(person.c.person_id == caller.person_id)).label("caller_name"),
        _or_null(leaders).label("leader_name"),
        select(at.c.title).scalar_subquery().label("caller_title"),
        select(at.c.unit_id).scalar_subquery().label("caller_unit_id"),
        select(at.c.hf_id).scalar_subquery().label("caller_hf_id"),
        unit_name.label("caller_unit_name"),
        hf_name.label("caller_hf_name"),
        not_deactivated(caller.person_id, today).label("caller_active"),
        deputy_in_force(caller, today).label("deputy_in_force"),
    ]


def _or_null(statement: Select[Any]) -> ColumnElement[Any]:
    return cast(statement.scalar_subquery(), String)


def approvers(employee_person_id: Any, employee_position_id: Any, today: date) -> Select[Any]:
    """Who may approve goals of an employee, in the order of SGN-070.

    `place` 1: the leader of the position; 2: leaders of the other active positions; 3: earlier leaders, with the
    period they last led. The deactivated and the employee are left out (SGN-071).
    """
    active = and_(
        position.c.status == PositionStatus.ACTIVE.value, access.in_force(position.c.access_until, today)
    )
    present = (
        select(
            leader.c.leader_person_id.label("person_id"),
            leader.c.leader_position_id.label("position_id"),
            case((leader.c.employee_position_id == employee_position_id, 1), (active, 2), else_=3).label(
                "place"
            ),
            leader.c.valid_from.label("led_from"),
            case((active, None), else_=position.c.end_date).label("led_to"),
        )
        .join(position, position.c.position_id == leader.c.employee_position_id)
        .where(leader.c.employee_person_id == employee_person_id, leader.c.leader_person_id.is_not(None))
    )
    earlier = select(
        earlier_leader.c.leader_person_id,
        earlier_leader.c.leader_position_id,
        literal(3),
        earlier_leader.c.valid_from,
        earlier_leader.c.valid_to,
    ).where(earlier_leader.c.employee_person_id == employee_person_id)
    every = present.union_all(earlier).subquery("every")
    # One line a person: the nearest relation, and of earlier periods the newest.
    nearest = (
        select(every)
        .where(every.c.person_id != employee_person_id, access.active_person(every.c.person_id, today))
        .ext(distinct_on(every.c.person_id))
        .order_by(
            every.c.person_id, every.c.place, every.c.led_to.desc().nulls_first(), every.c.led_from.desc()
        )
        .subquery("nearest")
    )
    return select(nearest).order_by(
        nearest.c.place, nearest.c.led_to.desc().nulls_first(), nearest.c.led_from.desc(), nearest.c.person_id
    )
