"""Standard output and standard error of a process that may have been started without them.

Output that cannot be written is no success: its errors are raised. Standard error only carries
words beside the exit code: what cannot be written there is dropped, and the code stays.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO


_PIECE = 65_536
_written: set[bool] = set()


def prepare() -> None:
    """Make both streams usable, whatever the process was started with."""
    _written.clear()
    # Python has None in place of a stream that was closed before the start. The stand-in for the
    # output cannot be written, as a closed descriptor cannot; nothing is heard of the other.
    if sys.stdout is None:
        sys.stdout = _nowhere(os.O_RDONLY)
    if sys.stderr is None:
        sys.stderr = _nowhere(os.O_WRONLY)
    if isinstance(getattr(sys.stdout, "buffer", None), io.RawIOBase):
        sys.stdout = _whole(sys.stdout)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A name outside the terminal's encoding must not end the program.
            stream.reconfigure(errors="backslashreplace")


class OutputError(Exception):
    """Standard output cannot be written; a closed pipe stays a BrokenPipeError."""


def write(text: str) -> None:
    """Write text on standard output.

    Raises:
        OutputError: It cannot be written.
        BrokenPipeError: Nobody reads it any more.
    """
    _written.add(bool(text))
    with _writing():
        # In pieces: not every kernel tells, of one long write, that the reader left halfway.
        for start in range(0, len(text), _PIECE):
            sys.stdout.write(text[start : start + _PIECE])


def wrote() -> bool:
    """Whether anything was written on standard output since `prepare`."""
    return True in _written


def flush() -> None:
    """Bring out what was written on standard output; raises what `write` raises."""
    with _writing():
        sys.stdout.flush()


def flush_quietly() -> None:
    """Bring out what was written on standard output, or as much of it as can be."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        discard(sys.stdout)


def complain(lines: Iterable[str]) -> None:
    """Write lines on standard error, or nothing where that fails."""
    try:
        sys.stderr.writelines(line + "\n" for line in lines)
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Send the rest to nowhere: the interpreter flushes once more at its end."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write the output: {error.strerror}") from error


def _whole(unbuffered: TextIO) -> TextIO:
    """The same output, each line of it written to its last byte.

    With ``PYTHONUNBUFFERED`` Python writes once and passes over what was not taken, as by a small
    disk or a pipe that is full and does not wait.
    """
    return open(unbuffered.fileno(), "w", buffering=1, encoding=unbuffered.encoding, closefd=False)


def _nowhere(mode: int) -> TextIO:
    return open(os.open(os.devnull, mode), "w", encoding="utf-8")  # noqa: PTH123
