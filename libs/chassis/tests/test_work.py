"""The unit of work: what is gathered for its end, and the time of the event that caused it."""

from collections.abc import Hashable
from datetime import UTC, datetime
from typing import Any

from stafett_chassis.work import Cause, Work
from stafett_contracts.identity import ImportRefused
from stafett_contracts.ids import RunId, new_id
from stafett_contracts.vocabulary import ImportState
from stafett_testing.service import ServiceUnderTest


def told(reason: str) -> ImportRefused:
    return ImportRefused(revision=1, run_id=RunId(new_id()), state=ImportState.REFUSED, reason=reason)


async def test_a_gathered_step_runs_once_at_the_end_with_all_its_subjects(sample: ServiceUnderTest) -> None:
    async def tell_sum(work: Work, numbers: set[Any]) -> None:
        work.emit(told(f"sum {sum(numbers)}"))

    async with sample.runtime.units.begin() as work:
        work.gather(tell_sum, 1, 2)
        work.emit(told("first"))
        work.part(Cause()).gather(tell_sum, 2, 3)
    assert [event.reason for event in await sample.told(ImportRefused)] == ["first", "sum 6"]


async def test_what_is_gathered_last_comes_behind_everything_else_that_is_gathered(
    sample: ServiceUnderTest,
) -> None:
    async def late(work: Work, subjects: set[Any]) -> None:
        work.emit(told(f"last {sorted(subjects)}"))

    async def early(work: Work, subjects: set[Any]) -> None:
        work.emit(told("early"))
        work.gather_last(late, 2)

    async with sample.runtime.units.begin() as work:
        work.gather(early, "it")
        work.part(Cause()).gather_last(late, 1)
    assert [event.reason for event in await sample.told(ImportRefused)] == ["early", "last [1, 2]"]


async def test_a_gathered_step_that_fails_undoes_the_whole_unit(sample: ServiceUnderTest) -> None:
    async def fail(work: Work, subjects: set[Hashable]) -> None:
        raise ValueError("not today")

    try:
        async with sample.runtime.units.begin() as work:
            work.emit(told("first"))
            work.gather(fail, "it")
    except ValueError:
        pass
    assert await sample.told() == []


async def test_a_reaction_knows_when_the_fact_it_hears_of_became_true(sample: ServiceUnderTest) -> None:
    heard: list[datetime | None] = []

    @sample.runtime.service.reactions.on(ImportRefused)
    async def listen(work: Work, event: ImportRefused) -> None:
        heard.append(work.cause.told_at)

    try:
        then = datetime(2026, 3, 1, 12, tzinfo=UTC)
        await sample.deliver(told("x"), at=then)
    finally:
        del sample.runtime.service.reactions._handlers[ImportRefused.TYPE]
    assert heard == [then]
