"""Cursors: what we made is read back, anything else is refused and never breaks."""

import base64
import json
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stafett_chassis.paging import Page, cursor_of, key_of, page_of
from stafett_chassis.problems import Invalid

KINDS = (str, UUID, datetime.fromisoformat, date.fromisoformat, int, Decimal)


@settings(derandomize=True, database=None, max_examples=200)
@given(st.lists(st.integers(-(2**62), 2**62), max_size=12), st.integers(1, 5))
def test_pages_hold_every_row_once(rows: list[int], size: int) -> None:
    rows = sorted(set(rows))
    found: list[int] = []
    cursor = None
    while True:
        key = key_of(cursor, int)
        rest = [row for row in rows if key is None or row > key[0]]
        page = page_of(rest[: size + 1], size, lambda row: (row,))
        assert len(page.items) <= size
        found += page.items
        cursor = page.next
        if cursor is None:
            break
    assert found == rows


def test_a_key_comes_back_as_it_went() -> None:
    key = ("Ærlig Øst", uuid4(), datetime(2026, 3, 1, 12, tzinfo=UTC), date(2026, 3, 1), 7, Decimal("1.5"))
    assert key_of(cursor_of(key), *KINDS) == key
    assert key_of(cursor_of(("a", None)), str, UUID) == ("a", None)
    assert key_of(None, str) is None


def test_the_last_page_has_no_cursor() -> None:
    assert page_of([1, 2], 2, lambda row: (row,)) == Page([1, 2], None)


@settings(derandomize=True, database=None, max_examples=300)
@given(
    st.one_of(
        st.text(max_size=30),
        st.lists(
            st.one_of(st.none(), st.integers(-5, 2**80), st.floats(), st.text(), st.lists(st.integers())),
            max_size=3,
        ),
    ),
    st.permutations(KINDS),
)
def test_a_cursor_that_is_not_ours_is_refused(given_cursor: Any, kinds: list[Any]) -> None:
    cursor = given_cursor if isinstance(given_cursor, str) else _encoded(given_cursor)
    with suppress(Invalid):
        key_of(cursor, *kinds[:2])


def _encoded(key: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode("utf-8", "surrogatepass")).decode().rstrip("=")


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        key_of(cursor_of(("a",)), str, UUID)
    assert [fault.code for fault in refused.value.faults] == ["bad_cursor"]
    with pytest.raises(Invalid):
        key_of(cursor_of((5,)), UUID)
