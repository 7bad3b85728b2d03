"""Runs all tests on an instrumented build and holds the lines that ran to their goals.

The engine is built once with gcov, for the C++ tests and for the extension: what the attack tests
reach of the engine counts, because that is how an attacker reaches it. Figures are printed for the
C++ tests alone, with the attack tests, and with all Python tests. A test that fails is a failure
here too; the figures are printed all the same.

Two options of gcovr say what a line is. `--merge-lines`: a line of a template counts once, whatever
it is instantiated for. `--exclude-noncode-lines`: of the lines that did not run, those that hold
nothing but braces, `else` or a comment do not count. GCC puts there the clean-up that runs when an
exception passes, and no test can make each allocation fail. No line is excluded by name.

    python -m covered [ARGUMENT…]    arguments go to pytest
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from covered.rooms import Goal, Lines, engine_lines, package_lines, together

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "coverage"
REPORTS = BUILD / "reports"
PACKAGE = "contenttrust"
# Instrumented code is slow. More cases of the same kind reach no further line; a million counted
# members take two or three times as long as a test allows a release, and more beside other work.
SLOWER = {"CONTENTTRUST_BATCH_CASES": "2000", "CONTENTTRUST_PATIENCE": "10"}


def run(*command: str | Path, **environment: str) -> None:
    """Run a tool in the tree; its failure ends the program."""
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, **environment})


def slower() -> dict[str, str]:
    """What tests are told about a slow engine, unless the environment says it already."""
    return {name: os.environ.get(name, value) for name, value in SLOWER.items()}


def build() -> Path:
    """Build tests and extension with gcov, with no counts of an earlier run.

    Returns:
        The extension.
    """
    pybind11 = subprocess.check_output(
        [sys.executable, "-m", "pybind11", "--cmakedir"], text=True
    ).strip()
    run(
        *("cmake", "--preset", "coverage", "-DCONTENTTRUST_PYTHON=ON"),
        *(f"-Dpybind11_DIR={pybind11}", f"-DPython_EXECUTABLE={sys.executable}"),
    )
    run("cmake", "--build", "--preset", "coverage")
    for counts in BUILD.rglob("*.gcda"):
        counts.unlink()
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir()
    (extension,) = BUILD.glob("cpp/bindings/_core*.so")
    return extension


@contextlib.contextmanager
def installed(extension: Path) -> Iterator[None]:
    """Have every process of this environment load the given extension, for a while."""
    found = importlib.util.find_spec(f"{PACKAGE}._core")
    if found is None or found.origin is None:
        raise FileNotFoundError(f"{PACKAGE} is not installed in this environment")
    place = Path(found.origin)
    kept = REPORTS / place.name
    shutil.copy2(place, kept)
    try:
        _replace(place, extension)
        yield
    finally:
        _replace(place, kept)


def _replace(place: Path, content: Path) -> None:
    """Put a copy in place at once: a process that has the old file mapped keeps it."""
    beside = place.with_name(f"{place.name}.new")
    shutil.copy2(content, beside)
    beside.replace(place)


def python_tests(*arguments: str) -> bool:
    """Run Python tests; their subprocesses are measured too.

    A process that may not write below `build/`, as one of another user, leaves no counts: what it
    would say about that must not stand in the output that a test compares.

    Returns:
        Whether all of them passed. That pytest could not run them ends the program.
    """
    counting = {
        **slower(),
        "COVERAGE_FILE": str(REPORTS / "python"),
        "GCOV_ERROR_FILE": str(REPORTS / "gcov.log"),
    }
    command = [sys.executable, "-m", "coverage", "run", "-m", "pytest", "--numprocesses=2"]
    done = subprocess.run(
        [*command, *arguments], cwd=ROOT, check=False, env={**os.environ, **counting}
    )
    if done.returncode > 1:
        raise subprocess.CalledProcessError(done.returncode, done.args)
    return done.returncode == 0


def engine_report(name: str) -> dict[str, Lines]:
    """What ran of the engine so far, by room; the lines that did not are in a text file."""
    summary = REPORTS / f"{name}.json"
    run(
        *(sys.executable, "-m", "gcovr", "--root", ROOT, "--filter", "cpp/"),
        *("--merge-lines", "--exclude-noncode-lines", "-j", "2"),
        *("--json-summary", summary, "--txt", summary.with_suffix(".txt"), BUILD),
    )
    return engine_lines(summary)


def package_report() -> dict[str, Lines]:
    """What ran of the package, by room."""
    data = str(REPORTS / "python")
    report = REPORTS / "python.json"
    run(sys.executable, "-m", "coverage", "combine", "--quiet", COVERAGE_FILE=data)
    run(
        *(sys.executable, "-m", "coverage", "json", "--quiet", "-o", report),
        COVERAGE_FILE=data,
    )
    with (REPORTS / "python.txt").open("w") as text:
        subprocess.run(
            [sys.executable, "-m", "coverage", "report"],
            cwd=ROOT,
            check=True,
            stdout=text,
            env={**os.environ, "COVERAGE_FILE": data},
        )
    return package_lines(report, PACKAGE)


def show(title: str, rooms: Mapping[str, Lines]) -> None:
    """Print one line a room, and their sum."""
    print(f"\n{title}")
    for room, lines in (*rooms.items(), ("total", together(rooms))):
        print(f"  {room:14} {lines.ran:5} of {lines.total:5} lines  {lines.percent:6.2f} %")


def main(arguments: list[str]) -> int:
    """Measure, print, judge."""
    # Who is asked to end leaves in good order: what was installed before must come back.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    extension = build()
    run("ctest", "--preset", "coverage", **slower())
    alone = engine_report("cpp")
    with installed(extension):
        passed = python_tests("tests/attacks", *arguments)
        attacked = engine_report("attacks")
        passed = python_tests("tests/python", *arguments) and passed
    engine, package = engine_report("all"), package_report()

    show("Engine, C++ tests alone", alone)
    show("Engine, with the attack tests", attacked)
    show("Engine, with all Python tests", engine)
    show("Package", package)
    print(f"\nWhat did not run: {REPORTS.relative_to(ROOT)}/{{attacks,all,python}}.txt\n")
    goals = (
        Goal("engine without bindings, C++ tests", 97, together(alone, without=("bindings",))),
        Goal("engine and bindings, all tests", 97, together(engine)),
        Goal("trust/, C++ and attack tests", 100, attacked.get("trust", Lines(0, 0))),
        Goal("package, Python tests", 95, together(package)),
    )
    for goal in goals:
        verdict = "held" if goal.held else "MISSED"
        print(f"{verdict:6} {goal.name}: {goal.found.percent:.2f} % (goal {goal.percent:g} %)")
    if not passed:
        print("MISSED tests failed; see above")
    return 0 if passed and all(goal.held for goal in goals) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as failure:
        sys.exit(f"covered: {failure}")
