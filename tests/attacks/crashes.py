"""Updates of a trust directory that are killed, or whose disk fails, at a chosen step.

Run as a program it is the victim: it reads a plan, and for every step forks a child that updates a
copy of the trust directory and meets its fate when it makes the step's call to the system.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

CHANGING = ("open", "mkdir", "chmod", "fchmod", "fsync", "replace", "unlink")
"""The calls of `os` through which a trust directory changes; writing itself is done in C."""


class Fate(NamedTuple):
    """What became of one update."""

    call: str
    """What was reached: a name of `CHANGING`, or empty where the update had fewer steps."""
    trust_dir: Path
    outcome: str
    """"ok", the class of the error that was raised, or empty where the child was killed."""
    complaints: str
    """What the child wrote to standard error."""


class Plan(NamedTuple):
    """An update of a trust directory to what `files` holds."""

    gun: str
    files: Path
    """A directory laid out like a trust server."""
    now: datetime

    def meets(
        self, scratch: Path, start: Path, error: int = 0, calls: Sequence[str] = CHANGING
    ) -> list[Fate]:
        """The fates of as many updates as there are steps, and of one that goes through.

        Args:
            scratch: Where the copies of the trust directory are made.
            start: The trust directory before the update; it may be absent.
            error: What the system answers at the step; 0: it kills the process.
            calls: What counts as a step.
        """
        plan = [str(self.files), self.gun, self.now.isoformat(), str(scratch), str(start)]
        victim = [sys.executable, __file__, *plan, str(error), *calls]
        done = subprocess.run(victim, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return [
            Fate(line["call"], Path(line["dir"]), line["outcome"], line["err"]) for line in lines
        ]

    def command(self, trust_dir: Path) -> list[str]:
        """The same update by the command line."""
        options = ["--trust-dir", str(trust_dir), "--metadata", str(self.files), "--remember"]
        return [
            *(sys.executable, "-m", "contenttrust", "list", self.gun, "-o", "json"),
            *(*options, "--at", self.now.isoformat()),
        ]


def lay(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Put files where a trust server would have them."""
    for name, data in files.items():
        path = folder / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def content(trust_dir: Path) -> dict[str, bytes]:
    """Every file in a trust directory, by its path there."""
    return {
        str(path.relative_to(trust_dir)): path.read_bytes()
        for path in sorted(trust_dir.rglob("*"))
        if path.is_file()
    }


def _arm(step: int, error: int, calls: Sequence[str]) -> list[str]:
    """Lay the trap; the list that is returned names the calls as they are made."""
    made: list[str] = []

    def trapped(name: str) -> Any:
        original = getattr(os, name)

        def call(*arguments: Any, **options: Any) -> Any:
            made.append(name)
            if len(made) == step:
                if not error:
                    os.kill(os.getpid(), signal.SIGKILL)
                raise OSError(error, os.strerror(error))
            return original(*arguments, **options)

        return call

    for name in calls:
        setattr(os, name, trapped(name))
    return made


def _update(files: dict[str, bytes], gun: str, now: datetime, trust_dir: str) -> str:
    import contenttrust as ct

    try:
        ct.load(gun, source=files, trust_dir=trust_dir, now=now, remember=True)
    except ct.ContentTrustError as failure:
        return type(failure).__name__
    return "ok"


def _fork(step: int, trust_dir: str, arguments: Sequence[Any]) -> dict[str, Any]:
    """Run one update in a child, and see what becomes of it."""
    files, gun, now, error, calls = arguments
    result_read, result_write = os.pipe()
    told = Path(f"{trust_dir}.err")
    child = os.fork()
    if child == 0:
        os.dup2(os.open(told, os.O_WRONLY | os.O_CREAT, 0o600), 2)
        write, leave = os.write, os._exit
        made = _arm(step, error, calls)
        outcome = _update(files, gun, now, trust_dir)
        reached = made[step - 1] if len(made) >= step else ""
        write(result_write, f"{reached} {outcome}".encode())
        leave(0)
    os.close(result_write)
    with os.fdopen(result_read) as pipe:
        reached, _, outcome = pipe.read().partition(" ")
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        reached = "killed"
    else:
        assert os.WEXITSTATUS(status) == 0, told.read_text()
    return {"call": reached, "dir": trust_dir, "outcome": outcome, "err": told.read_text()}


def _main(arguments: Sequence[str]) -> None:
    folder, gun, now, scratch, start, error, *calls = arguments
    import contenttrust  # noqa: F401 - so that the children need not

    names = Path(folder)
    files = {
        str(path.relative_to(names)).removesuffix(".json"): path.read_bytes()
        for path in names.rglob("*.json")
    }
    moment = datetime.fromisoformat(now)
    Path(scratch).mkdir()
    _update(files, gun, moment, f"{scratch}/rehearsal")  # loads what is loaded late
    for step in range(1, 1000):
        trust_dir = f"{scratch}/{step}"
        if Path(start).exists():
            shutil.copytree(start, trust_dir)
        fate = _fork(step, trust_dir, (files, gun, moment, int(error), calls))
        sys.stdout.write(json.dumps(fate) + "\n")
        if not fate["call"]:
            return
    raise AssertionError("the update never ends")


if __name__ == "__main__":
    _main(sys.argv[1:])
