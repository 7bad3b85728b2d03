"""How long a verification waits for its files, however many times it has to ask for more of them.

A source is asked anew for each step of the judgement, and how it is asked names no moment. So the
moment stands beside the call, for the thread that verifies, and sources that wrap others pass it on
without knowing of it.
"""

from __future__ import annotations

import contextlib
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import local
else:  # the module `threading` is not needed for it
    from _thread import _local as local

VISIT_SECONDS = 120.0
"""For all files of a collection together; and how long what was found out for them is kept."""

_kept = local()


@contextlib.contextmanager
def visit(seconds: float | None = None) -> Iterator[None]:
    """From here on the time runs, for this thread and as long as the block lasts.

    Args:
        seconds: How long; default: `VISIT_SECONDS`. Within another such block no longer than what
            that one has left.
    """
    seconds = VISIT_SECONDS if seconds is None else seconds
    before = getattr(_kept, "end", None), getattr(_kept, "seconds", VISIT_SECONDS)
    end = time.monotonic() + seconds
    if before[0] is None or end < before[0]:
        _kept.end, _kept.seconds = end, seconds
    try:
        yield
    finally:
        _kept.end, _kept.seconds = before


def allowed() -> float:
    """How many seconds there were for all files, when the time began to run."""
    return getattr(_kept, "seconds", VISIT_SECONDS)


def end() -> float:
    """Moment on the monotonic clock at which nothing is waited for any more."""
    known: float | None = getattr(_kept, "end", None)
    return time.monotonic() + VISIT_SECONDS if known is None else known


def in_seconds(seconds: float) -> float:
    """The moment on the monotonic clock that lies so far ahead."""
    return time.monotonic() + seconds


def is_over() -> bool:
    """Whether that moment has come."""
    return time.monotonic() >= end()
