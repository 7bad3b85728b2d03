"""Where metadata files come from: the protocol, and the simplest source, a mapping."""

from __future__ import annotations

import os
from collections.abc import Mapping

from contenttrust.errors import FetchError, NotCachedError, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol, TypeAlias

    from contenttrust._core import Instant, Wanted

    Answer: TypeAlias = bytes | FetchError | None
    SourceLike: TypeAlias = "Source | Mapping[str, bytes] | str | os.PathLike[str]"
else:  # at run time nobody asks, and importing typing costs milliseconds
    Protocol = object


class Source(Protocol):
    """Gives the metadata files of a collection."""

    def fetch(self, gun: str, files: Sequence[Wanted]) -> list[Answer]:
        """Fetch files that the judgement needs next.

        Args:
            gun: Name of the collection.
            files: What is wanted: a role or ``<n>.root``, the sha256 it should have where signed
                metadata names one, and a limit in bytes.

        Returns:
            One answer a file, in the same order: its bytes (at most ``limit + 1`` of them), None
            where the source has no such file, or an error where that could not be told.
        """


class Sink(Protocol):
    """Takes what a publisher made, and keeps the keys that are kept at a server."""

    def publish(self, gun: str, files: Mapping[str, bytes]) -> None:
        """Make metadata files the current ones, all together or none.

        Args:
            gun: Name of the collection.
            files: What changed, by role.

        Raises:
            RejectedError: They are refused; ``found`` is the server's code, such as ``VERSION``.
            FetchError: There is no answer: whether they were published is not known.
        """

    def public_key(self, gun: str, role: str) -> bytes:
        """Ask for the public key that the server signs a role with; it makes one if need be.

        Until the first root is published, servers may give another one each time: ask once.

        Args:
            gun: Name of the collection, which need not exist.
            role: ``timestamp`` or ``snapshot``.

        Returns:
            The key, as JSON.
        """

    def rotate_key(self, gun: str, role: str) -> bytes:
        """Have the server make another key for a role; a new root must name it then.

        Args:
            gun: Name of the collection.
            role: ``timestamp`` or ``snapshot``.

        Returns:
            The public half of the new key, as JSON.
        """

    def delete(self, gun: str) -> None:
        """Delete everything of a collection.

        Args:
            gun: Its name; one that is not there is no error.
        """


class MappingSource:
    """Files that are in memory already, by role name."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def __repr__(self) -> str:
        return f"MappingSource({len(self._files)} files)"

    def fetch(self, gun: str, files: Sequence[Wanted]) -> list[Answer]:
        """Give what the mapping holds, whatever the collection's name; see `Source.fetch`."""
        del gun
        return [self._read(file) for file in files]

    def _read(self, file: Wanted) -> bytes | None:
        data: object = self._files.get(file.name)
        if data is None:
            return None
        if not isinstance(data, bytes):
            msg = f"the document for {file.name} must be bytes, not {type(data).__name__}"
            raise TypeError(msg)
        return data[: file.limit + 1]


class NoSource:
    """The source of an offline verification: no answer, so that only what is cached counts."""

    def __init__(self, trust_dir: str) -> None:
        """Refuse to ask anybody.

        Args:
            trust_dir: The trust directory that was looked into.
        """
        self._trust_dir = shown(trust_dir)

    def fetch(self, gun: str, files: Sequence[Wanted]) -> list[Answer]:
        """Answer every file with the same error; see `Source.fetch`."""
        return [
            NotCachedError(
                f"offline, and the trust directory {self._trust_dir} has not cached {file.name}",
                gun=gun,
                role=file.name,
            )
            for file in files
        ]


def is_local(value: SourceLike | None) -> bool:
    """Whether nothing is asked but files that the caller holds, which tell nothing new."""
    if isinstance(value, str | os.PathLike):
        return "://" not in os.fspath(value)
    from contenttrust.transport.directory import DirectorySource  # noqa: PLC0415 - needs us

    return isinstance(value, Mapping | DirectorySource | MappingSource | NoSource)


def as_source(value: SourceLike | None, gun: str, now: Instant) -> Source:
    """The source that a caller means.

    Args:
        value: A source, a mapping from role to bytes, the path of a directory, the URL of a trust
            server, or None for the trust server that Docker would ask.
        gun: Name of the collection that is asked for.
        now: Moment of the verification.

    Raises:
        ValueError: The URL is none that a trust server may have.
        FileNotFoundError: There is no such directory.
        NotADirectoryError: The path names something else.
        TypeError: None of these.
    """
    if value is None:
        return _server(gun, now, None)
    if isinstance(value, Mapping):
        return MappingSource(value)
    if isinstance(value, str | os.PathLike):
        path = os.fspath(value)
        if "://" in path:
            return _server(gun, now, path)
        from contenttrust.transport.directory import DirectorySource  # noqa: PLC0415 - needs us

        return DirectorySource(path)
    if not hasattr(value, "fetch"):
        msg = f"a source is a Source, a mapping or a path, not {type(value).__name__}"
        raise TypeError(msg)
    return value


def _server(gun: str, now: Instant, url: str | None) -> Source:
    from contenttrust.transport.trust_servers import trust_server_of  # noqa: PLC0415 - needs us

    return trust_server_of(gun, env=os.environ, now=now, url=url)


def is_metadata_name(name: str) -> bool:
    """Whether a metadata file may have this name: a role, or ``<n>.root``.

    Source: notary `tuf/data/roles.go`.
    """
    if name in {"root", "targets", "snapshot", "timestamp"}:
        return True
    version, _, rest = name.partition(".")
    if rest == "root":
        return version.isascii() and version.isdigit() and len(version) <= len(str(2**63))
    allowed = "abcdefghijklmnopqrstuvwxyz0123456789-_/"
    return (
        name.startswith("targets/")
        and len(name) <= 255  # noqa: PLR2004 - Notary's limit
        and all(name.split("/"))
        and set(name) <= set(allowed)
    )
