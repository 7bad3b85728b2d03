"""A proxy of the tests."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import final


@final
class Tunnel:
    """A proxy that connects everybody to one port of this machine."""

    def __init__(self, port: int) -> None:
        """Take the port behind it."""
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.asked: list[str] = []
        self.headers: list[bytes] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Tunnel:
        """Start."""
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            self.headers.append(head)
            self.asked.append(head.split(b" ")[1].decode())
            server = socket.create_connection(("127.0.0.1", self._port))
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            for ends in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=ends, daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
