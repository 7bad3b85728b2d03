"""The order in which docker lists tags: numbers inside names by their value."""

from __future__ import annotations

import functools
import re

_NUMBER = re.compile(r"[0-9]+")
_LONG = 0xFF


def key(name: str) -> str:
    """A sort key for `name`, a few times as long at most: names may be as long as their file.

    Digits come before other characters, which are in the order of their bytes. Numbers are compared
    by value, that is by the length of the number without leading zeros and then by its digits; of
    equal numbers the one with fewer leading zeros comes first.

    Source: github.com/fvbommel/sortorder, `NaturalLess`, which `docker trust inspect` uses.
    """
    # A number begins with U+0000, so that it sorts before all else. A U+0000 of the name itself is
    # told from it by what follows, which in a number is a count.
    text = name.replace("\0", "\0\xff\xff")
    return _NUMBER.sub(lambda match: _by_value(match[0]), text)


@functools.lru_cache(maxsize=1000)
def _by_value(digits: str) -> str:
    """Cached because a name may consist of millions of short numbers: each is one object then."""
    number = digits.lstrip("0")
    return "\0" + _count(len(number)) + number + _count(len(digits) - len(number))


def _count(length: int) -> str:
    """Text that sorts as the numbers do."""
    return chr(length) if length < _LONG else f"\xff{length:020}"
