"""One request under way: what libcurl is told, what it brings, and what its failures are called."""

from __future__ import annotations

import errno

from contenttrust.errors import FetchError, ServerError, TlsError, UnreachableError
from contenttrust.transport.callbacks import Callbacks
from contenttrust.transport.excerpt import excerpt
from contenttrust.transport.http import Response
from contenttrust.transport.libcurl import pycurl
from contenttrust.transport.origin import authority_of, host_of, is_loopback
from contenttrust.transport.tls import DISTRUSTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.transport.authorities import Authorities
    from contenttrust.transport.http import Body, Request
    from contenttrust.transport.tls import Tls

_REDIRECTS = 5
_CONNECT_SECONDS = 10.0
_QUICK_EXIT = 322  # CURLOPT_QUICK_EXIT, which pycurl takes without a name for it
_SLOW_BYTES = 64  # a second; fewer for as long as the request says is no answer
_STOP = -1  # what a callback says that wants no more
_HEADER_LIMIT = 65_536  # bytes, of all answers to one request together
_ANSWER = {"age", "content-encoding", "content-type", "date"}
HEADERS = frozenset({*_ANSWER, "docker-content-digest", "www-authenticate"})
"""The headers that somebody reads; others are not kept."""
_LOOPBACK = ("localhost", "127.0.0.0/8", "::1")

_UNREACHABLE = {
    pycurl.E_COULDNT_RESOLVE_HOST: "its name does not resolve",
    pycurl.E_COULDNT_RESOLVE_PROXY: "the proxy's name does not resolve",
    pycurl.E_COULDNT_CONNECT: "no connection",
    pycurl.E_OPERATION_TIMEDOUT: "too slow",
    pycurl.E_PARTIAL_FILE: "the answer ends too early",
    pycurl.E_GOT_NOTHING: "the connection was closed without an answer",
    pycurl.E_SEND_ERROR: "the connection broke",
    pycurl.E_RECV_ERROR: "the connection broke",
}
_TLS = {
    pycurl.E_SSL_CONNECT_ERROR: "no TLS connection",
    pycurl.E_PEER_FAILED_VERIFICATION: DISTRUSTED,
    pycurl.E_SSL_CIPHER: "no cipher in common",
    pycurl.E_SSL_ISSUER_ERROR: "its certificate has the wrong issuer",
    pycurl.E_SSL_INVALIDCERTSTATUS: "its certificate is revoked",
    98: "it asks for a client certificate",  # CURLE_SSL_CLIENTCERT
}
_OURS = {
    pycurl.E_SSL_CERTPROBLEM: "our client certificate, or its key",
    pycurl.E_SSL_CACERT_BADFILE: "the CA file",
}
# What OpenSSL says of an answer that begins with letters where TLS has the length of a record.
_NO_TLS = ("wrong version number", "packet length too long")
_SERVER = {
    pycurl.E_UNSUPPORTED_PROTOCOL: "it answers with, or redirects to, something else than https",
    pycurl.E_URL_MALFORMAT: "it redirects to something that is no URL",
    pycurl.E_TOO_MANY_REDIRECTS: f"it redirects more than {_REDIRECTS} times",
    pycurl.E_BAD_CONTENT_ENCODING: "the answer is encoded in a way that was not asked for",
    pycurl.E_HTTP2: "it breaks the rules of HTTP/2",
    92: "it breaks the rules of HTTP/2",  # CURLE_HTTP2_STREAM
    8: "it breaks the rules of HTTP",  # CURLE_WEIRD_SERVER_REPLY
    100: "its headers are too long",  # CURLE_TOO_LARGE
}


