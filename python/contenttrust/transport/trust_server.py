"""A trust server: Notary's HTTP API as a source of metadata.

Source: notary `server/server.go` (routes) and `storage/httpstore.go`; docker CLI, ``trust.go``.
"""

from __future__ import annotations

from contenttrust.errors import (
    ContentTrustError,
    FetchError,
    ServerError,
    UnauthorizedError,
)
from contenttrust.transport import arguments, deadline, publishing
from contenttrust.transport.access import Access
from contenttrust.transport.excerpt import excerpt
from contenttrust.transport.metadata_paths import by_content, encoded_gun, encoded_role
from contenttrust.transport.origin import host_of, is_loopback, origin_of
from contenttrust.transport.shared_client import SharedClient
from contenttrust.transport.source import is_metadata_name
from contenttrust.transport.tls import Tls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from contenttrust._core import Wanted
    from contenttrust.transport.credentials import Credentials
    from contenttrust.transport.http import Client, Request, Response
    from contenttrust.transport.source import Answer

    _Send: TypeAlias = Callable[[Client, Request], Response | FetchError]

ENDED_HOST = "notary.docker.io"
ENDED_ON = "2026-12-08"

_OK = 200
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_NOT_FOUND = 404
_PING_LIMIT = 65_536
_DOUBTFUL = frozenset(' \\?#"<>^`{|}')  # what two readers of a URL may read differently


