"""The programs that are timed beside each other on the same packs, each a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parent


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one process took for the repositories of a pack, pass by pass."""

    cpu: list[float]
    wall: list[float]
    fingerprint: str = ""
    repositories: int = 0
    signatures: int = 0
    tags: int = 0
    memory: int = 0
    look_up: float = 0.0


class RefusedError(Exception):
    """A program did not accept the repositories, or could not run."""


def run(command: Sequence[str | Path], **environment: str) -> Run:
    """The figures that a program prints as JSON.

    Raises:
        RefusedError: It ended with another status than 0.
    """
    done = subprocess.run(
        command, env={**os.environ, **environment}, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RefusedError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stderr}")
    return Run(**json.loads(done.stdout))


@dataclass(frozen=True)
class Floor:
    """libcrypto and simdjson with nothing around them: `floor/`."""

    program: Path

    @staticmethod
    def build(folder: Path) -> Floor:
        """Build it below `folder`, or only what has changed since."""
        tree = folder / "floor"
        configure = ("cmake", "-S", BENCH / "floor", "-B", tree, "-DCMAKE_BUILD_TYPE=Release")
        generator = ("-G", "Ninja") if shutil.which("ninja") and not tree.exists() else ()
        for command in ((*configure, *generator), ("cmake", "--build", tree, "-j2")):
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"the floor cannot be built\n{done.stdout}{done.stderr}")
        return Floor(tree / "floor")

    def walk(self, pack: Path, *, threads: int = 1, passes: int = 3, listed: bool = False) -> Run:
        """Walk every repository of the pack."""
        more = ("list",) if listed else ()
        return run((self.program, pack, str(threads), str(passes), *more))


@dataclass(frozen=True)
class Ours:
    """`contenttrust.verify_many` under an interpreter that has the package."""

    python: str

    def verify(self, pack: Path, *options: str, threads: int = 1, passes: int = 3) -> Run:
        """Verify every repository of the pack; `options`: as `bench.subject` has them."""
        command = (self.python, "-m", "bench.subject", str(pack))
        counts = ("--threads", str(threads), "--passes", str(passes))
        return run((*command, *counts, *options), PYTHONPATH=str(BENCH.parent))

    def build_info(self) -> dict[str, str]:
        """What the package was compiled against, and which paths run here."""
        show = "import contenttrust, json; print(json.dumps(contenttrust.build_info()))"
        shown = subprocess.run([self.python, "-c", show], check=True, capture_output=True)
        return dict(json.loads(shown.stdout))
