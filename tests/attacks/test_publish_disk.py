"""Publishers whose disk fails, or is shared with a careless umask: told, and nothing is lost.

Threat T102. What fails is one call to the system at a time; the calls to sockets do not.
"""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from attacks.publishing import (
    GIVEN,
    Machine,
    Scene,
    first_signature,
    later_publication,
    rotation,
)
from attacks.strikes import calls_of, traced
from attacks.test_trust_store_crash import needs_strace
from attacks.warm import AT_FIRST_CHANGE
from servers import Authority

ERRORS = {
    "write": "ENOSPC",
    "fsync": "EIO",
    "renameat": "EIO",
    "unlinkat": "EROFS",
    "mkdirat": "EROFS",
    "openat": "EROFS",
    "flock": "ENOLCK",
}
"""What each call answers in its turn; of `openat` those fail that make a file."""
QUICK = """
from attacks.warm import use_few_rounds
use_few_rounds()
from contenttrust.cli.program import run
run()
"""


@pytest.fixture
def machine(authority: Authority, tmp_path: Path) -> Iterator[Machine]:
    with Machine(tmp_path / "machine", authority) as machine:
        yield machine


@needs_strace
@pytest.mark.parametrize(
    ("make", "every"),
    [(later_publication, 2), (first_signature, 4), (rotation, 4)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_t102_a_disk_that_fails_loses_nothing(
    machine: Machine, make: Callable[[Machine], Scene], every: int
) -> None:
    """Of 54, 92 and 54 calls every second or fourth fails in a run of its own."""
    scene = make(machine)
    calls = calls_of(scene, list(ERRORS), AT_FIRST_CHANGE)
    codes = set()
    for call, number in calls[::every]:
        trust_dir = scene.begin()
        inject = f"inject={call}:error={ERRORS[call]}:when={number}"
        ended = traced(
            scene, trust_dir, "-e", f"trace={call}", "-e", inject, begins=AT_FIRST_CHANGE
        )
        done = scene.stands(trust_dir)
        where = (call, number, ended)
        assert ended.code in {0, 1, 3}, where
        assert done or ended.code, where
        assert "Traceback" not in ended.out, where
        assert "internal error" not in ended.out, where
        reason = os.strerror(getattr(errno, ERRORS[call]))
        assert not ended.code or reason in ended.out, where
        scene.goes_on(trust_dir)
        codes.add(ended.code)
    assert len(codes) > 1


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_t102_files_are_ours_alone_whatever_the_umask(machine: Machine, umask: int) -> None:
    scene = first_signature(machine)
    trust_dir = machine.folder / "trust"
    done = subprocess.run(
        [sys.executable, "-c", QUICK, *scene.command(trust_dir)],
        env=machine.env | GIVEN | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        umask=umask, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (trust_dir, *trust_dir.rglob("*"))}
    assert len(modes) > 10
    assert modes == {path: 0o700 if path.is_dir() else 0o600 for path in modes}


def test_t104_a_damaged_key_file_is_named_by_who_needs_its_key(machine: Machine) -> None:
    scene = later_publication(machine)
    trust_dir = scene.begin()
    [path] = [
        path
        for path in (trust_dir / "private").glob("*.key")
        if "role: targets" in path.read_text()
    ]
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    ended = machine.warm.run(*scene.command(trust_dir))
    assert ended.code == 1
    assert str(path) in ended.out
    path.write_bytes(whole)
    assert not scene.stands(trust_dir)
    scene.goes_on(trust_dir)
