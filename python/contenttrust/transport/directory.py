"""A directory with metadata files, laid out as a trust server or Docker's cache has them."""

from __future__ import annotations

import errno
import os
import stat

from contenttrust.errors import NoTrustDataError, ServerError, UnreachableError, shown
from contenttrust.transport import files
from contenttrust.transport.source import is_metadata_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust._core import Wanted
    from contenttrust.transport.source import Answer


class DirectorySource:
    """Answers like a trust server from the files of one directory.

    A file that is not there is what 404 is at a server. What cannot be read, or is no regular file,
    is no answer: a `ServerError`, since nothing is known of what the collection holds. Links are
    not followed below the directory.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Take the files of a directory.

        Args:
            path: With ``root.json``, ``timestamp.json``, ``targets/releases.json`` and so on.

        Raises:
            FileNotFoundError: There is no such directory.
            NotADirectoryError: The path names something else.
            OSError: It cannot be looked at, as where a folder on the way is closed.
        """
        self._path = os.fspath(path)
        mode = os.stat(self._path).st_mode  # noqa: PTH116 - pathlib would double the import time
        if not stat.S_ISDIR(mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), self._path)

    def __repr__(self) -> str:
        return f"DirectorySource({self._path!r})"

    def fetch(self, gun: str, files: Sequence[Wanted]) -> list[Answer]:
        """Read what is wanted; see `Source.fetch`."""
        return [self._answer(gun, file) for file in files]

    def nothing_of(self, gun: str) -> NoTrustDataError:
        """The refusal where a whole verification found no file here: it may be the wrong directory.

        Args:
            gun: Name of the collection.
        """
        return NoTrustDataError(
            f"the directory {shown(self._path)} holds no trust data of {shown(gun)}: neither "
            "root.json nor timestamp.json, and what is cached does not stand in for a directory",
            gun=gun,
            role="root",
            expected="root.json",
            found="absent",
        )

    def _answer(self, gun: str, file: Wanted) -> Answer:
        if not is_metadata_name(file.name):
            msg = f"{file.name!r} is no name of a metadata file"
            raise ValueError(msg)
        try:
            if file.sha256 is not None:
                by_content = self._read(f"{file.name}.{_hexadecimal(file.sha256)}", file.limit)
                if by_content is not None:
                    return by_content
            return self._read(file.name, file.limit)
        except OSError as error:
            gone = isinstance(error, FileNotFoundError)
            kind = UnreachableError if gone else ServerError
            cause = shown(error.strerror or str(error))
            where = shown(f"{self._path}/{file.name}.json")
            return kind(f"{where} cannot be read: {cause}", gun=gun, role=file.name)

    def _read(self, name: str, limit: int) -> bytes | None:
        """The file's bytes, or None where it or its directory is not there."""
        *below, last = f"{name}.json".split("/")
        with files.opened(files.open_directory(self._path)) as top:
            try:
                with files.opened(files.open_below(top, below)) as directory:
                    return files.read(directory, last, limit)
            except FileNotFoundError:
                return None
            except OSError as error:
                if error.errno == errno.ENAMETOOLONG:  # then no such file can exist
                    return None
                raise


def _hexadecimal(digest: str) -> str:
    """The digest, once it is sure that it can be a part of a file name."""
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):  # noqa: PLR2004 - SHA-256
        msg = f"{digest!r} is no sha256 digest"
        raise ValueError(msg)
    return digest
