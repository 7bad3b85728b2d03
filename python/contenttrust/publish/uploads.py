"""A trust server, and what became of what it was sent: what is needed then is kept and told."""

from __future__ import annotations

import contextlib

from contenttrust.errors import (
    ContentTrustError,
    FetchError,
    RejectedError,
    TrustDirectoryError,
    UnauthorizedError,
    VerificationError,
    shown,
)
from contenttrust.publish.commands import command
from contenttrust.transport import remark
from contenttrust.transport.publishing import REFUSED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from contenttrust._core import Wanted
    from contenttrust.publish.asking import Server
    from contenttrust.transport.source import Answer

UNKNOWN = "unknown"
ACCEPTED = "accepted"
SERVED = "served"
NOT_PUBLISHED = frozenset({"", REFUSED})

_INTERRUPTED = {
    REFUSED: "the server has refused what it was sent, or was not reached",
    UNKNOWN: "it had been sent, and whether it is published is not known",
    ACCEPTED: "it had been sent and accepted, and was not seen to be served",
    SERVED: "it is published",
}


class Uploads:
    """Passes on what is sent.

    Attributes:
        was_sent: Whether anything was sent to be published. A refusal proves nothing: what stands
            between may have sent it twice, of which the first was taken.
        outcome: What became of what was sent last: `REFUSED`, `UNKNOWN`, `ACCEPTED`, or `SERVED`
            once that was seen, also of what was there already; empty where nothing was.
    """

    def __init__(
        self,
        server: Server,
        *,
        note: Callable[[Mapping[str, bytes], Mapping[str, bytes]], None] = lambda *_: None,
    ) -> None:
        """Pass on to a server.

        Args:
            server: The trust server.
            note: Is given, before anything is sent, the files of the upload by role, and those of
                the whole collection with it; what it raises prevents that.
        """
        self._server = server
        self.note = note
        self.was_sent = False
        self.outcome = ""

    def fetch(self, gun: str, files: Sequence[Wanted]) -> list[Answer]:
        """See `Source.fetch`."""
        return self._server.fetch(gun, files)

    def publish(self, gun: str, files: Mapping[str, bytes]) -> None:
        """See `Sink.publish`."""
        self.was_sent, self.outcome = True, UNKNOWN
        try:
            self._server.publish(gun, files)
        except ContentTrustError as error:
            if isinstance(error, (RejectedError, UnauthorizedError)) or error.upload == REFUSED:
                self.outcome = REFUSED
            raise
        self.outcome = ACCEPTED

    def public_key(self, gun: str, role: str) -> bytes:
        """See `Sink.public_key`."""
        return self._server.public_key(gun, role)

    def rotate_key(self, gun: str, role: str) -> bytes:
        """See `Sink.rotate_key`."""
        return self._server.rotate_key(gun, role)

    def delete(self, gun: str) -> None:
        """See `Sink.delete`."""
        self._server.delete(gun)

    @property
    def may_count(self) -> bool:
        """Whether what was sent may be published, as far as the server has said."""
        return self.outcome not in NOT_PUBLISHED

    @contextlib.contextmanager
    def told(self, gun: str) -> Iterator[None]:
        """Say of what fails or is interrupted what became of what was sent."""
        try:
            yield
        except ContentTrustError as error:
            error.upload = self.outcome
            if self.outcome == ACCEPTED and isinstance(error, (FetchError, VerificationError)):
                look = command("list", "--all-roles", gun)
                is_here = isinstance(error, TrustDirectoryError)
                missing = "could not be remembered here" if is_here else "was not seen to be served"
                error.message = (
                    f"what was published was sent and accepted, and {missing}: "
                    f"{error.message}. See what the server serves ({look}) before it is done again"
                )
            raise
        except KeyboardInterrupt:
            if self.outcome:
                remark.warn(__name__, f"{shown(gun)}: interrupted; {_INTERRUPTED[self.outcome]}")
            raise


@contextlib.contextmanager
def published(gun: str, versions: Mapping[str, int]) -> Iterator[None]:
    """Say of what fails after a publication that this is at the server, whatever comes of a second.

    Args:
        gun: The collection.
        versions: What was published; empty where nothing was.
    """
    try:
        yield
    except ContentTrustError as error:
        if versions and error.upload in NOT_PUBLISHED:
            error.upload = SERVED
        raise
    except KeyboardInterrupt:
        if versions:
            remark.warn(
                __name__,
                f"{shown(gun)}: interrupted; what was published first is at the server, and what "
                "was to follow may be missing: the same command again brings it to its end",
            )
        raise
