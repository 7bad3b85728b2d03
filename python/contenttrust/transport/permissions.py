"""Who else may write what is trusted: owners, modes, and the way down to a directory.

The superuser may do everything anyway and counts as ourselves. A group that may write a directory
is trusted: where every user has a group of their own (umask 002) it holds nobody else. Records and
cached files themselves must not even be the group's to write.
"""

from __future__ import annotations

import errno
import os
import stat

_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_MOST_LINKS = 40  # as many as Linux follows


class OddFileError(OSError):
    """What was found under a file's name is nothing that may be read."""


_LACKS = {
    errno.EROFS: "a writable trust directory",
    errno.EACCES: "a writable trust directory",
    errno.EPERM: "a writable trust directory",
    errno.ENOENT: "a writable trust directory",
    errno.ENOTDIR: "a writable trust directory",
    errno.ENOSPC: "free space",
    errno.EDQUOT: "free space",
    errno.ETIMEDOUT: "a free lock",
}


def lacking(error: OSError) -> str:
    """What a failure in the trust directory asks for, so that the right advice is given.

    Returns:
        A few words; none where a file itself has to be repaired.
    """
    return "" if isinstance(error, OddFileError) else _LACKS.get(error.errno or 0, "")


def check_regular(status: os.stat_result, name: str) -> None:
    """Refuse what is no regular file.

    Raises:
        OddFileError: It is a link, a FIFO, a device or a directory.
    """
    if not stat.S_ISREG(status.st_mode):
        raise OddFileError(errno.EPERM, "not a regular file", name)


def check_private(status: os.stat_result, name: str) -> None:
    """Refuse a directory or file that others own or may write to, or that has a second name.

    Raises:
        OddFileError: They do, or may.
    """
    check_owner(status, name)
    if status.st_mode & _OTHERS_MAY_WRITE:
        raise OddFileError(errno.EPERM, f"writable by others ({_mode(status)})", name)
    if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
        raise OddFileError(errno.EPERM, "a hard link: it has another name too", name)


def check_owner(status: os.stat_result, name: str) -> None:
    """Refuse what belongs to somebody else.

    Raises:
        OddFileError: It does.
    """
    if not _is_ours(status):
        owner = status.st_uid
        raise OddFileError(errno.EPERM, f"owned by another user ({owner})", name)


def check_entries_stay(status: os.stat_result, name: str) -> None:
    """Refuse a directory where everybody may rename and remove what others put there.

    The sticky bit keeps strangers from each other's entries, but not the directory's owner.

    Raises:
        OddFileError: Everybody may, or everybody may write what a stranger owns.
    """
    if status.st_mode & stat.S_IWOTH:
        if not status.st_mode & stat.S_ISVTX:
            reason = f"writable by everybody, without the sticky bit ({_mode(status)})"
            raise OddFileError(errno.EPERM, reason, name)
        check_owner(status, name)


def check_way(path: str) -> None:
    """Refuse a path on which everybody may exchange or remove a directory or a link.

    Whoever can do that can take away what is remembered, which brings trust on first use back.
    Links are followed, and the directories that they lead through are judged too. Who owns a
    directory on the way is asked only where everybody may write: containers often run as the
    superuser in the home of another user.

    Args:
        path: Of a directory; what is missing at its end is passed over.

    Raises:
        OddFileError: Somebody may.
        OSError: The way cannot be followed.
    """
    here = "/"
    above = os.lstat(here)
    check_entries_stay(above, here)
    if not path.startswith("/"):
        path = f"{os.getcwd()}/{path}"  # noqa: PTH109 - importing pathlib costs milliseconds
    names = path.split("/")[::-1]
    links = 0
    while names:
        name = names.pop()
        if name in {"", "."}:
            continue
        if name == "..":
            here = os.path.dirname(here)  # noqa: PTH120 - it holds no links any more
            above = os.lstat(here)
            continue
        entry = f"{here.rstrip('/')}/{name}"
        try:
            status = os.lstat(entry)
        except FileNotFoundError:
            return
        if above.st_mode & stat.S_IWOTH:
            check_owner(status, entry)  # the sticky bit leaves an entry to its owner
        if stat.S_ISLNK(status.st_mode):
            links += 1
            if links > _MOST_LINKS:
                raise OddFileError(errno.ELOOP, os.strerror(errno.ELOOP), entry)
            target = os.readlink(entry)  # noqa: PTH115
            names += target.split("/")[::-1]
            if target.startswith("/"):
                here = "/"
                above = os.lstat(here)
        else:
            check_entries_stay(status, entry)
            here = entry
            above = status


def _is_ours(status: os.stat_result) -> bool:
    return status.st_uid in {0, os.geteuid()}


def _mode(status: os.stat_result) -> str:
    return f"mode {stat.S_IMODE(status.st_mode):04o}"
