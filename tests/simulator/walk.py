"""Paths into JSON values, and copies of a value with one place changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Path = tuple[str | int, ...]

ABSENT = object()
"""Stands for a member or element that is taken away."""


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value inside `value`, itself first, with the way to it."""
    yield path, value
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*path, index))


def changed(value: Any, path: Path, change: Callable[[Any], Any]) -> Any:
    """A copy of `value` in which the value at `path` went through `change`."""
    if not path:
        return change(value)
    head, rest = path[0], path[1:]
    if isinstance(value, dict):
        pairs = [
            (name, changed(item, rest, change) if name == head else item)
            for name, item in value.items()
        ]
        return {name: item for name, item in pairs if item is not ABSENT}
    items = [
        changed(item, rest, change) if index == head else item for index, item in enumerate(value)
    ]
    return [item for item in items if item is not ABSENT]
