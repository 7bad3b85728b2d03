"""HTTPS by libcurl: requests in parallel, each with a limit and a deadline.

It knows no policy and nothing of Notary. Whatever goes wrong becomes a `FetchError` in the place of
the answer. Only https is spoken, also after a redirect, unless a request to this very machine says
otherwise; nothing is read from .netrc.
"""

from __future__ import annotations

import os
import time

from contenttrust.errors import TlsError, UnreachableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TypeAlias

    from contenttrust.errors import FetchError
    from contenttrust.transport.authorities import Authorities
    from contenttrust.transport.libcurl import pycurl
    from contenttrust.transport.polling import Multi
    from contenttrust.transport.tls import Tls
    from contenttrust.transport.transfer import Transfer

    Body: TypeAlias = bytes | Mapping[str, bytes] | str | None
    """What is sent: a form, files, `DELETE`, or nothing, which makes it a GET."""

DELETE = "DELETE"
"""Stands in the place of a body where something is to be deleted."""

# A further connection costs a millisecond of computing at both ends and saves waiting for answers:
# that pays for itself from a distance (figures in docs/decisions/0010).
_CONNECTIONS = 4
_CONNECTIONS_TO_LOOPBACK = 1


class Request:
    """What to ask for.

    Attributes:
        url: Of the scheme https, without user and password.
        limit: How many bytes of the body are of use.
        headers: Lines such as ``Authorization: …``; that one is sent to the URL's origin only.
        role: The metadata role concerned, for messages.
        credentials: ``user:password`` for Basic authentication at the URL's origin.
        certified: Whether our certificate may be shown there. It tells a server who we are.
        plain: Whether TLS is left out, whatever the URL says: for loopback hosts only, elsewhere
            the request fails unsent. A redirect is not followed then.
        follow: Whether a redirect may be followed.
        is_sent: Whether it failed after something of it had left this machine. An answer, whatever
            it says, leaves nothing open.
        silence: Seconds without a byte after which nothing more is expected.
        timeout: Seconds until the last byte, in place of the client's.
    """

    __slots__ = (
        "certified",
        "credentials",
        "follow",
        "headers",
        "is_sent",
        "limit",
        "plain",
        "role",
        "silence",
        "timeout",
        "url",
    )

    def __init__(  # noqa: PLR0913 - one keyword a fact
        self,
        url: str,
        limit: int,
        *,
        headers: tuple[str, ...] = (),
        role: str = "",
        credentials: str | None = None,
        certified: bool = True,
        plain: bool = False,
        follow: bool = True,
        silence: int = 10,
        timeout: float | None = None,
    ) -> None:
        self.url = url
        self.silence = silence
        self.timeout = timeout
        self.certified = certified
        self.plain = plain
        self.follow = follow
        self.is_sent = False
        self.limit = limit
        self.headers = headers
        self.role = role
        self.credentials = credentials


class Response:
    """What a server answered.

    Attributes:
        status: Of the last answer, after redirects.
        body: At most one byte more than the request's limit.
        headers: Those that somebody reads (`transfer.HEADERS`), by lower-case name; values of a
            name that came twice are joined by ``, ``.
        url: Where the answer came from.
    """

    __slots__ = ("body", "headers", "status", "url")

    def __init__(self, *, status: int, body: bytes, headers: dict[str, str], url: str) -> None:
        self.status = status
        self.body = body
        self.headers = headers
        self.url = url


