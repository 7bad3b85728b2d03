"""Files that a gate writes: whole or not at all, and only over what was checked."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from pathlib import Path

from contenttrust.errors import PolicyError, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_STREAMS = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/fd/")


class ChangedFileError(PolicyError):
    """A file is no longer what was checked."""


class SpecialFileError(OSError):
    """What is to be replaced is no regular file: others may have it open, or need it as it is."""


def replace(path: str | os.PathLike[str], data: bytes, *, checked: bytes | None = None) -> None:
    """Write a file in one step; a link to it stays one.

    Args:
        path: Its name.
        data: What it holds afterwards.
        checked: What it must hold before; None where it need not be there.

    Raises:
        ChangedFileError: It holds something else.
        SpecialFileError: It is a device, a FIFO, a socket or a folder.
        OSError: It cannot be written, or is a link that leads back to itself.
    """
    with prepared(path, data, checked=checked) as put:
        put()


@contextlib.contextmanager
def prepared(
    path: str | os.PathLike[str], data: bytes, *, checked: bytes | None = None
) -> Iterator[Callable[[], None]]:
    """The same in two steps, of which the second one is a call, for who writes several files.

    Args:
        path: As for `replace`.
        data: As well.
        checked: As well.

    Yields:
        What puts the file in its place, or raises `ChangedFileError` as well; where it is not
        called, nothing is left.

    Raises:
        As `replace`.
    """
    if is_special(path):
        raise SpecialFileError(22, "it is no regular file, and is not replaced by one")
    place = Path(os.path.realpath(path))
    if place.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))

    def check() -> None:
        if checked is not None and place.read_bytes() != checked:
            raise ChangedFileError(
                f"{shown(os.fspath(path))} changed while it was checked: not written"
            )

    def put() -> None:
        check()  # others were made meanwhile
        os.replace(name, place)  # noqa: PTH105 -- the name is a text

    check()
    mode = place.stat().st_mode & 0o7777 if place.exists() else 0o666 & ~_umask()
    descriptor, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        yield put
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)  # noqa: PTH108


def is_special(path: str | os.PathLike[str]) -> bool:
    """Whether a name is that of something other than a regular file, or of an open stream."""
    if os.fspath(path).startswith(_STREAMS):
        return True
    try:
        return not stat.S_ISREG(Path(path).stat().st_mode)
    except OSError:
        return False


def report(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file that is for reading only once: a FIFO, a device or a stream is written into.

    Args:
        path: Its name; ``/dev/stdout`` is one.
        data: What is written.

    Raises:
        OSError: It cannot be written.
    """
    if not is_special(path):
        replace(path, data)
        return
    # Not created, not cut off, and no terminal of ours: it stays what it is. A folder or a socket
    # cannot be opened so.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        left = memoryview(data)
        while left:
            left = left[file.write(left) or 0 :]


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
