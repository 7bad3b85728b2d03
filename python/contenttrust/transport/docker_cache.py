"""Docker's cache in the trust directory: `tuf/<gun>/metadata/<role>.json`.

Those who write there honour no lock and write in place: what is read here may be older than what is
remembered, or half a file.
"""

from __future__ import annotations

import contextlib
import os

from contenttrust.errors import MalformedError, shown
from contenttrust.transport import files, remark
from contenttrust.transport.source import is_metadata_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LIMITS = {"root": 512_000, "timestamp": 1_048_576}
_OTHER_LIMIT = 536_870_912
# What Docker keeps in a collection's directory. A role's file below a directory of such a name
# would be a file, or a staged change, of the collection `<gun>/metadata/targets/…`.
KEPT_BY_DOCKER = {"metadata", "changelist"}
_DEEPEST = 64
"""Levels below `tuf/`; a name of a collection has at most 255 bytes."""


def read(top: int, gun: str) -> dict[str, bytes]:
    """The files of a collection, by role; see `TrustDirectory.cached`.

    Args:
        top: File descriptor of the trust directory.
        gun: Name of the collection.

    Raises:
        MalformedError: The name of the collection is no path inside the directory.
        OSError: Something there cannot be read, or others may have written it.
    """
    found: dict[str, bytes] = {}
    names = segments(gun)
    if any(name.endswith(".json") for name in _within_metadata(names)):
        return found  # on the way there may stand a file of another collection
    below = ["tuf", *names, "metadata"]
    with files.opened(files.open_below(top, below, stays=True)) as metadata:
        for name in ("root", "timestamp", "snapshot", "targets"):
            _read_role(metadata, name, found)
        _read_delegations(metadata, "targets", found)
    return found


def write(top: int, gun: str, documents: Mapping[str, bytes]) -> None:
    """Bring Docker's cache up to date. A failure is told, and changes nothing else.

    Nothing is written where it could be taken for a file of another collection. What Docker has put
    there is read all the same: it guards more, and never less.
    """
    names = segments(gun)
    if not has_place(gun):
        return
    try:
        below = ["tuf", *names, "metadata"]
        with files.opened(files.open_below(top, below, make=True, stays=True)) as metadata:
            for role, data in documents.items():
                *parents, name = role.split("/")
                if "." in role or not is_metadata_name(role) or KEPT_BY_DOCKER & {*parents}:
                    continue
                with files.opened(
                    files.open_below(metadata, parents, make=True, stays=True)
                ) as directory:
                    _write_role(directory, f"{name}.json", data)
    except OSError as error:
        name = f" ({error.filename})" if isinstance(error.filename, str) else ""
        cause = shown(f"{error.strerror or error}{name}")
        remark.warn(
            __name__, f"the cache that Docker reads was not updated for {shown(gun)}: {cause}"
        )


def cached_collections(trust_dir: str) -> Iterator[str]:
    """Names of the collections below `tuf/`: those with a directory `metadata` that has files."""
    top = f"{trust_dir}/tuf"
    for path, folders, names in os.walk(top, onerror=None, followlinks=False):
        below = path[len(top) :].strip("/").split("/")
        folders.sort()
        if len(below) > _DEEPEST:
            folders.clear()
        if below[-1] == "metadata" and any(name.endswith(".json") for name in names):
            yield "/".join(below[:-1])
            # Below are delegations. One called targets/metadata is no collection of its own.
            with contextlib.suppress(ValueError):
                folders.remove("targets")


def segments(gun: str) -> list[str]:
    """The collection's name as directory names; the engine checks the name itself once more.

    Raises:
        MalformedError: It is no path inside the trust directory.
    """
    names = gun.split("/")
    for name in names:
        if name in {"", ".", ".."} or not name.isprintable() or "\\" in name:
            raise MalformedError(f"{gun!a} is no name of a collection", gun=gun)
    return names


def has_place(gun: str) -> bool:
    """Whether the files of a collection cannot be taken for those of another.

    Raises:
        MalformedError: The name of the collection is no path inside the trust directory.
    """
    within = _within_metadata(segments(gun))
    return not any(one == "targets" or one.endswith(".json") for one in within)


def may_stage(gun: str) -> bool:
    """Whether nothing that is staged for a collection can be taken for a change of another.

    What is on its way into a changelist, and what is noted of a publication or a removal, lies in
    the collection's own folder. That of `<gun>/changelist` is the changelist of `<gun>`.

    Raises:
        MalformedError: The name of the collection is no path inside the trust directory.
    """
    return has_place(gun) and not gun.endswith("/changelist")


def _within_metadata(segments: list[str]) -> list[str]:
    """What a collection's name leads through behind a component `metadata`.

    There another collection may have its files: those of `<gun>/metadata/targets/x` would stand
    among the delegations of `<gun>`.
    """
    return segments[segments.index("metadata") + 1 :] if "metadata" in segments else []


def _read_role(directory: int, role: str, found: dict[str, bytes]) -> None:
    name = role.rpartition("/")[2]
    with contextlib.suppress(FileNotFoundError):
        limit = _LIMITS.get(role, _OTHER_LIMIT)
        found[role] = files.read(directory, f"{name}.json", limit, private=True)


def _read_delegations(directory: int, parent: str, found: dict[str, bytes]) -> None:
    """Read the files below `parent`, whose own file stands in `directory`."""
    try:
        opened = files.open_below(directory, [parent.rpartition("/")[2]], stays=True)
    except FileNotFoundError:
        return
    with files.opened(opened) as children:
        for name, is_directory in files.names(children):
            role = f"{parent}/{name if is_directory else name.removesuffix('.json')}"
            if not is_metadata_name(role):
                continue
            if is_directory:
                if name not in KEPT_BY_DOCKER:
                    _read_delegations(children, role, found)
            elif name.endswith(".json"):
                _read_role(children, role, found)


def _write_role(directory: int, name: str, data: bytes) -> None:
    with contextlib.suppress(OSError):
        if files.read(directory, name, len(data)) == data:
            return  # a run that brings nothing new writes nothing
    # Not waited for, as Docker does not: what a power failure spoils here is fetched again.
    files.replace(directory, name, data, durable=False)
