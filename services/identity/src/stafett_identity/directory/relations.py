"""Who leads, mentors and supervises whom, one relation at a time; each change tells of its full new state.

Who may do what is the caller's to decide.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from stafett_chassis.problems import Conflict
from stafett_chassis.work import Work
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import LeaderChangeCause, LeaderSource, RelationCause
from stafett_identity.directory import facts, rules, store
from stafett_identity.directory.model import Leading, PersonLink, Position

# --- leaders ---


async def set_leader(
    work: Work,
    employee: Position,
    leader: Position,
    *,
    source: LeaderSource,
    cause: LeaderChangeCause,
    set_by_person_id: UUID | None = None,
    set_by_position_id: UUID | None = None,
) -> Leading:
    """Give a position this leader from today; the one before is kept among the earlier (IDN-128).

    Refuses oneself and a circle with `leader_cycle` (IDN-125). The leader it has already changes nothing.
    """
    if employee.person_id == leader.person_id or await store.is_led_by(
        work, leader.person_id, employee.person_id
    ):
        raise Conflict(
            "leader_cycle",
            "Lederen kan ikke være personen selv eller ledes av personen.",
            "The leader cannot be the person, nor be led by the person.",
        )
    before = await store.leading(work, employee.position_id)
    if before and before.leader_position_id == leader.position_id and before.source == source:
        return before
    return await _replace_leader(
        work,
        employee,
        before,
        cause,
        link_id=new_id(),
        leader_position_id=leader.position_id,
        leader_person_id=leader.person_id,
        source=source.value,
        set_by_person_id=set_by_person_id,
        set_by_position_id=set_by_position_id,
    )


async def end_leader(work: Work, employee: Position, cause: LeaderChangeCause) -> Leading | None:
    """Take away a position's leader; nothing happens when it has none."""
    before = await store.leading(work, employee.position_id)
    if before is None or before.link_id is None:
        return before
    return await _replace_leader(
        work,
        employee,
        before,
        cause,
        link_id=None,
        leader_position_id=None,
        leader_person_id=None,
        source=None,
        set_by_person_id=None,
        set_by_position_id=None,
    )


async def _replace_leader(
    work: Work, employee: Position, before: Leading | None, cause: LeaderChangeCause, **link: Any
) -> Leading:
    row = replace(
        before
        or Leading(
            employee_position_id=employee.position_id,
            employee_person_id=employee.person_id,
            valid_from=work.today,
            cause=cause.value,
            revision=0,
        ),
        valid_from=work.today,
        cause=cause.value,
        **link,
    )
    row = replace(row, revision=row.revision + 1)
    if before and before.link_id:
        await store.put(work, rules.closed_link(before, work.today))
    await store.put(work, row)
    work.emit(facts.leader(row, await store.earlier_leaders(work, employee.position_id), before))
    return row


# --- mentors and supervisors ---


async def add_mentor(
    work: Work, trainee_person_id: UUID, mentor_person_id: UUID, *, cause: RelationCause, by: UUID | None
) -> PersonLink:
    """Register a mentor; the open link if there is one already (IDN-072)."""
    return await _add_link(work, "mentor", trainee_person_id, mentor_person_id, cause, by)


async def close_mentor(
    work: Work, trainee_person_id: UUID, mentor_person_id: UUID, *, cause: RelationCause
) -> PersonLink | None:
    """Remove a mentor at once (IDN-073); none when there was no such relation."""
    return await _close_link(work, "mentor", trainee_person_id, mentor_person_id, cause)


async def add_supervisor(
    work: Work, trainee_person_id: UUID, supervisor_person_id: UUID, *, cause: RelationCause, by: UUID | None
) -> PersonLink:
    """Register a supervisor; the open link if there is one already."""
    return await _add_link(work, "supervisor", trainee_person_id, supervisor_person_id, cause, by)


async def close_supervisor(
    work: Work, trainee_person_id: UUID, supervisor_person_id: UUID, *, cause: RelationCause
) -> PersonLink | None:
    """Remove a supervisor at once; none when there was no such relation."""
    return await _close_link(work, "supervisor", trainee_person_id, supervisor_person_id, cause)


async def _add_link(
    work: Work, kind: str, trainee: UUID, holder: UUID, cause: RelationCause, by: UUID | None
) -> PersonLink:
    if trainee == holder:
        raise Conflict(
            "not_oneself", "Du kan ikke velge personen selv.", "Nobody can be chosen for themselves."
        )
    known = await store.open_person_link(work, kind, trainee, holder)
    if known:
        return known
    row = PersonLink(
        link_id=new_id(),
        kind=kind,
        trainee_person_id=trainee,
        holder_person_id=holder,
        valid_from=work.today,
        cause=cause.value,
        set_by_person_id=by,
    )
    await store.put(work, row)
    work.emit(facts.person_link(row))
    return row


async def _close_link(
    work: Work, kind: str, trainee: UUID, holder: UUID, cause: RelationCause
) -> PersonLink | None:
    before = await store.open_person_link(work, kind, trainee, holder)
    if before is None:
        return None
    row = replace(before, valid_to=work.today, cause=cause.value, revision=before.revision + 1)
    await store.put(work, row)
    work.emit(facts.person_link(row))
    return row
