"""The lock file that is named on the command line: read, and written by one run at a time."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime, timezone

from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contenttrust.cli.request import Request
    from contenttrust.gate.lock import Locked
    from contenttrust.policy.decision import Decision

_LIMIT = 32 * 1024 * 1024
PATIENCE = 30.0
"""Seconds to wait for other runs that write the file."""


def read(request: Request) -> Mapping[str, Locked] | None:
    """What is locked so far; None where no lock file is named.

    Raises:
        UsageError: It cannot be read, or not be written where that is asked for.
    """
    options = request.options
    if options.lock is None:
        return None
    found = _read(options.lock)
    if not options.locked:
        _check_writable(options.lock)
    elif found is None:
        raise UsageError(f"--lock: {options.lock}: there is none; lock without --locked first")
    return found or {}


def write(request: Request, decisions: Sequence[Decision]) -> None:
    """Add what images are signed as to what is locked by now.

    Another run may have written since the file was read: it is read again, and nobody else writes
    meanwhile.

    Raises:
        UsageError: It cannot be written.
    """
    from contenttrust.gate import lock  # noqa: PLC0415 -- few lock
    from contenttrust.gate.replaced_file import replace  # noqa: PLC0415
    from contenttrust.transport import files  # noqa: PLC0415

    name = request.options.lock
    if name is None:
        return
    now = request.options.at or datetime.now(timezone.utc)
    try:
        with files.opened(files.open_directory(_folder(name))) as folder:
            files.lock(folder, name, PATIENCE)
            locked = lock.updated(_read(name) or {}, decisions, now=now)
            replace(name, lock.written(locked))
    except OSError as error:
        raise UsageError(f"--lock: {name}: {error.strerror}") from None


def _folder(name: str) -> str:
    """Where the file itself stands: a link to it may be elsewhere."""
    return os.path.dirname(os.path.realpath(name))  # noqa: PTH120


def _read(name: str) -> dict[str, Locked] | None:
    """What is locked; None where there is no file."""
    from contenttrust.gate import lock  # noqa: PLC0415 -- few lock
    from contenttrust.transport import chosen_file  # noqa: PLC0415

    try:
        return lock.read(chosen_file.read(name, limit=_LIMIT))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"--lock: {name}: {error.strerror}") from None
    except (chosen_file.ChosenFileError, lock.LockError) as error:
        message = getattr(error, "message", str(error))
        raise UsageError(f"--lock: {name}: {message}") from None


def _check_writable(name: str) -> None:
    """Notice that the file cannot be replaced before others are written."""
    try:
        tempfile.TemporaryFile(dir=_folder(name)).close()
    except OSError as error:
        raise UsageError(f"--lock: {name}: {error.strerror}") from None
