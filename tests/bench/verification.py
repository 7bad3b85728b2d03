"""Verification beside its floor: the same files, interleaved in one run, in CPU time.

The floor (`floor/`) is what the work cannot do without: each byte hashed as the hash chain asks,
each file parsed once, each key decoded once by the cheapest road, each signature verified one by
one by libcrypto. What counts is the ratio; absolute figures drift with the machine.

    python -m bench.verification [--quick] [--rounds N] [--with PYTHON] [--build DIR]

(with `tests` on PYTHONPATH; `./dev bench` does it). `--quick` has small sizes and shows only that
everything runs: its figures mean nothing.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import growth, peers, workloads
from bench.installation import ROOT, install, interpreter
from bench.programs import Floor, Ours, RefusedError, Run
from bench.verdicts import HEADING, Verdict, at_most, duration
from bench.workloads import Workload

MEGABYTE = 1_000_000
LISTED = 200_000
"""Up to so many tags both sides list all that they read; beyond, they only count."""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much of everything."""

    everyday: int
    lists: tuple[int, int]
    delegations: int
    many: int
    growth: growth.Sizes


FULL = Sizes(
    everyday=500, lists=(100_000, 1_000_000), delegations=1000, many=10_000, growth=growth.FULL
)
QUICK = Sizes(everyday=8, lists=(500, 2000), delegations=20, many=60, growth=growth.QUICK)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Both programs, and where what was generated is kept."""

    floor: Floor
    ours: Ours
    folder: Path
    rounds: int

    def contest(self, work: Workload, passes: int = 3) -> tuple[float, float]:
        """Least CPU seconds for all of it: ours, the floor's; they take turns."""
        pack = work.pack(self.folder)
        ours, floor = [], []
        for _ in range(self.rounds):
            floor += self.floor.walk(pack, passes=passes).cpu
            ours += self.ours.verify(pack, passes=passes).cpu
        return min(ours), min(floor)

    def agree(self, work: Workload) -> None:
        """Show that both sides verified the same.

        Raises:
            RefusedError: They did not, or the floor did less than the work.
        """
        pack = work.pack(self.folder)
        listed = work.tags_in_all <= LISTED
        floor = self.floor.walk(pack, passes=1, listed=listed)
        if (floor.signatures, floor.tags) != (work.signatures, work.tags_in_all):
            raise RefusedError(f"{work.name}: the floor verified something else than there is")
        ours = self.ours.verify(pack, *(("--list",) if listed else ("--count",)), passes=1)
        if (ours.fingerprint, ours.tags) != (floor.fingerprint, floor.tags):
            raise RefusedError(f"{work.name}: floor and contenttrust read different tags")


def everyday(bench: Bench, sizes: Sizes, batch: str) -> Iterator[Verdict]:
    """W1: a repository as teams have it, in bulk, nothing warm; then on two threads."""
    work = workloads.everyday(f"w1-{sizes.everyday}", sizes.everyday)
    bench.agree(work)
    ours, floor = bench.contest(work)
    limit = 0.5 if batch.startswith("crypto_mb") else 1.2
    name = "W1 in bulk, one thread"
    yield at_most(name, limit, ours / sizes.everyday, floor / sizes.everyday, "a repository")
    pack = work.pack(bench.folder)
    shares = []
    for _ in range(max(bench.rounds, 5) if sizes is FULL else 1):
        floors = [min(bench.floor.walk(pack, threads=threads).wall) for threads in (1, 2)]
        mine = [min(bench.ours.verify(pack, threads=threads).wall) for threads in (1, 2)]
        shares.append((mine[0] / mine[1], floors[0] / floors[1]))
    ratio = statistics.median(mine / floor for mine, floor in shares)
    mine, floors_median = (statistics.median(column) for column in zip(*shares, strict=True))
    yield Verdict(
        name="W1 in bulk, two threads",
        goal="≥ 0.92 x the floor's scaling",
        figure=f"{ratio:.2f} x (faster {mine:.2f} times beside {floors_median:.2f})",
        kept=ratio >= 0.92,
    )


