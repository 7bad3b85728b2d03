"""Trust servers as publishers see them, and files that a publisher asks for itself."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol, cast

    from contenttrust._core import Wanted
    from contenttrust.transport.source import Answer, Sink, Source

    class Server(Source, Sink, Protocol):
        """A trust server: it gives metadata, and takes it."""


ROOT_LIMIT = 512_000


@dataclass(frozen=True, slots=True)
class _File:
    """What sources look at in a `Wanted`, which only the engine makes."""

    name: str
    sha256: str | None
    limit: int


def ask(source: Source, gun: str, name: str, *, limit: int, sha256: str | None = None) -> Answer:
    """Ask a source for one file.

    Args:
        source: Who is asked.
        gun: Name of the collection.
        name: A role, or ``<n>.root``.
        limit: In bytes.
        sha256: Which version of it, where that is known.

    Returns:
        Its bytes, None where there is no such file, or why that is not known.
    """
    file = _File(name, sha256, limit)
    if TYPE_CHECKING:
        [answer] = source.fetch(gun, [cast("Wanted", file)])
    else:
        [answer] = source.fetch(gun, [file])
    return answer
