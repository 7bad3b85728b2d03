"""A registry that lies about tags: who asks again is given another image."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PASSED_ON = ("Content-Type", "Docker-Content-Digest", "Content-Length", "Location", "ETag")


class AlternatingRegistry:
    """Stands before a registry; answers for some tags with one manifest after the other."""

    def __init__(self, behind: str) -> None:
        """Begin with no lie.

        Args:
            behind: The registry, `host:port`.
        """
        self.behind = behind
        self.asked: Counter[str] = Counter()
        self._answers: dict[str, tuple[str, ...]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.host = f"localhost:{self._server.server_port}"

    def alternate(self, repository: str, tag: str, *digests: str) -> None:
        """Give these manifests for a tag, in turns, from the first."""
        path = f"/v2/{repository}/manifests/{tag}"
        self.asked.pop(path, None)
        self._answers[path] = digests

    def path_for(self, path: str) -> str:
        """What is asked of the registry behind."""
        digests = self._answers.get(path)
        if digests is None:
            return path
        digest = digests[self.asked[path] % len(digests)]
        self.asked[path] += 1
        return f"{path.rpartition('/')[0]}/{digest}"

    @contextlib.contextmanager
    def running(self) -> Iterator[AlternatingRegistry]:
        """Serve."""
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def _handler(registry: AlternatingRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            connection = http.client.HTTPConnection(registry.behind, timeout=30)
            accepted = {name: value for name, value in self.headers.items() if name == "Accept"}
            connection.request(self.command, registry.path_for(self.path), headers=accepted)
            answer = connection.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            for name in _PASSED_ON:
                if (value := answer.headers.get(name)) is not None:
                    self.send_header(name, value)
            if "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
            connection.close()

        do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

        def log_message(self, *_: object) -> None:
            pass

    return Handler
