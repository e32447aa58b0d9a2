"""Storing what an import changes, and telling of it: person and unit before position, position before leader."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from stafett_chassis.work import Work
from stafett_contracts import identity
from stafett_contracts.event import Event
from stafett_contracts.vocabulary import ReactivationCause
from stafett_identity.directory import endings, facts, restoring, store, tables
from stafett_identity.directory.model import EarlierLeading, Period, Person, Position
from stafett_identity.hr_import.rules.known import Known
from stafett_identity.hr_import.rules.outcome import Kind, Outcome, PersonChange, PositionStep
from stafett_identity.national_ids import NationalIds

_AT_A_TIME = 500


async def apply(work: Work, outcome: Outcome, known: Known, keys: NationalIds) -> None:
    """Store and tell everything in `outcome`."""
    await _units(work, outcome)
    await _persons(work, outcome.persons.values(), keys)
    await _positions(work, outcome, known)
    await _leaders(work, outcome)
    await _endings(work, outcome)


async def _tell(work: Work, events: Iterable[Event]) -> None:
    for count, event in enumerate(events, 1):
        work.emit(event)
        if count % _AT_A_TIME == 0:
            await asyncio.sleep(0)  # a large import leaves room for others in the process


async def _units(work: Work, outcome: Outcome) -> None:
    if not outcome.units:
        return
    await store.put_all(work, [step.unit for step in outcome.units])
    await store.refresh_above(work)
    kinds: dict[Kind, type[identity.OrgUnitData]] = {
        Kind.CREATED: identity.OrgUnitCreated,
        Kind.CHANGED: identity.OrgUnitChanged,
        Kind.CLOSED: identity.OrgUnitClosed,
    }
    await _tell(
        work,
        (
            facts.unit(identity.OrgUnitMoved, step.unit, from_parent_id=step.from_parent_id)
            if step.kind is Kind.MOVED
            else facts.unit(kinds[step.kind], step.unit)
            for step in outcome.units
        ),
    )


async def _persons(work: Work, changes: Iterable[PersonChange], keys: NationalIds) -> None:
    saved: list[tuple[Person | None, Person]] = []
    former = []
    for change in changes:
        person = change.after
        if change.national_id is not None:
            person = replace(person, national_id=keys.encrypt(change.national_id))
            if change.former_hash is not None and change.before is not None:
                former.append(
                    {
                        "national_id_hash": change.former_hash,
                        "national_id": change.before.national_id,
                        "person_id": person.person_id,
                    }
                )
        saved.append((change.before, person))
    await store.put_all(work, [person for _, person in saved])
    if former:
        await work.run(insert(tables.former_national_id).values(former).on_conflict_do_nothing())
    await _tell(work, _of_persons(saved))


def _of_persons(saved: Iterable[tuple[Person | None, Person]]) -> Iterable[Event]:
    for before, person in saved:
        known = before.revision if before else 0
        if person.revision > known:
            yield facts.person(identity.PersonChanged if known else identity.PersonRegistered, person)
        if person.contact_revision > (before.contact_revision if before else 0):
            yield facts.contact(person)


async def _positions(work: Work, outcome: Outcome, known: Known) -> None:
    saved = [
        change.after
        for change in outcome.positions
        if change.after is not None and change.after != change.before
    ]
    forgotten = [
        change.before.position_id
        for change in outcome.positions
        if change.after is None and change.before is not None
    ]
    await store.put_all(work, saved)
    await work.run(delete(tables.position).where(store.among(tables.position.c.position_id, forgotten)))
    await _periods(work, outcome, known, forgotten)
    # What continues comes first, so that whoever hears of an end knows the successor.
    begun = (Kind.CREATED, Kind.CHANGED)
    for early in (True, False):
        await _tell(
            work,
            (
                _of_position(step, change.periods)
                for change in outcome.positions
                for step in change.steps
                if (step.kind in begun) is early
            ),
        )


async def _periods(work: Work, outcome: Outcome, known: Known, forgotten: list[UUID]) -> None:
    changed = [
        change
        for change in outcome.positions
        if change.after is not None
        and _sorted(change.periods) != _sorted(known.periods.get(change.after.position_id, ()))
    ]
    ids = [change.after.position_id for change in changed if change.after] + forgotten
    await work.run(
        delete(tables.employment_period).where(store.among(tables.employment_period.c.position_id, ids))
    )
    await store.put_all(work, [period for change in changed for period in change.periods])


def _sorted(periods: Iterable[Period]) -> list[Period]:
    return sorted(periods, key=lambda period: period.employment_id)


def _of_position(step: PositionStep, periods: Iterable[Period]) -> Event:
    row = step.position
    match step.kind:
        case Kind.CREATED:
            return facts.position(identity.PositionCreated, row, periods)
        case Kind.CHANGED:
            return facts.position(identity.PositionChanged, row, periods, fields_changed=step.fields_changed)
        case Kind.DEACTIVATED:
            return facts.deactivated(row, periods)
        case _:
            return facts.position(
                identity.PositionReactivated,
                row,
                periods,
                cause=step.cause,
                deactivated_at=row.deactivated_at,
            )


async def _leaders(work: Work, outcome: Outcome) -> None:
    await store.put_all(work, [change.closed for change in outcome.leaders if change.closed is not None])
    await store.put_all(work, [change.after for change in outcome.leaders])
    told = [change for change in outcome.leaders if change.told]
    earlier = await _earlier(work, [change.after.employee_position_id for change in told])
    await _tell(
        work,
        (
            facts.leader(change.after, earlier.get(change.after.employee_position_id, ()), change.before)
            for change in told
        ),
    )


async def _earlier(work: Work, position_ids: list[UUID]) -> Mapping[UUID, list[EarlierLeading]]:
    found: dict[UUID, list[EarlierLeading]] = {}
    link = tables.earlier_leader.c
    for row in await work.all(
        select(tables.earlier_leader)
        .where(store.among(link.employee_position_id, position_ids))
        .order_by(link.valid_from, link.link_id)
    ):
        found.setdefault(row["employee_position_id"], []).append(EarlierLeading(**row))
    return found


async def _endings(work: Work, outcome: Outcome) -> None:
    """What ended with positions (IDN-114), and what comes back with those that never ended in fact (IDN-101)."""
    ended = [
        step.position
        for change in outcome.positions
        for step in change.steps
        if step.kind is Kind.DEACTIVATED
    ]
    after = {change.after.position_id: change.after for change in outcome.positions if change.after}
    successors: dict[UUID, Position] = {
        row.position_id: after[row.successor_id] for row in ended if row.successor_id in after
    }
    await endings.end_with_positions(work, ended, successors=successors)
    restored = [
        change.before
        for change in outcome.positions
        if change.before is not None
        and any(step.cause is ReactivationCause.RESTORED_BY_IMPORT for step in change.steps)
    ]
    await restoring.restore_with_positions(work, restored)
