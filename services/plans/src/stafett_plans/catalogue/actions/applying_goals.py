"""Carrying out what a dry run said about goals: their texts and dates, where they lie, and what they replace."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from stafett_chassis.clock import oslo_midnight
from stafett_chassis.work import Work
from stafett_contracts.ids import GoalKey
from stafett_contracts.plans import (
    GoalAdded,
    GoalChanged,
    GoalName,
    GoalReplaced,
    GoalTemplate,
    GoalWithdrawn,
)
from stafett_contracts.vocabulary import Demand
from stafett_plans.catalogue.actions import log
from stafett_plans.catalogue.rules.checking import goal_type
from stafett_plans.catalogue.rules.difference import GoalChange
from stafett_plans.catalogue.rules.file import Catalogue
from stafett_plans.catalogue.rules.known import Known
from stafett_plans.catalogue.store import (
    goal,
    goal_replacement,
    goal_text,
    template_goal,
)
from stafett_plans.catalogue.store.templates import goals_told
from stafett_plans.definitions.store import local_goal, plan


def _values(names: str) -> dict[str, Any]:
    return {name: bindparam(name) for name in names.split()}


_ADD_GOAL = insert(goal).values(
    _values(
        "goal_key goal_number type text catalogue_version carried_out_in effective_from withdrawn_from revision"
    )
)
_CHANGE_GOAL = (
    update(goal)
    .where(goal.c.goal_key == bindparam("key"))
    .values(
        **_values("text carried_out_in effective_from withdrawn_from catalogue_version"),
        revision=goal.c.revision + 1,
    )
)
_OLD_TEXT = insert(goal_text).values(_values("goal_key until text catalogue_version"))
_place_goal = upsert(template_goal).values(_values("template_id goal_key theme_id place"))
_PLACE_GOAL = _place_goal.on_conflict_do_update(
    index_elements=["template_id", "goal_key"],
    set_={"theme_id": _place_goal.excluded.theme_id, "place": _place_goal.excluded.place},
)
_replace = upsert(goal_replacement).values(_values("goal_key old_goal_key demand"))
_REPLACE = _replace.on_conflict_do_update(
    index_elements=["goal_key", "old_goal_key"], set_={"demand": _replace.excluded.demand}
)
_STRICTEST = {Demand.LOWER: 0, Demand.SAME: 1, Demand.HIGHER: 2}


class ApplyingGoals:
    """The goals of one import being applied."""

    def __init__(
        self,
        work: Work,
        catalogue: Catalogue,
        known: Known,
        changes: Collection[GoalChange],
        template_id: UUID,
    ) -> None:
        self.work = work
        self.catalogue = catalogue
        self.known = known
        self.template_id = template_id
        self.changed = [each for each in changes if _touches(each)]
        self._newly_replacing: list[GoalKey] = []

    async def store(self, themes: Mapping[str, UUID]) -> None:
        """Store the goals, their places under `themes`, and their replacements."""
        await self._store_goals(self.changed)
        await self._place_goals(themes)
        self._newly_replacing = await self._store_replacements()

    async def tell(self) -> None:
        """Emit the events."""
        await self._tell_goals(self.changed)
        await self._tell_replacements(self._newly_replacing)

    async def _store_goals(self, changed: Collection[GoalChange]) -> None:
        new = [each for each in changed if each.before is None]
        await self.work.run_many(_ADD_GOAL, [self._goal_row(each, version=1) for each in new])
        old = [each for each in changed if each.before is not None]
        texts = await self._texts([each.key for each in old])
        reworded = [each for each in old if "text" in each.changes]
        await self.work.run_many(
            _OLD_TEXT,
            [
                {
                    "goal_key": each.key,
                    "until": self.work.at,
                    "text": each.changes["text"][0],
                    "catalogue_version": str(texts[each.key]),
                }
                for each in reworded
            ],
        )
        # The version of a goal counts its texts, so that sites which import the same files agree (SYN-052).
        await self.work.run_many(
            _CHANGE_GOAL,
            [
                {**self._goal_row(each, version=texts[each.key] + ("text" in each.changes)), "key": each.key}
                for each in old
            ],
        )
        acts = [(each.key, each.changes) for each in changed]
        await log.note_all(self.work, "goal", "imported", acts)

    async def _texts(self, keys: Collection[GoalKey]) -> dict[GoalKey, int]:
        """How many texts each goal has had, the present one included."""
        rows = await self.work.all(
            select(goal_text.c.goal_key, func.count().label("earlier"))
            .where(goal_text.c.goal_key == func.any(list(keys)))
            .group_by(goal_text.c.goal_key)
        )
        return {**dict.fromkeys(keys, 1), **{row["goal_key"]: row["earlier"] + 1 for row in rows}}

    def _goal_row(self, change: GoalChange, *, version: int) -> dict[str, Any]:
        said = change.goal
        assert said is not None
        return {
            "goal_key": said.key,
            "goal_number": change.number,
            "type": goal_type(self.catalogue).value,
            "text": said.text,
            "catalogue_version": str(version),
            "carried_out_in": said.carried_out_in.value,
            "effective_from": said.effective_from,
            "withdrawn_from": said.withdrawn_from,
            "revision": 1,
        }

    async def _place_goals(self, themes: Mapping[str, UUID]) -> None:
        last: dict[str, int] = {}
        for before in self.known.in_template():
            assert before.theme is not None
            last[before.theme] = max(last.get(before.theme, 0), before.place or 0)
        rows = []
        for each in self.catalogue.goals:
            known = self.known.goals.get(each.key)
            place = each.place or (known.place if known else None)
            if place is None:
                place = last.get(each.theme, 0) + 1
            last[each.theme] = max(last.get(each.theme, 0), place)
            rows.append(
                {
                    "template_id": self.template_id,
                    "goal_key": each.key,
                    "theme_id": themes[each.theme],
                    "place": place,
                }
            )
        await self.work.run_many(_PLACE_GOAL, rows)

    async def _store_replacements(self) -> list[GoalKey]:
        """The replacements of the file; the goals that replace something they did not before."""
        rows = [
            {"goal_key": each.key, "old_goal_key": old.key, "demand": old.demand.value}
            for each in self.catalogue.goals
            for old in each.replaces
        ]
        await self.work.run_many(_REPLACE, rows)
        return [
            each.key
            for each in self.catalogue.goals
            if {old.key for old in each.replaces} - set(self.known.replacements.get(each.key, ()))
        ]

    async def _tell_goals(self, changed: Collection[GoalChange]) -> None:
        kinds = {each.key: _event(each) for each in changed}
        for row in await self.work.all(goals_told().where(goal.c.goal_key == func.any(list(kinds)))):
            self.work.emit(
                kinds[row["goal_key"]](
                    revision=row["revision"],
                    goal_number=row["goal_number"],
                    goal_key=row["goal_key"],
                    type=row["type"],
                    text=row["text"],
                    catalogue_version=row["catalogue_version"],
                    templates=tuple(GoalTemplate(**place) for place in row["templates"]),
                    bound_to_template=row["bound_to_template"],
                    effective_from=row["effective_from"],
                    withdrawn_from=row["withdrawn_from"],
                    carried_out_in=row["carried_out_in"],
                )
            )

    async def _tell_replacements(self, keys: Collection[GoalKey]) -> None:
        """PLN-460: where trusts have the old goals, each tells for itself when it has made the new one available."""
        for each in self.catalogue.goals:
            if each.key not in keys:
                continue
            local = (
                select(local_goal.c.local_goal_id)
                .join(plan, plan.c.plan_id == local_goal.c.plan_id)
                .where(
                    local_goal.c.goal_key.in_([old.key for old in each.replaces]), plan.c.hf_id.is_not(None)
                )
            )
            if await self.work.value(local.limit(1)) is not None:
                continue
            count = await self.work.value(
                update(goal)
                .where(goal.c.goal_key == each.key)
                .values(replacements=goal.c.replacements + 1)
                .returning(goal.c.replacements)
            )
            begins = oslo_midnight(each.effective_from) if each.effective_from else self.work.at
            self.work.emit(
                GoalReplaced(
                    revision=count,
                    goal_number=each.number,
                    goal_key=each.key,
                    replaced=tuple(
                        GoalName(goal_number=old.number, goal_key=old.key) for old in each.replaces
                    ),
                    demand=max((old.demand for old in each.replaces), key=_STRICTEST.__getitem__),
                    takes_effect_at=max(begins, self.work.at),
                )
            )


def _event(change: GoalChange) -> type[GoalAdded] | type[GoalChanged] | type[GoalWithdrawn]:
    if change.before is None:
        return GoalAdded
    withdrawn = "withdrawn_from" in change.changes and change.changes["withdrawn_from"][1] is not None
    return GoalWithdrawn if withdrawn else GoalChanged


def _touches(change: GoalChange) -> bool:
    """Whether the goal itself, or where it lies, changes."""
    return change.goal is not None and (
        change.before is None or change.before.theme is None or bool(change.changes)
    )
