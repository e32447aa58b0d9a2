"""Reading a goal catalogue, JSON or CSV (PLN-486 to PLN-488), into one form.

What cannot be read at all raises `Unreadable`; every other fault is a finding, and reading goes on.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from stafett_plans.catalogue.rules.cells import Interpreter
from stafett_plans.catalogue.rules.file import (
    CSV_COLUMNS,
    FORMAT,
    JSON_COLUMNS,
    Catalogue,
    FileTheme,
)
from stafett_plans.catalogue.rules.findings import Findings, Unreadable
from stafett_plans.catalogue.rules.keys import goal_key

GOAL_COLUMNS = (
    "template_code template_name plan_type track specialty theme_code theme_name theme_order goal_number goal_text"
    " goal_order carried_out_in effective_from withdrawn_from replaces"
).split()
ACTIVITY_COLUMNS = (
    "goal_number key level name learning_form documentation_form description repetitions requires_signing category"
).split()
_GOAL_KEYS = (
    "number theme text order carried_out_in effective_from withdrawn_from replaces activities".split()
)
_OPTIONAL = {"specialty", "effective_from", "withdrawn_from", "replaces", "description", "repetitions"}
_FORMULA = re.compile(r"'*[=+@-]")
_BOM = b"\xef\xbb\xbf"


def read(parts: Mapping[str, bytes], found: Findings, *, max_goals: int, max_activities: int) -> Catalogue:
    """The catalogue in the uploaded `parts`: `catalogue` (JSON), or `goals` and, if there are any, `activities` (CSV).

    Raises `Unreadable` when a part is no such file, or holds more than the limits (PLN-498).
    """
    interpreter = Interpreter(found, JSON_COLUMNS if "catalogue" in parts else CSV_COLUMNS)
    reader = _read_json if "catalogue" in parts else _read_csv
    catalogue = reader(parts, interpreter)
    if len(catalogue.goals) > max_goals:
        raise Unreadable("too_many_goals", "goals", value=len(catalogue.goals))
    if interpreter.activity_rows > max_activities:
        raise Unreadable("too_many_activities", "activities", value=interpreter.activity_rows)
    return catalogue


def _text(content: bytes, file: str) -> str:
    try:
        return content.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("not_utf8", file) from None


def _read_json(parts: Mapping[str, bytes], interpreter: Interpreter) -> Catalogue:
    text = _text(parts["catalogue"], "catalogue")
    try:
        document = orjson.loads(text)
    except ValueError:
        raise Unreadable("malformed", "catalogue") from None
    if not isinstance(document, dict):
        raise Unreadable("malformed", "catalogue")
    if document.get("format") != FORMAT:
        raise Unreadable("unknown_format", "catalogue", "format", document.get("format"))
    template = document.get("template")
    if not isinstance(template, dict):
        raise Unreadable("malformed", "catalogue", "template")
    themes = [
        theme
        for row, raw in enumerate(_objects(document, "themes"), 1)
        if (theme := interpreter.theme(row, raw)) is not None
    ]
    interpreter.refuse_double_themes(themes)
    goals = []
    for row, raw in enumerate(_objects(document, "goals"), 1):
        interpreter.warn_unknown(raw, _GOAL_KEYS, "goals")
        activities = list(_objects(raw, "activities"))
        for activity in activities:
            interpreter.warn_unknown(activity, ACTIVITY_COLUMNS[1:], "activities")
        goals.append(interpreter.goal(row, raw, [(None, activity) for activity in activities]))
    return Catalogue(interpreter.template(template), themes, [goal for goal in goals if goal], JSON_COLUMNS)


def _objects(document: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    """The objects in the list under `key`; nothing when it is left out."""
    listed = document.get(key)
    if listed is None:
        return
    if not isinstance(listed, list):
        raise Unreadable("malformed", "catalogue", key)
    for each in listed:
        if not isinstance(each, dict):
            raise Unreadable("malformed", "catalogue", key)
        yield each


def _read_csv(parts: Mapping[str, bytes], interpreter: Interpreter) -> Catalogue:
    goal_rows = _rows(parts["goals"], "goals", GOAL_COLUMNS, interpreter.found)
    activity_rows = _rows(
        parts.get("activities", ";".join(ACTIVITY_COLUMNS).encode()),
        "activities",
        ACTIVITY_COLUMNS,
        interpreter.found,
    )
    under: dict[str, list[tuple[int | None, Mapping[str, Any]]]] = {}
    for at, row in enumerate(activity_rows, 1):
        under.setdefault(_name_of(row["goal_number"] or ""), []).append((at, row))
    themes: dict[str, FileTheme] = {}
    goals = []
    for number, raw in enumerate(goal_rows, 1):
        theme = interpreter.theme_of_row(number, raw, themes)
        goal = {
            "number": raw["goal_number"],
            "text": raw["goal_text"],
            "theme": theme or raw["theme_code"],
            "order": raw["goal_order"],
            "carried_out_in": raw["carried_out_in"],
            "effective_from": raw.get("effective_from"),
            "withdrawn_from": raw.get("withdrawn_from"),
            "replaces": interpreter.replaced_in_cell(raw.get("replaces")),
        }
        goals.append(interpreter.goal(number, goal, under.pop(_name_of(raw["goal_number"] or ""), [])))
    for strays in under.values():
        for place, stray in strays:
            interpreter.found.error("unknown_goal", "activities", place, "goal_number", stray["goal_number"])
            interpreter.activity(stray, place)
    template = interpreter.template_of_rows(goal_rows)
    return Catalogue(template, list(themes.values()), [goal for goal in goals if goal], CSV_COLUMNS)


def _name_of(number: str) -> str:
    """What the rows of the two files are joined by: the goal's key, or what stands there when it is no number."""
    try:
        return goal_key(number)
    except ValueError:
        return number.strip()


def _rows(content: bytes, file: str, columns: Sequence[str], found: Findings) -> list[dict[str, str | None]]:
    """The rows by column name, every known column present; an empty cell is none."""
    text = _text(content, file)
    head = text.split("\n", 1)[0]
    separator = max(";,\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        for column in columns:
            if column not in header and column not in _OPTIONAL:
                raise Unreadable("missing_column", file, column)
        for name in header:
            if name not in columns:
                found.warn("unknown_column", file, None, name)
        rows = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            named: dict[str, str | None] = dict.fromkeys(columns)
            named.update((name, _cell(cell)) for name, cell in zip(header, cells, strict=False))
            rows.append(named)
            if len(cells) > len(header):
                found.error("too_many_cells", file, len(rows))
        return rows
    except csv.Error:
        raise Unreadable("malformed", file, row=reader.line_num) from None


def as_text(value: Any) -> Any:
    """`value` as a cell that no spreadsheet takes for a formula (PLN-013); `_cell` takes the mark away again."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _cell(text: str) -> str | None:
    trimmed = text.strip()
    marked = trimmed.startswith("'") and _FORMULA.match(trimmed)
    return (trimmed[1:] if marked else trimmed) or None
