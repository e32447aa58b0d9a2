"""The boundary between definitions and people's progress, inside one transaction.

Definitions know nothing of assignments. The other half registers here what it wants to be told, and answers what
definitions must know; each call runs in the unit of work that makes the change.

    @hooks.items_activated.listen
    async def give_items(work: Work, plan_id: PlanId, items: Sequence[hooks.Item]) -> None: ...

    @hooks.begun_goals.answer
    async def begun(work: Connection, goals: Collection[GoalKey]) -> frozenset[GoalKey]: ...
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Concatenate, Generic, ParamSpec, TypeVar
from uuid import UUID

from stafett_chassis.sql import Connection
from stafett_chassis.work import Work
from stafett_contracts.ids import GoalKey, PlanId, PlanItemId, RequirementId

P = ParamSpec("P")
T = TypeVar("T")
Listener = Callable[Concatenate[Work, P], Awaitable[None]]
Answerer = Callable[Concatenate[Connection, P], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class Item:
    """A requirement in a section, or an activity under a goal."""

    item_id: PlanItemId
    requirement_id: RequirementId
    section_id: UUID | None
    local_goal_id: UUID | None
    goal_key: GoalKey | None


@dataclass(frozen=True, slots=True)
class Published:
    """A requirement published anew: which fields differ from the version before (all of them for the first)."""

    requirement_id: RequirementId
    version: int
    changed_fields: tuple[str, ...]
    active_plan_ids: tuple[PlanId, ...]


class Told(Generic[P]):
    """A fact that listeners are told of, in the order they were registered."""

    def __init__(self) -> None:
        self._listeners: list[Listener[P]] = []

    def listen(self, listener: Listener[P]) -> Listener[P]:
        """Register `listener` once."""
        if listener not in self._listeners:
            self._listeners.append(listener)
        return listener

    async def __call__(self, work: Work, *args: P.args, **kwargs: P.kwargs) -> None:
        """Tell every listener."""
        for listener in self._listeners:
            await listener(work, *args, **kwargs)


class Asked(Generic[P, T]):
    """A question with one answerer, and `default` as long as there is none."""

    def __init__(self, default: T) -> None:
        self._default = default
        self._answerer: Answerer[P, T] | None = None

    def answer(self, answerer: Answerer[P, T]) -> Answerer[P, T]:
        """Register who answers."""
        self._answerer = answerer
        return answerer

    async def __call__(self, connection: Connection, *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer."""
        return await self._answerer(connection, *args, **kwargs) if self._answerer else self._default


begun_goals: Asked[[Collection[GoalKey]], frozenset[GoalKey]] = Asked(frozenset())
"""Which of the goals somebody has begun (PLN-492)."""
begun_requirements: Asked[[Collection[RequirementId]], frozenset[RequirementId]] = Asked(frozenset())
"""Which of the requirements somebody has begun (PLN-100)."""
assigned_plans: Asked[[Collection[PlanId]], frozenset[PlanId]] = Asked(frozenset())
"""Which of the plans have been assigned to somebody (PLN-299)."""

items_activated: Told[[PlanId, Sequence[Item]]] = Told()
"""Items became active in a plan."""
requirements_published: Told[[Sequence[Published]]] = Told()
"""Requirements were published: content changed in all plans that have them active."""
completion_changed: Told[[PlanId]] = Told()
"""A plan's completion type changed (PLN-247)."""
goals_changed: Told[[Collection[GoalKey]]] = Told()
"""Texts, dates or the place of carrying out of goals changed."""
goals_available: Told[[PlanId, Collection[GoalKey]]] = Told()
"""Goals came into a plan for those who have it."""
