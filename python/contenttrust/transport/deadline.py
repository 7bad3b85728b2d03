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
def visit() -> Iterator[None]:
    """From here on the time runs, for this thread and as long as the block lasts."""
    before = getattr(_kept, "end", None)
    _kept.end = time.monotonic() + VISIT_SECONDS
    try:
        yield
    finally:
        _kept.end = before


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
