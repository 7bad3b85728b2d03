"""One run of fuzz targets: time shared between them, two at a time, and what came of it."""

from __future__ import annotations

import os
import re
import resource
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Of who allocated what only two callers are noted: the whole stack takes half of the time, and a
# replay tells it. Without any, leaks would be found and not told. What was freed is kept back for
# as long as it takes to judge a few inputs.
SANITIZERS = {
    "ASAN_OPTIONS": "malloc_context_size=2:quarantine_size_mb=1"
    ":thread_local_quarantine_size_kb=16:max_malloc_fill_size=0",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}
BOUNDS = ("-timeout=20", "-rss_limit_mb=2048")  # seconds and memory of one input
LARGEST = {"verification": 8192, "delegation_walk": 128, "names": 320, "encoding": 512}
# These deserve more time than the others: what they judge is everything.
WEIGHT = {"verification": 4, "delegation_walk": 2, "json_reader": 2, "targets": 2, "root": 2}


@dataclass(frozen=True)
class Outcome:
    """What one target did."""

    target: str
    executions: int
    judgements: int  # whole verifications; an execution may hold several, or none
    seconds: float  # of one core
    coverage: int
    inputs: int
    finding: Path | None
    output: str

    @property
    def rate(self) -> float:
        """Executions a second and core."""
        return self.executions / self.seconds if self.seconds else 0.0

    @property
    def judged(self) -> str:
        """Whole verifications a second and core; empty for a target without any."""
        if not (self.judgements and self.seconds):
            return ""
        return f"{self.judgements / self.seconds:,.0f}"


def targets() -> list[str]:
    """All targets, as the build file lists them."""
    listed = re.search(r"set\(fuzz_targets([^)]*)\)", (HERE / "CMakeLists.txt").read_text())
    assert listed is not None
    return listed[1].split()


def shares(chosen: list[str], minutes: float, jobs: int) -> dict[str, int]:
    """Seconds for each target, so that all of them end after `minutes`."""
    weights = {target: WEIGHT.get(target, 1) for target in chosen}
    parallel = min(jobs, len(chosen))
    whole = sum(weights.values())
    return {t: max(1, round(minutes * 60 * parallel * w / whole)) for t, w in weights.items()}


def outcome_of(target: str, output: str, seconds: float, finding: Path | None) -> Outcome:
    """Read what libFuzzer said."""
    executions = re.search(r"stat::number_of_executed_units:\s*(\d+)", output)
    judgements = re.search(r"stat::judgements:\s*(\d+)", output)
    coverage = re.findall(r"cov: (\d+)", output)
    inputs = re.findall(r"corp: (\d+)", output)
    return Outcome(
        target=target,
        executions=int(executions[1]) if executions else 0,
        judgements=int(judgements[1]) if judgements else 0,
        seconds=seconds,
        coverage=int(coverage[-1]) if coverage else 0,
        inputs=int(inputs[-1]) if inputs else 0,
        finding=finding,
        output=output,
    )


class Campaign:
    """Targets in `build`, run on seeds and on what earlier runs left in `work`."""

    def __init__(self, build: Path, work: Path) -> None:
        self._build = build
        self._work = work

    def program(self, target: str) -> Path:
        """The target, built for fuzzing."""
        return self._build / "tests" / "fuzz" / f"fuzz_{target}"

    def run(self, target: str, seconds: int) -> Outcome:
        """Fuzz one target for so long, or until it finds something."""
        grown, findings = self._work / "corpus" / target, self._work / "findings" / target
        for folder in (grown, findings):
            folder.mkdir(parents=True, exist_ok=True)
        before = set(findings.iterdir())
        folders = [grown, self.seeds / target, HERE / "corpus" / target]
        command = [
            str(self.program(target)),
            *(f"-max_total_time={seconds}", *BOUNDS),
            *("-entropic=0", "-print_final_stats=1", f"-artifact_prefix={findings}/"),
            *(f"-dict={HERE / 'roles.dict'}", f"-max_len={LARGEST.get(target, 16384)}"),
            *(str(folder) for folder in folders if folder.is_dir()),
        ]
        with subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, **SANITIZERS},
            text=True,
            errors="replace",
        ) as process:
            assert process.stderr is not None
            output = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        found = sorted(set(findings.iterdir()) - before)
        outcome = outcome_of(target, output, seconds_of(usage), found[0] if found else None)
        # A target that says nothing of what it did has not shown anything either.
        if not found and (process.returncode != 0 or outcome.executions == 0):
            output_file = findings / "output.txt"
            output_file.write_text(output)
            return replace(outcome, finding=output_file)
        return outcome

    def run_all(self, chosen: list[str], minutes: float, jobs: int = 2) -> list[Outcome]:
        """Fuzz targets side by side; outcomes in the order of the targets."""
        time = shares(chosen, minutes, jobs)
        longest_first = sorted(chosen, key=lambda target: -time[target])
        with ThreadPoolExecutor(jobs) as pool:
            started = {t: pool.submit(self.run, t, time[t]) for t in longest_first}
        return [started[target].result() for target in chosen]

    def replay(self, target: str, file: Path) -> int:
        """Run a target once on a file; its exit code."""
        command = [str(self.program(target)), *BOUNDS, str(file)]
        return subprocess.run(command, check=False).returncode

    @property
    def seeds(self) -> Path:
        """The folder of the seeds."""
        return self._work / "seeds"


def seconds_of(usage: resource.struct_rusage) -> float:
    """Time of processors that a process took."""
    return usage.ru_utime + usage.ru_stime


def table(outcomes: list[Outcome]) -> str:
    """Executions, verifications, time and coverage of each target, for people."""
    head = ("executions", 12), ("CPU s", 8), ("a second", 10), ("judged", 10), ("branches", 10)
    lines = [f"{'target':<18}{''.join(f'{name:>{width}}' for name, width in head)}  finding"]
    for one in outcomes:
        finding = "none" if one.finding is None else str(one.finding)
        lines.append(
            f"{one.target:<18}{one.executions:>12,}{one.seconds:>8.0f}{one.rate:>10,.0f}"
            f"{one.judged:>10}{one.coverage:>10,}  {finding}"
        )
    return "\n".join(lines)
