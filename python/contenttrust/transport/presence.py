"""Whether a file is there, where `os.path.lexists` says no of what it cannot look at."""

from __future__ import annotations

import os


def is_there(path: str | os.PathLike[str]) -> bool:
    """Whether something has this name; a link that leads nowhere does.

    Args:
        path: The name.

    Raises:
        OSError: It cannot be told: a folder on the way is closed, a link leads to itself.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
