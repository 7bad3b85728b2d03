"""Trust servers as publishers see them, and files that a publisher asks for itself."""

from __future__ import annotations

from dataclasses import dataclass

from contenttrust.errors import ContentTrustError, PublishError
from contenttrust.publish.metadata import ROOT, TIMESTAMP
from contenttrust.publish.uploads import ACCEPTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
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


def ask_all(source: Source, gun: str, files: Sequence[tuple[str, str | None, int]]) -> list[Answer]:
    """Ask a source for several files at once.

    Args:
        source: Who is asked.
        gun: Name of the collection.
        files: For each its name, its sha256 where that is known, and a limit in bytes.

    Returns:
        For each its bytes, None where there is no such file, or why that is not known.
    """
    wanted = [_File(*file) for file in files]
    if TYPE_CHECKING:
        answers = source.fetch(gun, cast("Sequence[Wanted]", wanted))
    else:
        answers = source.fetch(gun, wanted)
    return list(answers)


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
    [answer] = ask_all(source, gun, [(name, sha256, limit)])
    return answer


def check_server(sink: object) -> None:
    """Refuse what is no trust server; one that has been shut down can only be read, and says so.

    Raises:
        TypeError: It is none.
    """
    if sink is not None and not hasattr(sink, "fetch"):
        kind = type(sink).__name__
        raise TypeError(f"the sink is a trust server, as trust_server_of gives one, not a {kind}")


def check_gone(server: Server, gun: str) -> None:
    """See that a server has no root and no timestamp any more; it may only have said so.

    Raises:
        PublishError: It has one.
        FetchError: It did not say.
    """
    for role in (ROOT, TIMESTAMP):
        answer = ask(server, gun, role, limit=ROOT_LIMIT)
        if isinstance(answer, ContentTrustError):
            answer.upload = ACCEPTED
            answer.message = (
                f"the server has accepted the deletion of {gun}, and whether it serves its {role} "
                f"no more could not be seen: {answer.message}. What is here was not deleted: the "
                "same command again asks for both"
            )
            raise answer
        if answer is not None:
            raise PublishError(
                f"the server says that it has deleted {gun}, and serves its {role} still: "
                "ask whoever runs it. What is here was not deleted",
                gun=gun,
                role=role,
            )
