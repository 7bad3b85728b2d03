"""The order in which docker lists tags: numbers inside names by their value."""

from __future__ import annotations

import re

_PARTS = re.compile(rb"0*[0-9]+|[^0-9]", re.ASCII | re.DOTALL)

Part = tuple[int, int, bytes, int]


def key(name: str) -> list[Part]:
    """A sort key for `name`.

    Digits come before other bytes. Numbers are compared by value, that is by the length of the
    number without leading zeros and then by its digits; of equal numbers the one with fewer
    leading zeros comes first.

    Source: github.com/fvbommel/sortorder, `NaturalLess`, which `docker trust inspect` uses.
    """
    return [_part(match[0]) for match in _PARTS.finditer(name.encode())]


def _part(text: bytes) -> Part:
    if not text.isdigit():
        return (1, 0, text, 0)
    number = text.lstrip(b"0")
    return (0, len(number), number, len(text) - len(number))
