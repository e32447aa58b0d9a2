"""Who may see a request, as conditions inside the query, and what ties the caller to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, cast, false, func, or_, select

from stafett_chassis.auth import ActingAs, Caller
from stafett_chassis.directory import access
from stafett_chassis.directory.tables import leader, position, relation
from stafett_chassis.problems import NotFound
from stafett_chassis.sql import Row
from stafett_chassis.work import Work
from stafett_contracts.vocabulary import AddresseeKind, PositionStatus, RequestKind
from stafett_signing.deciding.rules.deciding import Standing
from stafett_signing.people import store as people
from stafett_signing.requests import store as requests
from stafett_signing.requests.rules.ending import Who
from stafett_signing.requests.rules.request import Request
from stafett_signing.schema import decision, item, request


def as_deputy(caller: Caller) -> bool:
    """Whether this is a deputy session."""
    return caller.acting_as is ActingAs.DEPUTY


def acts_for(caller: Caller) -> UUID | None:
    """The leader in a deputy session, else the caller."""
    return caller.leader_person_id if as_deputy(caller) else caller.person_id


def waits_for(caller: Caller) -> ColumnElement[bool]:
    """The request waits for the caller; in a deputy session for the leader, by the rule of SGN-043."""
    mine = request.c.waits_for_person_id == acts_for(caller)
    if not as_deputy(caller):
        return mine
    # A deputy's own requests stay out of the deputy session (SGN-135).
    return and_(
        mine,
        or_(
            request.c.addressee_kind == AddresseeKind.PERSON.value,
            request.c.waits_for_position_id == caller.leader_position_id,
        ),
        request.c.employee_person_id != caller.person_id,
    )


def decided_by(caller: Caller) -> ColumnElement[bool]:
    """A decision on the request was taken on the authority of the caller, or of the leader in a deputy session."""
    return (
        select(decision.c.decision_id)
        .where(
            decision.c.request_id == request.c.request_id, decision.c.authority_person_id == acts_for(caller)
        )
        .exists()
    )


def sees(caller: Caller, today: date) -> ColumnElement[bool]:
    """The caller may read the request: own, asked, waiting for or decided by the caller, or of an employee led."""
    if as_deputy(caller):
        reach: ColumnElement[bool] = or_(
            waits_for(caller),
            decided_by(caller),
            request.c.asked_by_person_id == caller.leader_person_id,
            request.c.employee_position_id.in_(access.led_by(caller, today)),
        )
        own = request.c.employee_person_id == caller.person_id
        return and_(request.c.refused.is_(None), people.deputy_in_force(caller, today), reach, ~own)
    return and_(request.c.refused.is_(None), _own_reach(caller))


def _own_reach(caller: Caller) -> ColumnElement[bool]:
    led = (
        select(leader.c.employee_position_id)
        .join(position, position.c.position_id == leader.c.leader_position_id)
        .where(position.c.person_id == caller.person_id)
    )
    return or_(
        request.c.employee_person_id == caller.person_id,
        request.c.asked_by_person_id == caller.person_id,
        waits_for(caller),
        decided_by(caller),
        request.c.employee_position_id.in_(led),
    )


def knows_of(caller: Caller, today: date) -> ColumnElement[bool]:
    """The caller may know that the request exists, though the right to it may have ended since (SGN-047).

    Wider than `sees` by whom it waited for before and by a deputy whose period is over: they had the page open, and
    are told that they no longer may rather than that there is nothing.
    """
    persons = [caller.person_id, *([caller.leader_person_id] if caller.leader_person_id else [])]
    had_it = or_(
        request.c.waits_for_person_id.in_(persons),
        request.c.waited_for.overlap(cast(persons, ARRAY(Uuid))),
        request.c.employee_person_id == caller.person_id,
    )
    return and_(request.c.refused.is_(None), or_(had_it, sees(caller, today)))


def tie_columns(caller: Caller, today: date) -> Sequence[Any]:
    """The caller's standing, and what ties them to the request of the row."""
    leads = (
        select(leader.c.employee_position_id)
        .join(position, position.c.position_id == leader.c.employee_position_id)
        .where(
            leader.c.employee_person_id == request.c.employee_person_id,
            leader.c.leader_person_id == acts_for(caller),
            position.c.status == PositionStatus.ACTIVE.value,
        )
        .exists()
    )
    later = request.alias("later")
    anew = item.alias("anew")
    mine = item.alias("mine")
    newer = (
        select(func.array_agg(mine.c.item_id))
        .where(
            mine.c.request_id == request.c.request_id,
            select(later.c.request_id)
            .where(
                later.c.subject_id == request.c.subject_id,
                later.c.arrival > request.c.arrival,
                later.c.refused.is_(None),
                or_(
                    request.c.kind != RequestKind.REPETITIONS.value,
                    select(anew.c.item_id)
                    .where(anew.c.request_id == later.c.request_id, anew.c.item_id == mine.c.item_id)
                    .exists(),
                ),
            )
            .correlate(request, mine)
            .exists(),
        )
        .correlate(request)
        .scalar_subquery()
    )
    return [
        *people.standing_columns(caller, today),
        leads.label("leads_employee"),
        newer.label("newer_items"),
    ]


def standing(caller: Caller, row: Row) -> Standing:
    """The caller's standing from `tie_columns`."""
    deputy = as_deputy(caller)
    return Standing(
        who=Who(
            person_id=caller.person_id,
            leader_person_id=caller.leader_person_id if deputy else None,
            leader_position_id=caller.leader_position_id if deputy else None,
            active=row["caller_active"],
            deputy_in_force=deputy and row["deputy_in_force"],
        ),
        name=row["caller_name"] or "",
        position_id=caller.position_id,
        title=row["caller_title"],
        unit_id=row["caller_unit_id"],
        unit_name=row["caller_unit_name"],
        hf_id=row["caller_hf_id"],
        hf_name=row["caller_hf_name"],
        leader_name=row["leader_name"],
        leads_employee=row["leads_employee"],
        newer_items=frozenset(row["newer_items"] or ()),
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """A request taken for a command, locked, and the caller's standing after the lock was got."""

    request: Request
    standing: Standing


async def opened(work: Work, request_id: UUID) -> Opened:
    """The request for a command of the caller. Raises 404 when the caller may not even know of it (SGN-167)."""
    found = await requests.load(work, request_id)
    if found is None:
        raise NotFound()
    row = await work.one(
        select(
            knows_of(work.caller, work.today).label("knows_of"), *tie_columns(work.caller, work.today)
        ).where(request.c.request_id == request_id)
    )
    if not row["knows_of"]:
        raise NotFound()
    return Opened(found, standing(work.caller, row))


def mentored_by(caller: Caller) -> ColumnElement[bool]:
    """The row is about a goal or an activity of a trainee whose mentor the caller is (Who may do what)."""
    if as_deputy(caller):
        return false()
    return and_(
        request.c.employee_person_id.in_(
            select(relation.c.trainee_person_id).where(
                relation.c.kind == "mentor",
                relation.c.holder_person_id == caller.person_id,
                relation.c.ended.is_(False),
            )
        ),
        request.c.kind.in_(
            [RequestKind.ACTIVITY.value, RequestKind.REPETITIONS.value, RequestKind.GOAL.value]
        ),
    )
