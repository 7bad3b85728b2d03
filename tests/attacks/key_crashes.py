"""Changes of a key store that are killed, or whose disk fails, at a chosen step.

Run as a program it is the victim: for every step it forks a child that makes one change to a copy
of the key store, and meets its fate when it makes the step's call to the system.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

NEW = b"another passphrase"
ARCHIVE = b"passphrase of the archive"
CHANGES = ("add", "import", "passwd", "remove", "restore")


class Fate(NamedTuple):
    """What became of one change."""

    call: str
    """What was reached: a call of `os`, "killed", or empty where the change had fewer steps."""
    trust_dir: Path
    outcome: str
    """"ok", the class of the error that was raised, or empty where the child was killed."""


def fates(change: str, scratch: Path, start: Path, material: Path, error: int = 0) -> list[Fate]:
    """The fates of as many changes as there are steps, and of one that goes through.

    Args:
        change: One of `CHANGES`.
        scratch: Where the copies of the trust directory are made.
        start: The trust directory before the change.
        material: A file that the change needs: a key, an archive, or a key id.
        error: What the system answers at the step; 0: it kills the process.
    """
    victim = [sys.executable, __file__, change, *map(str, (scratch, start, material, error))]
    done = subprocess.run(victim, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [Fate(line["call"], Path(line["dir"]), line["outcome"]) for line in lines]


def make(change: str, trust_dir: Path, material: Path) -> str:
    """Make one change; what became of it."""
    from contenttrust._core import PrivateKey
    from contenttrust.errors import ContentTrustError
    from contenttrust.keys.backup import _keys_of, put_back
    from contenttrust.keys.importing import import_file
    from keyholder import Holder, store_in

    store = store_in(trust_dir)
    actions: dict[str, Callable[[], object]] = {
        "add": lambda: store.add(PrivateKey.decode(material.read_bytes()), role="alice"),
        "import": lambda: import_file(store, material),
        "passwd": lambda: store.change_passphrase(material.read_text(), passphrases=Holder(NEW)),
        "remove": lambda: store.remove(material.read_text()),
        # An archive that is open already: opening one takes its time, and writes nothing.
        "restore": lambda: put_back(store, _keys_of(material.read_bytes())),
    }
    try:
        actions[change]()
    except ContentTrustError as failure:
        return type(failure).__name__
    return "ok"


def _fork(step: int, trust_dir: str, change: str, material: Path, error: int) -> dict[str, Any]:
    from attacks.crashes import CHANGING, _arm

    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        write, leave = os.write, os._exit
        made = _arm(step, error, CHANGING)
        outcome = make(change, Path(trust_dir), material)
        reached = made[step - 1] if len(made) >= step else ""
        write(writable, f"{reached} {outcome}".encode())
        leave(0)
    os.close(writable)
    with os.fdopen(readable) as pipe:
        reached, _, outcome = pipe.read().partition(" ")
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        reached = "killed"
    else:
        assert os.WEXITSTATUS(status) == 0
    return {"call": reached, "dir": trust_dir, "outcome": outcome}


def _main(change: str, scratch: str, start: str, material: str, error: str) -> None:
    Path(scratch).mkdir()
    rehearsal = f"{scratch}/rehearsal"
    shutil.copytree(start, rehearsal)
    make(change, Path(rehearsal), Path(material))  # loads what is loaded late
    for step in range(1, 1000):
        trust_dir = f"{scratch}/{step}"
        shutil.copytree(start, trust_dir)
        fate = _fork(step, trust_dir, change, Path(material), int(error))
        sys.stdout.write(json.dumps(fate) + "\n")
        if not fate["call"]:
            return
    raise AssertionError("the change never ends")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    _main(*sys.argv[1:])
