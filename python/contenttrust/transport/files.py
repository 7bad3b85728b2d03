"""Files that strangers may have prepared: opened without following links, read up to a limit.

Everything is opened relative to a directory that is open already, one path component at a time, so
that nothing outside of it can be reached, whatever is exchanged meanwhile.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time

from contenttrust.transport.permissions import (
    OddFileError,
    check_entries_stay,
    check_owner,
    check_private,
    check_regular,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_LARGEST_READ = 0x7FFF_F000  # what Linux gives at a time
# Seconds between two looks at a lock that is held: as long as a record takes to write, then longer.
_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 0.05


@contextlib.contextmanager
def opened(descriptor: int) -> Iterator[int]:
    """A file descriptor that is closed at the end of the block."""
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def directory_name(path: str | os.PathLike[str]) -> str:
    """The name of a directory as a caller gave it, which must be one.

    Raises:
        ValueError: It is empty: what stands below it would stand in the root of the file system.
        TypeError: It is no text, and no path made of one.
    """
    name: object = os.fspath(path)
    if not isinstance(name, str):
        raise TypeError(f"a directory is named by a text or a path, not by {name!r}")
    if not name:
        raise ValueError("no directory is named: its name is empty")
    return name


def open_directory(path: str, *, make: bool = False) -> int:
    """Open the directory that a user chose; links in its path are followed.

    Args:
        path: Of the directory.
        make: Whether to make what is missing, with mode 0700 whatever the umask.

    Returns:
        A file descriptor that the caller closes.

    Raises:
        OSError: It is missing or cannot be opened.
    """
    if make:
        _make_path(path)
    return os.open(path, _DIRECTORY)


def open_below(
    directory: int, below: Sequence[str], *, make: bool = False, stays: bool = False
) -> int:
    """Open a directory below an open one, without following links on the way down.

    Args:
        directory: File descriptor of where to start; it stays open.
        below: Names of the directories on the way, one a level.
        make: Whether to make what is missing, with mode 0700 whatever the umask.
        stays: Whether each must be ours or the superuser's, and nobody else may exchange what
            stands in it.

    Returns:
        A file descriptor that the caller closes.

    Raises:
        OddFileError: A name is no plain name, something else than a directory stands there, or
            others may exchange what stands in it.
        OSError: It is missing or cannot be opened.
    """
    current = os.dup(directory)
    for name in below:
        with opened(current):
            check_name(name)
            if make:
                _make_directory(name, current)
            try:
                current = os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=current)
            except NotADirectoryError as error:
                raise OddFileError(
                    error.errno, "not a directory, or a link to one", name
                ) from error
        if stays:
            try:
                check_stays(current, name)
            except OSError:
                os.close(current)
                raise
    return current


def check_stays(directory: int, name: str) -> None:
    """Refuse an open directory that is another user's, or where others may exchange the entries.

    Raises:
        OddFileError: It is, or they may.
    """
    status = os.fstat(directory)
    check_owner(status, name)
    check_entries_stay(status, name)


def check_name(name: str) -> None:
    """Refuse what is not the plain name of one directory entry."""
    if name in {"", ".", ".."} or "/" in name or "\0" in name:
        raise OddFileError(errno.EINVAL, "no plain file name", name)


def read(directory: int, name: str, limit: int, *, private: bool = False) -> bytes:
    """Read a regular file.

    Args:
        directory: File descriptor of the directory it stands in.
        name: Its name there.
        limit: At most this many bytes and one more are read.
        private: Whether it must be ours alone to write: owned by us or the superuser, no write
            permission for others, no second name.

    Raises:
        FileNotFoundError: There is no such file.
        OddFileError: It is a link, a FIFO, a device or a directory, or not private.
        OSError: It cannot be read.
    """
    descriptor, size = _open_regular(directory, name, private=private)
    with opened(descriptor):
        # A file that grows meanwhile is cut here, and fails its check later.
        left, parts = min(size, limit) + 1, []
        while left:
            part = os.read(descriptor, left)
            parts.append(part)
            if len(part) < min(left, _LARGEST_READ):  # its end
                break
            left -= len(part)
        return b"".join(parts)


def open_regular(directory: int, name: str, *, private: bool = False) -> int:
    """Open a regular file for reading.

    Args:
        directory: File descriptor of the directory it stands in.
        name: Its name there.
        private: See `read`.

    Returns:
        A file descriptor that the caller closes.

    Raises:
        FileNotFoundError: There is no such file.
        OddFileError: It is a link, a FIFO, a device or a directory, or not private.
        OSError: It cannot be opened.
    """
    return _open_regular(directory, name, private=private)[0]


def _open_regular(directory: int, name: str, *, private: bool) -> tuple[int, int]:
    """The descriptor of a regular file, and its size; see `open_regular`."""
    check_name(name)
    try:
        # O_NONBLOCK: opening a FIFO must not wait for a writer.
        descriptor = os.open(name, _READ | os.O_NONBLOCK, dir_fd=directory)
    except FileNotFoundError:
        raise
    except OSError as error:
        if _is_link(directory, name):
            raise OddFileError(error.errno, "a symbolic link", name) from error
        raise
    try:
        status = os.fstat(descriptor)
        check_regular(status, name)
        if private:
            check_private(status, name)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor, status.st_size


def replace(  # noqa: PLR0913 - one keyword a fact
    directory: int,
    name: str,
    data: bytes,
    *,
    durable: bool = True,
    mode: int = 0o600,
    proof: Callable[[str], None] | None = None,
) -> None:
    """Put a file in place, so that a crash leaves the old one or the new one.

    The caller holds the lock of whoever writes this name: the temporary file's name is fixed, so
    that what a crash left behind is cleared by the next writer.

    Args:
        directory: File descriptor of the directory it stands in.
        name: Its name there.
        data: Its whole content.
        durable: Whether to wait until the storage has it. Without, a power failure may also leave
            an empty or a damaged file.
        mode: Its permission bits, whatever the umask.
        proof: Called with the name of the new file before it takes the old one's place; what it
            raises prevents that.

    Raises:
        OSError: It could not be written; the old file stands.
    """
    check_name(name)
    temporary = f".{name[:200]}.new"  # a name may have 255 bytes
    _remove(directory, temporary)
    descriptor = os.open(temporary, _WRITE, 0o600, dir_fd=directory)
    try:
        with opened(descriptor):
            os.fchmod(descriptor, mode)
            with open(descriptor, "wb", closefd=False) as file:
                file.write(data)
            if durable:
                os.fsync(descriptor)
        if proof is not None:
            proof(temporary)
        os.replace(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        _remove(directory, temporary)
        raise
    if durable:
        os.fsync(directory)


def place(beside: int, directory: int, name: str, data: bytes) -> None:
    """Put a new file with mode 0600 into a directory whose readers would not wait for its end.

    It is written beside the directory, and moved into it when storage has it. That storage has the
    directory too is left to the caller, who may have more to put there.

    Args:
        beside: File descriptor of a directory of the same file system.
        directory: File descriptor of the directory that gets it.
        name: Its name there, which nobody else uses.
        data: Its whole content.

    Raises:
        OSError: It could not be written.
    """
    check_name(name)
    temporary = f".{name}.new"
    descriptor = os.open(temporary, _WRITE, 0o600, dir_fd=beside)
    try:
        with opened(descriptor):
            os.fchmod(descriptor, 0o600)
            with open(descriptor, "wb", closefd=False) as file:
                file.write(data)
            os.fsync(descriptor)
        os.rename(temporary, name, src_dir_fd=beside, dst_dir_fd=directory)
    except BaseException:
        _remove(beside, temporary)
        raise


@contextlib.contextmanager
def locked(directory: int, name: str, *, patience: float) -> Iterator[None]:
    """Hold an exclusive lock, which ends with the block and with the process.

    Args:
        directory: File descriptor of the directory where the lock file stands.
        name: Its name there; it is made when missing and never removed.
        patience: Seconds to wait for who holds it.

    Raises:
        OddFileError: Something else than a regular file stands there.
        TimeoutError: Somebody else held it all that time.
        OSError: It cannot be opened or locked.
    """
    check_name(name)
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    with opened(os.open(name, flags, 0o600, dir_fd=directory)) as descriptor:
        status = os.fstat(descriptor)
        check_regular(status, name)
        if status.st_uid == os.geteuid():
            os.fchmod(descriptor, 0o600)  # the umask may have taken bits away
        lock(descriptor, name, patience)
        yield


def lock(descriptor: int, name: str, patience: float) -> None:
    """Lock what is open, exclusively, until it is closed.

    Args:
        descriptor: Of a file or a directory.
        name: What to call it in an error.
        patience: Seconds to wait for who holds it.

    Raises:
        TimeoutError: Somebody else held it all that time.
        OSError: It cannot be locked.
    """
    import fcntl  # noqa: PLC0415 - only writers need it

    last, pause = time.monotonic() + patience, _FIRST_PAUSE
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= last:
                held = f"another process has held the lock for {patience:.0f} seconds"
                raise TimeoutError(errno.ETIMEDOUT, held, name) from None
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def names(directory: int) -> list[tuple[str, bool]]:
    """Names in a directory, sorted, each with whether a directory (no link to one) stands there."""
    with os.scandir(directory) as entries:
        return sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)


def _make_path(path: str) -> None:
    if os.path.isdir(path):  # noqa: PTH112 - importing pathlib costs milliseconds
        return
    parent = os.path.dirname(path.rstrip("/"))  # noqa: PTH120
    if parent and parent != path:
        _make_path(parent)
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)  # noqa: PTH102
        os.chmod(path, 0o700)  # noqa: PTH101 - the umask may have taken bits away
        with opened(os.open(parent or ".", _DIRECTORY)) as above:
            os.fsync(above)  # what is remembered in it outlasts a power failure only if it does


def _make_directory(name: str, directory: int) -> None:
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=directory)
        os.chmod(name, 0o700, dir_fd=directory)


def _remove(directory: int, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=directory)


def _is_link(directory: int, name: str) -> bool:
    with contextlib.suppress(OSError):
        return stat.S_ISLNK(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode)
    return False
