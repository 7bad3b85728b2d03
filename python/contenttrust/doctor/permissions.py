"""Who else may read the keys, or write what is trusted."""

from __future__ import annotations

import json
import os
import stat

from contenttrust.doctor.finding import Finding
from contenttrust.transport import files, permissions
from contenttrust.transport.docker_config import config_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contenttrust.doctor.finding import Level

_CHECK = "permissions"
_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH | stat.S_IXGRP | stat.S_IXOTH
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_CONFIG_LIMIT = 16 * 1024 * 1024

_PLACES = (
    ("private", "private keys", True),
    ("tuf", "Docker's cache", False),
    ("contenttrust", "our records", False),
)
"""Directories below the trust directory, what is in them, and whether that is secret."""


class _Problem:
    """One kind of thing that is wrong with entries of one place."""

    def __init__(self, level: Level, what: str, advice: str) -> None:
        self.level = level
        self.what = what
        self.advice = advice


_UNREADABLE = _Problem("failure", "cannot be read", "Give it back to its owner, or run as that one")
_LINK = _Problem(
    "failure", "is a symbolic link, which is not followed", "Put the real one in its place"
)
_ODD = _Problem("failure", "is neither a file nor a directory", "Remove it")
_SECOND_NAME = _Problem(
    "failure", "is a hard link: it has another name too", "Copy it, and remove both names"
)
_FOREIGN = _Problem("failure", "belongs to another user", "chown it to the user who verifies")
_WRITABLE = _Problem("failure", "may be written by others", "chmod go-w it")
_KEY_READABLE = _Problem("failure", "may be read by others", "chmod 600 it, and rotate the key")
_FOLDER_OPEN = _Problem("warning", "may be listed by others", "chmod 700 it")
_READABLE = _Problem("note", "may be read by others", "Docker makes directories 0700, files 0600")


def check(trust_dir: str, env: Mapping[str, str]) -> Iterator[Finding]:
    """Look at the trust directory, what is in it, the way to it, and Docker's configuration.

    Args:
        trust_dir: Path of the trust directory, which need not exist.
        env: Environment variables; `DOCKER_CONFIG` and `HOME` count.
    """
    yield from _way(trust_dir)
    try:
        link = stat.S_ISLNK(os.lstat(trust_dir).st_mode)
        # Opened, because a mode alone does not say whether it can be read.
        with files.opened(files.open_directory(trust_dir)) as descriptor:
            status = os.fstat(descriptor)
            os.scandir(descriptor).close()
    except FileNotFoundError:
        message = "there is none yet: whatever is verified first is trusted on first use"
        yield _finding(trust_dir, "note", message)
    except OSError as error:
        yield _finding(
            trust_dir, "failure", f"it cannot be read: {error.strerror}", _UNREADABLE.advice
        )
    else:
        yield from _top(trust_dir, status, link=link)
        for name, content, secret in _PLACES:
            yield from _place(f"{trust_dir}/{name}", content, secret=secret)
    yield from _configuration(env)


def _way(trust_dir: str) -> Iterator[Finding]:
    """Nobody may exchange a directory above what is trusted."""
    try:
        permissions.check_way(trust_dir)
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else trust_dir
        yield _finding(
            where,
            "failure",
            f"on the way to the trust directory: {error.strerror or error}",
            "chmod o-w it, or choose another place: who may exchange it brings first use back",
        )


def _top(trust_dir: str, status: os.stat_result, *, link: bool) -> Iterator[Finding]:
    if link:
        where = os.path.realpath(trust_dir)
        yield _finding(trust_dir, "note", f"it is a symbolic link to {where}")
    if status.st_uid not in {0, os.geteuid()}:
        message = f"it belongs to another user ({status.st_uid}), who can remove what is remembered"
        yield _finding(trust_dir, "warning", message, _FOREIGN.advice)
    if status.st_mode & stat.S_IWGRP:
        message = f"its group may write it ({_mode(status)})"
        yield _finding(trust_dir, "note", message, _READABLE.advice)


