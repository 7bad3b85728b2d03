from __future__ import annotations

import itertools
import random

import pytest

from contenttrust.cli.natural_order import key


@pytest.mark.parametrize(
    "ordered",
    [
        ["1", "2", "10", "100"],
        ["v1.2", "v1.10", "v2"],
        ["a", "a1", "a1b", "ab"],
        ["1", "01", "001"],
        ["a01", "a1b", "a1c"][1:],
        ["a1", "a01", "a2"],
        ["0", "00", "1"],
        ["", "0", "A", "a"],
        ["3.2-alpine", "3.10", "3.10-alpine"],
        ["1a", "a"],
        ["a", "é", "日"],
        ["99999999999999999999", "100000000000000000000"],
        ["9" * 254, "9" * 255, "9" * 256, "9" * 1000, "a"],
        ["1", "0" * 254 + "1", "0" * 255 + "1", "0" * 1000 + "1"],
        ["1", "1" * 300, "\0", "\x01", "a\0", "a\0a"],
    ],
)
def test_numbers_sort_by_value_digits_first_and_fewer_zeros_first(ordered):
    shuffled = random.Random(1).sample(ordered, len(ordered))
    assert sorted(shuffled, key=key) == ordered


def test_every_name_of_a_small_alphabet_has_its_own_place():
    names = ["".join(p) for n in range(5) for p in itertools.product("01a.", repeat=n)]
    keys = [key(name) for name in names]
    assert len(set(keys)) == len(names)
    assert sorted(names, key=key) == sorted(random.Random(1).sample(names, len(names)), key=key)


@pytest.mark.parametrize("part", ["a", "1", "a1", "0a", "é1"])
def test_the_key_of_a_long_name_is_at_most_a_few_times_as_long(part):
    name = part * 10_000
    assert len(key(name)) <= 3 * len(name)
