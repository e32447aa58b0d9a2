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

from stafett_chassis.work import Work
from stafett_contracts import identity
from stafett_contracts.ids import new_id
from stafett_contracts.vocabulary import (
    DeactivationCause,
    LeaderChangeCause,
    OrgLevel,
    OrgSource,
    PositionKind,
    PositionStatus,
    Track,
)
from stafett_identity.directory import endings, facts, relations, rules, store
from stafett_identity.directory.model import (
    Period,
    Person,
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
    await relations.end_leader(work, row, _CLOSED.get(cause, LeaderChangeCause.HR))
    for employee in await store.led_from(work, row.position_id):
        await relations.end_leader(work, employee, LeaderChangeCause.LEADER_LEFT)
    await endings.end_with_positions(work, [row])
    return row


async def _periods(work: Work, row: Position) -> Sequence[Period]:
    return (await store.periods_of(work, [row.position_id])).get(row.position_id, ())
