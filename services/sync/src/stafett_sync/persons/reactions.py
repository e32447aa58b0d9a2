"""What identity tells of persons, numbers, checks and positions."""

from uuid import UUID

from sqlalchemy import select, update

from stafett_chassis.directory.tables import person
from stafett_chassis.reactions import Later, Reactions
from stafett_chassis.work import Work
from stafett_contracts import identity
from stafett_sync.persons import actions, store
from stafett_sync.persons.store import trainee
from stafett_sync.statements.rules import normal_hpr

reactions = Reactions()


@reactions.on(identity.PersonRegistered, identity.PersonChanged, identity.PersonMerged)
async def note_number(work: Work, event: identity.PersonData) -> None:
    """A number came or changed."""
    await _note(work, event.person_id)


@reactions.on(identity.PersonErased)
async def note_erasure(work: Work, event: identity.PersonErased) -> None:
    """A number went."""
    await _note(work, event.person_id)


async def _note(work: Work, person_id: UUID) -> None:
    """Whoever has, or had, the same number is concerned too (SYN-006, SYN-009).

    The number is read from the directory copy, which has already kept the newest revision.
    """
    copied = await work.maybe(select(person.c.hpr_number).where(person.c.person_id == person_id))
    now = normal_hpr(copied["hpr_number"]) if copied else None
    before = await store.set_number(work, person_id, now)
    concerned = {person_id}
    for number in {before, now} - {None}:
        assert number is not None
        concerned.update(await store.persons_with(work, number))
    work.gather(actions.refresh, *concerned)


@reactions.on(
    identity.PositionCreated,
    identity.PositionChanged,
    identity.PositionMoved,
    identity.PositionDeactivated,
    identity.PositionReactivated,
)
async def note_position(work: Work, event: identity.PositionData) -> None:
    """Presence may begin or end (SYN-025)."""
    work.gather(actions.refresh, event.person_id)


@reactions.on(identity.PersonChecksChanged)
async def note_checks(work: Work, event: identity.PersonChecksChanged) -> None:
    """Other person checks for a trainee (SYN-010)."""
    await store.lock_person(work, event.person_id)
    await actions.refresh(work, {event.person_id})
    known = await store.trainee_of(work, event.person_id)
    if known is None:
        raise Later("the checks are of somebody who is no trainee here yet")
    if known.checks_revision >= event.revision:
        return
    await work.run(
        update(trainee)
        .where(trainee.c.person_id == event.person_id)
        .values(checks=sorted(event.checks), checks_revision=event.revision)
    )
    work.gather(actions.refresh, event.person_id)
