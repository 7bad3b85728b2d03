"""A record of one collection in a hidden file beside its changelist.

Notary takes every file of the changelist for a change, and passes over what lies beside it.
"""

from __future__ import annotations

import contextlib
import os

from contenttrust.errors import TrustDirectoryError, shown
from contenttrust.transport import files, permissions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from contenttrust.transport.cache import TrustDirectory

_LIMIT = 64 * 1024 * 1024


class RecordFile:
    """One such file, for who holds the collection's lock; ours alone to read and write.

    Attributes:
        path: Where it lies.
    """

    def __init__(self, trust_dir: TrustDirectory, gun: str, name: str, *, what: str) -> None:
        """Use the file; nothing is read or written yet.

        Args:
            trust_dir: Where it lies.
            gun: The collection.
            name: Of the file.
            what: What it is, for who cannot read or write it.
        """
        self._directory = trust_dir
        self._gun = gun
        self._name = name
        self._what = what
        self.path = f"{trust_dir.path}/tuf/{gun}/{name}"

    def read(self) -> bytes | None:
        """What is in it; None where it is not there.

        Raises:
            TrustDirectoryError: It cannot be read, or others may have written it.
        """
        try:
            with self._folder() as folder:
                return files.read(folder, self._name, _LIMIT, private=True)
        except FileNotFoundError:
            return None

    def write(self, data: bytes) -> None:
        """Put something else in its place, and wait until storage has it.

        Raises:
            TrustDirectoryError: It cannot be written.
        """
        with self._folder(make=True) as folder:
            files.replace(folder, self._name, data)

    def forget(self) -> None:
        """Remove it, if it is there.

        Raises:
            TrustDirectoryError: It cannot be removed.
        """
        with contextlib.suppress(FileNotFoundError), self._folder() as folder:
            os.unlink(self._name, dir_fd=folder)
            os.fsync(folder)

    @contextlib.contextmanager
    def _folder(self, *, make: bool = False) -> Iterator[int]:
        """The folder of the collection; what goes wrong in it is told with the file's name.

        Raises:
            FileNotFoundError: It, or what is looked for in it, is missing, and nothing was to be
                made.
            TrustDirectoryError: Anything else.
        """
        way = ["tuf", *self._gun.split("/")]
        try:
            with (
                self._directory.opened(make=make) as top,
                files.opened(files.open_below(top, way, make=make, stays=True)) as folder,
            ):
                yield folder
        except OSError as error:
            if isinstance(error, FileNotFoundError) and not make:
                raise
            cause = shown(error.strerror or str(error))
            message = f"{self._what}, {shown(self.path)}: {cause}"
            wanted = permissions.lacking(error)
            raise TrustDirectoryError(message, gun=self._gun, expected=wanted) from error
