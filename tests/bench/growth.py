"""Ten and a hundred times as much of everything: what a unit of work takes must stay the same.

Every step of a series has the same amount of work in all, in fewer and larger repositories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import workloads
from bench.programs import Floor, Ours
from bench.verdicts import Verdict, duration
from bench.workloads import Workload

STEPS = (1, 10, 100)
TOLERANCE = 1.25
"""What caches and page tables may cost where a hundred times as much is held at once."""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much the smallest step of each series holds."""

    tags: int
    delegations: int
    roots: int
    passes: int


FULL = Sizes(tags=10_000, delegations=10, roots=2, passes=3)
QUICK = Sizes(tags=20, delegations=1, roots=2, passes=1)


@dataclass(frozen=True, kw_only=True)
class Series:
    """Workloads that differ in one size only, and what a unit of their work took."""

    name: str
    units: list[int]
    ours: list[float]
    floor: list[float]

    @property
    def growth(self) -> float:
        """How much dearer a unit is in the largest step than in the smallest."""
        return self.ours[-1] / self.ours[0]

    @property
    def work(self) -> float:
        """The same of the floor: cold caches are not our doing."""
        return max(1.0, self.floor[-1] / self.floor[0])


Maker = Callable[[str, int, int], Workload]


def measure(floor: Floor, ours: Ours, folder: Path, sizes: Sizes) -> Iterator[Series]:
    """All series."""
    kinds: Sequence[tuple[str, int, Maker]] = (
        ("tags", sizes.tags, workloads.one_list),
        ("delegations", sizes.delegations, workloads.crowd),
        ("root versions", sizes.roots, workloads.long_lived),
    )
    for name, smallest, make in kinds:
        series = Series(name=name, units=[], ours=[], floor=[])
        for step in STEPS:
            units, repositories = smallest * step, STEPS[-1] // step
            label = f"growth-{name.replace(' ', '-')}-{units}"
            pack = make(label, units, repositories).pack(folder)
            chain = ("--chain",) if make is workloads.long_lived else ()
            theirs = floor.walk(pack, passes=sizes.passes).cpu
            mine = ours.verify(pack, *chain, passes=sizes.passes).cpu
            series.units.append(units)
            series.ours.append(min(mine) / (units * repositories))
            series.floor.append(min(theirs) / (units * repositories))
        yield series


def verdicts(floor: Floor, ours: Ours, folder: Path, sizes: Sizes) -> Iterator[Verdict]:
    """A line for each series; the plot is left beside the packs where matplotlib is installed."""
    measured = []
    for series in measure(floor, ours, folder, sizes):
        measured.append(series)
        steps = ", ".join(map(duration, series.ours))
        yield Verdict(
            name=f"growth, {series.units[0]:,} to {series.units[-1]:,} {series.name}",
            goal=f"≤ {TOLERANCE} x as the floor grows",
            figure=f"{series.growth:.2f} x beside {series.work:.2f} x ({steps} each)",
            kept=series.growth <= TOLERANCE * series.work,
        )
    plot(measured, folder.parent / "growth.svg")


def plot(measured: Sequence[Series], path: Path) -> None:
    """Time of a unit over the size, ours and the floor's."""
    try:
        from matplotlib import pyplot as plt
    except ImportError:
        return
    figure, axes = plt.subplots(1, len(measured), figsize=(4 * len(measured), 3.5))
    for series, axis in zip(measured, axes, strict=True):
        axis.loglog(series.units, [1e6 * t for t in series.ours], marker="o", label="contenttrust")
        axis.loglog(series.units, [1e6 * t for t in series.floor], marker="s", label="floor")
        axis.set(xlabel=series.name, ylabel="µs of CPU each", ylim=(0.1, None))
        axis.legend()
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