class TrustServer:
    """Fetches metadata from a Notary server, or from a static mirror of one.

    Connections and tokens are kept for the object's life. Safe to use from several threads, which
    take turns, and in a forked process, which connects anew.
    """

    def __init__(
        self,
        url: str,
        *,
        tls: Tls | None = None,
        credentials: Credentials | Callable[[], Credentials | None] | None = None,
        timeout: float = 30.0,
    ) -> None:
        """Name a server; nothing is sent before the first file is fetched.

        Args:
            url: Of the scheme https; a path in it is a prefix. A user and a password in it are
                taken out of it and used as credentials, unless others are given; elsewhere in it
                there is no ``@``.
            tls: Certificates; default: the system's authorities.
            credentials: What to answer when the server asks who we are; or a function that finds
                it then, and may raise a `FetchError`. What it found is kept for two minutes.
            timeout: Seconds that one file may take from the request to the last byte.

        Raises:
            TypeError: An argument has the wrong type.
            ValueError: The URL is none that a trust server can have, certificates are not to be
                checked although the server is not on this machine, or the timeout is none.
        """
        arguments.check_text("url", url)
        arguments.check_server(tls, credentials, timeout)
        self._url, from_url = _split(url)
        tls = Tls() if tls is None else tls
        if not tls.verify and not is_loopback(host_of(self._url)):
            raise ValueError("the certificate check can be switched off for loopback hosts only")
        self._access = Access(self._url, from_url if credentials is None else credentials)
        self._client = SharedClient(tls=tls, timeout=timeout)

    @property
    def url(self) -> str:
        """Where it is, without credentials and without a slash at the end."""
        return self._url

    def __repr__(self) -> str:
        return f"TrustServer({self._url!r})"

    def fetch(self, gun: str, files: Sequence[Wanted]) -> list[Answer]:
        """Fetch metadata files, all at once; see `Source.fetch`.

        A file whose sha256 is known is asked for by it. Where the server has no such file, the
        plain name is tried, because static mirrors have only those; who asked checks the hash.

        Raises:
            MalformedError: The name of the collection can be no part of a URL.
        """
        base = f"{self._url}/v2/{encoded_gun(gun)}/_trust/tuf"
        plain = [f"{base}/{encoded_role(file.name)}.json" for file in files]
        exact = [by_content(url, file.sha256) for url, file in zip(plain, files, strict=True)]
        with self._client.held(gun, until=deadline.end()) as client:
            answers = self._answers(client, exact, files)
            again = [
                i
                for i, answer in enumerate(answers)
                if answer is None and files[i].sha256 is not None
            ]
            if again:
                urls, wanted = [plain[i] for i in again], [files[i] for i in again]
                repeated = self._answers(client, urls, wanted)
                for i, answer in zip(again, repeated, strict=True):
                    answers[i] = answer
        return answers

    def ping(self) -> Response:
        """Ask whether the server is there and lets us in.

        Returns:
            What it says to ``GET /v2/``.

        Raises:
            FetchError: It is not there, or does not let us in, or is no trust server.
        """
        from contenttrust.transport.http import Request  # noqa: PLC0415 - when used

        request = Request(f"{self._url}/v2/", _PING_LIMIT)
        with self._client.held("", until=deadline.end()) as client:
            (response,) = self._access.send("", [request], client.get, client=client)
            answer = self._judged(response, "", "")
        if isinstance(answer, FetchError):
            raise answer
        if answer is None or isinstance(response, FetchError):
            cause = f"{self._url} is no trust server: it has no /v2/"
            raise ServerError(cause, found=str(_NOT_FOUND))
        return response

    def publish(self, gun: str, files: Mapping[str, bytes]) -> None:
        """Upload metadata files in one request; see `Sink.publish`.

        Raises:
            ValueError: A file has a name that no role has, or there is no file.
            MalformedError: The name of the collection can be no part of a URL.
            RejectedError: The server refused; ``found`` is its code, such as ``VERSION``.
            FetchError: It gave no answer, or another one than a trust server gives.
        """
        if not files:
            raise ValueError("there is nothing to publish")
        for role in files:
            if not is_metadata_name(role) or "." in role:  # a reader may ask for `2.root`
                raise ValueError(f"{role!r} is no name of a metadata file")

        def upload(client: Client, request: Request) -> Response | FetchError:
            return client.upload(request, files)

        self._written(gun, "", upload, actions=publishing.WRITE, kind=publishing.UPLOAD)

    def public_key(self, gun: str, role: str) -> bytes:
        """Ask for the key that it signs a role with; see `Sink.public_key`.

        Raises:
            ValueError: No server keeps a key for that role.
            MalformedError: The name of the collection can be no part of a URL.
            RejectedError: The server refused.
            FetchError: It gave no answer, or another one than a trust server gives.
        """

        def get(client: Client, request: Request) -> Response | FetchError:
            return client.get([request])[0]

        return self._key(gun, role, get, actions=publishing.WRITE)

    def rotate_key(self, gun: str, role: str) -> bytes:
        """Have it make another key for a role; see `Sink.rotate_key`.

        Raises:
            ValueError: No server keeps a key for that role.
            MalformedError: The name of the collection can be no part of a URL.
            RejectedError: The server refused.
            FetchError: It gave no answer, or another one than a trust server gives.
        """

        def post(client: Client, request: Request) -> Response | FetchError:
            return client.post(request, {})

        return self._key(gun, role, post, actions=publishing.EVERYTHING)

    def delete(self, gun: str) -> None:
        """Delete everything of a collection; see `Sink.delete`.

        Raises:
            MalformedError: The name of the collection can be no part of a URL.
            RejectedError: The server refused.
            FetchError: It gave no answer, or another one than a trust server gives.
        """

        def delete(client: Client, request: Request) -> Response | FetchError:
            return client.delete(request)

        self._written(gun, "", delete, actions=publishing.EVERYTHING, kind=publishing.DELETION)

    def _key(self, gun: str, role: str, send: _Send, *, actions: str) -> bytes:
        if role not in {"timestamp", "snapshot"}:
            raise ValueError(f"a server keeps keys for timestamp and snapshot, not for {role!r}")
        key = self._written(gun, f"{role}.key", send, actions=actions, kind=publishing.KEY)
        if key is None or len(key) > publishing.ANSWER_LIMIT:
            raise publishing.no_key(key, url=self._url, gun=gun, role=role)
        return key

    def _written(
        self, gun: str, name: str, send: _Send, *, actions: str, kind: str
    ) -> bytes | None:
        """Send one request that a reader would not; what its answer brings."""
        from contenttrust.transport.http import Request  # noqa: PLC0415 - when used

        url = f"{self._url}/v2/{encoded_gun(gun)}/_trust/tuf/{name}"
        request = Request(
            url,
            publishing.ANSWER_LIMIT,
            role=name.partition(".")[0],
            follow=False,
            silence=publishing.SILENCE,
            timeout=publishing.SECONDS,
        )
        until = deadline.in_seconds(publishing.SECONDS)
        with self._client.held(gun, until=until) as client:

            def one(requests: list[Request]) -> list[Response | FetchError]:
                return [send(client, request) for request in requests]

            (response,) = self._access.send(gun, [request], one, client=client, actions=actions)
            if isinstance(response, FetchError):
                response.message += self._remark(response)
            try:
                return publishing.answered(
                    response,
                    url=self._url,
                    gun=gun,
                    anonymous=self._access.is_anonymous(gun),
                    kind=kind,
                    sent=request.is_sent,
                )
            except ContentTrustError as error:
                error.expected = publishing.expected(error)
                self._access.hide_secrets(error)
                raise

    def _answers(
        self, client: Client, urls: Sequence[str], files: Sequence[Wanted]
    ) -> list[Answer]:
        from contenttrust.transport.http import Request  # noqa: PLC0415 - when used

        requests = [
            Request(url, file.limit, role=file.name) for url, file in zip(urls, files, strict=True)
        ]
        responses = self._access.send(client.gun, requests, client.get, client=client)
        return [
            self._judged(response, client.gun, file.name)
            for response, file in zip(responses, files, strict=True)
        ]

    def _judged(self, response: Response | FetchError, gun: str, role: str) -> Answer:
        """The file, None for its absence, or what the answer means, without our secrets."""
        answer = self._meaning(response, gun, role)
        if isinstance(answer, FetchError):
            self._access.hide_secrets(answer)
        return answer

    def _meaning(self, response: Response | FetchError, gun: str, role: str) -> Answer:
        if isinstance(response, FetchError):
            response.message += self._remark(response)
            return response
        status = response.status
        if status == _NOT_FOUND:
            return None
        if status in {_UNAUTHORIZED, _FORBIDDEN}:
            return self._not_let_in(status, gun, role)
        cause = ""
        encoding = response.headers.get("content-encoding") or "identity"
        if status != _OK:
            cause = f"it answers with status {status}"
        elif encoding.lower() != "identity":
            cause = f"the answer is encoded as {excerpt(encoding)}, which was not asked for"
        if not cause:
            return response.body
        found = "" if status == _OK else str(status)
        return ServerError(f"{self._url}: {cause}", gun=gun, role=role, found=found)

    def _remark(self, error: FetchError) -> str:  # noqa: ARG002 - for who knows more
        """What belongs behind the message of an error: why this server is asked, and how."""
        return ""

    def _not_let_in(self, status: int, gun: str, role: str) -> UnauthorizedError:
        from contenttrust.transport.auth import DENIED, refused_by  # noqa: PLC0415 - rare

        if status == _FORBIDDEN:
            message = f"{DENIED} by {self._url} ({status})"
        else:
            message = refused_by(self._url, status, sent=not self._access.is_anonymous(gun))
        return UnauthorizedError(message, gun=gun, role=role, found=str(status))


