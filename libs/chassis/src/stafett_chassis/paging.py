"""Cursor paging: a page of a list and an opaque mark of where the next one begins."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson

from stafett_chassis.problems import Fault, Invalid
from stafett_chassis.sql import to_json

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items and, if there are more, the cursor to ask for them with."""

    items: Sequence[T]
    next: str | None


def page_of(rows: Sequence[T], size: int, key: Callable[[T], Sequence[Any]]) -> Page[T]:
    """The page of `rows`, of which one more than `size` were asked for; `key` is what the list is sorted by."""
    if len(rows) <= size:
        return Page(rows, None)
    return Page(rows[:size], cursor_of(key(rows[size - 1])))


def cursor_of(key: Sequence[Any]) -> str:
    """The mark behind the row sorted under `key`."""
    return base64.urlsafe_b64encode(to_json(list(key))).decode().rstrip("=")


def key_of(cursor: str | None, *kinds: Callable[[str], Any]) -> tuple[Any, ...] | None:
    """The key in `cursor`, its parts read by `kinds` (`str`, `UUID`, `datetime.fromisoformat` …); none at the start.

    Raises 422 `bad_cursor` for anything we did not make.
    """
    if cursor is None:
        return None
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(parts, list) or len(parts) != len(kinds):
            raise ValueError("not a key of this list")
        return tuple(None if part is None else kind(part) for kind, part in zip(kinds, parts, strict=True))
    except (ValueError, TypeError, AttributeError, ArithmeticError, binascii.Error):
        raise Invalid(
            [
                Fault(
                    "cursor",
                    "bad_cursor",
                    "Ugyldig sidemerke. Last listen på nytt.",
                    "Unknown cursor. Load the list anew.",
                )
            ]
        ) from None
