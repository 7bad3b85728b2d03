"""A trust server, and whether it may have taken anything: what is needed then must be kept."""

from __future__ import annotations

from contenttrust.errors import RejectedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contenttrust._core import Wanted
    from contenttrust.publish.asking import Server
    from contenttrust.transport.source import Answer


class Uploads:
    """Passes on what is sent.

    Attributes:
        may_have_arrived: Whether something was sent that the server has not refused.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self.may_have_arrived = False

    def fetch(self, gun: str, files: Sequence[Wanted]) -> list[Answer]:
        """See `Source.fetch`."""
        return self._server.fetch(gun, files)

    def publish(self, gun: str, files: Mapping[str, bytes]) -> None:
        """See `Sink.publish`."""
        before, self.may_have_arrived = self.may_have_arrived, True
        try:
            self._server.publish(gun, files)
        except RejectedError:
            self.may_have_arrived = before
            raise

    def public_key(self, gun: str, role: str) -> bytes:
        """See `Sink.public_key`."""
        return self._server.public_key(gun, role)

    def rotate_key(self, gun: str, role: str) -> bytes:
        """See `Sink.rotate_key`."""
        return self._server.rotate_key(gun, role)

    def delete(self, gun: str) -> None:
        """See `Sink.delete`."""
        self._server.delete(gun)
