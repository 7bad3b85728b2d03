"""Running a client to its end, with everything that it said."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 60
"""Nothing here takes longer than seconds: what does, hangs."""


@dataclass(frozen=True)
class Ran:
    """What one command did."""

    command: Sequence[str]
    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Both outputs: the clients put their refusals on either."""
        return f"{self.out}{self.err}".strip()

    def succeeded(self) -> Ran:
        """The same, once it is sure that the command did what it was asked for."""
        assert self.code == 0, str(self)
        return self

    def __str__(self) -> str:
        return f"exit {self.code} of {' '.join(self.command)}\n{self.said}"


def run(
    command: Sequence[str],
    env: Mapping[str, str],
    *,
    stdin: str = "",
    timeout: float = TIMEOUT_S,
    cwd: Path | None = None,
) -> Ran:
    """Run a command in exactly that environment."""
    process = subprocess.run(
        command,
        check=False,
        capture_output=True,
        env=dict(env),
        input=stdin,
        text=True,
        timeout=timeout,
        cwd=cwd,
    )
    return Ran(command, process.returncode, process.stdout, process.stderr)
