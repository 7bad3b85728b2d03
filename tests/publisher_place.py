"""A publisher at the command line: a server in memory, a registry on loopback."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from contenttrust.cli import confirm
from contenttrust.cli.request import Request
from contenttrust.keys import KeyStore
from key_place import PASSPHRASES
from servers.answers import document
from servers.https import HttpsServer
from servers.memory_server import MemoryServer

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = {
    "mediaType": "application/vnd.oci.image.config.v1+json",
    "digest": f"sha256:{'0' * 64}",
    "size": 2,
}
DOCKERS_ROUNDS = 2_048


class PublisherPlace:
    """One machine whose trust server is in memory; commands run in this process."""

    def __init__(
        self, folder: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.server = MemoryServer(datetime.now(timezone.utc))
        self.here = folder / "here"
        self.here.mkdir()
        self.config = folder / "docker"
        self._run = run
        self._monkeypatch = monkeypatch
        monkeypatch.chdir(self.here)
        monkeypatch.setenv("DOCKER_CONFIG", str(self.config))
        for name, value in PASSPHRASES.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setitem(KeyStore.__init__.__kwdefaults__, "rounds", DOCKERS_ROUNDS)
        monkeypatch.setattr(Request, "trust_server", lambda _, gun: self.server)
        self.without_terminal()

    def run(self, *arguments: str) -> Any:
        """Run one command line; what it did."""
        return self._run(*arguments)

    def done(self, *arguments: str) -> str:
        """Run what must succeed; its output."""
        ran = self.run(*arguments)
        assert ran.code == 0, ran
        return str(ran.out)

    def as_another(self, config: Path) -> None:
        """Go on as somebody with other keys."""
        self._monkeypatch.setenv("DOCKER_CONFIG", str(config))

    def without_terminal(self) -> None:
        """Nobody can be asked."""
        self._monkeypatch.setattr(confirm, "_TERMINAL", "/dev/null/nowhere")

    @contextmanager
    def typing(self, answer: str) -> Iterator[Callable[[], str]]:
        """Somebody sits at a terminal and types one line; gives what is shown there."""
        terminal, other = pty.openpty()
        self._monkeypatch.setattr(confirm, "_TERMINAL", os.ttyname(other))
        os.write(terminal, f"{answer}\n".encode(errors="surrogateescape"))
        try:
            yield lambda: _shown(terminal)
        finally:
            os.close(terminal)
            os.close(other)
            self.without_terminal()


def _shown(terminal: int) -> str:
    """What stands on a terminal; it may come in pieces."""
    text = b""
    while select.select([terminal], [], [], 0.1)[0]:
        text += os.read(terminal, 65_536)
    return text.decode()


class Images:
    """Images of one repository in a registry on the loopback interface."""

    def __init__(self, server: HttpsServer, path: str) -> None:
        self._server = server
        self.path = path
        self.repository = f"localhost:{server.port}/{path}"
        self._pushed: dict[str, tuple[int, str]] = {}

    def push(self, tag: str, text: str = "") -> str:
        """Have an image under a tag; its digest."""
        body = {"schemaVersion": 2, "mediaType": MANIFEST, "config": CONFIG, "layers": []}
        return self._put([tag], {**body, "annotations": {"label": text or tag}}, MANIFEST)

    def push_index(self, tag: str, platforms: list[str]) -> list[str]:
        """Have an index of images under a tag; the digests: of the index, then of the images."""
        digests, children = [], []
        for platform in platforms:
            system, _, architecture = platform.partition("/")
            body = {"schemaVersion": 2, "mediaType": MANIFEST, "config": CONFIG, "layers": []}
            body["annotations"] = {"platform": platform}
            digests.append(self._put([], body, MANIFEST))
            size = len(json.dumps(body).encode())
            children.append(
                {
                    "mediaType": MANIFEST, "digest": digests[-1], "size": size,
                    "platform": {"os": system, "architecture": architecture},
                }
            )  # fmt: skip
        return [self.push_index_of(tag, children), *digests]

    def push_index_of(self, tag: str, children: list[dict[str, Any]]) -> str:
        """Have an index of any children under a tag; its digest."""
        body = {"schemaVersion": 2, "mediaType": INDEX, "manifests": children}
        return self._put([tag], body, INDEX)

    def child(self, digest: str) -> dict[str, Any]:
        """What an index says of what was pushed."""
        size, media_type = self._pushed[digest]
        return {"mediaType": media_type, "digest": digest, "size": size}

    def _put(self, tags: list[str], body: dict[str, Any], media_type: str) -> str:
        data = json.dumps(body).encode()
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        self._pushed[digest] = len(data), media_type
        for version in (*tags, digest):
            path = f"/v2/{self.path}/manifests/{version}"
            self._server.answer(path, document(data, headers={"Content-Type": media_type}))
        return digest
