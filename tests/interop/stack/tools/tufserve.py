#!/usr/bin/env python3
"""Serve saved trust data as a notary server would: read only, loopback.

A request for /v2/<gun>/_trust/tuf/<name> is answered with the file <dir>/tuf/<name>, where <dir> is
found in this order: the map of GUNs, then ROOT itself when ROOT/tuf exists, then ROOT/<gun>.
"/v2/" answers 200. A missing file answers 404 with the notary error document. A file
<name>.size-of-zeros (decimal text) stands for that many bytes of '0', for oversize cases that would
bloat a repository. A request for a content addressed name (<role>.<64 hex digits>.json) that has no
file of its own is answered with <role>.json, as a dishonest server would.
"""

from __future__ import annotations

import json
import re
import urllib.parse
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tls_server import TlsServer, listening_options

METADATA = re.compile(r"/v2/(?P<gun>.+)/_trust/tuf/(?P<name>[^?]+)")
BY_CONTENT = re.compile(r"(?P<role>.+)\.[0-9a-f]{64}\.json")
NOT_FOUND = {
    "code": "METADATA_NOT_FOUND",
    "message": "You have requested metadata that does not exist.",
    "detail": None,
}
BLOCK = b"0" * 65536


class Collections:
    """Which file answers a request."""

    def __init__(self, root: Path, gun_map: Path | None) -> None:
        self.root = root
        self.gun_map = gun_map

    def folder(self, gun: str) -> Path:
        """Where the files of a collection are. The map is read each time: it may change."""
        if self.gun_map is not None:
            mapped = json.loads(self.gun_map.read_text())
            if gun in mapped:
                return Path(mapped[gun])
        return self.root if (self.root / "tuf").is_dir() else self.root / gun

    def file(self, path: str) -> Path | None:
        """The file for the path of a request, or one that stands for it."""
        match = METADATA.fullmatch(path)
        if match is None or ".." in path:
            return None
        folder = self.folder(match["gun"]) / "tuf"
        names = [match["name"]]
        by_content = BY_CONTENT.fullmatch(match["name"])
        if by_content is not None:
            names.append(by_content["role"] + ".json")
        candidates = [folder / (name + end) for name in names for end in ("", ".size-of-zeros")]
        return next((file for file in candidates if file.is_file()), None)


def handler(collections: Collections) -> type[BaseHTTPRequestHandler]:
    """The class that answers from those collections."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def answer(self, status: int, body: bytes, *, zeros: int = 0) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body) + zeros))
            self.end_headers()
            if self.command == "HEAD":
                return
            self.wfile.write(body)
            while zeros > 0:
                self.wfile.write(BLOCK[:zeros])
                zeros -= len(BLOCK)

        def do_GET(self) -> None:
            path = urllib.parse.unquote(self.path)
            file = collections.file(path)
            if path in {"/v2/", "/v2"}:
                self.answer(200, b"")
            elif file is None:
                self.answer(404, json.dumps({"errors": [NOT_FOUND]}).encode() + b"\n")
            elif file.suffix == ".size-of-zeros":
                self.answer(200, b"", zeros=int(file.read_text()))
            else:
                self.answer(200, file.read_bytes())

        do_HEAD = do_GET  # noqa: N815 - http.server asks for this name

    return Handler


def main() -> None:
    """Serve until the process is ended."""
    parser = listening_options("tufserve.py", __doc__)
    parser.add_argument("--gun-map", type=Path, help="JSON object: GUN to folder")
    parser.add_argument("root", type=Path)
    options = parser.parse_args()
    answers = handler(Collections(options.root, options.gun_map))
    with TlsServer(options.port, answers, certificate=options.cert, key=options.key) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