class Transfer:
    """One request, from its options to its outcome.

    Attributes:
        outcome: The answer or the error, once it has ended.
        distrusted: Whether it failed because no authority vouched for the server.
        is_local: Whether the server is surely on this machine.
    """

    __slots__ = (
        "_body",
        "_callbacks",
        "_gun",
        "_handle",
        "_header_room",
        "_headers",
        "_proxy",
        "_request",
        "_room",
        "distrusted",
        "is_local",
        "outcome",
    )

    outcome: Response | FetchError

    def __init__(self, request: Request, *, gun: str) -> None:
        """Take a request.

        Args:
            request: What to ask for.
            gun: Name of the collection, for messages.
        """
        self._request = request
        self._gun = gun
        self._room = request.limit + 1
        self._body = bytearray()  # one block: a list of tiny chunks takes 28 times their length
        self._callbacks = Callbacks()
        self._header_room = _HEADER_LIMIT
        self._headers: dict[str, str] = {}
        self._proxy = ""
        self._handle: pycurl.Curl | None = None  # made late: one takes more than most bodies
        self.distrusted = False
        self.is_local = _is_local(request.url)
        self.outcome = UnreachableError("not asked", gun=gun, role=request.role)

    def prepare(
        self,
        body: Body,
        *,
        tls: Tls,
        authorities: Authorities,
        timeout: float,
        env: Mapping[str, str],
    ) -> pycurl.Curl | None:
        """Tell libcurl everything.

        Args:
            body: What is sent; None means GET.
            tls: Certificates.
            authorities: Who vouches for servers.
            timeout: Seconds until the last byte.
            env: Environment variables, of which those that name proxies count.

        Returns:
            What libcurl calls it, ready to begin; if it cannot, None, and the outcome says why.
        """
        try:
            host_of(self._request.url)
            headers = _lines(self._request)
        except ValueError as error:
            self.outcome = ServerError(str(error), gun=self._gun, role=self._request.role)
            return None
        if body is not None:
            headers.append(b"Expect:")  # no server that is meant waits to be asked
        self._request.is_sent = False
        self._handle = pycurl.Curl()
        self._proxy = _proxy_of(env)
        plain = self._request.plain
        follow = body is None and tls.verify and tls.cert_file is None and not plain
        follow = follow and self._request.follow
        self._set(_options(self._request, headers, timeout=timeout, follow=follow))
        if body is not None:
            # On a connection that was kept and then breaks, libcurl sends a request once more. What
            # is written must not be written twice: the second answer would be about the first.
            self._set({pycurl.FRESH_CONNECT: 1})
        take_header = self._callbacks.guarded(self._take_header, failed=_STOP)
        take_body = self._callbacks.guarded(self._take_body, failed=_STOP)
        self._set({pycurl.HEADERFUNCTION: take_header, pycurl.WRITEFUNCTION: take_body})
        if isinstance(body, str):
            self._set({pycurl.CUSTOMREQUEST: body})
        elif isinstance(body, bytes):
            self._set({pycurl.POSTFIELDS: body})
        elif body is not None:
            from contenttrust.transport.form import attach  # noqa: PLC0415 - who reads has none

            attach(self._handle, body)
        self._set(_proxy_options("", {}) if plain else _proxy_options(self._proxy, env))
        verify = tls.verify or not self.is_local
        self._set({pycurl.SSL_VERIFYPEER: int(verify), pycurl.SSL_VERIFYHOST: 2 if verify else 0})
        self._set(_authorities(authorities))
        if self._request.certified:
            self._set(_certificate(tls))
        return self._handle

    def end(self, code: int, words: str) -> None:
        """Make the outcome of what libcurl said.

        Args:
            code: libcurl's; 0 is good.
            words: libcurl's.
        """
        self._callbacks.raise_kept()
        if self._header_room < 0:
            self._request.is_sent = True  # it answers, and nobody knows what
            message = f"{self._where()}: its headers are longer than {_HEADER_LIMIT} bytes"
            self.outcome = ServerError(message, gun=self._gun, role=self._request.role)
        elif code == 0 or self._room == 0:  # we stopped it ourselves
            self.outcome = Response(
                status=self._number(pycurl.RESPONSE_CODE),
                body=bytes(self._body),
                headers=self._headers,
                url=self._address(),
            )
        else:
            self.distrusted = code == pycurl.E_PEER_FAILED_VERIFICATION
            self._request.is_sent = self._number(pycurl.REQUEST_SIZE) > 0
            self.outcome = self._failure(code, words)
        self._known().close()
        self._body = bytearray()

    def _known(self) -> pycurl.Curl:
        assert self._handle is not None  # noqa: S101 - it was prepared
        return self._handle

    def _set(self, options: Mapping[int, object]) -> None:
        handle = self._known()
        for option, value in options.items():
            if value is None:
                handle.unsetopt(option)
            else:
                handle.setopt(option, value)

    def _take_header(self, line: bytes) -> int:
        self._header_room -= len(line)
        if self._header_room < 0:
            return _STOP
        if self._body:  # a trailer says nothing that we ask for
            return len(line)
        if line.startswith(b"HTTP/"):  # the next answer, after a redirect or a proxy's
            self._headers = {}
            return len(line)
        name, _, value = line.decode("iso-8859-1").partition(":")
        name, value = name.strip().lower(), value.strip()
        if name in HEADERS:
            before = self._headers.get(name)
            self._headers[name] = value if before is None else f"{before}, {value}"
        return len(line)

    def _take_body(self, data: bytes) -> int:
        taken = data[: self._room]
        self._body += taken
        self._room -= len(taken)
        return len(data) if self._room else _STOP

    def _failure(self, code: int, words: str) -> FetchError:
        kind: type[FetchError]
        expected = ""
        reset = self._number(pycurl.OS_ERRNO) in {errno.ECONNRESET, errno.EPIPE}
        if code == pycurl.E_SSL_CONNECT_ERROR and reset:
            kind, cause = UnreachableError, "the connection broke"
        elif code == pycurl.E_SSL_CONNECT_ERROR and any(sign in words for sign in _NO_TLS):
            kind, cause, expected = TlsError, "it does not speak TLS", "TLS"
        elif code in _TLS:
            kind, cause = TlsError, _TLS[code]
        elif code in _SERVER:
            kind, cause = ServerError, _SERVER[code]
        else:
            kind, cause = UnreachableError, _UNREACHABLE.get(code, f"failure {code} of libcurl")
        if code in _OURS:  # who was asked has no part in it
            kind, message = TlsError, f"the certificates in use are not usable: {_OURS[code]}"
        else:
            message = f"{self._where()}: {cause}"
        if words and _tells_of(self._proxy, words, code):
            words = "the proxy that HTTPS_PROXY names is at fault, or its URL is malformed"
        message += f" ({excerpt(words)})" if words else ""
        return kind(message, gun=self._gun, role=self._request.role, expected=expected)

    def _where(self) -> str:
        """Who is to blame: where a redirect led to, if it led to a URL."""
        try:
            authority = authority_of(self._address())
        except ValueError:
            authority = authority_of(self._request.url)
        return f"{'http' if self._request.plain else 'https'}://{excerpt(authority)}"

    def _address(self) -> str:
        url: bytes = self._known().getinfo_raw(pycurl.EFFECTIVE_URL)  # type: ignore[no-untyped-call]
        return url.decode(errors="replace")

    def _number(self, what: int) -> int:
        return int(self._known().getinfo_raw(what))  # type: ignore[no-untyped-call]


