"""The benchmark of the alias runs; nothing is timed here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_a_quick_run_prints_every_figure() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.shim", "--here", "--rounds", "1"],
        env={**os.environ, "PYTHONPATH": str(TESTS)}, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, *lines = done.stdout.splitlines()
    assert first.split() == ["the", "alias", "pass"]
    assert [line[:34].strip() for line in lines] == [
        "ps",
        "image ls, flags before it",
        "run, content trust off",
        "compose, content trust off",
    ]
    assert all("promised ≤ 4.0 x" in line for line in lines)
