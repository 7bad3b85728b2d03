"""A proxy of the tests."""

from __future__ import annotations

import contextlib
import socket
import threading
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import final


class _Connection(StreamRequestHandler):
    server: _Listener

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline(65_536)
            if not line:
                return
            head += line
        self.server.heads.append(head)
        self.server.open.append(self.connection)
        with socket.create_connection(("127.0.0.1", self.server.behind)) as server:
            self.connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_pump, args=(server, self.connection))
            back.start()
            _pump(self.connection, server)
            back.join()


class _Listener(ThreadingTCPServer):
    daemon_threads = False
    block_on_close = True

    def __init__(self, behind: int) -> None:
        self.behind = behind
        self.heads: list[bytes] = []
        self.open: list[socket.socket] = []
        super().__init__(("127.0.0.1", 0), _Connection)


@final
class Tunnel:
    """A proxy that connects everybody to one port of this machine."""

    def __init__(self, port: int) -> None:
        """Take the port behind it."""
        self._listener = _Listener(port)
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.01,))

    def __enter__(self) -> Tunnel:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; connections that clients keep are cut."""
        self._listener.shutdown()
        for connection in self._listener.open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.server_close()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._listener.server_address[1]}"

    @property
    def heads(self) -> list[bytes]:
        """What was said to it."""
        return self._listener.heads

    @property
    def asked(self) -> list[str]:
        """To whom a way was asked for."""
        return [head.split(b" ")[1].decode() for head in self.heads]


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
