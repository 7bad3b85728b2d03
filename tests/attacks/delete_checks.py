"""Deletes every check of the judgement, one at a time, and shows that a test fails each time.

A check is an `if` in the room `trust/` whose branch gives a refusal, passes one on, or leaves
something out, and every `return check_...(...)`. Each is switched off in a copy of the sources, the
extension is built again, and the attack tests and the corpus run until the first failure. A
deletion that no test notices is printed as a survivor, and the exit status is 1.

    python tests/attacks/delete_checks.py [--jobs N] [--only TEXT] [--list]
"""

from __future__ import annotations

import argparse
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
TRUST = ("cpp/src/trust", "cpp/include/contenttrust/trust")
TESTS = ("tests/attacks", "tests/python/test_corpus.py", "tests/python/test_verify_memory.py")
# What is about the way of the bytes, not about the judgement: slow, and run in other processes.
ELSEWHERE = ("credentials", "downloading", "proxies", "token_requests", "transport_security")
ELSEWHERE += ("trust_store", "trust_store_crash", "trust_store_crowd", "trust_store_names")
# Where a missing check is likeliest to be noticed; the rest is asked when these are silent.
FIRST = {
    "delegation_walk": ("test_delegations.py", "test_rollback.py", "test_limits.py"),
    "expiry": ("test_freshness.py",),
    "hash_chain": ("test_hash_chain.py", "test_limits.py"),
    "pinning": ("test_certificates.py", "test_anchors.py"),
    "repository": ("test_delegations.py", "test_delegation_paths.py", "test_names.py"),
    "role_check": ("test_rollback.py", "test_freshness.py"),
    "rollback": ("test_rollback.py",),
    "root_chain": ("test_root_chain.py", "test_anchors.py", "test_certificates.py"),
    "state": ("test_anchors.py",),
    "threshold": ("test_signatures.py", "test_thresholds.py"),
    "verify": ("test_rollback.py", "test_hash_chain.py", "test_anchors.py"),
}
# An `if` is a check when the first thing it does is one of these.
REFUSAL = re.compile(
    r"\s*\{?\s*("
    r"return (context_?\.(refused|beyond_limit)|refused|damaged|error)\("
    r"|return Error\{|return status;|continue;"
    r"|return (std::move\()?\w+\)?\.error\(\);)"
)
WHOLE_CALL = re.compile(r"return (check_\w+\((?:[^();]|\((?:[^()]|\([^()]*\))*\))*\));")
# Without the editable installation's import hook the copy's package is the one that is imported.
RUN = """
import sys
sys.meta_path[:] = [finder for finder in sys.meta_path if "Redirect" not in type(finder).__name__]
sys.meta_path[:] = [finder for finder in sys.meta_path if "Editable" not in type(finder).__name__]
import contenttrust._core, pytest
if not contenttrust._core.__file__.startswith(sys.argv[1]):
    sys.exit(f"another build was imported: {contenttrust._core.__file__}")
sys.exit(pytest.main(sys.argv[2:]))
"""


class Deletion(NamedTuple):
    """One check, and the file text without it."""

    path: Path
    line: int
    what: str
    text: str


def end_of_parenthesis(text: str, start: int) -> int:
    """The index behind the parenthesis that opens at `start`."""
    depth = 0
    for index in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if depth == 0:
            return index + 1
    raise ValueError("unbalanced")


def switched_off(condition: str) -> str:
    """The condition that never holds; what it declares is declared still."""
    declaration, separator, test = condition.rpartition(";")
    return f"{declaration}{separator} false && ({test})"


def deletions(path: Path) -> list[Deletion]:
    """Every check of one file, switched off in turn."""
    text = (ROOT / path).read_text()
    found = []
    for match in re.finditer(r"\bif \(", text):
        opening = match.end() - 1
        closing = end_of_parenthesis(text, opening)
        if not REFUSAL.match(text, closing):
            continue
        condition = text[opening + 1 : closing - 1]
        changed = text[: opening + 1] + switched_off(condition) + text[closing - 1 :]
        found.append((match.start(), " ".join(condition.split()), changed))
    for match in WHOLE_CALL.finditer(text):
        changed = (
            text[: match.start()]
            + f"static_cast<void>({match[1]}); return {{}};"
            + text[match.end() :]
        )
        found.append((match.start(), " ".join(match[1].split()), changed))
    return [
        Deletion(path, text.count("\n", 0, at) + 1, what, new) for at, what, new in sorted(found)
    ]