def _options(
    request: Request, headers: list[bytes], *, timeout: float, follow: bool
) -> dict[int, object]:
    """What a request is and how long it may take.

    Args:
        request: What to ask for.
        headers: Its headers, checked.
        timeout: Seconds until the last byte.
        follow: Whether redirects are followed. Not with a form, which may hold a password, not with
            a certificate of ours, which libcurl would show to everybody, and not where certificates
            go unchecked, which is for loopback only.
    """
    url = f"http{request.url[len('https') :]}" if request.plain else request.url
    return {
        pycurl.URL: url.encode(),
        pycurl.PROTOCOLS: pycurl.PROTO_HTTP if request.plain else pycurl.PROTO_HTTPS,
        pycurl.REDIR_PROTOCOLS: pycurl.PROTO_HTTPS,
        pycurl.FOLLOWLOCATION: follow,
        pycurl.MAXREDIRS: _REDIRECTS,
        pycurl.UNRESTRICTED_AUTH: 0,
        pycurl.NETRC: pycurl.NETRC_IGNORED,
        pycurl.HTTPHEADER: headers,
        pycurl.HTTPAUTH: pycurl.HTTPAUTH_BASIC,
        pycurl.USERPWD: None if request.credentials is None else request.credentials.encode(),
        pycurl.USERAGENT: "contenttrust",
        pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
        pycurl.NOSIGNAL: 1,
        _QUICK_EXIT: 1,  # a name that does not resolve is not waited for once we have given up
        pycurl.TIMEOUT_MS: max(1, int(timeout * 1000)),
        pycurl.CONNECTTIMEOUT_MS: max(1, int(min(timeout, _CONNECT_SECONDS) * 1000)),
        pycurl.LOW_SPEED_LIMIT: _SLOW_BYTES,
        pycurl.LOW_SPEED_TIME: request.silence,
    }


