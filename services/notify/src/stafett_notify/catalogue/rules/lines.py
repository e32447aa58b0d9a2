"""The line an alert is shown as, on the home page and in e-mails (Table 4)."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from stafett_notify.catalogue.rules.types import AlertType

_DATES = frozenset({"date", "from", "to"})
_MISSING = ""

Params = Mapping[str, Any]


def number_of(items: Sequence[Params]) -> dict[str, int]:
    """`{n}` and `{m}` of a line about these items.

    Items of several employees are counted both ways: n employees, m items; others are n.
    """
    employees = {item["employee"] for item in items if "employee" in item}
    if employees:
        return {"n": len(employees), "m": len(items)}
    return {"n": len(items)}


def line(kind: AlertType, language: str, params: Params, items: Sequence[Params]) -> str:
    """The line of one alert, or of several taken together, in `language` (`nb` or `en`).

    `items` are what it is about, each with its own values; what all share is in `params`.
    """
    one, _, many = (kind.en if language == "en" else kind.nb).partition(" | ")
    text = many if many and len(items) > 1 else one
    values: dict[str, Any] = {**params, **(items[0] if items else {}), **number_of(items)}
    return re.sub(r"\{(\w+)\}", lambda found: _shown(found[1], values, language), text)


def _shown(name: str, values: Params, language: str) -> str:
    value = values.get(name, _MISSING)
    if isinstance(value, Mapping):  # a word of the vocabulary, in both languages
        value = value.get(language, value.get("nb", _MISSING))
    if value is None:
        return _MISSING
    if name in _DATES and value:
        return f"{date.fromisoformat(str(value)[:10]):%d.%m.%Y}"
    return str(value)
