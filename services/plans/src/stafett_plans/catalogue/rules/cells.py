"""Single values of a catalogue file: what they mean, and what is wrong with them (PLN-491)."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from stafett_contracts.ids import ExternalKey
from stafett_contracts.vocabulary import (
    CarriedOutIn,
    Demand,
    DocumentationForm,
    LearningForm,
    PlanType,
    RequirementLevel,
    Track,
)
from stafett_contracts.vocabulary.word import Word
from stafett_plans.catalogue.rules import forms
from stafett_plans.catalogue.rules.file import (
    Columns,
    FileActivity,
    FileGoal,
    FileReplacement,
    FileTemplate,
    FileTheme,
)
from stafett_plans.catalogue.rules.findings import Findings
from stafett_plans.catalogue.rules.keys import goal_key, goal_number

W = TypeVar("W", bound=Word)

MAX_TEXT = 4_000
MAX_NAME = 250
MAX_DESCRIPTION = 10_000
_CODE = re.compile(r"[A-ZÆØÅ]{2,8}")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_NORWEGIAN = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", re.ASCII)
_YES = {"true": True, "ja": True, "1": True, "false": False, "nei": False, "0": False}
_CATALOGUE_LEVELS = (RequirementLevel.NATIONAL, RequirementLevel.REGIONAL)


class Interpreter:
    """Turns raw rows into values, noting every fault in `found`."""

    def __init__(self, found: Findings, columns: Columns) -> None:
        self.found = found
        self.columns = columns
        self.activity_rows = 0
        self._warned: set[tuple[str, str]] = set()

    def warn_unknown(self, raw: Mapping[str, Any], known: Collection[str], file: str) -> None:
        """Warn once of each key that has no meaning here (PLN-488)."""
        for key in raw:
            if key not in known and (file, key) not in self._warned:
                self._warned.add((file, key))
                self.found.warn("unknown_column", file, None, key)

    def template(self, raw: Mapping[str, Any]) -> FileTemplate | None:
        """The template; columns are named `code` in JSON and `template_code` in CSV."""
        code = self._text(raw, "code", "template", None, required=True)
        name = self._text(raw, "name", "template", None, required=True, limit=MAX_NAME)
        plan_type = self._word(PlanType, raw, "plan_type", "template", None, "unknown_plan_type")
        track = self._word(Track, raw, "track", "template", None, "unknown_track")
        specialty = self._text(raw, "specialty", "template", None, limit=MAX_NAME)
        if code is not None and not _CODE.fullmatch(code):
            self.found.error("bad_code", "template", None, "code", code)
            code = None
        if plan_type is PlanType.COMPETENCE:
            self.found.error("unknown_plan_type", "template", None, "plan_type", plan_type)
            plan_type = None
        if track is Track.NONE:
            self.found.error("unknown_track", "template", None, "track", track)
            track = None
        if plan_type and track and (track is Track.APPRENTICE) != (plan_type is PlanType.COMPETENCE_GOAL):
            self.found.error("track_of_other_plan_type", "template", None, "track", track)
            track = None
        if not (code and name and plan_type and track):
            return None
        return FileTemplate(code, name, plan_type, track, specialty)

    def template_of_rows(self, rows: Sequence[Mapping[str, Any]]) -> FileTemplate | None:
        """The template that every row of a CSV file names."""
        columns = {
            "code": "template_code",
            "name": "template_name",
            "plan_type": "plan_type",
            "track": "track",
            "specialty": "specialty",
        }
        said = [tuple(row.get(column) for column in columns.values()) for row in rows]
        for number, each in enumerate(said, 1):
            if each != said[0]:
                self.found.error("several_templates", "goals", number, "template_code", each[0])
                return None
        return self.template(dict(zip(columns, said[0], strict=True)) if said else {})

    def theme(self, row: int, raw: Mapping[str, Any]) -> FileTheme | None:
        """A theme of a JSON file."""
        code = self._text(raw, "code", "themes", row, required=True, limit=50)
        name = self._text(raw, "name", "themes", row, required=True, limit=MAX_NAME)
        place = self._number(raw, "order", "themes", row)
        return FileTheme(code, name, place) if code and name else None

    def refuse_double_themes(self, themes: Sequence[FileTheme]) -> None:
        """Note codes that occur more than once."""
        seen = set()
        for row, theme in enumerate(themes, 1):
            if theme.code in seen:
                self.found.error("duplicate_theme", "themes", row, "code", theme.code)
            seen.add(theme.code)

    def theme_of_row(self, row: int, raw: Mapping[str, Any], themes: dict[str, FileTheme]) -> str | None:
        """The theme a CSV row names, put into `themes` at its first mention; its code."""
        code = self._text(raw, "theme_code", "goals", row, limit=50)
        if code is None:
            return None  # noted with the goal
        name = self._text(raw, "theme_name", "goals", row, required=True, limit=MAX_NAME)
        place = self._number(raw, "theme_order", "goals", row)
        if name is not None:
            known = themes.setdefault(code, FileTheme(code, name, place))
            if (known.name, known.place) != (name, place):
                self.found.error("theme_with_two_names", "goals", row, "theme_name", name)
        return code

    def goal(
        self, row: int, raw: Mapping[str, Any], under: Sequence[tuple[int | None, Mapping[str, Any]]]
    ) -> FileGoal | None:
        """A goal, with the raw activities `under` it and their rows, where the reader knows them."""
        names = self.columns
        written = self._text(raw, "number", "goals", row, names.number, "missing_number", required=True)
        number = goal_number(written) if written else None
        if written and number is None:
            self.found.error("bad_number", "goals", row, names.number, written)
        text = self._text(
            raw, "text", "goals", row, names.text, "missing_text", required=True, limit=MAX_TEXT
        )
        theme = self._text(raw, "theme", "goals", row, names.theme, "missing_theme", required=True)
        place = self._number(raw, "order", "goals", row, names.order)
        where = self._word(CarriedOutIn, raw, "carried_out_in", "goals", row, "unknown_carried_out_in")
        effective = self._date(raw, "effective_from", row)
        withdrawn = self._date(raw, "withdrawn_from", row)
        if effective and withdrawn and withdrawn < effective:
            self.found.error("withdrawn_before_effective", "goals", row, "withdrawn_from", withdrawn)
        replaces = self._replacements(raw.get("replaces"), row)
        activities = [activity for at, each in under if (activity := self.activity(each, at)) is not None]
        keys = [activity.key for activity in activities]
        for place_in, activity in enumerate(activities):
            if activity.key in keys[:place_in]:
                self.found.error("duplicate_activity", "activities", activity.row, "key", activity.key)
        if not (number and text and theme and where):
            return None
        return FileGoal(
                row, number, goal_key(number), theme, text, place, where, effective, withdrawn, replaces, activities
            )  # fmt: skip

    def activity(self, raw: Mapping[str, Any], row: int | None = None) -> FileActivity | None:
        """An activity; rows are counted through the whole file unless the reader knows better."""
        self.activity_rows += 1
        row = row or self.activity_rows
        key = self._text(raw, "key", "activities", row, required=True, limit=100)
        name = self._text(raw, "name", "activities", row, required=True, limit=MAX_NAME)
        category = self._text(raw, "category", "activities", row, required=True, limit=MAX_NAME)
        description = self._text(raw, "description", "activities", row, limit=MAX_DESCRIPTION) or ""
        level = self._word(RequirementLevel, raw, "level", "activities", row, "unknown_level")
        if level is not None and level not in _CATALOGUE_LEVELS:
            self.found.error("unknown_level", "activities", row, "level", level)
            level = None
        learning = self._word(LearningForm, raw, "learning_form", "activities", row, "unknown_learning_form")
        documentation = self._word(
            DocumentationForm, raw, "documentation_form", "activities", row, "unknown_documentation_form"
        )
        repetitions = self._number(raw, "repetitions", "activities", row)
        signing = self._truth(raw, "requires_signing", row)
        if signing is None:
            signing = documentation in forms.SIGNED
        for column, code in forms.breaches(learning, documentation, signing, repetitions):
            self.found.error(code, "activities", row, column)
        if not (key and name and category and level and learning and documentation):
            return None
        return FileActivity(
            row, ExternalKey(key), level, name, learning, documentation, description, repetitions, signing, category
        )  # fmt: skip

    def replaced_in_cell(self, cell: Any) -> list[dict[str, str]] | None:
        """`BEK-014:higher|BEK-015:lower` as JSON would say it."""
        if not isinstance(cell, str):
            return None
        pairs = (part.partition(":") for part in cell.split("|") if part.strip())
        return [{"number": number.strip(), "demand": demand.strip()} for number, _, demand in pairs]

    def _replacements(self, listed: Any, row: int) -> list[FileReplacement]:
        if listed is None:
            return []
        if not isinstance(listed, list):
            self.found.error("bad_value", "goals", row, "replaces", listed)
            return []
        replaced = []
        for each in listed:
            written = each.get("number") if isinstance(each, dict) else None
            number = goal_number(written) if isinstance(written, str) else None
            if number is None:
                self.found.error("bad_number", "goals", row, "replaces", written)
                continue
            demand = self._one_word(Demand, each.get("demand"))
            if demand is None:
                self.found.error("unknown_demand", "goals", row, "replaces", each.get("demand"))
                continue
            replaced.append(FileReplacement(number, goal_key(number), demand))
        return replaced

    def _text(
        self,
        raw: Mapping[str, Any],
        key: str,
        file: str,
        row: int | None,
        column: str | None = None,
        missing: str = "missing_value",
        *,
        required: bool = False,
        limit: int = 1_000,
    ) -> str | None:
        value = raw.get(key)
        if value is not None and (not isinstance(value, str) or "\0" in value):
            self.found.error("bad_value", file, row, column or key, value)
            return None
        text = (value or "").strip()
        if not text:
            if required:
                self.found.error(missing, file, row, column or key)
            return None
        if len(text) > limit:
            self.found.error("text_too_long", file, row, column or key, text)
        return text

    def _number(
        self, raw: Mapping[str, Any], key: str, file: str, row: int, column: str | None = None
    ) -> int | None:
        value = raw.get(key)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 7:
            value = int(value)
        if value is None or (isinstance(value, int) and value is not True and 0 <= value < 1_000_000):
            return value or None
        self.found.error("bad_value", file, row, column or key, value)
        return None

    def _date(self, raw: Mapping[str, Any], key: str, row: int) -> date | None:
        value = raw.get(key)
        if value is None or value == "":
            return None
        text = value.strip() if isinstance(value, str) else ""
        iso, norwegian = _ISO.fullmatch(text), _NORWEGIAN.fullmatch(text)
        parts = iso.groups() if iso else norwegian.groups()[::-1] if norwegian else None
        try:
            if parts:
                return date(*(int(part) for part in parts))
        except ValueError:
            pass
        self.found.error("bad_date", "goals", row, key, value)
        return None

    def _truth(self, raw: Mapping[str, Any], key: str, row: int) -> bool | None:
        value = raw.get(key)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().lower() in _YES:
            return _YES[value.strip().lower()]
        self.found.error("bad_value", "activities", row, key, value)
        return None

    def _word(
        self, kind: type[W], raw: Mapping[str, Any], key: str, file: str, row: int | None, unknown: str
    ) -> W | None:
        value = raw.get(key)
        word = self._one_word(kind, value)
        if word is None:
            self.found.error(unknown, file, row, key, value)
        return word

    @staticmethod
    def _one_word(kind: type[W], value: Any) -> W | None:
        """The word `value` names, by code or by Norwegian name."""
        if not isinstance(value, str):
            return None
        wanted = value.strip().casefold()
        return next((word for word in kind if wanted in (word.value, word.label_nb.casefold())), None)
