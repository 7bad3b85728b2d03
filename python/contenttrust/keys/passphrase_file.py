"""Passphrases from a file or a descriptor: read without a copy that stays in memory."""

from __future__ import annotations

import contextlib
import os
import stat

from contenttrust._core import Secret
from contenttrust.errors import KeyStoreError, shown
from contenttrust.transport import files
from contenttrust.transport.permissions import OddFileError, check_owner, check_regular

LIMIT = 4096
"""Bytes of a passphrase; a terminal's line holds no more."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def from_file(path: str | os.PathLike[str]) -> Secret:
    """The passphrase in a file: its first line, without the line's end.

    Args:
        path: Of the file; links are followed. It must belong to us, and others may not read it.

    Raises:
        KeyStoreError: It cannot be read, others may read it, or its first line is too long.
    """
    name = f"the passphrase file {shown(os.fspath(path))}"
    try:
        # O_NONBLOCK: the opening of a pipe must not wait for a writer.
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
        with files.opened(os.open(path, flags)) as descriptor:
            _check(os.fstat(descriptor), os.fspath(path))
            return _one_line(descriptor, name)
    except OSError as error:
        raise KeyStoreError(f"{name}: {error.strerror}") from error


def from_descriptor(descriptor: int) -> Secret:
    """The passphrase that an open descriptor gives: one line, without the line's end.

    It is closed then, unless it is one of the standard streams.

    Args:
        descriptor: Its number, as the caller of the program chose it.

    Raises:
        KeyStoreError: It is not open for reading, or its first line is too long.
    """
    name = f"the passphrase descriptor {descriptor}"
    try:
        with contextlib.ExitStack() as stack:
            if descriptor > 2:  # noqa: PLR2004 - the standard streams stay open
                stack.callback(os.close, descriptor)
            return _one_line(descriptor, name)
    except OSError as error:
        raise KeyStoreError(f"{name}: {error.strerror}") from error


def trimmed(buffer: bytearray, end: int, spaces: bytes = b"\r\n") -> Secret:
    """The secret in the first bytes of a buffer, without spaces around it; wipes the buffer.

    Args:
        buffer: Where it was read to; only zeros are left in it.
        end: How many of its bytes are meant.
        spaces: What does not belong to it.
    """
    try:
        begin = 0
        while begin < end and buffer[end - 1] in spaces:
            end -= 1
        while begin < end and buffer[begin] in spaces:
            begin += 1
        with memoryview(buffer) as view, view[begin:end] as meant:
            return Secret(bytearray(meant))
    finally:
        buffer[:] = bytes(len(buffer))


def _one_line(descriptor: int, name: str) -> Secret:
    buffer = bytearray(LIMIT + 1)
    end = 0
    try:
        while end < len(buffer):
            with memoryview(buffer) as view, view[end:] as rest:
                read = os.readv(descriptor, [rest])
            line_end = buffer.find(b"\n", end, end + read)
            if line_end >= 0 or not read:
                return trimmed(buffer, line_end if line_end >= 0 else end)
            end += read
    finally:
        buffer[:] = bytes(len(buffer))
    raise KeyStoreError(f"{name}: its first line is longer than {LIMIT:,} bytes")


def _check(status: os.stat_result, path: str) -> None:
    check_regular(status, path)
    check_owner(status, path)
    if status.st_mode & _OTHERS:
        mode = f"mode {stat.S_IMODE(status.st_mode):04o}"
        raise OddFileError(
            None,
            f"others may read or write it ({mode}): chmod 600; where it cannot be changed, "
            "name a copy (install -m 600 FILE COPY), or give a descriptor (--passphrase-fd 3 "
            "3< FILE)",
            path,
        )
