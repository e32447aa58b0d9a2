"""What applying a catalogue file would change (PLN-489, PLN-493 to PLN-497)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from stafett_contracts.ids import ExternalKey, GoalKey, GoalNumber
from stafett_plans.catalogue.rules.file import Catalogue, FileActivity, FileGoal, FileTheme
from stafett_plans.catalogue.rules.known import Known, KnownActivity, KnownGoal

Changes = Mapping[str, tuple[Any, Any]]
"""Before and after, by field."""


class Status(StrEnum):
    """What becomes of something."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class GoalChange:
    """What becomes of a goal; `goal` is none when the file lacks it."""

    number: GoalNumber
    key: GoalKey
    status: Status
    changes: Changes
    goal: FileGoal | None
    before: KnownGoal | None


@dataclass(frozen=True, slots=True)
class ActivityChange:
    """What becomes of an activity, and the goals it comes newly under."""

    key: ExternalKey
    status: Status
    changes: Changes
    new_under: Sequence[GoalKey]
    activity: FileActivity | None
    before: KnownActivity | None


@dataclass(frozen=True, slots=True)
class ThemeChange:
    """What becomes of a theme, with the place it gets."""

    theme: FileTheme
    place: int
    status: Status
    changes: Changes


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything one file would do."""

    template: Status
    template_changes: Changes
    themes: Sequence[ThemeChange]
    goals: Sequence[GoalChange]
    activities: Sequence[ActivityChange]

    def changes_nothing(self) -> bool:
        """Whether applying the file would leave everything as it is."""
        idle = {Status.UNCHANGED, Status.MISSING}
        parts = [self.template, *(theme.status for theme in self.themes)]
        parts += [goal.status for goal in self.goals]
        parts += [activity.status for activity in self.activities]
        return set(parts) <= idle and not any(activity.new_under for activity in self.activities)

    def counts(self) -> dict[str, dict[str, int]]:
        """How many goals and activities have each status."""
        tallies = {
            "goals": Counter(goal.status for goal in self.goals),
            "activities": Counter(activity.status for activity in self.activities),
        }
        return {
            name: {status.value: tally[status] for status in Status if tally[status]}
            for name, tally in tallies.items()
        }


def difference(catalogue: Catalogue, known: Known) -> Difference:
    """Compare a file without errors with the catalogue."""
    template = catalogue.template
    assert template is not None, "a file without errors names its template"
    before = known.template
    named = changed_fields({"name": before.name}, {"name": template.name}) if before else {}
    goals = _goals(catalogue, known)
    return Difference(
        Status.NEW if before is None else Status.CHANGED if named else Status.UNCHANGED,
        named,
        _themes(catalogue, known),
        goals,
        _activities(catalogue, known),
    )


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields whose values differ."""
    return {name: (before[name], value) for name, value in after.items() if before[name] != value}


def _themes(catalogue: Catalogue, known: Known) -> list[ThemeChange]:
    themes = known.template.themes if known.template else {}
    last = max((theme.place for theme in themes.values()), default=0)
    changes = []
    for theme in catalogue.themes:
        before = themes.get(theme.code)
        last += before is None
        place = theme.place or (before.place if before else last)
        if before is None:
            changes.append(ThemeChange(theme, place, Status.NEW, {}))
            continue
        said = changed_fields(
            {"name": before.name, "order": before.place}, {"name": theme.name, "order": place}
        )
        changes.append(ThemeChange(theme, place, Status.CHANGED if said else Status.UNCHANGED, said))
    return changes


def _goals(catalogue: Catalogue, known: Known) -> list[GoalChange]:
    taken_over = {
        old.key
        for goal in catalogue.goals
        for old in goal.replaces
        if goal.key not in known.goals or old.key not in known.goals[goal.key].replaces
    }
    changes = [_goal(goal, known.goals.get(goal.key), goal.key in taken_over) for goal in catalogue.goals]
    rows = {goal.key for goal in catalogue.goals}
    for before in known.goals.values():
        if before.key in rows:
            continue
        if before.key in taken_over:
            changes.append(GoalChange(before.number, before.key, Status.REPLACED, {}, None, before))
        elif before.theme is not None:
            changes.append(GoalChange(before.number, before.key, Status.MISSING, {}, None, before))
    return changes


def _goal(goal: FileGoal, before: KnownGoal | None, taken_over: bool) -> GoalChange:
    if before is None:
        status = Status.REPLACED if taken_over else Status.NEW
        return GoalChange(goal.number, goal.key, status, {}, goal, None)
    # Replacements are never undone by a file that does not mention them (PLN-495).
    demands = {**before.replaces, **{old.key: old.demand for old in goal.replaces}}
    listed = [activity.key for activity in goal.activities]
    order = [key for key in before.activities if key in listed]
    said = changed_fields(
        {
            "text": before.text,
            "theme": before.theme,
            "order": before.place,
            "carried_out_in": before.carried_out_in,
            "effective_from": before.effective_from,
            "withdrawn_from": before.withdrawn_from,
            "replaces": dict(before.replaces),
            "activity_order": order,
        },
        {
            "text": goal.text,
            "theme": goal.theme,
            "order": goal.place or before.place,
            "carried_out_in": goal.carried_out_in,
            "effective_from": goal.effective_from,
            "withdrawn_from": goal.withdrawn_from,
            "replaces": demands,
            "activity_order": [key for key in listed if key in before.activities],
        },
    )
    withdrawn = "withdrawn_from" in said and goal.withdrawn_from is not None
    status = (
        Status.REPLACED
        if taken_over
        else Status.WITHDRAWN
        if withdrawn
        else Status.CHANGED
        if said
        else Status.UNCHANGED
    )
    return GoalChange(before.number, goal.key, status, said, goal, before)


def _activities(catalogue: Catalogue, known: Known) -> list[ActivityChange]:
    under: dict[ExternalKey, list[GoalKey]] = {}
    content: dict[ExternalKey, FileActivity] = {}
    for goal in catalogue.goals:
        earlier = known.goals.get(goal.key)
        for activity in goal.activities:
            content.setdefault(activity.key, activity)
            new = under.setdefault(activity.key, [])
            if earlier is None or activity.key not in earlier.activities:
                new.append(goal.key)
    changes = [_activity(content[key], known.activities.get(key), goals) for key, goals in under.items()]
    of_template = {key for goal in known.in_template() for key in goal.activities}
    return changes + [
        ActivityChange(key, Status.MISSING, {}, (), None, known.activities[key])
        for key in sorted(of_template - set(content))
    ]


def _activity(
    activity: FileActivity, before: KnownActivity | None, new_under: Sequence[GoalKey]
) -> ActivityChange:
    if before is None:
        return ActivityChange(activity.key, Status.NEW, {}, new_under, activity, None)
    fields = (
        "name learning_form documentation_form description repetitions requires_signing category"
    ).split()
    said = changed_fields(
        {name: getattr(before, name) for name in fields}, {name: getattr(activity, name) for name in fields}
    )
    status = Status.CHANGED if said or new_under else Status.UNCHANGED
    return ActivityChange(activity.key, status, said, new_under, activity, before)
