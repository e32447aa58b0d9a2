"""The identity of a goal: its number, and the key all sites compare (SYN-050)."""

import re

from stafett_contracts.ids import GoalKey, GoalNumber

# PLN-491, after trimming and upper-casing the letters in front.
_NUMBER = re.compile(r"([A-ZÆØÅ]{2,8})-?([0-9]{1,5})([a-z]?)", re.ASCII)
_LETTERS = re.compile(r"[A-Za-zÆØÅæøå]+")
_LOOSE = re.compile(r"([A-ZÆØÅ]*)[\s-]*([0-9]{1,5})([a-z]?)", re.ASCII)


def goal_number(written: str) -> GoalNumber | None:
    """The number as the catalogue keeps it; none when `written` is no goal number."""
    trimmed = _upper_letters(written.strip())
    return GoalNumber(trimmed) if _NUMBER.fullmatch(trimmed) else None


def goal_key(number: str, template_code: str = "") -> GoalKey:
    """The key of `number`: `FKM-012`, `fkm 12` and `FKM12` are all `FKM12`.

    A number without letters gets `template_code` in front. Raises `ValueError` for what is no number at all.
    """
    found = _LOOSE.fullmatch(_upper_letters(number.strip()))
    letters, digits, suffix = found.groups() if found else ("", "", "")
    letters = letters or template_code.upper()
    if not letters or not digits:
        raise ValueError(f"{number!r} is no goal number")
    return GoalKey(f"{letters}{int(digits)}{suffix}")


def _upper_letters(text: str) -> str:
    front = _LETTERS.match(text)
    return text if front is None else front[0].upper() + text[front.end() :]
