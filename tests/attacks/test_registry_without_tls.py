"""Registries without TLS, or with a certificate that nobody vouches for: on this machine alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from contenttrust.errors import ImageLookupError
from contenttrust.reference import Reference
from contenttrust.registry import NoImageError, Registry
from contenttrust.transport.credentials import Credentials
from contenttrust.transport.http import Client, Request
from contenttrust.transport.tls import Tls
from servers import Authority, HttpsServer
from servers.answers import document, redirect, status
from servers.registry import (
    digest_of,
    image,
    name_of,
    push,
)

LOGIN = Credentials("alice", "S3cretOfMine")


@pytest.fixture
def plain() -> Iterator[HttpsServer]:
    """A server without TLS."""
    with HttpsServer(None) as server:
        yield server


@pytest.fixture
def other(authority: Authority) -> Iterator[HttpsServer]:
    """Another server, whose certificate is just as good."""
    with HttpsServer(authority.issue()) as server:
        yield server


NOT_SURELY_HERE = ["registry.localhost", "localhost.", "127.1", "0.0.0.0", "0x7f.0.0.1", "[::]"]
"""Hosts that lead to this machine today; a name server or another program may say otherwise."""


@pytest.mark.parametrize("host", NOT_SURELY_HERE)
def test_without_tls_no_other_host_is_asked(plain: HttpsServer, host: str) -> None:
    push(plain, image())
    asker = Registry(f"{host}:{plain.port}", credentials=LOGIN)
    with contextlib.suppress(ValueError):  # of some no image can be named
        reference = Reference.parse(f"{host}:{plain.port}/team/web:1")
        with pytest.raises(ImageLookupError):
            asker.manifest(reference)
    assert plain.requests == []


def test_who_has_spoken_tls_is_not_asked_without_it(server: HttpsServer) -> None:
    server.answer_all(status(404, {"Connection": "close"}))
    asker = Registry(f"localhost:{server.port}", credentials=LOGIN)
    reference = Reference.parse(name_of(server))
    with pytest.raises(NoImageError):
        asker.manifest(reference)
    server.give_up_tls()
    push(server, image())
    with pytest.raises(ImageLookupError, match="does not speak TLS"):
        asker.manifest(reference)
    assert len(server.requests) == 1
    fresh = Registry(f"localhost:{server.port}")
    assert fresh.manifest(reference).digest == digest_of(image())


def test_without_tls_no_redirect_is_followed(
    plain: HttpsServer, other: HttpsServer, authority: Authority
) -> None:
    other.answer_all(document(b"other"))
    plain.answer_all(redirect(f"{other.url}/x"))
    client = Client(tls=Tls(ca_files=(authority.ca_file,)))
    (answer,) = client.get([Request(f"https://localhost:{plain.port}/x", 100, plain=True)])
    assert getattr(answer, "status", None) == 302
    assert other.requests == []


@pytest.mark.parametrize("host", NOT_SURELY_HERE)
def test_certificates_of_no_other_host_go_unchecked(authority: Authority, host: str) -> None:
    with HttpsServer(authority.issue(("registry.localhost", "127.0.0.1"))) as server:
        push(server, image())
        asker = Registry(f"{host}:{server.port}", credentials=LOGIN)
        with contextlib.suppress(ValueError):
            reference = Reference.parse(f"{host}:{server.port}/team/web:1")
            with pytest.raises(ImageLookupError):
                asker.manifest(reference)
        assert server.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "https://registry.localhost:{port}/x",
        "https://127.1:{port}/x",
        "https://localhost@registry.localhost:{port}/x",
        "https://registry.localhost:{port}/@localhost",
        "http://localhost:{port}/x",
        "https://localhost\\@registry.localhost:{port}/x",
    ],
)
def test_the_transport_itself_refuses_to_speak_plain_elsewhere(
    plain: HttpsServer, url: str
) -> None:
    request = Request(url.format(port=plain.port), 100, plain=True)
    (answer,) = Client(tls=Tls()).get([request])
    assert not hasattr(answer, "status")
    assert plain.requests == []
    assert plain.connections == 0


def test_the_transport_speaks_plain_only_when_it_is_told_to(plain: HttpsServer) -> None:
    plain.answer_all(document(b"plain"))
    client = Client(tls=Tls())
    url = f"https://localhost:{plain.port}/x"
    first, second = (
        client.get([Request(url, 100, plain=is_plain)])[0] for is_plain in (False, True)
    )
    assert not hasattr(first, "status")
    assert second.body == b"plain"  # type: ignore[union-attr]


def test_plain_http_does_not_go_through_a_proxy(
    plain: HttpsServer, other: HttpsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://localhost:{other.port}")
    push(plain, image())
    found = Registry(f"127.0.0.1:{plain.port}").manifest(
        Reference.parse(name_of(plain, host="127.0.0.1"))
    )
    assert found.digest == digest_of(image())
    assert other.connections == 0
