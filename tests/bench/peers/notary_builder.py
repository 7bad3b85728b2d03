"""The builder of notary 0.7, which verifies for the original client, on the same files."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from bench.programs import Run, run

PUBLISHED = Run(cpu=[1.97e-3], wall=[1 / 1017], repositories=1)
"""On two cores of a Zen 5: where there is no Go toolchain it stands in."""

GO = "/usr/local/go/bin/go"


def program(folder: Path) -> Path | None:
    """The program, built below `folder`; none without Go, or without notary's module."""
    go = shutil.which("go") or shutil.which(GO)
    if go is None:
        return None
    built = folder.resolve() / "notary-builder"
    source = Path(__file__).parent / "notary"
    # The toolchain wants a place for its caches, whatever the user has.
    environment = {"HOME": str(folder.resolve()), **os.environ, "CGO_ENABLED": "0"}
    done = subprocess.run(
        [go, "build", "-o", built, "."],
        cwd=source,
        env=environment,
        check=False,
        capture_output=True,
    )
    return built if done.returncode == 0 else None


def notary_builder(pack: Path, folder: Path) -> tuple[Run, str]:
    """What the builder takes on two threads, and where the figures come from.

    Args:
        pack: Repositories; the builder is timed on the first thousand.
        folder: Where the program is built.
    """
    built = program(folder)
    if built is None:
        return PUBLISHED, "as published"
    return run((built, pack, "2", "2", "1000")), "in this run"
