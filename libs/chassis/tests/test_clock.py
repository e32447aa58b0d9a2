"""Moments in UTC, dates in Norway."""

from datetime import UTC, date, datetime, timedelta

import pytest

from stafett_chassis.clock import SetClock, SystemClock, oslo_date, oslo_midnight


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 6, 30, 21, 59, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), date(2026, 7, 1)),  # summer: two hours ahead
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), date(2027, 1, 1)),  # winter: one
    ],
)
def test_a_day_is_a_day_in_norway(moment: datetime, day: date) -> None:
    assert oslo_date(moment) == day


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        oslo_date(datetime(2026, 1, 1))  # noqa: DTZ001 - the point


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 7, 1)])
def test_midnight_begins_the_day_also_when_the_clocks_change(day: date) -> None:
    midnight = oslo_midnight(day)
    assert midnight.tzinfo is UTC
    assert oslo_date(midnight) == day
    assert oslo_date(midnight - timedelta(microseconds=1)) == day - timedelta(days=1)


def test_a_wrong_clock_is_wrong_by_its_offset() -> None:
    shifted, right = SystemClock(timedelta(hours=2)).now(), SystemClock().now()
    assert timedelta(hours=1, minutes=59) < shifted - right <= timedelta(hours=2)


def test_a_set_clock_stands_still_until_it_is_moved() -> None:
    clock = SetClock(datetime(2026, 1, 1, tzinfo=UTC))
    assert clock.now() == clock.now()
    clock.move(days=1)
    assert clock.now() == datetime(2026, 1, 2, tzinfo=UTC)