def _split(url: str) -> tuple[str, Credentials | None]:
    """A server's URL without the user and password that may stand in it, and those."""
    scheme, _, rest = url.partition("://")
    before, slash, path = rest.partition("/")
    userinfo, at, authority = before.rpartition("@")
    clean = f"https://{authority}{slash}{path}".rstrip("/")
    is_plain = url.isascii() and url.isprintable() and not set(url) & _DOUBTFUL
    # A password with a slash in it ends the host for us, and what follows looks like a path.
    if scheme.lower() != "https" or not is_plain or "@" in path or not _has_origin(clean):
        raise ValueError(f"valid https URL required for trust server, got {_without_login(url)}")
    if not at:
        return clean, None
    from urllib.parse import unquote  # noqa: PLC0415 - costs milliseconds, rarely needed

    from contenttrust.transport.credentials import Credentials  # noqa: PLC0415 - rarely needed

    username, _, password = userinfo.partition(":")
    return clean, Credentials(unquote(username), unquote(password))


def _without_login(url: str) -> str:
    """What may be shown of a text that is no URL: nothing that could be a password."""
    _, at, end = url.rpartition("@")
    scheme = url.partition("://")[0]
    begin = f"{scheme}://" if at and scheme.lower() in {"http", "https"} else ""
    return excerpt(begin + end) + (" (what stands before its last @ is not shown)" if at else "")


def _has_origin(url: str) -> bool:
    try:
        origin_of(url)
    except ValueError:
        return False
    return True
