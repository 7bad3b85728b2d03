#!/usr/bin/env python3
"""Reverse proxy that writes one JSON line per exchange: what a client sends, what it is answered.

Bodies are forwarded unchanged. In the log a multipart body is shown as the list of its parts
(header lines, size, SHA-256).
"""

from __future__ import annotations

import email.parser
import email.policy
import hashlib
import http.client
import json
import ssl
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tls_server import TlsServer, listening_options

HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
}
TIMEOUT_S = 30


def parts_of(content_type: str, body: bytes) -> list[dict[str, Any]]:
    """The parts of a multipart body, without their content."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    parts = []
    for part in message.iter_parts():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        parts.append(
            {
                "headers": [f"{name}: {value}" for name, value in part.items()],
                "size": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        )
    return parts


class Upstream:
    """The server behind the proxy, and the log of what was exchanged with it."""

    def __init__(self, url: str, authority: str | None, log: Path) -> None:
        parsed = urllib.parse.urlsplit(url)
        assert parsed.hostname is not None
        self.host, self.port = parsed.hostname, parsed.port
        self.tls = ssl.create_default_context(cafile=authority)
        self._log = log
        self._lock = threading.Lock()

    def connect(self) -> http.client.HTTPSConnection:
        """A new connection."""
        return http.client.HTTPSConnection(
            self.host, self.port, context=self.tls, timeout=TIMEOUT_S
        )

    def record(self, exchange: dict[str, Any]) -> None:
        """Write one exchange to the log."""
        with self._lock, self._log.open("a") as log:
            log.write(json.dumps(exchange) + "\n")


def handler(upstream: Upstream) -> type[BaseHTTPRequestHandler]:
    """The class that forwards to that server."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing; exchanges go to the log."""

        def body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            data = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline() not in {b"\r\n", b"\n", b""}:
                pass
            return data

        def forward(self) -> None:
            body = self.body()
            connection = upstream.connect()
            try:
                headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP}
                headers.pop("Content-Length", None)
                if body or self.command in {"POST", "PUT"}:
                    headers["Content-Length"] = str(len(body))
                connection.request(self.command, self.path, body=body or None, headers=headers)
                answer = connection.getresponse()
                data = answer.read()
            except OSError:
                self.close_connection = True  # as if the server itself had not answered
                return
            finally:
                connection.close()
            self.reply(answer, data)
            self.record(body, answer, data)

        def reply(self, answer: http.client.HTTPResponse, data: bytes) -> None:
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in HOP_BY_HOP and name.lower() != "content-length":
                    self.send_header(name, value)
            head = self.command == "HEAD"
            length = answer.getheader("Content-Length", "0") if head else str(len(data))
            self.send_header("Content-Length", length)
            self.end_headers()
            if not head:
                self.wfile.write(data)

        def record(self, body: bytes, answer: http.client.HTTPResponse, data: bytes) -> None:
            exchange = {
                "method": self.command,
                "path": self.path,
                "request_headers": list(self.headers.items()),
                "request_size": len(body),
                "status": answer.status,
                "response_headers": answer.getheaders(),
                "response_size": len(data),
            }
            kind = self.headers.get("Content-Type", "")
            if kind.startswith("multipart/"):
                exchange["parts"] = parts_of(kind, body)
            upstream.record(exchange)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = forward  # noqa: N815 - http.server's names

    return Handler


def main() -> None:
    """Forward until the process is ended."""
    parser = listening_options("logproxy.py", __doc__)
    parser.add_argument("--upstream", required=True, help="https URL of the server behind")
    parser.add_argument("--ca", help="PEM file of the authority of that server's certificate")
    parser.add_argument("--log", type=Path, required=True)
    options = parser.parse_args()
    answers = handler(Upstream(options.upstream, options.ca, options.log))
    with TlsServer(options.port, answers, certificate=options.cert, key=options.key) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
