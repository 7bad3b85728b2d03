"""The folder of key files: how they are listed, read, and written so that no crash loses a key.

A file is made with mode 0600 in a folder of mode 0700, whatever the umask says, before a byte is
written to it. What was written is read back and opened before it takes its name, and a name is
never given to a different key. Notary looks at ``*.key`` alone, so our lock does not disturb it.
"""

from __future__ import annotations

import contextlib
import os

from contenttrust.errors import KeyStoreError, shown
from contenttrust.keys.entry import EXTENSION, LEGACY_FOLDERS
from contenttrust.transport import files, permissions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import NoReturn

LIMIT = 256 * 1024
"""Bytes of a key file; an RSA key of 8192 bits takes about 7,000."""

_LOCK = ".contenttrust.lock"
_PATIENCE = 30.0  # seconds; the lock is held while a file is written, never while somebody types
_DEEPEST = 40  # folders below a legacy folder: one for each part of a collection's name
_LEFT_BEHIND = (".", f"{EXTENSION}.new")


class KeyFolder:
    """Key files in one folder. Safe to use from several threads and processes at once."""

    def __init__(self, path: str) -> None:
        """Use a folder, which is made when a key is first written.

        Args:
            path: Such as ``~/.docker/trust/private``; links in it are followed where nobody else
                may exchange them, so that it may be on a drive of its own.
        """
        self.path = path

    def __repr__(self) -> str:
        return f"KeyFolder({self.path!r})"

    def places(self) -> list[tuple[str, ...]]:
        """Every key file: its name, before it the folders that it stands in.

        Raises:
            KeyStoreError: The folder cannot be read.
        """
        try:
            with files.opened(self._open()) as top:
                return list(_walk(top, ()))
        except FileNotFoundError:
            return []
        except OSError as error:
            self.fail(error)

    def places_of(self, key_id: str) -> list[tuple[str, ...]]:
        """Every file that is named for a key. The first is the one that counts.

        That is the one with the flat name, where there is one: ids sort before legacy folders.
        Notary before 0.4 kept keys in the legacy folders. A newer one moves what it finds there,
        when it next runs, over the file of the flat name, whatever that holds by then.

        Raises:
            KeyStoreError: The folder cannot be read.
        """
        flat, old = f"{key_id}{EXTENSION}", f"{key_id}_"
        return [
            place
            for place in self.places()
            if place[-1] == flat or (len(place) > 1 and place[-1].startswith(old))
        ]

    def read(self, place: Sequence[str]) -> tuple[bytes, os.stat_result]:
        """The bytes of a key file, with what the system says of it.

        Raises:
            FileNotFoundError: There is none.
            OddFileError: It is a link, a FIFO, too long, or another user's.
            OSError: It cannot be read.
        """
        with (
            files.opened(self._open()) as top,
            files.opened(files.open_below(top, place[:-1])) as directory,
        ):
            return _read(directory, place[-1])

    @contextlib.contextmanager
    def writing(self) -> Iterator[int]:
        """Hold the folder's lock, with what a crash left behind cleared away.

        Returns:
            File descriptor of the folder.

        Raises:
            KeyStoreError: The folder cannot be made, is another user's, or is locked by somebody.
        """
        try:
            with files.opened(self._open(make=True)) as top:
                files.check_stays(top, self.path)
                with files.locked(top, _LOCK, patience=_PATIENCE):
                    _sweep(top)
                    yield top
        except OSError as error:
            self.fail(error)

    def where(self, place: Sequence[str]) -> str:
        """The path of a key file."""
        return "/".join((self.path, *place))

    def fail(self, error: OSError) -> NoReturn:
        """Refuse what the system did not let us do.

        Raises:
            KeyStoreError: Always.
        """
        reason = error.strerror or str(error)
        name = os.fsdecode(error.filename) if error.filename else ""
        where = name if name.startswith("/") else f"{self.path}/{name}".rstrip("/")
        raise KeyStoreError(f"{shown(where)}: {reason}") from error

    def _open(self, *, make: bool = False) -> int:
        permissions.check_way(self.path)
        return files.open_directory(self.path, make=make)


def put(top: int, place: Sequence[str], data: bytes, proof: Callable[[bytes], None]) -> None:
    """Put a key file in place; the caller holds the lock.

    Args:
        top: File descriptor of the folder.
        place: See `KeyFolder.places`.
        data: Contents of the file.
        proof: Called with what was read back before it takes its name; raises to prevent that.

    Raises:
        OSError: It could not be written; what stood there stands.
    """
    with files.opened(files.open_below(top, place[:-1], make=True)) as directory:

        def read_back(name: str) -> None:
            proof(_read(directory, name)[0])

        files.replace(directory, place[-1], data, proof=read_back)


def remove(top: int, place: Sequence[str]) -> None:
    """Remove a key file; the caller holds the lock.

    Raises:
        OSError: It could not be removed.
    """
    with files.opened(files.open_below(top, place[:-1])) as directory:
        files.check_name(place[-1])
        os.unlink(place[-1], dir_fd=directory)
        os.fsync(directory)


def read_at(top: int, place: Sequence[str]) -> bytes | None:
    """The bytes of a key file below an open folder; None: there is none.

    Raises:
        OSError: Something else stands there, or it cannot be read.
    """
    with contextlib.suppress(FileNotFoundError), contextlib.ExitStack() as stack:
        directory = stack.enter_context(files.opened(files.open_below(top, place[:-1])))
        return _read(directory, place[-1])[0]
    return None


def _read(directory: int, name: str) -> tuple[bytes, os.stat_result]:
    with files.opened(files.open_regular(directory, name)) as descriptor:
        status = os.fstat(descriptor)
        permissions.check_owner(status, name)
        if status.st_size > LIMIT:
            raise permissions.OddFileError(None, f"larger than {LIMIT:,} bytes", name)
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(LIMIT), status


def _walk(directory: int, below: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, is_directory in files.names(directory):
        if not is_directory:
            if name.endswith(EXTENSION) and not name.startswith("."):
                yield (*below, name)
        elif len(below) < _DEEPEST and (below or name in LEGACY_FOLDERS):
            with files.opened(files.open_below(directory, (name,))) as inner:
                yield from _walk(inner, (*below, name))


def _sweep(directory: int) -> None:
    """Remove what writers left who were killed: we hold the lock, so nobody is writing now."""
    begins, ends = _LEFT_BEHIND
    for name, is_directory in files.names(directory):
        if name.startswith(begins) and name.endswith(ends) and not is_directory:
            os.unlink(name, dir_fd=directory)
