"""Something is published between two requests of one visit: no reader takes that for an attack."""

from __future__ import annotations

import hashlib
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from interop.comparison import Readers
from interop.images import Registry, image
from interop.readers import pulled, verified
from interop.simulated import from_now
from interop.stack.tools.tls_server import TlsServer
from interop.trust_stack import TrustStack
from simulator import Repository
from simulator.roles import b64


class Turning:
    """Files of a trust server that change once a certain one has been given out."""

    def __init__(self) -> None:
        self.before: dict[str, bytes] = {}
        self.after: dict[str, bytes] = {}
        self.turns_with = ""
        self._turned = False

    def begin(self) -> None:
        """Have the former files once more."""
        self._turned = False

    def answer(self, path: str) -> bytes | None:
        """The bytes for a path of a request. By content, former files can still be had."""
        name = path.partition("/_trust/tuf/")[2].removesuffix(".json")
        digest = name.rpartition(".")[2]
        for file in (*self.before.values(), *self.after.values()):
            if hashlib.sha256(file).hexdigest() == digest:
                return file
        files = self.after if self._turned else self.before
        self._turned = self._turned or name == self.turns_with
        return files.get(name)


@pytest.fixture(scope="module")
def turning() -> Turning:
    return Turning()


@pytest.fixture(scope="module")
def url(docker_stack: TrustStack, turning: Turning) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            path = urllib.parse.unquote(self.path)
            body = b"{}" if path == "/v2/" else turning.answer(path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

    tls = docker_stack.folder / "tls"
    certificate, key = str(tls / "server.crt"), str(tls / "server.key")
    with TlsServer(0, Handler, certificate=certificate, key=key) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"https://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def readers(docker_stack: TrustStack, url: str, place: Callable[[str], Path]) -> Readers:
    return Readers(place("readers"), docker_stack, docker_stack, url=url)


@pytest.fixture
def name(docker_stack: TrustStack, turning: Turning) -> str:
    """A collection whose root and tag are exchanged in one publication."""
    registry = Registry(docker_stack.registry)
    repo = Repository(f"{registry.host}/meanwhile/app")
    for role in ("root", "targets", "snapshot", "timestamp"):
        repo[role].expires = from_now(days=14)
    for number, files in enumerate(("before", "after")):
        made = image(files)
        registry.push("meanwhile/app", made)
        sha256 = bytes.fromhex(made.digest.removeprefix("sha256:"))
        repo.targets["v1"] = {"hashes": {"sha256": b64(sha256)}, "length": made.size}
        if number:
            repo.next_root()
            repo.root.expires = from_now(days=3650)
            repo.advance("targets")
        setattr(turning, files, repo.publish())
    return f"{repo.gun}:v1"


@pytest.mark.parametrize("turns_with", ["root", "timestamp"])
@pytest.mark.parametrize("known", [False, True], ids=["unknown", "known"])
def test_a_root_that_is_exchanged_between_two_requests_is_no_attack(
    turning: Turning, readers: Readers, name: str, turns_with: str, *, known: bool
) -> None:
    turning.turns_with = ""
    theirs, ours = readers.fresh(), readers.fresh()
    if known:
        turning.begin()
        assert pulled(theirs, name).digest == image("before").digest
        assert verified(ours, [name])[0].digest == image("before").digest
    turning.turns_with = turns_with

    turning.begin()
    their = pulled(theirs, name)
    turning.begin()
    [our] = verified(ours, [name])

    # Both states were published: either will do.
    published = {image("before").digest, image("after").digest}
    assert their.digest in published
    assert our.digest in published, our
