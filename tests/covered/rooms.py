"""Lines that ran, by room, and the goals that they are held to."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


class Lines(NamedTuple):
    """How many lines there are, and how many of them ran."""

    total: int
    ran: int

    @property
    def percent(self) -> float:
        """The share that ran; all of nothing is not all."""
        return 100 * self.ran / self.total if self.total else 0.0


class Goal(NamedTuple):
    """What must have run at least, in percent of the lines of some rooms."""

    name: str
    percent: float
    found: Lines

    @property
    def held(self) -> bool:
        """Whether as many lines ran; nothing is rounded up."""
        return self.found.percent >= self.percent


def engine_lines(summary: Path) -> dict[str, Lines]:
    """The lines of each room of `cpp/`, from gcovr's summary."""
    return _by_room(
        (_engine_room(file["filename"]), Lines(file["line_total"], file["line_covered"]))
        for file in json.loads(summary.read_text())["files"]
    )


def package_lines(report: Path, package: str) -> dict[str, Lines]:
    """The lines of each room of the package, from the JSON report of coverage.py."""
    files = json.loads(report.read_text())["files"]
    return _by_room(
        (_package_room(name, package), Lines(one["num_statements"], one["covered_lines"]))
        for name, one in ((name, file["summary"]) for name, file in files.items())
    )


def together(rooms: Mapping[str, Lines], *, without: tuple[str, ...] = ()) -> Lines:
    """The lines of several rooms as of one."""
    wanted = [lines for room, lines in rooms.items() if room not in without]
    return Lines(sum(lines.total for lines in wanted), sum(lines.ran for lines in wanted))


def _by_room(files: Iterable[tuple[str, Lines]]) -> dict[str, Lines]:
    rooms: dict[str, list[Lines]] = defaultdict(list)
    for room, lines in files:
        rooms[room].append(lines)
    return {
        room: Lines(sum(one.total for one in files), sum(one.ran for one in files))
        for room, files in sorted(rooms.items())
    }


def _engine_room(path: str) -> str:
    """`trust` of `cpp/src/trust/x.cpp` and of `cpp/include/contenttrust/trust/x.hpp`."""
    parts = path.split("/")
    return "bindings" if "bindings" in parts else parts[-2]


def _package_room(path: str, package: str) -> str:
    """The folder below the package, or the package's own name for a module beside the folders."""
    below = path.split("/")[path.split("/").index(package) + 1 :]
    return below[0] if len(below) > 1 else package
