"""An HTTPS server on the loopback interface whose slow clients stop nobody else."""

from __future__ import annotations

import argparse
import socket
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class TlsServer(ThreadingHTTPServer):
    """Serves each connection on a thread of its own, the handshake included."""

    daemon_threads = True
    request_queue_size = 128  # the default of 5 lets connections of parallel clients be reset

    def __init__(
        self, port: int, handler: type[BaseHTTPRequestHandler], *, certificate: str, key: str
    ) -> None:
        """Listen on a port; nothing is answered before `serve_forever`.

        Args:
            port: Of 127.0.0.1; 0 takes a free one, which `server_port` tells.
            handler: Answers one connection.
            certificate: PEM file.
            key: PEM file.
        """
        super().__init__(("127.0.0.1", port), handler)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate, key)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands and answer, on the connection's thread."""
        # Head and body of an answer are written one by one: without this the second waits 40 ms.
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            request = self._tls.wrap_socket(request, server_side=True)
        except OSError:  # a probe of the port, or a client that does not trust the certificate
            return
        super().finish_request(request, client_address)
        request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients may leave at any time: that is no error of the server."""


def listening_options(program: str, description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that every server here has."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--cert", required=True, help="PEM file of the server's certificate")
    parser.add_argument("--key", required=True, help="PEM file of its key")
    return parser