def _is_local(url: str) -> bool:
    try:
        return is_loopback(host_of(url))
    except ValueError:
        return False


def _proxy_of(env: Mapping[str, str]) -> str:
    return env.get("HTTPS_PROXY") or env.get("https_proxy") or ""


def _tells_of(proxy: str, words: str, code: int) -> bool:
    """Whether libcurl's words may hold a password that stands in the proxy's URL.

    What is malformed is quoted whole, and what part of it is taken for what can be any; so each
    piece of what may be the user or the password is looked for.
    """
    if not proxy:
        return False
    login = proxy.rpartition("@")[0]
    scheme, _, rest = login.partition("://")
    login = rest if scheme.isalnum() else login
    pieces = "".join(char if char.isalnum() else " " for char in login).split()
    return (
        code == pycurl.E_COULDNT_RESOLVE_PROXY
        or proxy in words
        or not login.isascii()
        or any(piece.lower() in words.lower() for piece in pieces)
    )


def _proxy_options(proxy: str, env: Mapping[str, str]) -> dict[int, object]:
    """Which proxy to use.

    Told explicitly, because libcurl by itself prefers the variables in lower case, obeys
    `ALL_PROXY`, and sends loopback through the proxy; Go, and so Docker, does not.
    """
    direct = env.get("NO_PROXY") or env.get("no_proxy") or ""
    hosts = [host.strip() for host in direct.split(",") if host.strip()]
    # libcurl knows "*" only where it stands alone.
    exceptions = "*" if "*" in hosts else ",".join([*hosts, *_LOOPBACK])
    return {
        pycurl.PROXY: proxy.encode(errors="surrogateescape"),
        pycurl.NOPROXY: exceptions.encode(errors="surrogateescape"),
    }


def _authorities(authorities: Authorities) -> dict[int, object]:
    """Who vouches for a server or a proxy.

    What is None is unset, and so is no longer a place that the wheel was built with.
    """
    bundle, folders = (
        place.encode() if place else None for place in (authorities.bundle, authorities.folders)
    )
    options: dict[int, object] = {
        pycurl.CAINFO: bundle,
        pycurl.CAPATH: folders,
        pycurl.PROXY_CAINFO: bundle,
        pycurl.PROXY_CAPATH: folders,
    }
    if authorities.blob:
        options |= {
            pycurl.CAINFO_BLOB: authorities.blob,
            pycurl.PROXY_CAINFO_BLOB: authorities.blob,
        }
    return options


def _certificate(tls: Tls) -> dict[int, object]:
    """What vouches for us."""
    if tls.cert_file is None or tls.key_file is None:
        return {}
    return {pycurl.SSLCERT: tls.cert_file.encode(), pycurl.SSLKEY: tls.key_file.encode()}


def _lines(request: Request) -> list[bytes]:
    if request.plain and not _is_local(request.url):
        raise ValueError("without TLS only this machine is spoken to")
    for line in request.headers:
        if not line.isprintable():
            raise ValueError("a header has a line break or another control character")
    return [line.encode() for line in request.headers]
