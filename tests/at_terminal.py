"""A program at a terminal of its own, which types what a person would."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from covered.counting import COUNTING

_PATIENCE_S = 60
_TAKE_TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "contenttrust", *sys.argv[1:]])
"""


class Session(NamedTuple):
    """What a program did at its terminal."""

    code: int
    shown: str


def at_a_terminal(
    arguments: Sequence[str],
    answers: Sequence[tuple[str, str]],
    *,
    env: Mapping[str, str],
    cwd: str | os.PathLike[str] | None = None,
) -> Session:
    """Run the command line at a new terminal.

    Args:
        arguments: Of the program.
        answers: What to type once a text was shown, in their order.
        env: The environment.
        cwd: Where to run it.
    """
    terminal, other = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _TAKE_TERMINAL, *arguments],
        stdin=other, stdout=other, stderr=other, env={**COUNTING, **env}, cwd=cwd,
        start_new_session=True,
    )  # fmt: skip
    os.close(other)
    shown = b""
    waiting = list(answers)
    seen = 0
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        assert ready, f"waited in vain for {waiting[:1]} after {shown!r}"
        try:
            read = os.read(terminal, 65_536)
        except OSError:  # the other end is closed
            break
        if not read:
            break
        shown += read
        while waiting and waiting[0][0].encode() in shown[seen:]:
            prompt, typed = waiting.pop(0)
            seen = shown.index(prompt.encode(), seen) + len(prompt.encode())
            os.write(terminal, typed.encode())
    os.close(terminal)
    code = process.wait(timeout=_PATIENCE_S)
    assert not waiting, f"never asked: {waiting}; shown: {shown!r}"
    return Session(code, shown.decode().replace("\r\n", "\n"))
