"""Small Go programs of the tests: built once from their folder, kept in the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

OLDEST_GO = (1, 21)


class NotBuiltError(Exception):
    """What is needed to build a program is not there; a reason to skip."""


@cache
def go() -> str:
    """The path of a Go toolchain that is new enough.

    Raises:
        NotBuiltError: There is none.
    """
    for place in (*os.get_exec_path(), "/usr/local/go/bin"):
        tool = Path(place, "go")
        if not os.access(tool, os.X_OK):
            continue
        told = subprocess.run([tool, "version"], check=False, capture_output=True, text=True)
        version = re.search(r"go(\d+)\.(\d+)", told.stdout)
        if version and (int(version[1]), int(version[2])) >= OLDEST_GO:
            return str(tool)
    raise NotBuiltError(f"no Go toolchain of {'.'.join(map(str, OLDEST_GO))} or newer")


@cache
def built(source: Path) -> Path:
    """A program, from the cache where nothing has changed.

    Args:
        source: The folder of its module.

    Raises:
        NotBuiltError: No toolchain, or its modules cannot be had.
    """
    tool = go()
    sources = sorted(path for path in source.iterdir() if path.is_file())
    version = subprocess.run([tool, "version"], check=True, capture_output=True).stdout
    fingerprint = hashlib.sha256(version + b"".join(path.read_bytes() for path in sources))
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    made = home / "contenttrust-tests" / f"{source.name}-{fingerprint.hexdigest()[:16]}"
    if made.is_file():
        return made
    made.parent.mkdir(parents=True, exist_ok=True)
    with (
        made.with_suffix(".lock").open("w") as lock,
        tempfile.TemporaryDirectory(dir=made.parent) as scratch,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run on two processes, which build it once
        if made.is_file():
            return made
        # A copy: the build writes to go.mod and go.sum where it likes.
        for path in sources:
            shutil.copy(path, scratch)
        done = subprocess.run(
            [tool, "build", "-mod=mod", "-buildvcs=false", "-trimpath", "-o", "program", "."],
            cwd=scratch,
            env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": ""},
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise NotBuiltError(f"{source.name} cannot be built: {done.stderr.strip()[-300:]}")
        Path(scratch, "program").replace(made)
    return made
