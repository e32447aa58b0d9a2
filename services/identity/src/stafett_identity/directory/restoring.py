"""What comes back with a position that HR says never ended (IDN-101, IDN-196): grants, deputies, mentoring."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import and_, or_, select

from stafett_chassis.clock import oslo_date
from stafett_chassis.sql import into_all
from stafett_chassis.work import Work
from stafett_contracts import identity
from stafett_contracts.vocabulary import GrantEndCause, GrantState, RelationCause
from stafett_identity.directory import facts, store, tables
from stafett_identity.directory.endings import save_grants
from stafett_identity.directory.model import Deputy, Grant, PersonLink, Position

_Days = Mapping[UUID, date | None]


async def restore_with_positions(work: Work, ended: Sequence[Position]) -> None:
    """Undo what `end_with_positions` did to `ended`, which are active again; only what ended on that day with them."""
    if not ended:
        return
    days = {row.position_id: row.deactivated_at for row in ended}
    persons = {row.person_id: row.deactivated_at for row in ended}
    await _restore_grants(work, days)
    await _restore_deputies(work, days, persons)
    await _restore_links(work, persons)


async def _restore_grants(work: Work, days: _Days) -> None:
    grant = tables.role_grant.c
    rows = await work.all(
        select(tables.role_grant).where(
            store.among(grant.position_id, days),
            or_(grant.valid_to.is_(None), grant.valid_to >= work.today),
            or_(
                grant.state == GrantState.SUSPENDED.value,
                and_(
                    grant.state == GrantState.ENDED.value,
                    grant.ended_cause == GrantEndCause.POSITION_ENDED.value,
                ),
            ),
        )
    )
    await save_grants(
        work,
        [
            replace(row, state=GrantState.ACTIVE.value, ended_cause=None, ended_on=None)
            for row in into_all(Grant, rows)
            if row.state == GrantState.SUSPENDED or row.ended_on == days[row.position_id]
        ],
    )


async def _restore_deputies(work: Work, days: _Days, persons: _Days) -> None:
    deputy = tables.deputy.c
    rows = await work.all(
        select(tables.deputy).where(
            deputy.ended_at.is_not(None),
            deputy.cause == RelationCause.POSITION_ENDED.value,
            or_(deputy.expires_on.is_(None), deputy.expires_on >= work.today),
            or_(store.among(deputy.leader_position_id, days), store.among(deputy.deputy_person_id, persons)),
        )
    )
    found = into_all(Deputy, rows)
    absent = await store.without_active_position(work, {row.deputy_person_id for row in found})
    led_from = await store.active_positions(work, {row.leader_position_id for row in found})
    restored = [
        replace(row, ended_at=None, cause=None, revision=row.revision + 1)
        for row in found
        if row.ended_at is not None
        and oslo_date(row.ended_at) in (days.get(row.leader_position_id), persons.get(row.deputy_person_id))
        and row.deputy_person_id not in absent
        and row.leader_position_id in led_from
    ]
    await store.put_all(work, restored)
    for row in restored:
        work.emit(facts.deputy(identity.DeputyChanged, row))


async def _restore_links(work: Work, persons: _Days) -> None:
    link = tables.person_link.c
    rows = await work.all(
        select(tables.person_link).where(
            store.among(link.holder_person_id, persons),
            link.valid_to.is_not(None),
            link.cause == RelationCause.POSITION_ENDED.value,
        )
    )
    restored = [
        replace(row, valid_to=None, cause=RelationCause.CHOSEN.value, revision=row.revision + 1)
        for row in into_all(PersonLink, rows)
        if row.valid_to == persons[row.holder_person_id]
    ]
    await store.put_all(work, restored)
    for row in restored:
        work.emit(facts.person_link(row))
