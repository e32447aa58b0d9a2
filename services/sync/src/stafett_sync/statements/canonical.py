"""JSON as statements use it: read strictly, and written in the one canonical form of RFC 8785."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

_SAFE = 2**53 - 1
_DEEPEST = 64
"""Levels of nesting: a limit of its own, since where an interpreter gives up differs from site to site."""


def canonical(value: Any) -> bytes:
    """`value` (plain JSON) in RFC 8785 canonical form.

    `ValueError` for what JSON cannot say exactly, and for nesting beyond reason.
    """
    return "".join(_parts(value, 0)).encode("utf-8")


def digest_of(value: Any) -> str:
    """SHA-256, in lower-case hex, of the canonical form."""
    return hashlib.sha256(canonical(value)).hexdigest()


def read(raw: bytes | str) -> Any:
    """The JSON in `raw`. `ValueError` for doubled names, NaN, bad UTF-8 or nesting beyond reason."""
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_no_constant, parse_int=_whole_number
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def holds_nul(value: Any) -> bool:
    """Whether a text in `value`, which has a canonical form, holds the one character that no site can store."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in name or holds_nul(item) for name, item in value.items())
    return isinstance(value, list) and any(holds_nul(item) for item in value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _whole_number(text: str) -> int | float:
    """JSON knows only IEEE numbers: beyond 2^53 a whole number is what every reader sees in it."""
    number = float(text)
    return int(text) if abs(number) <= _SAFE else number


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _parts(value: Any, depth: int) -> list[str]:
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    if value is None:
        return ["null"]
    if value is True:
        return ["true"]
    if value is False:
        return ["false"]
    if isinstance(value, str):
        return [json.dumps(value, ensure_ascii=False)]
    if isinstance(value, int):
        return [str(value) if abs(value) <= _SAFE else _number(float(value))]
    if isinstance(value, float):
        return [_number(value)]
    if isinstance(value, Mapping):
        parts = ["{"]
        for place, name in enumerate(sorted(value, key=lambda name: name.encode("utf-16-be"))):
            parts += ["," if place else "", json.dumps(name, ensure_ascii=False), ":"]
            parts += _parts(value[name], depth + 1)
        return [*parts, "}"]
    if isinstance(value, Sequence):
        parts = ["["]
        for place, item in enumerate(value):
            parts += ["," if place else "", *_parts(item, depth + 1)]
        return [*parts, "]"]
    raise ValueError(f"{type(value).__name__} is no JSON")


def _number(value: float) -> str:
    """As ECMAScript writes a number (RFC 8785, 3.2.2.3)."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no JSON")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len((whole + fraction).lstrip("0")))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    power = point - 1
    head = digits if count == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{sign}{head}e{'+' if power > 0 else '-'}{abs(power)}"
