"""Commands of which strace disturbs one system call."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from attacks.publishing import Scene
from attacks.warm import AT_ONCE, Ended


def traced(scene: Scene, trust_dir: Path, *how: str, begins: str = AT_ONCE) -> Ended:
    """A run that strace looks at from its first step on, or from its first change."""
    warm = scene.machine.warm
    process = warm.begin(*scene.command(trust_dir), stops=begins)
    log = str(scene.machine.folder / "log")
    with subprocess.Popen(
        ["strace", "-f", "-o", log, *how, "-p", str(process)], stderr=subprocess.PIPE
    ) as tracer:
        assert tracer.stderr is not None
        assert b"attached" in tracer.stderr.readline()
        os.kill(process, signal.SIGCONT)
        ended = warm.end()
        tracer.stderr.read()
    return ended


def calls_of(scene: Scene, calls: Sequence[str], begins: str = AT_ONCE) -> list[tuple[str, int]]:
    """Every call of a run that nobody disturbs, with its number among its like.

    Of `openat` only those count that make a file.
    """
    trust_dir = scene.begin()
    ended = traced(scene, trust_dir, "-e", "trace=" + ",".join(calls), begins=begins)
    assert ended.code == 0, ended
    assert scene.stands(trust_dir)
    counts = Counter[str]()
    made = []
    for name, line in _logged(scene):
        counts[name] += 1
        if name != "openat" or "O_CREAT" in line:
            made.append((name, counts[name]))
    return sorted(made, key=lambda one: (calls.index(one[0]), one[1]))


def came_to(scene: Scene, call: str, number: int) -> bool:
    """Whether the last run made so many calls of a kind.

    It may be one less than another run makes: libcurl takes leave of a server (``close_notify``)
    only where that has not closed the connection first.
    """
    return [name for name, _ in _logged(scene)].count(call) >= number


def _logged(scene: Scene) -> Iterator[tuple[str, str]]:
    """The calls that strace has noted, by their names, with what it noted."""
    for line in (scene.machine.folder / "log").read_text().splitlines():
        found = re.match(r"\d+ +(\w+)\(", line)
        if found is not None:
            yield found[1], line
