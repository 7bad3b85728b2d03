"""The docker daemon asked directly: hundreds of starts of the client would be minutes."""

from __future__ import annotations

import http.client
import json
import socket
import urllib.parse


class Daemon:
    """The Docker Engine API on a UNIX socket."""

    def __init__(self, docker_host: str) -> None:
        """The daemon of `unix://path`."""
        self._path = docker_host.removeprefix("unix://")

    def drop_images(self, repository: str) -> None:
        """Have it forget every image of a repository."""
        filters = urllib.parse.quote(json.dumps({"reference": [repository]}))
        for image in json.loads(self._ask("GET", f"/images/json?filters={filters}")):
            self._ask("DELETE", f"/images/{image['Id']}?force=true")

    def _ask(self, method: str, path: str) -> bytes:
        connection = _UnixConnection(self._path)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        assert answer.status == http.HTTPStatus.OK, (method, path, answer.status, body)
        return body


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
