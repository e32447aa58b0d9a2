"""Whom a request can be sent to: supervisors (SGN-003, SGN-004) and approvers of a goal (SGN-070, SGN-071)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import String, case, cast, func, literal, select, true
from sqlalchemy.dialects.postgresql import distinct_on

from stafett_chassis.auth import Caller
from stafett_chassis.directory import access as directory
from stafett_chassis.directory.tables import person, position, relation, unit
from stafett_chassis.http import Reading
from stafett_chassis.problems import Fault, Invalid, NotFound
from stafett_contracts.vocabulary import Capacity, DocumentationForm, PositionStatus, RequestKind, Role
from stafett_signing.access import store as access
from stafett_signing.people import store as people
from stafett_signing.schema import request

LIMIT = 50
RECENT = 5
_SHORTEST = 2
_MAY_ACT_FOR_OTHERS = (Role.PROFESSIONAL_LEAD_B, Role.SUPER_USER, Role.HF_ADMIN, Role.DELEGATED_LEADER)


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Somebody who can be chosen as supervisor."""

    person_id: UUID
    name: str
    title: str | None
    unit_name: str | None
    hf_name: str | None
    suggested: str | None
    """Why placed first: `mentor`, `supervisor` (registered for the trainee) or `recent`."""


async def supervisors(
    read: Reading, q: str, form: DocumentationForm | None, employee_id: UUID | None
) -> Sequence[Supervisor]:
    """Up to 50 active people whose name holds every word of `q`; only those placed first when it is empty.

    Raises 422 `too_short` for a single letter, 404 when the caller may not act for the employee.
    """
    employee = employee_id or read.caller.person_id
    words = q.lower().split()
    if words and len(q.strip()) < _SHORTEST:
        raise Invalid([Fault("q", "too_short", "Skriv minst to bokstaver.", "Write at least two letters.")])
    if employee != read.caller.person_id and not await _acts_for(read, employee):
        raise NotFound()
    placed = _placed(employee, form).subquery("placed")
    works_at = _a_position(person.c.person_id, read.today).lateral("works_at")
    hf = unit.alias("hf")
    name = people.name_of(person)
    query = (
        select(
            person.c.person_id,
            name.label("name"),
            works_at.c.title,
            unit.c.name.label("unit_name"),
            hf.c.name.label("hf_name"),
            placed.c.suggested,
        )
        .select_from(person)
        .join(works_at, true())
        .outerjoin(placed, placed.c.person_id == person.c.person_id)
        .outerjoin(unit, unit.c.unit_id == works_at.c.unit_id)
        .outerjoin(hf, hf.c.unit_id == works_at.c.hf_id)
        .where(
            person.c.person_id != employee,
            directory.active_person(person.c.person_id, read.today),
            *(func.lower(name).contains(word, autoescape=True) for word in words),
        )
        .order_by(
            placed.c.place.asc().nulls_last(), placed.c.newest.desc().nulls_last(),
            person.c.sort_key.collate("C"), person.c.person_id,
        )
        .limit(LIMIT)
    )  # fmt: skip
    if not words:
        query = query.where(placed.c.person_id.is_not(None))
    return [Supervisor(**row) for row in await read.all(query)]


