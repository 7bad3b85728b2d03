"""Documents of registries on this machine, by their digests: what was fetched once is not again.

A digest names the same bytes for ever. They are compared with it whenever they are read, so that
nothing has to be trusted here: what is damaged, or cannot be read, is not there.

Source: OCI image-spec 1.1 `image-layout.md` (``blobs/<alg>/<encoded>``).
"""

from __future__ import annotations

import contextlib
import os

from contenttrust._core import sha256
from contenttrust.transport import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from contenttrust.transport.cache import TrustDirectory

_FOLDER = ("contenttrust", "blobs", "sha256")
_LOCK = ".lock"
_PREFIX = "sha256:"
LARGEST = 256 * 1024
"""Bytes of a document that is kept; manifests and configurations have some thousand."""
MOST = 512
"""Documents that are kept; those that were written first go."""
_PATIENCE_S = 1.0


class ContentStore:
    """Documents in a trust directory. Safe to use from several threads and processes at once."""

    def __init__(self, directory: TrustDirectory) -> None:
        """Use a trust directory, in which a folder is made when something is first written."""
        self._directory = directory

    def read(self, digest: str) -> bytes | None:
        """The document with a digest; None where it is not here as it was.

        Args:
            digest: ``sha256:`` and 64 hexadecimal digits.
        """
        try:
            with self._opened() as folder:
                body = files.read(folder, digest.removeprefix(_PREFIX), LARGEST)
        except OSError:
            return None
        return body if f"{_PREFIX}{sha256(body)}" == digest else None

    def write(self, digest: str, body: bytes) -> None:
        """Keep a document, if it is not too large and the folder can be written.

        Args:
            digest: Its digest.
            body: Its bytes.
        """
        if len(body) > LARGEST:
            return
        with (
            contextlib.suppress(OSError),
            self._opened(make=True) as folder,
            files.locked(folder, _LOCK, patience=_PATIENCE_S),
        ):
            _make_room(folder)
            files.replace(folder, digest.removeprefix(_PREFIX), body, durable=False)

    @contextlib.contextmanager
    def _opened(self, *, make: bool = False) -> Iterator[int]:
        with (
            self._directory.opened(make=make) as top,
            files.opened(files.open_below(top, _FOLDER, make=make)) as folder,
        ):
            yield folder


def _make_room(folder: int) -> None:
    """Take away the oldest documents, so that there is room for one more."""
    with os.scandir(folder) as entries:
        aged = sorted(
            (entry.stat(follow_symlinks=False).st_mtime_ns, entry.name)
            for entry in entries
            if not entry.name.startswith(".")
        )
    for _, name in aged[: max(0, len(aged) + 1 - MOST)]:
        os.unlink(name, dir_fd=folder)
