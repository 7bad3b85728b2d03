"""Files that a gate writes: whole or not at all, and only over what was checked."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from contenttrust.errors import PolicyError, shown


class ChangedFileError(PolicyError):
    """A file is no longer what was checked."""


def replace(path: str | os.PathLike[str], data: bytes, *, checked: bytes | None = None) -> None:
    """Write a file in one step; a link to it stays one.

    Args:
        path: Its name.
        data: What it holds afterwards.
        checked: What it must hold before; None where it need not be there.

    Raises:
        ChangedFileError: It holds something else.
        OSError: It cannot be written.
    """
    place = Path(path).resolve()
    if checked is not None and place.read_bytes() != checked:
        raise ChangedFileError(
            f"{shown(os.fspath(path))} changed while it was checked: not written"
        )
    mode = place.stat().st_mode & 0o7777 if place.exists() else 0o666 & ~_umask()
    descriptor, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(name, place)  # noqa: PTH105 -- the name is a text
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)  # noqa: PTH108
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
