"""A token server on loopback that speaks TLS, answers what it is told to, and remembers it all."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Answer:
    """One answer: a status, header lines and a body, which may be sent over and over."""

    def __init__(
        self,
        status: int = 200,
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        times: int = 1,
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.times = times


class TokenServer:
    """What a running server has heard, and where it is.

    Attributes:
        answer: What it says to everything.
        heard: Method, path, headers by lower-case name, and body of each request.
        url: Its origin.
    """

    def __init__(self) -> None:
        self.answer = Answer()
        self.heard: list[tuple[str, str, dict[str, str], bytes]] = []
        self.sent = 0
        self.url = ""


def certificate(folder: Path) -> Path:
    """Make a self-signed certificate for loopback; its key stands in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.timezone.utc)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "loopback.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@contextmanager
def running(pem: Path) -> Iterator[TokenServer]:
    """A server on a free port until the end of the block."""
    server = TokenServer()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.heard.append((self.command, self.path, headers, body))
            self.send_response(server.answer.status)
            for name, value in server.answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(server.answer.body) * server.answer.times))
            self.end_headers()
            try:
                for _ in range(server.answer.times):
                    self.wfile.write(server.answer.body)
                    server.sent += len(server.answer.body)
            except OSError:  # the other side has had enough
                return

        do_GET = do_POST = answer  # noqa: N815 - the base class looks for these names

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    http.socket = context.wrap_socket(http.socket, server_side=True)
    server.url = f"https://localhost:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
