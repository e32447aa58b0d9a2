"""What ends with a position (IDN-114): deputies, role grants, sessions acting from it, and mentoring by who has left.

Leader links are the business of whoever ends the position: who leads next depends on why it ended.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from stafett_chassis.sql import into_all
from stafett_chassis.work import Work
from stafett_contracts import identity
from stafett_contracts.event import Event
from stafett_contracts.vocabulary import (
    DeactivationCause,
    GrantEndCause,
    GrantState,
    RelationCause,
)
from stafett_identity.directory import facts, store, tables
from stafett_identity.directory.model import Deputy, Grant, GrantUnit, PersonLink, Position
from stafett_identity.sessions import endings as sessions


async def end_with_positions(
    work: Work, ended: Sequence[Position], *, successors: Mapping[UUID, Position] | None = None
) -> None:
    """End what hangs on deactivated positions; the persons keep their other positions.

    `successors` are the positions that continue some of them, by the id of the ended one: deputies move along
    (IDN-151), role grants do not (IDN-183).
    """
    if not ended:
        return
    ids = [row.position_id for row in ended]
    await _end_grants(work, ended)
    await _end_deputies(work, ended, successors or {})
    await _end_mentoring(work, {row.person_id for row in ended})
    await sessions.end_sessions_acting_from(work, ids)


async def _end_grants(work: Work, ended: Sequence[Position]) -> None:
    causes = {row.position_id: row.deactivated_cause for row in ended}
    rows = await work.all(
        select(tables.role_grant).where(
            store.among(tables.role_grant.c.position_id, causes),
            tables.role_grant.c.state != GrantState.ENDED.value,
        )
    )
    grants = []
    for grant in into_all(Grant, rows):
        # By hand it may be a mistake that the next import mends: the grant waits for it (IDN-196).
        if causes[grant.position_id] == DeactivationCause.MANUAL:
            if grant.state == GrantState.SUSPENDED:
                continue
            grants.append(replace(grant, state=GrantState.SUSPENDED.value))
        else:
            grants.append(
                replace(
                    grant,
                    state=GrantState.ENDED.value,
                    ended_cause=GrantEndCause.POSITION_ENDED.value,
                    ended_on=work.today,
                )
            )
    await save_grants(work, grants)


async def save_grants(work: Work, changed: Sequence[Grant], *, new: bool = False) -> list[Grant]:
    """Save grants under their next revision (`new`: as they are) and tell of them; the grants as saved."""
    saved = [
        grant if new else replace(grant, updated_at=work.at, revision=grant.revision + 1) for grant in changed
    ]
    await store.put_all(work, saved)
    units = await store.grant_units(work, [grant.grant_id for grant in saved])
    names = await store.names(work, {grant.person_id for grant in saved})
    for grant in saved:
        work.emit(grant_event(grant, names[grant.person_id], units.get(grant.grant_id, ()), new=new))
    return saved


def grant_event(grant: Grant, name: str, units: Iterable[GrantUnit], *, new: bool = False) -> Event:
    """The event that tells of a grant as it is."""
    if new:
        return facts.grant(identity.RoleGranted, grant, name, units)
    if grant.state == GrantState.ENDED:
        return facts.grant(identity.RoleEnded, grant, name, units, cause=grant.ended_cause)
    if grant.state == GrantState.SUSPENDED:
        return facts.grant(identity.RoleSuspended, grant, name, units)
    return facts.grant(identity.RoleChanged, grant, name, units)


async def _end_deputies(work: Work, ended: Sequence[Position], successors: Mapping[UUID, Position]) -> None:
    """Of a leader who left; and of a deputy who has no active position any more (IDN-151)."""
    leaders = {row.position_id for row in ended}
    left = await store.without_active_position(work, {row.person_id for row in ended})
    found = tables.deputy.c
    rows = await work.all(
        select(tables.deputy).where(
            found.ended_at.is_(None),
            store.among(found.leader_position_id, leaders) | store.among(found.deputy_person_id, left),
        )
    )
    changed: list[Deputy] = []
    for row in into_all(Deputy, rows):
        successor = successors.get(row.leader_position_id)
        if successor is not None and row.deputy_person_id not in left:
            moved = replace(row, leader_position_id=successor.position_id, cause=RelationCause.MOVED.value)
        else:
            moved = replace(row, ended_at=work.at, cause=RelationCause.POSITION_ENDED.value)
        changed.append(replace(moved, revision=row.revision + 1))
    await store.put_all(work, changed)
    for deputy in changed:
        work.emit(facts.deputy(identity.DeputyEnded if deputy.ended_at else identity.DeputyChanged, deputy))


async def _end_mentoring(work: Work, persons: Collection[UUID]) -> None:
    """A mentor or supervisor without an active position is one no longer (IDN-134)."""
    left = await store.without_active_position(work, persons)
    link = tables.person_link.c
    rows = await work.all(
        select(tables.person_link).where(link.valid_to.is_(None), store.among(link.holder_person_id, left))
    )
    closed = [
        replace(
            row,
            valid_to=work.today,
            cause=RelationCause.POSITION_ENDED.value,
            revision=row.revision + 1,
        )
        for row in into_all(PersonLink, rows)
    ]
    await store.put_all(work, closed)
    for row in closed:
        work.emit(facts.person_link(row))