def all_deletions() -> list[Deletion]:
    """The checks of every file of the room."""
    paths = [path.relative_to(ROOT) for room in TRUST for path in sorted((ROOT / room).iterdir())]
    return [deletion for path in paths for deletion in deletions(path)]


class Workshop:
    """A copy of the sources with its own build, in which one check at a time is missing."""

    def __init__(self, place: Path) -> None:
        self.place = place
        for name in ("cpp", "python"):
            shutil.copytree(
                ROOT / name, place / name, ignore=shutil.ignore_patterns("*.so", "__pycache__")
            )
        shutil.copy(ROOT / "CMakeLists.txt", place)
        pybind11 = subprocess.check_output(
            [sys.executable, "-m", "pybind11", "--cmakedir"], text=True
        ).strip()
        options = (
            "-DCONTENTTRUST_PYTHON=ON",
            "-DCMAKE_BUILD_TYPE=Debug",
            "-DCMAKE_CXX_FLAGS=-O1 -g0",
        )
        self.call(
            "cmake",
            "-S",
            ".",
            "-B",
            "build",
            "-G",
            "Ninja",
            *options,
            f"-Dpybind11_DIR={pybind11}",
            f"-DPython_EXECUTABLE={sys.executable}",
        )

    def call(self, *command: str) -> None:
        """Run a tool in the copy; its output matters only when it fails."""
        done = subprocess.run(command, cwd=self.place, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")

    def build(self) -> None:
        """Build the extension and lay it into the copy's package."""
        self.call("cmake", "--build", "build", "-j2")
        (extension,) = self.place.glob("build/cpp/bindings/_core*.so")
        shutil.copy(extension, self.place / "python" / "contenttrust")

    def tests_pass(self, *tests: str) -> bool:
        """Whether the tests notice nothing."""
        ignored = [f"--ignore=tests/attacks/test_{name}.py" for name in ELSEWHERE]
        arguments = ("-x", "-q", "-p", "no:cacheprovider", "--no-header", *ignored, *tests)
        environment = {"PYTHONPATH": str(self.place / "python"), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(self.place), *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **environment},
        )
        if done.returncode > 1:  # below 0 is a crash, and a crash is noticed
            raise RuntimeError(f"the tests did not run:\n{done.stdout[-3000:]}\n{done.stderr}")
        return done.returncode == 0

    def survives(self, deletion: Deletion) -> bool:
        """Whether no test misses the check."""
        path = self.place / deletion.path
        original = path.read_text()
        path.write_text(deletion.text)
        try:
            self.build()
            first = [f"tests/attacks/{name}" for name in FIRST.get(deletion.path.stem, ())]
            return (not first or self.tests_pass(*first)) and self.tests_pass(*TESTS)
        finally:
            path.write_text(original)


def main() -> int:
    """Delete, build, test; print what happened to each check."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", type=int, default=2, help="copies that work side by side")
    parser.add_argument(
        "--only", default="", help="only checks of files whose name contains this text"
    )
    parser.add_argument("--list", action="store_true", help="print the checks and stop")
    arguments = parser.parse_args()

    work: queue.SimpleQueue[Deletion] = queue.SimpleQueue()
    wanted = [deletion for deletion in all_deletions() if arguments.only in deletion.path.name]
    for deletion in wanted:
        work.put(deletion)
        if arguments.list:
            print(f"{deletion.path}:{deletion.line}: {deletion.what}")
    if arguments.list:
        return 0

    survivors: list[Deletion] = []
    failures: list[str] = []

    def labour(place: Path) -> None:
        try:
            workshop = Workshop(place)
            workshop.build()
            intact = workshop.tests_pass(*TESTS)
            if not intact:
                failures.append("the tests fail before anything is deleted")
            while intact and not work.empty():
                deletion = work.get()
                survived = workshop.survives(deletion)
                if survived:
                    survivors.append(deletion)
                mark = "SURVIVED" if survived else "noticed"
                print(f"{mark:8} {deletion.path}:{deletion.line}: {deletion.what}", flush=True)
        except Exception as error:  # noqa: BLE001 - a worker's failure must reach the exit status
            failures.append(str(error))

    with tempfile.TemporaryDirectory() as scratch:
        workers = [
            threading.Thread(target=labour, args=(Path(scratch, str(n)),))
            for n in range(arguments.jobs)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"{len(wanted)} checks deleted, {len(survivors)} not noticed")
    return 1 if survivors or failures or not wanted else 0


if __name__ == "__main__":
    sys.exit(main())