def _placed(employee: UUID, form: DocumentationForm | None) -> Any:
    """Who comes first for the employee, and why: one row a person, the best reason (SGN-004)."""
    mentor_first = form is DocumentationForm.SIGNATURE_MENTOR
    related = select(
        relation.c.holder_person_id.label("person_id"),
        case((relation.c.kind == "mentor", 1), else_=2).label("place"),
        cast(None, request.c.asked_at.type).label("newest"),
        relation.c.kind.label("suggested"),
    ).where(
        relation.c.trainee_person_id == employee,
        relation.c.ended.is_(False),
        # Supervisors are registered at the municipal site only (IDN-135).
        relation.c.kind.in_(["mentor", "supervisor"] if mentor_first else ["supervisor"]),
    )
    if mentor_first:
        every = related.subquery("every")
    else:
        used = (
            select(
                request.c.waits_for_person_id.label("person_id"), func.max(request.c.asked_at).label("newest")
            )
            .where(
                request.c.employee_person_id == employee,
                request.c.refused.is_(None),
                request.c.waits_for_person_id.is_not(None),
                request.c.kind.in_([RequestKind.REQUIREMENT, RequestKind.ACTIVITY, RequestKind.REPETITIONS]),
            )
            .group_by(request.c.waits_for_person_id)
            .order_by(func.max(request.c.asked_at).desc())
            .limit(RECENT)
            .subquery("used")
        )
        recent = select(used.c.person_id, literal(3), used.c.newest, cast(literal("recent"), String))
        every = related.union_all(recent).subquery("every")
    return select(every).ext(distinct_on(every.c.person_id)).order_by(every.c.person_id, every.c.place)


def _a_position(person_id: Any, today: date) -> Any:
    """The person's active position begun last."""
    return (
        select(position.c.title, position.c.unit_id, position.c.hf_id)
        .where(
            position.c.person_id == person_id,
            position.c.status == PositionStatus.ACTIVE.value,
            directory.in_force(position.c.access_until, today),
        )
        .order_by(position.c.start_date.desc().nulls_last(), position.c.position_id)
        .limit(1)
    )


async def _acts_for(read: Reading, employee: UUID) -> bool:
    """Whether the caller may send on the employee's behalf (SGN-007)."""
    reach = directory.positions(read.caller, read.today, leader=True, roles=_MAY_ACT_FOR_OTHERS)
    found = select(position.c.position_id).where(
        position.c.person_id == employee, position.c.position_id.in_(reach)
    )
    return await read.value(found.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Approver:
    """Somebody a goal can be sent to."""

    person_id: UUID
    name: str
    title: str | None
    unit_name: str | None
    relation: str
    """`leader` of the position, `other_leader` of another active position, or `earlier_leader`."""
    capacity: Capacity
    led_from: date | None
    """The next two for earlier leaders: the period they led."""
    led_to: date | None
    preselected: bool


async def approvers(read: Reading, employee_position_id: UUID) -> Sequence[Approver]:
    """Whom the caller can send a goal to from one of their positions, in the order of SGN-070.

    Nobody sends goals for another (PLN-698): 404 for a position that is not the caller's.
    """
    own = await read.value(
        select(position.c.position_id).where(
            position.c.position_id == employee_position_id,
            position.c.person_id == _own(read.caller),
        )
    )
    if own is None:
        raise NotFound()
    listed = people.approvers(read.caller.person_id, employee_position_id, read.today).subquery("listed")
    where = position.alias("leads_from")
    rows = await read.all(
        select(
            listed.c.person_id, people.name_of(person).label("name"), where.c.title,
            unit.c.name.label("unit_name"), listed.c.place, listed.c.led_from, listed.c.led_to,
        )
        .join(person, person.c.person_id == listed.c.person_id)
        .outerjoin(where, where.c.position_id == listed.c.position_id)
        .outerjoin(unit, unit.c.unit_id == where.c.unit_id)
        .order_by(
            listed.c.place, listed.c.led_to.desc().nulls_first(), listed.c.led_from.desc(), listed.c.person_id
        )
    )  # fmt: skip
    return [
        Approver(
            person_id=row["person_id"],
            name=row["name"],
            title=row["title"],
            unit_name=row["unit_name"],
            relation=_RELATIONS[row["place"]],
            capacity=Capacity.EARLIER_LEADER if row["place"] == 3 else Capacity.LEADER,
            led_from=row["led_from"] if row["place"] == 3 else None,
            led_to=row["led_to"],
            preselected=row["place"] == 1,
        )
        for row in rows
    ]


_RELATIONS = {1: "leader", 2: "other_leader", 3: "earlier_leader"}


def _own(caller: Caller) -> UUID | None:
    return None if access.as_deputy(caller) else caller.person_id
