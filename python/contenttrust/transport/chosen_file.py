"""A file that somebody named on a command line or in a configuration, read up to a limit.

Links are followed: who names a file means what it leads to. Whatever is no regular file is refused
before it is read, because a pipe may never end and a device may do more than give bytes.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

from contenttrust.transport import files

ROOT_LIMIT = 512_000
"""Bytes of a root document, as the engine's standard limit has it."""
LIMIT = 1024 * 1024
"""Bytes of any other file."""

_CHUNK = 65_536


class ChosenFileError(ValueError):
    """The file is not one to read: no regular file, or larger than its limit."""


def read(path: str | os.PathLike[str], *, limit: int = LIMIT) -> bytes:
    """The bytes of a file.

    Args:
        path: Of the file.
        limit: Most bytes that it may have.

    Raises:
        OSError: It is missing, is a directory, or cannot be opened.
        ChosenFileError: It is no regular file, or larger than the limit.
    """
    with files.opened(_opened(path)) as descriptor:
        data = bytearray()
        with open(descriptor, "rb", closefd=False) as file:
            # Python takes memory for as much as it is asked to read: a limit is far more.
            while len(data) <= limit and (chunk := file.read(_CHUNK)):
                data += chunk
    if len(data) > limit:
        raise ChosenFileError(_too_large(limit))
    return bytes(data)


def read_stdin(*, limit: int = LIMIT) -> bytes:
    """The bytes of standard input, where a name stands for it.

    Args:
        limit: Most bytes that it may have.

    Raises:
        OSError: It cannot be read.
        ChosenFileError: It has more bytes, or was closed before the start.
    """
    if sys.stdin is None:
        raise ChosenFileError("it is closed")
    data: bytes = sys.stdin.buffer.read(limit + 1)
    if len(data) > limit:
        raise ChosenFileError(_too_large(limit))
    return data


def check(path: str | os.PathLike[str]) -> None:
    """Refuse a file that another reader, who opens it by its name, might wait for.

    Args:
        path: Of the file.

    Raises:
        OSError: It is missing, is a directory, or cannot be opened.
        ChosenFileError: It is no regular file.
    """
    os.close(_opened(path))


def _opened(path: str | os.PathLike[str]) -> int:
    # Without O_NONBLOCK the opening of a pipe would wait for somebody to write into it.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        _check_regular(os.fstat(descriptor).st_mode, path)
    except (OSError, ChosenFileError):
        os.close(descriptor)
        raise
    return descriptor


def _check_regular(mode: int, path: str | os.PathLike[str]) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not stat.S_ISREG(mode):
        raise ChosenFileError("it is no regular file")


def _too_large(limit: int) -> str:
    return f"it is larger than {limit:,} bytes"
