"""An https server on the loopback interface that answers as a test tells it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, final

from servers.answers import Answer, document, status


class Exchange(BaseHTTPRequestHandler):
    """One request, and the means to answer it in any way."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement
    server: _Listener

    @property
    def ended(self) -> threading.Event:
        """Set when the server stops: whoever waits or sends for ever ends then."""
        return self.server.ended

    def begin(self, number: int, headers: Mapping[str, str]) -> None:
        """Send the status and the headers."""
        self.send_response(number)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.wfile.write(data)

    def do_GET(self) -> None:
        """Note the request and give the answer for its path."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append(Seen(self.command, self.path, dict(self.headers), body))
        path = self.path.partition("?")[0]
        answer = self.server.answers.get(path, self.server.otherwise)
        with contextlib.suppress(OSError):
            answer(self)

    def do_POST(self) -> None:
        """The same for forms."""
        self.do_GET()

    def do_DELETE(self) -> None:
        """The same for what is to go."""
        self.do_GET()

    def do_CONNECT(self) -> None:
        """The same for a client that takes this server for a proxy."""
        self.do_GET()

    def handle(self) -> None:
        """Clients that go away in the middle are what the tests are about."""
        with contextlib.suppress(OSError):
            super().handle()

    def finish(self) -> None:
        """See `handle`."""
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


class Seen:
    """A request that came."""

    def __init__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        self.method = method
        self.path = path
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, context: ssl.SSLContext | None, family: socket.AddressFamily) -> None:
        self.address_family = family
        self.context = context
        self.ended = threading.Event()
        self.requests: list[Seen] = []
        self.connections = 0
        self.open = 0
        self.changed = threading.Condition()
        self.answers: dict[str, Answer] = {}
        self.otherwise = status(404)
        host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
        super().__init__((host, 0), Exchange)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count a connection from before its thread begins until it has ended."""
        with self.changed:
            self.connections += 1
            self.open += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """See `process_request`."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self.changed:
                self.open -= 1
                self.changed.notify_all()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread: a client that breaks off must not stop the others."""
        if self.context is not None:
            try:
                request = self.context.wrap_socket(request, server_side=True)
            except (OSError, ssl.SSLError):
                return
        elif _is_hello(request):  # as servers in Go answer one: else their lines are waited for
            request.recv(65_536)
            request.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            return
        with contextlib.suppress(OSError):
            super().finish_request(request, client_address)
        with contextlib.suppress(OSError, ValueError):
            if self.context is not None and not self.ended.is_set():
                request.settimeout(1)
                request.unwrap()  # an end that is meant, in TLS's words
        with contextlib.suppress(OSError):
            request.close()


def _is_hello(request: socket.socket) -> bool:
    """Whether a client begins with TLS."""
    with contextlib.suppress(OSError):
        return request.recv(1, socket.MSG_PEEK) == b"\x16"
    return False


@final
class HttpsServer:
    """A server that runs while the `with` statement does.

    Paths without an answer get 404. Every request is kept in `requests`.
    """

    def __init__(
        self,
        certificate: tuple[str, str] | None,
        *,
        versions: tuple[ssl.TLSVersion, ssl.TLSVersion] | None = None,
        client_authority: str | None = None,
        family: socket.AddressFamily = socket.AF_INET,
    ) -> None:
        """Make one.

        Args:
            certificate: Files of its certificate and key; None for plain http.
            versions: The oldest and the newest version of TLS that it speaks.
            client_authority: File of an authority that must vouch for clients.
            family: IPv4 or IPv6.
        """
        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            if client_authority is not None:
                context.load_verify_locations(client_authority)
                context.verify_mode = ssl.CERT_REQUIRED
            if versions is not None:
                with warnings.catch_warnings():  # old versions are deprecated: hence the tests
                    warnings.simplefilter("ignore", DeprecationWarning)
                    context.minimum_version, context.maximum_version = versions
                context.set_ciphers("DEFAULT@SECLEVEL=0")
        self._scheme = "http" if context is None else "https"
        self._listener = _Listener(context, family)
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.01,))

    def __enter__(self) -> HttpsServer:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop; answers without end are cut off."""
        self._listener.ended.set()
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.server_address[1])

    @property
    def url(self) -> str:
        """Its address, by name."""
        return f"{self._scheme}://localhost:{self.port}"

    @property
    def requests(self) -> list[Seen]:
        """What was asked, in order."""
        return self._listener.requests

    @property
    def connections(self) -> int:
        """How many connections there were."""
        return self._listener.connections

    def settle(self) -> None:
        """Wait until whatever was sent by processes that have ended is dealt with."""
        listener = self._listener
        with listener.changed:
            before = listener.connections
        # They are taken in the order in which they came: when this one is, all before it were.
        socket.create_connection(listener.server_address[:2]).close()
        with listener.changed:
            settled = listener.changed.wait_for(
                lambda: listener.connections > before and not listener.open, timeout=30
            )
        assert settled, "somebody is still connected"

    def answer(self, path: str, answer: Answer | bytes) -> None:
        """Say what is answered to a path, given without its query."""
        given = document(answer) if isinstance(answer, bytes) else answer
        self._listener.answers[path] = given

    def answer_all(self, answer: Answer) -> None:
        """Say what is answered to every path that has no answer of its own."""
        self._listener.otherwise = answer

    def give_up_tls(self) -> None:
        """Speak plain http on every connection that comes from now on."""
        self._listener.context = None

    def publish(self, gun: str, files: Mapping[str, bytes], *, prefix: str = "") -> None:
        """Serve the metadata files of a collection under their plain names."""
        for name, data in files.items():
            self.answer(f"{prefix}/v2/{gun}/_trust/tuf/{name}.json", data)
