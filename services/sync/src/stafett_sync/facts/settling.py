"""Settling: computing anew what holds of a person, and telling the site when it has changed (SYN-080)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from stafett_chassis.work import Cause, Work
from stafett_contracts.event import Event
from stafett_contracts.vocabulary import FactState, FactType, Origin
from stafett_sync.copies import store as copies
from stafett_sync.facts import resolving, store
from stafett_sync.merge.rules.catalogue import Replacements, affected_by
from stafett_sync.metadata import metadata
from stafett_sync.own import Own
from stafett_sync.persons import store as persons
from stafett_sync.persons.peering import standings
from stafett_sync.statements.rules import Statement

# The value last told to the site, with sync's own revision per person and subject.
resolved = Table(
    "resolved",
    metadata,
    Column("person_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("value", JSONB),  # null: removed
    PrimaryKeyConstraint("person_id", "type", "subject"),
)
Subject = tuple[UUID, str, str]
_GOALS = (FactType.GOAL_STATUS.value, FactType.GOAL_DIRECTORATE.value)
_ELEMENTS = (FactType.ACTIVITY.value, FactType.PLAN.value)
"""Sets: the subject of what is told begins with the origin site and a space."""


async def settle(work: Work, subjects: set[Subject]) -> None:
    """Compute the effective values of `subjects` (person, fact type, subject) and tell those that have changed."""
    by_person: dict[UUID, set[tuple[str, str]]] = defaultdict(set)
    for person_id, kind, subject in subjects:
        by_person[person_id].add((kind, subject))
    replacements = await copies.replacements(work)
    for person_id in sorted(by_person):
        await _settle_person(work, person_id, by_person[person_id], replacements)


async def settle_everything(work: Work, person_id: UUID) -> None:
    """Have every value settled that rests, or rested, on what other sites say."""
    trainee = await persons.trainee_of(work, person_id)
    found = {
        (row["type"], row["subject"].partition(" ")[2] if row["type"] in _ELEMENTS else row["subject"])
        for row in await work.raw.fetch("select type, subject from resolved where person_id = $1", person_id)
    }
    if trainee is not None and trainee.hpr is not None:
        found |= {
            (held.statement.type, held.statement.subject) for held in await store.facts_of(work, trainee.hpr)
        }
    work.gather(settle, *((person_id, kind, subject) for kind, subject in found))


async def _settle_person(
    work: Work, person_id: UUID, subjects: Collection[tuple[str, str]], replacements: Replacements
) -> None:
    await persons.lock_person(work, person_id)
    trainee = await persons.trainee_of(work, person_id)
    # While the number is in doubt what has been applied stays as it is.
    if trainee is None or trainee.hpr is None or not trainee.open:
        return
    own = work.owned(Own)
    takes = {peer for peer, standing in (await standings(work, trainee)).items() if standing.takes}
    statements = [
        held.statement
        for held in await store.facts_of(work, trainee.hpr, in_force_only=True)
        if held.statement.state is FactState.PRESENT and held.statement.site in {own.site, *takes}
    ]
    registry = own.identity.registry
    goals = {
        key for kind, subject in subjects if kind in _GOALS for key in affected_by(subject, replacements)
    }
    if goals:
        versions = await copies.known_goals(work, goals)
        numbers = {key: await copies.goal_number(work, key) or key for key in sorted(versions)}
        contributions = resolving.contributions_of(statements, versions)
        for key in sorted(versions):  # one the catalogue does not know waits for it (SYN-053)
            value = resolving.goal_value(key, contributions, replacements)
            foreign = any(one.site != own.site for one in value.contributions)
            await _tell(
                work,
                person_id,
                FactType.GOAL_STATUS.value,
                key,
                foreign,
                resolving.goal_event(person_id, key, numbers[key], value, own.site, registry),
            )
    for kind, subject in sorted(subjects):
        of_subject = [one for one in statements if one.type == kind and one.subject == subject]
        foreign_ones = [one for one in of_subject if one.site != own.site]
        if kind == FactType.PROCEDURE_COUNT.value:
            make = resolving.count_event(person_id, subject, of_subject, own.site)
            await _tell(work, person_id, kind, subject, bool(foreign_ones), make)
        elif kind in _ELEMENTS:
            await _settle_elements(work, person_id, kind, subject, foreign_ones, replacements)


async def _settle_elements(
    work: Work,
    person_id: UUID,
    kind: str,
    subject: str,
    foreign: Sequence[Statement],
    replacements: Replacements,
) -> None:
    """Sets: each element is one origin's, and the value is those that are present (SYN-105)."""
    told = await work.raw.fetch(
        "select subject from resolved where person_id = $1 and type = $2 and value is not null"
        " and substr(subject, strpos(subject, ' ') + 1) = $3",
        person_id,
        kind,
        subject,
    )
    present = {f"{one.site} {one.subject}": one for one in foreign}
    assigned = await copies.assignments_of(work, person_id) if kind == FactType.PLAN.value else []
    here = {one.template_code for one in assigned if one.state == "active"}
    for element in sorted({*present, *(row["subject"] for row in told)}):
        statement = present.get(element)
        if kind == FactType.PLAN.value:
            make = resolving.plan_event(person_id, element, statement, here)
        else:
            known = await copies.known_goals(
                work,
                {
                    key
                    for goal in (statement.body.get("goal_keys", ()) if statement else ())
                    for key in affected_by(goal, replacements)
                },
            )
            make = resolving.activity_event(person_id, element, statement, known)
        await _tell(work, person_id, kind, element, statement is not None, make)


Make = Callable[[int], Event]


async def _tell(work: Work, person_id: UUID, kind: str, subject: str, foreign: bool, make: Make) -> None:
    """Tell the value unless it is the one last told; what rests on this site alone, and always has, is no news."""
    row = await work.raw.fetchrow(
        "select revision, value from resolved where person_id = $1 and type = $2 and subject = $3",
        person_id,
        kind,
        subject,
    )
    if not foreign and (row is None or row["value"] is None):
        return
    event = make(row["revision"] + 1 if row else 1)
    value: Mapping[str, Any] = event.model_dump(mode="json", exclude={"revision"})
    if row is not None and row["value"] == value:
        return
    await work.raw.execute(
        """
        insert into resolved (person_id, type, subject, revision, value) values ($1, $2, $3, $4, $5)
        on conflict (person_id, type, subject) do update set revision = $4, value = $5
        """,
        person_id,
        kind,
        subject,
        event.revision,
        value if foreign else None,
    )
    # Nobody is alerted of what another site did (SYN-138).
    work.part(Cause(origin=Origin.SYNC)).emit(event)
