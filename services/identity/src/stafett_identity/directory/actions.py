"""Changing the directory one object at a time; each change tells of the object's full new state.

These are parts of larger actions (registration, invitations, absence …): who may do what is the caller's to decide.
The HR import, which changes thousands at once, has its own (`hr_import/`).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from stafett_chassis.problems import Conflict
from stafett_chassis.work import Work
from stafett_contracts import identity
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import (
    DeactivationCause,
    LeaderChangeCause,
    LeaderSource,
    OrgLevel,
    OrgSource,
    PositionKind,
    PositionStatus,
    RelationCause,
    Track,
)
from stafett_identity.directory import endings, facts, rules, store
from stafett_identity.directory.model import (
    Leading,
    Period,
    Person,
    PersonLink,
    Position,
    Unit,
)
from stafett_identity.directory.rules import HprSource
from stafett_identity.national_ids import NationalIds

# --- persons ---


async def find_person_by_national_id(work: Work, keys: NationalIds, national_id: str) -> Person | None:
    """The person who has, or had, this national id (IDN-026, IDN-055)."""
    return await store.person_by_national_id(work, keys.hash(national_id))


async def register_person(
    work: Work,
    keys: NationalIds,
    *,
    given_name: str,
    family_name: str,
    national_id: str | None,
    object_id: str | None = None,
    hpr_number: str | None = None,
    hpr_source: HprSource = HprSource.SELF,
    work_email: str | None = None,
    private_email: str | None = None,
    phone: str | None = None,
    language: str = "nb",
) -> Person:
    """A new person. The national id must have been found valid, and nobody's (IDN-007, IDN-008).

    `private_email` must be a verified one: what is not verified is not the person's yet (IDN-014).
    """
    row = Person(
        person_id=new_id(),
        given_name=given_name,
        family_name=family_name,
        sort_key=rules.sort_key(family_name, given_name),
        search_text=rules.search_text(given_name, family_name),
        object_id=object_id,
        national_id=keys.encrypt(national_id) if national_id else None,
        national_id_hash=keys.hash(national_id) if national_id else None,
        synthetic=bool(national_id and rules.is_synthetic(national_id)),
        hpr_number=hpr_number,
        hpr_source=hpr_source.value if hpr_number else None,
        work_email=work_email,
        private_email=private_email,
        private_email_verified_at=work.at if private_email else None,
        phone=phone,
        language=language,
        contact_email=private_email,
        contact_revision=1,
        created_at=work.at,
        updated_at=work.at,
    )
    await store.put(work, row)
    work.emit(facts.person(identity.PersonRegistered, row))
    work.emit(facts.contact(row))
    return row


async def change_person(work: Work, before: Person, **changes: Any) -> Person:
    """Store `changes` of a person's own columns and tell whom they concern; the person as it is now.

    Name, HPR number and protection are everybody's; `contact_email`, phone and language are notify's alone.
    """
    row = replace(before, **changes)
    if row == before:
        return before
    if {"given_name", "family_name"} & changes.keys():
        row = replace(
            row,
            sort_key=rules.sort_key(row.family_name, row.given_name),
            search_text=rules.search_text(row.given_name, row.family_name),
        )
    shown = facts.person(identity.PersonChanged, row) != facts.person(identity.PersonChanged, before)
    reached = facts.contact(row) != facts.contact(before)
    row = replace(
        row,
        updated_at=work.at,
        revision=row.revision + shown,
        contact_revision=row.contact_revision + reached,
    )
    await store.put(work, row)
    if shown:
        work.emit(facts.person(identity.PersonChanged, row))
    if reached:
        work.emit(facts.contact(row))
    return row


# --- organisation ---


async def create_unit(
    work: Work, *, code: str, name: str, level: OrgLevel, parent: Unit | None, source: OrgSource
) -> Unit:
    """A new unit, from today. Refuses a parent that is not of a higher level."""
    if parent is not None and not rules.may_be_parent(OrgLevel(parent.level), level):
        raise rules.parent_too_low()
    unit_id = new_id()
    row = Unit(
        unit_id=unit_id,
        code=code,
        name=name,
        level=level.value,
        parent_id=parent.unit_id if parent else None,
        hf_id=unit_id if rules.is_trust(level) else parent.hf_id if parent else None,
        valid_from=work.today,
        source=source.value,
        search_text=rules.search_text(code, name),
    )
    await store.put(work, row)
    await store.refresh_above(work)
    work.emit(facts.unit(identity.OrgUnitCreated, row))
    return row


# --- positions ---


async def create_position(
    work: Work,
    *,
    person_id: UUID,
    unit_id: UUID,
    hf_id: UUID,
    kind: PositionKind,
    title: str | None = None,
    track: Track = Track.NONE,
    specialty: str | None = None,
    percentage: Decimal | None = None,
    start_date: date | None = None,
    end_date: date | None = None,
    home_position_id: UUID | None = None,
    predecessor_id: UUID | None = None,
) -> Position:
    """A new active position, which gives access through its end date."""
    row = Position(
        position_id=new_id(),
        person_id=person_id,
        hf_id=hf_id,
        unit_id=unit_id,
        kind=kind.value,
        track=track.value,
        status=PositionStatus.ACTIVE.value,
        title=title,
        specialty=specialty,
        percentage=percentage,
        start_date=start_date or work.today,
        end_date=end_date,
        access_until=end_date,
        home_position_id=home_position_id,
        predecessor_id=predecessor_id,
        created_at=work.at,
        updated_at=work.at,
    )
    await store.put(work, row)
    work.emit(facts.position(identity.PositionCreated, row))
    return row


_TOLD_FIELDS = (
    "title",
    "job_code",
    "track",
    "specialty",
    "percentage",
    "start_date",
    "end_date",
    "access_until",
)


async def change_position(work: Work, before: Position, **changes: Any) -> Position:
    """Store `changes` of a position and tell of them; the same position id (IDN-021)."""
    row = replace(before, **changes)
    if row == before:
        return before
    row = replace(row, updated_at=work.at, revision=row.revision + 1)
    await store.put(work, row)
    periods = await _periods(work, row)
    changed = [name for name in _TOLD_FIELDS if getattr(row, name) != getattr(before, name)]
    if row.unit_id != before.unit_id:
        work.emit(
            facts.position(
                identity.PositionMoved,
                row,
                periods,
                from_unit_id=before.unit_id,
                to_unit_id=row.unit_id,
                cause="self",
            )
        )
    else:
        work.emit(facts.position(identity.PositionChanged, row, periods, fields_changed=changed))
    return row


# Why the leader of a position that ended is one no longer.
_CLOSED = {
    DeactivationCause.MANUAL: LeaderChangeCause.MANUAL,
    DeactivationCause.SECONDMENT_ENDED: LeaderChangeCause.SECONDMENT,
}


async def close_position(work: Work, before: Position, cause: DeactivationCause) -> Position:
    """Deactivate a position with what hangs on it: leader, deputies, grants, sessions (IDN-114)."""
    if before.status == PositionStatus.DEACTIVATED:
        return before
    others = [one for one in await store.positions_of(work, before.person_id) if one != before]
    row = replace(
        before,
        status=PositionStatus.DEACTIVATED.value,
        deactivated_at=work.today,
        deactivated_cause=cause.value,
        person_left=not any(one.status == PositionStatus.ACTIVE for one in others),
        rotation=False,
        updated_at=work.at,
        revision=before.revision + 1,
    )
    await store.put(work, row)
    work.emit(facts.deactivated(row, await _periods(work, row)))
    await end_leader(work, row, _CLOSED.get(cause, LeaderChangeCause.HR))
    for employee in await store.led_from(work, row.position_id):
        await end_leader(work, employee, LeaderChangeCause.LEADER_LEFT)
    await endings.end_with_positions(work, [row])
    return row


async def _periods(work: Work, row: Position) -> Sequence[Period]:
    return (await store.periods_of(work, [row.position_id])).get(row.position_id, ())


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
