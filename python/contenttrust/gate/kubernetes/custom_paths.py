"""Paths to the images of custom resources: `spec.image`, `spec.jobs[*].image`."""

from __future__ import annotations

import functools
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from contenttrust.yaml_nodes import Path

WITHOUT = "!"
"""What stands in front of a path that leads to no image, although it is named like one."""
ALL = None
"""The step that means every item of a list or every member of a mapping."""

_FORM = re.compile(
    r"""
    (?: \.? (?P<name> [A-Za-z0-9_/$@-]+ ) )     # a member
    | (?P<all> \.? \* | \[\*\] )                # all items or members
    | \[ (?P<index> [0-9]{1,6} ) \]             # one item
    | \[ ' (?P<single> [^'\]]+ ) ' \] | \[ " (?P<double> [^"\]]+ ) " \]
    """,
    re.VERBOSE | re.ASCII,
)


@functools.lru_cache(maxsize=512)
def steps(path: str) -> tuple[str | int | None, ...]:
    """The steps of a path.

    Args:
        path: Names with points between them; ``[*]`` or ``.*`` for all items or members, ``[2]``
            for one item, ``['a.b']`` for a name with points. ``$`` or a point may stand in front,
            and before that `WITHOUT`.

    Raises:
        ValueError: It is no such path.
    """
    rest = path.removeprefix(WITHOUT).removeprefix("$")
    at = 1 if rest.startswith(".") and not rest.startswith(".*") else 0
    found: list[str | int | None] = []
    while at < len(rest):
        match = _FORM.match(rest, at)
        if match is None or (found and match["name"] and rest[at] != "."):
            raise ValueError(f"{path!a} is no path to an image, such as spec.jobs[*].image")
        if match["all"]:
            found.append(ALL)
        elif match["index"]:
            found.append(int(match["index"]))
        else:
            found.append(match["name"] or match["single"] or match["double"])
        at = match.end()
    if not found:
        raise ValueError(f"{path!a} is no path to an image, such as spec.jobs[*].image")
    return tuple(found)


def found(document: Any, path: str) -> Iterator[tuple[Path, Any]]:  # noqa: ANN401 -- JSON's
    """Every value that a path leads to, with the way to it; none where a step is not there.

    Raises:
        ValueError: It is no path.
    """
    yield from _below(document, steps(path), ())


def _below(
    value: Any,  # noqa: ANN401
    rest: tuple[str | int | None, ...],
    path: Path,
) -> Iterator[tuple[Path, Any]]:
    if not rest:
        yield path, value
        return
    step, rest = rest[0], rest[1:]
    if isinstance(value, dict):
        names = list(value) if step is ALL else [str(step)] if str(step) in value else []
        for name in names:
            yield from _below(value[name], rest, (*path, name))
    elif isinstance(value, list):
        indexes = range(len(value)) if step is ALL else [step] if isinstance(step, int) else []
        for index in indexes:
            if index < len(value):
                yield from _below(value[index], rest, (*path, index))
