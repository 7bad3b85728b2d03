"""What stands behind an option is read strictly: nothing that only looks like a number is one."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import datetime, timezone

import pytest

from contenttrust.cli import argument_types as types

NO_NUMBERS = [
    "",
    "-1",
    "+1",
    " 1",
    "1 ",
    "1.0",
    "1e3",
    "0x1",
    "1_000",
    "\N{ARABIC-INDIC DIGIT ONE}",
]


@pytest.mark.parametrize("read", [types.seconds, types.days, types.number, types.descriptor])
@pytest.mark.parametrize("text", [*NO_NUMBERS, "9" * 5000])
def test_what_is_no_number_is_refused(read, text):
    with pytest.raises(ArgumentTypeError, match="is no"):
        read(text)


@pytest.mark.parametrize("read", [types.seconds, types.days, types.number, types.descriptor])
def test_digits_are_a_number(read):
    assert (read("0"), read("007"), read("365")) == (0, 7, 365)


@pytest.mark.parametrize("text", [*NO_NUMBERS, "0", "00", "9" * 5000])
def test_a_threshold_is_at_least_one(text):
    with pytest.raises(ArgumentTypeError, match=r"is no whole number|at least 1, not 0"):
        types.threshold(text)
    assert types.threshold("2") == 2


def test_days_reach_no_further_than_a_century():
    assert types.days("36525") == 36_525
    with pytest.raises(ArgumentTypeError, match="more than a century"):
        types.days("36526")


@pytest.mark.parametrize("text", [*NO_NUMBERS, "0", "9223372036854775808", "9" * 5000])
def test_a_limit_is_a_positive_number_that_the_engine_can_hold(text):
    with pytest.raises(ArgumentTypeError, match="positive integer"):
        types.limit(f"keys={text}")
    assert types.limit("keys=9223372036854775807") == ("keys", 2**63 - 1)


def test_a_limit_of_another_name_is_none():
    for text in ("nosuch=1", "=1", "Keys=1", ""):
        with pytest.raises(ArgumentTypeError, match="is no limit; there are: "):
            types.limit(text)


def test_a_moment_has_a_zone_and_a_year_that_python_knows():
    moment = types.moment("2026-11-24T01:02:03+01:00")
    assert moment == datetime(2026, 11, 24, 0, 2, 3, tzinfo=timezone.utc)
    for text in ("2026-11-24", "2026-11-24T00:00:00", "\u0662026-11-24T00:00:00Z", "now", ""):
        with pytest.raises(ArgumentTypeError, match="no RFC 3339 moment"):
            types.moment(text)
    assert types.moment("9999-12-31T23:59:59Z").year == 9999
    for text in ("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00Z"):
        with pytest.raises(ArgumentTypeError, match="no RFC 3339 moment"):
            types.moment(text)


def test_an_id_may_be_written_in_capitals():
    assert types.key_id("AB" * 32) == "ab" * 32
    for text in ("ab" * 31, "ab" * 33, "g" * 64, "", f"{'ab' * 32}\n"):
        with pytest.raises(ArgumentTypeError, match="64 hexadecimal digits"):
            types.key_id(text)


def test_a_name_is_text_and_not_empty():
    assert types.name_text("ü") == "ü"
    with pytest.raises(ArgumentTypeError, match="empty"):
        types.name_text("")
    with pytest.raises(ArgumentTypeError, match="not valid UTF-8"):
        types.name_text("bad\udcffname")


def test_an_algorithm_is_one_of_those_that_there_are():
    assert types.algorithm("ed25519") == "ed25519"
    with pytest.raises(ArgumentTypeError, match="there are: ecdsa, "):
        types.algorithm("ECDSA")
