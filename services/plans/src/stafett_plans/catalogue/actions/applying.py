"""Carrying out what a dry run said, in one transaction."""

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from stafett_chassis.work import Work
from stafett_contracts.ids import ExternalKey, GoalKey, new_id
from stafett_contracts.vocabulary import RequirementKind, RequirementState
from stafett_plans.catalogue.actions import log
from stafett_plans.catalogue.actions.applying_goals import ApplyingGoals
from stafett_plans.catalogue.actions.publishing import store_versions, tell_published
from stafett_plans.catalogue.rules.content import Content
from stafett_plans.catalogue.rules.difference import ActivityChange, Difference, Status
from stafett_plans.catalogue.rules.file import Catalogue, FileActivity
from stafett_plans.catalogue.rules.forms import WITH_FILE
from stafett_plans.catalogue.rules.known import Known
from stafett_plans.catalogue.store import (
    goal_activity,
    requirement,
    template,
    theme,
)
from stafett_plans.catalogue.store.requirements import next_numbers, several
from stafett_plans.definitions.actions.imported import reach_plans


def _values(names: str) -> dict[str, Any]:
    return {name: bindparam(name) for name in names.split()}


_ADD_REQUIREMENT = insert(requirement).values(
    _values("requirement_id number kind level external_key state created_at revision")
)
_link = upsert(goal_activity).values(_values("template_id goal_key requirement_id place"))
_LINK = _link.on_conflict_do_update(
    index_elements=["template_id", "goal_key", "requirement_id"], set_={"place": _link.excluded.place}
)


class Applying:
    """One import being applied; its parts share what has been made so far."""

    def __init__(self, work: Work, catalogue: Catalogue, known: Known, difference: Difference) -> None:
        self.work = work
        self.catalogue = catalogue
        self.known = known
        self.difference = difference
        self.template_id = known.template.template_id if known.template else new_id()
        self.requirements: dict[ExternalKey, UUID] = {
            key: activity.requirement_id for key, activity in known.activities.items()
        }
        self._places = _places(catalogue, known)

    async def apply(self) -> None:
        """Store everything, then tell of it."""
        await self._store_template()
        themes = await self._store_themes()
        goals = ApplyingGoals(self.work, self.catalogue, self.known, self.difference.goals, self.template_id)
        await goals.store(themes)
        published = await self._store_activities()
        await self._link_activities()
        reached = await reach_plans(
            self.work,
            self.template_id,
            new_goals=[
                each.key for each in goals.changed if each.before is None or each.before.theme is None
            ],
            links=[
                (key, self.requirements[each.key], self._places[key][each.key])
                for each in self.difference.activities
                for key in each.new_under
            ],
            published=published,
            changed_goals=[each.key for each in goals.changed if each.before is not None],
        )
        await goals.tell()
        await tell_published(self.work, published)
        await reached.tell(self.work)

    async def _store_template(self) -> None:
        said = self.catalogue.template
        assert said is not None
        if self.difference.template is Status.NEW:
            await self.work.run(
                insert(template).values(
                    template_id=self.template_id,
                    code=said.code,
                    name=said.name,
                    plan_type=said.plan_type.value,
                    track=said.track.value,
                    specialty=said.specialty,
                    revision=1,
                )
            )
        else:
            await self.work.run(
                update(template)
                .where(template.c.template_id == self.template_id)
                .values(name=said.name, revision=template.c.revision + 1)
            )
        changes = self.difference.template_changes
        await log.note(self.work, "template", self.template_id, "imported", changes)

    async def _store_themes(self) -> dict[str, UUID]:
        known = self.known.template.themes if self.known.template else {}
        ids = {code: each.theme_id for code, each in known.items()}
        for each in self.difference.themes:
            values = {"name": each.theme.name, "place": each.place}
            if each.status is Status.NEW:
                ids[each.theme.code] = new_id()
                await self.work.run(
                    insert(theme).values(
                        theme_id=ids[each.theme.code],
                        template_id=self.template_id,
                        code=each.theme.code,
                        **values,
                    )
                )
            elif each.status is Status.CHANGED:
                await self.work.run(
                    update(theme).where(theme.c.theme_id == ids[each.theme.code]).values(**values)
                )
        return ids

    async def _store_activities(self) -> list[Any]:
        changed = [
            each
            for each in self.difference.activities
            if each.activity and (each.status is Status.NEW or each.changes)
        ]
        new = [each for each in changed if each.status is Status.NEW]
        numbers = await next_numbers(self.work, len(new)) if new else []
        self.requirements.update({each.key: new_id() for each in new})
        await self.work.run_many(
            _ADD_REQUIREMENT,
            [self._requirement_row(each, number) for each, number in zip(new, numbers, strict=True)],
        )
        said = {self.requirements[each.key]: each.activity for each in changed if each.activity is not None}
        rows = await several(self.work, list(said)) if said else []
        return await store_versions(
            self.work, [(row, self._content(said[row["requirement_id"]])) for row in rows]
        )

    def _requirement_row(self, change: ActivityChange, number: str) -> dict[str, Any]:
        assert change.activity is not None
        return {
            "requirement_id": self.requirements[change.key],
            "number": number,
            "kind": RequirementKind.ACTIVITY.value,
            "level": change.activity.level.value,
            "external_key": change.key,
            "state": RequirementState.UNPUBLISHED.value,
            "created_at": self.work.at,
            "revision": 1,
        }

    def _content(self, said: FileActivity) -> Content:
        [category_id] = self.known.categories[said.category]
        return Content(
            name=said.name,
            learning_form=said.learning_form,
            documentation_form=said.documentation_form,
            description=said.description,
            category_id=category_id,
            requires_signing=said.requires_signing,
            repetitions=said.repetitions,
            allow_attachments=said.documentation_form in WITH_FILE,
        )

    async def _link_activities(self) -> None:
        await self.work.run_many(
            _LINK,
            [
                {
                    "template_id": self.template_id,
                    "goal_key": goal_key,
                    "requirement_id": self.requirements[key],
                    "place": place,
                }
                for goal_key, under in self._places.items()
                for key, place in under.items()
            ],
        )


def _places(catalogue: Catalogue, known: Known) -> dict[GoalKey, dict[ExternalKey, int]]:
    """The place of every activity under each goal of the file: the file's order, then those it lacks."""
    places = {}
    for each in catalogue.goals:
        before = known.goals.get(each.key)
        listed = [activity.key for activity in each.activities]
        rest = [key for key in (before.activities if before else ()) if key not in listed]
        places[each.key] = {key: place for place, key in enumerate([*listed, *rest], 1)}
    return places
