"""One line for each figure: what it is about, what was promised, what came out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A figure beside its goal."""

    name: str
    goal: str
    figure: str
    kept: bool | None
    """`None`: nothing was promised, the figure stands beside others."""

    def __str__(self) -> str:
        """Name, goal, figure and verdict."""
        word = {True: "kept", False: "not kept", None: ""}[self.kept]
        return f"{self.name:34} {self.goal:30} {self.figure:52} {word}".rstrip()


HEADING = f"{'workload':38} {'goal':38} {'figure':56} verdict"


def at_most(name: str, limit: float, ours: float, floor: float, unit: str) -> Verdict:
    """Seconds a unit of work, ours beside the floor's."""
    ratio = ours / floor
    return Verdict(
        name=name,
        goal=f"≤ {limit} x floor",
        figure=f"{ratio:.2f} x ({duration(ours)} beside {duration(floor)} {unit})",
        kept=ratio <= limit,
    )


def duration(seconds: float) -> str:
    """Three digits in the unit that suits."""
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