def one_list(bench: Bench, sizes: Sizes) -> Iterator[Verdict]:
    """W2: one long list of tags; time, memory, one look-up."""
    for count in sizes.lists:
        work = workloads.one_list(f"w2-{count}", count)
        bench.agree(work)
        ours, floor = bench.contest(work, passes=2)
        yield at_most(f"W2, {count:,} tags", 1.3, ours / count, floor / count, "a tag")
        pack = work.pack(bench.folder)
        before = bench.ours.verify(pack, passes=0).memory
        taken = bench.ours.verify(pack, passes=1).memory - before
        limit = count * workloads.ENTRY + 64 * count + 40 * MEGABYTE
        yield Verdict(
            name=f"W2, {count:,} tags, peak memory",
            goal="≤ one copy + 64 B a tag + 40 MB",
            figure=f"{taken / MEGABYTE:.0f} MB beside {limit / MEGABYTE:.0f} MB",
            kept=taken <= limit,
        )
        look_up = bench.ours.verify(pack, "--look-up", "20000", passes=1).look_up
        yield Verdict(
            name=f"W2, {count:,} tags, one looked up",
            goal="≤ 2 µs from Python",
            figure=duration(look_up),
            kept=look_up <= 2e-6,
        )


def crowd(bench: Bench, sizes: Sizes) -> Iterator[Verdict]:
    """W4: many delegations."""
    work = workloads.crowd(f"w4-{sizes.delegations}", sizes.delegations)
    bench.agree(work)
    ours, floor = bench.contest(work)
    yield at_most(f"W4, {sizes.delegations:,} delegations", 1.3, ours, floor, "all")


def many(bench: Bench, sizes: Sizes) -> Iterator[Verdict]:
    """W3: many repositories on two threads, beside notary's builder."""
    work = workloads.everyday(f"w3-{sizes.many}", sizes.many)
    pack = work.pack(bench.folder)
    floors, mine, theirs = [], [], []
    source = ""
    for _ in range(min(bench.rounds, 2)):
        floors.append(each(bench.floor.walk(pack, threads=2, passes=1), sizes.many))
        mine.append(each(bench.ours.verify(pack, threads=2, passes=1), sizes.many))
        run, source = peers.notary_builder(pack, bench.folder.parent)
        theirs.append(each(run, run.repositories))
    name = f"W3, {sizes.many:,} repositories"
    floor, ours, notary = (
        tuple(min(column) for column in zip(*rounds, strict=True))
        for rounds in (floors, mine, theirs)
    )
    for label, (cpu, wall), remark in (("floor", floor, ""), ("notary", notary, f", {source}")):
        figure = f"{duration(cpu)} of CPU each, {1 / wall:,.0f}/s{remark}"
        yield Verdict(name=f"{name}, {label}", goal="", figure=figure, kept=None)
    cpu, wall = ours
    yield Verdict(
        name=name,
        goal="≤ 1/10 of notary's builder",
        figure=f"1/{notary[0] / cpu:.1f} ({duration(cpu)} of CPU each, {1 / wall:,.0f}/s)",
        kept=notary[0] >= 10 * cpu,
    )


def each(run: Run, repositories: int) -> tuple[float, float]:
    """Least seconds a repository, of CPU and by the wall."""
    return min(run.cpu) / repositories, min(run.wall) / repositories


def all_verdicts(bench: Bench, sizes: Sizes) -> Iterator[Verdict]:
    """Every figure, as soon as it is there."""
    batch = bench.ours.build_info().get("p256_batch", "libcrypto one by one")
    yield from everyday(bench, sizes, batch)
    yield from one_list(bench, sizes)
    yield from crowd(bench, sizes)
    yield from many(bench, sizes)
    yield from peers.python_tuf(sizes.everyday)
    yield from growth.verdicts(bench.floor, bench.ours, bench.folder, sizes.growth)


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that all runs")
    parser.add_argument("--rounds", type=int, help="default: 5, with --quick 1")
    parser.add_argument("--with", dest="python", help="has contenttrust; default: a wheel is built")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "bench")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        python = options.python or str(install(Path(folder), interpreter()) / "python")
        bench = Bench(
            floor=Floor.build(options.build),
            ours=Ours(python),
            folder=options.build / "data",
            rounds=options.rounds or (1 if options.quick else 5),
        )
        build = bench.ours.build_info()
        if options.quick:
            print("--quick: small sizes show that everything runs; THE FIGURES BELOW MEAN NOTHING")
        print("; ".join(f"{name}: {build[name]}" for name in sorted(build)))
        print(HEADING)
        for verdict in all_verdicts(bench, QUICK if options.quick else FULL):
            print(verdict, flush=True)


if __name__ == "__main__":
    main()
