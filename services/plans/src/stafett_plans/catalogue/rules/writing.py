"""A template as a file that imports again as unchanged (PLN-499)."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from stafett_plans.catalogue.rules.file import FORMAT, Catalogue, FileActivity, FileGoal
from stafett_plans.catalogue.rules.reading import ACTIVITY_COLUMNS, GOAL_COLUMNS, as_text


def to_json(catalogue: Catalogue) -> bytes:
    """The whole template as JSON; a key without a value is left out."""
    template = catalogue.template
    assert template is not None
    return orjson.dumps(
        {
            "format": FORMAT,
            "template": _said(
                code=template.code,
                name=template.name,
                plan_type=template.plan_type.value,
                track=template.track.value,
                specialty=template.specialty,
            ),
            "themes": [_said(code=t.code, name=t.name, order=t.place) for t in catalogue.themes],
            "goals": [_goal(goal) for goal in catalogue.goals],
        },
        option=orjson.OPT_INDENT_2,
    )


def goals_csv(catalogue: Catalogue) -> bytes:
    """The goals as CSV, with a byte-order mark so that spreadsheets see the letters."""
    template = catalogue.template
    assert template is not None
    themes = {theme.code: theme for theme in catalogue.themes}
    rows = [
        {
            "template_code": template.code,
            "template_name": template.name,
            "plan_type": template.plan_type.value,
            "track": template.track.value,
            "specialty": template.specialty,
            "theme_code": goal.theme,
            "theme_name": themes[goal.theme].name,
            "theme_order": themes[goal.theme].place,
            "goal_number": goal.number,
            "goal_text": goal.text,
            "goal_order": goal.place,
            "carried_out_in": goal.carried_out_in.value,
            "effective_from": _day(goal.effective_from),
            "withdrawn_from": _day(goal.withdrawn_from),
            "replaces": "|".join(f"{old.number}:{old.demand.value}" for old in goal.replaces),
        }
        for goal in catalogue.goals
    ]
    return _csv(GOAL_COLUMNS, rows)


def activities_csv(catalogue: Catalogue) -> bytes:
    """The activities as CSV, one row for each goal an activity lies under."""
    rows = [
        {"goal_number": goal.number, **_activity(activity), "requires_signing": str(activity.requires_signing).lower()}
        for goal in catalogue.goals
        for activity in goal.activities
    ]  # fmt: skip
    return _csv(ACTIVITY_COLUMNS, rows)


def _goal(goal: FileGoal) -> dict[str, Any]:
    return _said(
        number=goal.number,
        theme=goal.theme,
        text=goal.text,
        order=goal.place,
        carried_out_in=goal.carried_out_in.value,
        effective_from=_day(goal.effective_from),
        withdrawn_from=_day(goal.withdrawn_from),
        replaces=[{"number": old.number, "demand": old.demand.value} for old in goal.replaces] or None,
        activities=[_said(**_activity(activity)) for activity in goal.activities],
    )


def _activity(activity: FileActivity) -> dict[str, Any]:
    return {
        "key": activity.key,
        "level": activity.level.value,
        "name": activity.name,
        "learning_form": activity.learning_form.label_nb,
        "documentation_form": activity.documentation_form.label_nb,
        "description": activity.description or None,
        "repetitions": activity.repetitions,
        "requires_signing": activity.requires_signing,
        "category": activity.category,
    }


def _said(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _csv(columns: list[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: as_text(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode("utf-8-sig")
