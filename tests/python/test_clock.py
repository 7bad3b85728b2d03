"""Moments: one place that reads the system clock, and exact conversion."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contenttrust import clock

UTC = timezone.utc


@given(
    st.datetimes(
        min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(9998, 1, 1),  # noqa: DTZ001
        timezones=st.timezones(),
    )
)
def test_an_aware_moment_becomes_the_same_instant(moment):
    instant = clock.instant(moment)
    assert instant.datetime == moment.astimezone(UTC)
    assert 0 <= instant.nanoseconds < 1_000_000_000


def test_moments_before_1970_and_far_ahead_are_exact():
    before = clock.instant(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
    assert (before.seconds, before.nanoseconds) == (-1, 999_999_000)
    last = clock.instant(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
    assert (last.seconds, last.nanoseconds) == (253_402_300_799, 999_999_000)


def test_the_zone_counts():
    moment = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert clock.instant(moment).datetime == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_moment_without_a_zone_is_no_instant():
    with pytest.raises(ValueError, match="timezone-aware"):
        clock.instant(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_now_is_the_system_clock():
    before = time.time_ns()
    now = clock.now()
    assert before <= now.seconds * 1_000_000_000 + now.nanoseconds <= time.time_ns()


def test_a_stamp_is_the_system_clock_to_the_microsecond():
    before, stamp = clock.now().datetime, clock.stamp()
    assert before <= stamp <= clock.now().datetime
    assert stamp.tzinfo is UTC


def test_a_given_moment_goes_before_the_clock():
    moment = datetime(2001, 2, 3, tzinfo=UTC)
    assert clock.moment_or_now(moment).datetime == moment