class Client:
    """Keeps connections open between requests. For one thread, and not across a fork.

    Attributes:
        gun: Name of the collection, for messages.
        until: Moment on the monotonic clock at which nothing is waited for any more, though a
            request's own time be not over: requests that wait for others may be many.
    """

    def __init__(self, *, tls: Tls, timeout: float = 30.0, gun: str = "") -> None:
        """Make a client; nothing is read or opened before the first request.

        Args:
            tls: Whose certificates are good.
            timeout: Seconds from a request to the last byte of its answer.
            gun: Name of the collection, for messages.
        """
        self.gun = gun
        self.until = float("inf")
        self._tls = tls
        self._timeout = timeout
        self._multi: Multi | None = None
        self._authorities: Authorities | None = None

    def get(self, requests: Sequence[Request]) -> list[Response | FetchError]:
        """Send requests in parallel and wait for all of them.

        Args:
            requests: What to ask for.

        Returns:
            An answer or an error for each, in the same order.
        """
        return self._send([(request, None) for request in requests])

    def post(self, request: Request, form: Mapping[str, str]) -> Response | FetchError:
        """Send a form, as OAuth2 token requests do. A redirect is not followed.

        Args:
            request: Where to.
            form: Names and values, which are sent URL-encoded in the body.
        """
        from urllib.parse import urlencode  # noqa: PLC0415 - costs milliseconds, rarely needed

        return self._send([(request, urlencode(form).encode())])[0]

    def upload(self, request: Request, files: Mapping[str, bytes]) -> Response | FetchError:
        """Send files in one form, as browsers do (RFC 7578). A redirect is not followed.

        Args:
            request: Where to.
            files: Contents by file name; each is a part named ``files``.
        """
        return self._send([(request, files)])[0]

    def delete(self, request: Request) -> Response | FetchError:
        """Ask that what a URL names be deleted. A redirect is not followed.

        Args:
            request: What to delete.
        """
        return self._send([(request, DELETE)])[0]

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        if self._multi is not None:
            self._multi.close()
            self._multi = None

    def _send(self, orders: Sequence[tuple[Request, Body]]) -> list[Response | FetchError]:
        try:
            authorities = self._known_authorities()
            transfers = self._run(orders, authorities)
            again = [i for i, transfer in enumerate(transfers) if transfer.distrusted]
            if again and authorities.fall_back():
                repeated = self._run([orders[i] for i in again], authorities)
                for i, transfer in zip(again, repeated, strict=True):
                    transfers[i] = transfer
        except TlsError as error:  # a file of authorities, or our certificate
            return [TlsError(error.message, gun=self.gun, role=order.role) for order, _ in orders]
        return [transfer.outcome for transfer in transfers]

    def _known_authorities(self) -> Authorities:
        from contenttrust.transport.authorities import Authorities  # noqa: PLC0415 - when used
        from contenttrust.transport.tls import check_certificate  # noqa: PLC0415 - see above

        if self._authorities is None:
            check_certificate(self._tls)
            self._authorities = Authorities(self._tls, env=os.environ)
        return self._authorities

    def _run(
        self, orders: Sequence[tuple[Request, Body]], authorities: Authorities
    ) -> list[Transfer]:
        """Run requests, each with its form if it has one, to their end."""
        from contenttrust.transport.polling import Multi  # noqa: PLC0415 - loads libcurl
        from contenttrust.transport.transfer import Transfer  # noqa: PLC0415 - loads libcurl

        if self._multi is None:
            self._multi = Multi()
        transfers = [Transfer(request, gun=self.gun) for request, _ in orders]
        under_way: dict[pycurl.Curl, Transfer] = {}

        def prepared() -> Iterator[pycurl.Curl]:
            for transfer, (request, form) in zip(transfers, orders, strict=True):
                left = self.until - time.monotonic()
                if left <= 0:
                    message = "too slow: the time for all files together is over"
                    transfer.outcome = UnreachableError(message, gun=self.gun, role=request.role)
                    continue
                handle = transfer.prepare(
                    form,
                    tls=self._tls,
                    authorities=authorities,
                    timeout=min(request.timeout or self._timeout, left),
                    env=os.environ,
                )
                if handle is not None:
                    under_way[handle] = transfer
                    yield handle

        is_near = all(transfer.is_local for transfer in transfers)
        connections = _CONNECTIONS_TO_LOOPBACK if is_near else _CONNECTIONS
        for handle, code, words in self._multi.run(prepared(), connections=connections):
            under_way.pop(handle).end(code, words)
        return transfers
