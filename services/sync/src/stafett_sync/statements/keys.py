"""Goal keys: the one spelling of a goal's number by which sites compare (SYN-050, SYN-051). Pure."""

import re

_KEY = re.compile(r"[A-ZÆØÅ]{1,8}(?:0|[1-9][0-9]{0,8})[a-z]?(?:@[A-ZÆØÅ0-9]{1,8})?")
_CODE = re.compile(r"[A-ZÆØÅ]{1,8}")


def goal_key(number: str, template: str | None = None, bound_to: str | None = None) -> str:
    """The key of the goal that the regulation numbers `number`.

    `template` is the code of the template the number stands in, used when the number has no letters;
    `bound_to` the specialty code of the one template the number means this goal in (SYN-051).
    `ValueError` when no key can be made.
    """
    parts = re.fullmatch(r"([A-Za-zÆØÅæøå]*)[\s-]*([0-9]{1,9})\s*([A-Za-z]?)", number.strip())
    if parts is None:
        raise ValueError(f"{number!r} is no goal number")
    letters, digits, suffix = parts[1].upper(), parts[2].lstrip("0") or "0", parts[3].lower()
    if not letters and template is not None:
        code = _CODE.match(template.upper())
        letters = code[0] if code else ""
    key = f"{letters}{digits}{suffix}" + (f"@{bound_to.upper()}" if bound_to else "")
    if not is_goal_key(key):
        raise ValueError(f"{number!r} without a specialty code has no key")
    return key


def is_goal_key(key: str) -> bool:
    """Whether `key` is spelt as `goal_key` spells it."""
    return _KEY.fullmatch(key) is not None


def is_key_of(key: str, number: str) -> bool:
    """Whether `key` can be the key of `number`, whatever template it stands in."""
    base, _, bound = key.partition("@")
    letters = _CODE.match(base)
    try:
        return goal_key(number, letters[0] if letters else None, bound or None) == key
    except ValueError:
        return False
