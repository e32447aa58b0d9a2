"""Telling how much waits for whom, in the transaction that changed it and every night anew (SGN-148)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from stafett_chassis.schedules import Run
from stafett_chassis.work import Work
from stafett_contracts.ids import PersonId
from stafett_contracts.signing import CountsChanged, ListCount
from stafett_contracts.vocabulary import SigningList
from stafett_signing.counts import store

PORTION = 500


def changed(work: Work, *persons: UUID | None) -> None:
    """What waits for these persons may have changed in this unit of work."""
    work.gather(recount, *((person, None) for person in persons if person is not None))


def handled(work: Work, person: UUID, where: SigningList) -> None:
    """The person handled something in a list, for the first time or again (SGN-147)."""
    work.gather(recount, (person, where))


async def recount(work: Work, subjects: set[Any]) -> None:
    """Count anew for the persons among `subjects`, pairs of person and list handled or none, and tell what differs."""
    handled_by: dict[UUID, set[str]] = {}
    for person, where in subjects:
        handled_by.setdefault(person, set()).update({where.value} if where else ())
    await _count(work, handled_by, always=False)


async def republish(run: Run) -> None:
    """Tell every count anew, so that a lost event cannot leave a wrong number (SGN-148)."""
    last: UUID | None = None
    while True:
        async with run.begin() as work:
            persons = await store.counted_after(work, last, PORTION)
            await _count(work, {person: set() for person in persons}, always=True)
        if len(persons) < PORTION:
            return
        last = persons[-1]


async def _count(work: Work, handled_by: dict[UUID, set[str]], *, always: bool) -> None:
    # Counted after the locks: whoever changed the same counts before has committed, and is seen.
    counters = await store.lock(work, handled_by)
    waiting = await store.waiting(work, handled_by)
    rows = []
    for kept in counters:
        person = kept["person_id"]
        numbers = {name.value: waiting.get(person, {}).get(name.value, 0) for name in SigningList}
        lists = sorted({*kept["handled"], *handled_by[person]})
        same = lists == kept["handled"] and all(kept[name] == number for name, number in numbers.items())
        if same and not always:
            continue
        version = kept["version"] + 1
        had = sorted({*kept["had"], *lists, *(name for name, number in numbers.items() if number)})
        rows.append({"of": person, "version": version, "had": had, "handled": lists, **numbers})
        work.emit(_told(person, version, numbers, lists))
    await store.store(work, rows)


def _told(person: UUID, version: int, numbers: dict[str, int], handled: Iterable[str]) -> CountsChanged:
    return CountsChanged(
        revision=version,
        person_id=PersonId(person),
        lists=tuple(
            ListCount(list=name, waiting=numbers[name.value], has_handled=name.value in handled)
            for name in SigningList
        ),
    )
