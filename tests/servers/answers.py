"""What a server may answer, from the right file to everything that a hostile one can think of."""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from servers.https import Exchange

Answer = Callable[["Exchange"], None]


def document(data: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """The bytes, told truly."""

    def answer(exchange: Exchange) -> None:
        exchange.begin(status, {"Content-Length": str(len(data))} | dict(headers or {}))
        exchange.send(data)

    return answer


def status(number: int, headers: Mapping[str, str] | None = None) -> Answer:
    """A status with a short body."""
    return document(b'{"errors":[]}\n', status=number, headers=headers)


def redirect(url: str, number: int = 302) -> Answer:
    """Go elsewhere."""
    return status(number, {"Location": url})


def chunked(data: bytes) -> Answer:
    """The bytes in two chunks, without a length."""

    def answer(exchange: Exchange) -> None:
        exchange.begin(200, {"Transfer-Encoding": "chunked"})
        for part in (data[:10], data[10:], b""):
            exchange.send(b"%x\r\n%s\r\n" % (len(part), part))

    return answer


def endless(*, declared: int | None = None) -> Answer:
    """Bytes without end: chunked, or more of them than `declared`."""

    def answer(exchange: Exchange) -> None:
        part = b" " * 65_536
        if declared is None:
            exchange.begin(200, {"Transfer-Encoding": "chunked"})
            part = b"%x\r\n%s\r\n" % (len(part), part)
        else:
            exchange.begin(200, {"Content-Length": str(declared)})
        while not exchange.ended.is_set():
            exchange.send(part)

    return answer


def endless_headers() -> Answer:
    """Header lines without end."""

    def answer(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\n")
        while not exchange.ended.is_set():
            exchange.send(b"X-More: " + b"x" * 1000 + b"\r\n")

    return answer


def slow(data: bytes, *, pause: float) -> Answer:
    """One byte at a time."""

    def answer(exchange: Exchange) -> None:
        exchange.begin(200, {"Content-Length": str(len(data))})
        for byte in data:
            exchange.send(bytes([byte]))
            if exchange.ended.wait(pause):
                return

    return answer


def silent() -> Answer:
    """Nothing, but the connection stays open."""
    return lambda exchange: exchange.ended.wait() and None


def with_length(data: bytes, declared: int) -> Answer:
    """The bytes with a lie about how many they are; then the connection is closed."""

    def answer(exchange: Exchange) -> None:
        exchange.begin(200, {"Content-Length": str(declared), "Connection": "close"})
        exchange.send(data)
        exchange.close_connection = True

    return answer


def compressed(size: int) -> Answer:
    """A gzip bomb: that many bytes once it is unpacked, whoever asked for gzip or not."""
    return document(gzip.compress(b" " * size), headers={"Content-Encoding": "gzip"})


def compressed_transfer(size: int, *, chunked: bool) -> Answer:
    """The same as a transfer encoding, which a client may feel bound to undo."""
    data = gzip.compress(b" " * size)

    def answer(exchange: Exchange) -> None:
        exchange.begin(200, {"Transfer-Encoding": "gzip, chunked" if chunked else "gzip"})
        exchange.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data) if chunked else data)
        exchange.close_connection = True

    return answer


def raw(data: bytes) -> Answer:
    """These bytes in place of an answer, then the end of the connection."""

    def answer(exchange: Exchange) -> None:
        exchange.send(data)
        exchange.close_connection = True

    return answer


def reset(after: bytes = b"") -> Answer:
    """A TCP reset, at once or after some bytes of an answer that promised more."""

    def answer(exchange: Exchange) -> None:
        if after:
            exchange.begin(200, {"Content-Length": str(len(after) + 100)})
            exchange.send(after)
        linger = struct.pack("ii", 1, 0)
        exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        exchange.close_connection = True
        with contextlib.suppress(OSError):
            exchange.connection.close()

    return answer


def challenged(then: Answer, *, authorization: str, challenge: str) -> Answer:
    """401 with a challenge, until the right `Authorization` comes."""

    def answer(exchange: Exchange) -> None:
        if exchange.headers.get("Authorization") == authorization:
            then(exchange)
        else:
            status(401, {"WWW-Authenticate": challenge})(exchange)

    return answer
