"""What the tests of keys share: a place for them, and passphrases in the environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from covered.counting import COUNTING

ROOT, OTHER = "passphrase of root keys", "passphrase of others"
PASSPHRASES = {
    "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE": ROOT,
    "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": OTHER,
}


class Ran(NamedTuple):
    """What one command did."""

    code: int
    out: str
    err: str


class Place:
    """A docker configuration and a folder to be in."""

    def __init__(self, folder: Path, **passphrases: str) -> None:
        self.here = folder / "here"
        self.here.mkdir()
        self.trust = folder / "docker" / "trust"
        self.env = {
            "PATH": os.defpath,
            "HOME": str(folder),
            "DOCKER_CONFIG": str(folder / "docker"),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            **(passphrases or PASSPHRASES),
        }

    def run(self, *arguments: str, stdin: str = "", pass_fds: tuple[int, ...] = ()) -> Ran:
        """Run the program in a process without a terminal."""
        ran = subprocess.run(
            [sys.executable, "-m", "contenttrust", *arguments],
            check=False, capture_output=True, text=True, timeout=120, cwd=self.here,
            env={**COUNTING, **self.env}, input=stdin, pass_fds=pass_fds, start_new_session=True,
        )  # fmt: skip
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def done(self, *arguments: str) -> str:
        """Run what must succeed; its output."""
        ran = self.run(*arguments)
        assert ran.code == 0, ran
        return ran.out

    def key_ids(self) -> list[str]:
        """Names of the key files."""
        return sorted(path.stem for path in (self.trust / "private").glob("*.key"))
