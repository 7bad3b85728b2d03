"""Whether the machine's clock can be right."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from contenttrust.doctor import clock
from simulator.repository import NOW

URL = "https://notary.example.com"


def compared(seconds, **headers):
    date = format_datetime(NOW - timedelta(seconds=seconds), usegmt=True)
    return clock.compared(URL, {"date": date, **headers}, NOW)


@pytest.mark.parametrize("year", [1970, 2019, 2101, 9999])
def test_t039_a_clock_that_was_never_set_is_a_failure(year):
    assert clock.plausible(datetime(year, 6, 1, tzinfo=timezone.utc)).level == "failure"


@pytest.mark.parametrize("year", [2020, 2026, 2100])
def test_a_clock_of_this_century_is_plausible(year):
    assert clock.plausible(datetime(year, 6, 1, tzinfo=timezone.utc)).level == "ok"


@pytest.mark.parametrize(
    ("seconds", "level"),
    [
        (0, "ok"), (60, "ok"), (-60, "ok"), (61, "warning"), (-61, "warning"),
        (3600, "warning"), (-3600, "warning"), (3601, "failure"), (-3601, "failure"),
    ],
)  # fmt: skip
def test_the_difference_to_a_server_decides(seconds, level):
    assert compared(seconds).level == level


def test_the_direction_is_told():
    assert "120 seconds ahead of" in compared(120).message
    assert "120 seconds behind" in compared(-120).message


def test_an_answer_from_a_cache_on_the_way_is_as_old_as_it_says():
    assert compared(7200, age="7200").level == "ok"
    assert compared(7200, age="nonsense").level == "failure"
    assert compared(7200, age="9" * 40).level == "failure"


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Nov 2026 00:00:00 GMT", "0"])
def test_a_server_without_a_usable_date_says_nothing(date):
    assert clock.compared(URL, {"date": date}, NOW) is None
    assert clock.compared(URL, {}, NOW) is None
