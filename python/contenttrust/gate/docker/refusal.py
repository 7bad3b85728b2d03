"""What ends a command without docker: the reason and the exit code."""

from __future__ import annotations

NOT_STARTED = 125
"""What docker run ends with when the fault is not the container's."""
NOT_DONE = 1

_CODES = {
    "run": NOT_STARTED,
    "create": NOT_STARTED,
    "build": NOT_STARTED,
    "pull": NOT_DONE,
    "push": NOT_DONE,
}


class RefusedError(Exception):
    """A command is not done.

    Attributes:
        lines: Why: the first is Docker's own text where Docker has one.
    """

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


class NotWrittenError(Exception):
    """Standard output takes no more: what was to be said is not known to anybody."""


def code_of(command: str) -> int:
    """The exit code of a refused command: that which docker has for it.

    Args:
        command: ``pull``, ``push``, ``run``, ``create`` or ``build``; every other is 1.
    """
    return _CODES.get(command, NOT_DONE)
