"""A docker that only notes what it is started with."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from contenttrust.gate.docker.call import Call
from contenttrust.gate.docker.program import Docker
from covered.counting import COUNTING

WEB = "registry.example.com/team/web"
_NOTES = """\
#!/usr/bin/env python3
import json, os, sys
from pathlib import Path
arguments = sys.argv[1:]
files = {}
for word in arguments:
    if word.startswith("--file="):
        file = Path(word[7:])
        files = {each.name: each.read_text() for each in file.parent.iterdir() if each.is_file()}
with open(os.environ["NOTES"], "a") as notes:
    told = {"arguments": arguments, "files": files, "trust": os.environ.get("DOCKER_CONTENT_TRUST")}
    notes.write(json.dumps(told) + "\\n")
sys.stdout.write(os.environ.get("PRINTS", ""))
ends = os.environ.get("ENDS_WITH", "") in ["", *arguments]
sys.exit(int(os.environ.get("ENDS", "0")) if ends else 0)
"""


class BecameError(Exception):
    """The process would be docker now."""


@dataclasses.dataclass
class Noting:
    """A program that notes how it is started."""

    path: Path
    notes: Path

    @property
    def started(self) -> list[list[str]]:
        """The arguments of every start."""
        return [each["arguments"] for each in self.told]

    @property
    def told(self) -> list[dict[str, Any]]:
        """Everything that it noted."""
        if not self.notes.exists():
            return []
        return [json.loads(line) for line in self.notes.read_text().splitlines()]


class KeptDocker(Docker):
    """A docker that the process of the test does not become."""

    became: Sequence[str] = ()

    def become(self, arguments: Sequence[str]) -> NoReturn:
        self.became = list(arguments)
        raise BecameError


MakeCall = Callable[..., Call]
"""Makes what the shim makes of a command line: the command, its words, then variables."""


def installed(folder: Path) -> Noting:
    """Put the program into a folder."""
    program = folder / "docker"
    program.write_text(_NOTES)
    program.chmod(0o755)
    return Noting(program, folder / "notes")


def environment(noting: Noting, home: Path, **env: str) -> dict[str, str]:
    """Where the shim finds that program, and no trust server: what is checked is refused."""
    path = os.pathsep.join([str(noting.path.parent), *os.get_exec_path()])
    server = {"DOCKER_CONTENT_TRUST_SERVER": "https://localhost:1"}
    return {
        **COUNTING,
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "PATH": path,
        "HOME": str(home),
        "NOTES": str(noting.notes),
        **server,
        **env,
    }
