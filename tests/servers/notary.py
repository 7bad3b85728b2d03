"""A trust server over https whose collections are those of a server in memory.

What it answers is what a Notary server answers: to readers, to uploads, and to who asks for keys.
"""

from __future__ import annotations

import copy
import email
import json
import re
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from contenttrust.errors import RejectedError
from servers.answers import document, status

if TYPE_CHECKING:
    from servers.https import Exchange, HttpsServer
    from servers.memory_server import MemoryServer

_PATH = re.compile(r"/v2/(?P<gun>.+)/_trust/tuf/(?P<file>.*)")
_FILE = re.compile(r"(?P<role>.+?)(?:\.(?P<sha256>[0-9a-f]{64}))?\.json")


class Held(NamedTuple):
    """What a server holds at one moment."""

    keys: dict[tuple[str, str], Any]
    files: dict[str, dict[str, bytes]]
    history: dict[str, set[bytes]]


class Notary:
    """Answers for a server in memory."""

    def __init__(self, server: HttpsServer, memory: MemoryServer) -> None:
        """Answer whatever that server is asked and has no answer for."""
        self._lock = threading.Lock()
        self._server = server
        self.memory = memory
        self.asks_for_password = False
        server.answer_all(self._answer)

    @property
    def url(self) -> str:
        """Its address."""
        return self._server.url

    def held(self) -> Held:
        """What it holds, to be put back later."""
        self._server.settle()
        memory = self.memory
        return Held(dict(memory.keys), copy.deepcopy(memory.files), copy.deepcopy(memory.history))

    def put_back(self, held: Held) -> None:
        """Hold again what was held once."""
        self._server.settle()
        self.memory.keys = dict(held.keys)
        self.memory.files = copy.deepcopy(held.files)
        self.memory.history = copy.deepcopy(held.history)

    def _answer(self, exchange: Exchange) -> None:
        seen = exchange.server.requests[-1]
        found = _PATH.fullmatch(exchange.path)
        if len(seen.body) < int(exchange.headers.get("Content-Length") or 0):
            return None  # it ended in the middle: nobody waits for an answer
        if found is None:
            return status(404)(exchange)
        if self.asks_for_password and "Authorization" not in exchange.headers:
            return status(401, {"WWW-Authenticate": 'Basic realm="tests"'})(exchange)
        with self._lock:
            try:
                body = self._done(exchange.command, *found.groups(), exchange, seen.body)
            except RejectedError as error:
                told = {"code": error.found, "message": error.message, "detail": None}
                text = json.dumps({"errors": [told]}).encode()
                return document(text, status=400)(exchange)
        (status(404) if body is None else document(body))(exchange)
        return None

    def _done(
        self, method: str, gun: str, file: str, exchange: Exchange, body: bytes
    ) -> bytes | None:
        memory = self.memory
        role = file.removesuffix(".key")
        if method == "GET" and file.endswith(".key"):
            return memory.public_key(gun, role)
        if method == "GET":
            found = _FILE.fullmatch(file)
            return None if found is None else memory.file(gun, found["role"], found["sha256"])
        if method == "POST" and file.endswith(".key"):
            return memory.rotate_key(gun, role)
        if method == "POST":
            head = f"Content-Type: {exchange.headers['Content-Type']}\r\n\r\n".encode()
            parts: Any = email.message_from_bytes(head + body).get_payload()
            memory.publish(gun, {one.get_filename(): one.get_payload(decode=True) for one in parts})
            return b""
        memory.delete(gun)
        return b""