def _place(path: str, content: str, *, secret: bool) -> Iterator[Finding]:
    """Everything below one directory; each kind of problem is told once, with the first example."""
    found: dict[_Problem, list[tuple[str, str]]] = {}
    count = 0
    for entry, problem, mode in _entries(path, secret=secret):
        count += 1
        if problem is not None:
            found.setdefault(problem, []).append((entry, mode))
    for problem, entries in found.items():
        first, mode = entries[0]
        more = f"; {len(entries) - 1} more below {path} too" if len(entries) > 1 else ""
        yield _finding(first, problem.level, f"{problem.what}{mode}{more}", problem.advice)
    if count and not found:
        yield _finding(path, "ok", f"{content}: {count} entries, nobody else may read or write any")


def _entries(top: str, *, secret: bool) -> Iterator[tuple[str, _Problem | None, str]]:
    """Each entry below a directory, itself included: the worst that is wrong with it, its mode."""
    pending = [top]
    while pending:
        path = pending.pop()
        try:
            status = os.lstat(path)
            names = _names(path) if stat.S_ISDIR(status.st_mode) else []
        except FileNotFoundError:  # another client was quicker
            continue
        except OSError:
            yield path, _UNREADABLE, ""
            continue
        yield path, _problem(status, secret=secret), f" ({_mode(status)})"
        pending += [f"{path}/{name}" for name in reversed(names)]


def _names(path: str) -> list[str]:
    with os.scandir(path) as entries:
        return sorted(entry.name for entry in entries)


def _problem(status: os.stat_result, *, secret: bool) -> _Problem | None:
    """The worst that is wrong with an entry."""
    is_directory = stat.S_ISDIR(status.st_mode)
    problem = None
    if stat.S_ISLNK(status.st_mode):
        problem = _LINK
    elif not is_directory and not stat.S_ISREG(status.st_mode):
        problem = _ODD
    elif status.st_uid not in {0, os.geteuid()}:
        problem = _FOREIGN
    elif status.st_mode & _OTHERS_WRITE:
        problem = _WRITABLE
    elif not is_directory and status.st_nlink > 1:
        problem = _SECOND_NAME
    elif status.st_mode & _OTHERS_READ and not secret:
        problem = _READABLE
    elif status.st_mode & _OTHERS_READ:
        problem = _FOLDER_OPEN if is_directory else _KEY_READABLE
    return problem


def _configuration(env: Mapping[str, str]) -> Iterator[Finding]:
    """`config.json`: passwords for others to read, or commands for others to write."""
    directory = config_directory(env)
    if directory is None:
        return
    path = f"{directory}/config.json"
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a path's text stays what Docker builds
            status = os.fstat(file.fileno())
            config = json.loads(file.read(_CONFIG_LIMIT))
    except FileNotFoundError:
        return
    except OSError as error:
        yield _finding(path, "warning", f"it cannot be read: {error.strerror}")
        return
    except (ValueError, RecursionError):
        yield _finding(path, "warning", "it is no JSON: neither docker nor contenttrust can use it")
        return
    auths = config.get("auths") if isinstance(config, dict) else None
    secrets = isinstance(auths, dict) and any(auths.values())
    if status.st_uid not in {0, os.geteuid()}:
        yield _finding(path, "failure", _FOREIGN.what, _FOREIGN.advice)
    elif status.st_mode & _OTHERS_WRITE:
        message = f"others may write it ({_mode(status)}), and so name programs that docker runs"
        yield _finding(path, "failure", message, "chmod 600 it")
    elif secrets and status.st_mode & _OTHERS_READ:
        message = f"others may read the passwords in it ({_mode(status)})"
        yield _finding(path, "failure", message, "chmod 600 it, and change those passwords")
    else:
        held = "passwords, for nobody else to read" if secrets else "no passwords"
        yield _finding(path, "ok", f"it holds {held} ({_mode(status)})")


def _mode(status: os.stat_result) -> str:
    return f"mode {stat.S_IMODE(status.st_mode):04o}"


def _finding(subject: str, level: Level, message: str, advice: str = "") -> Finding:
    return Finding(check=_CHECK, subject=subject, level=level, message=message, advice=advice)
