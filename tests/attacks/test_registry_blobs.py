"""A registry that lies of an image's configuration, or sends whoever asks for it elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from contenttrust.errors import ImageLookupError
from contenttrust.reference import Reference
from contenttrust.registry import Descriptor, Registry
from contenttrust.registry.client import BLOB_LIMIT
from contenttrust.transport.credentials import Credentials
from contenttrust.transport.tls import Tls
from servers import Authority, HttpsServer
from servers.answers import (
    Answer,
    challenged,
    compressed,
    document,
    endless,
    redirect,
    status,
    with_length,
)
from servers.registry import CONFIG, blob_path_of, configuration, digest_of, name_of

BODY = configuration("RUN true")
BLOB = Descriptor(digest_of(BODY), len(BODY), CONFIG, "", is_attestation=False)
LOGIN = Credentials("alice", "S3cretOfMine")
BASIC = "Basic YWxpY2U6UzNjcmV0T2ZNaW5l"


@pytest.fixture
def other(authority: Authority) -> Iterator[HttpsServer]:
    """Another server, whose certificate is just as good."""
    with HttpsServer(authority.issue()) as server:
        yield server


@pytest.fixture
def asker(server: HttpsServer, authority: Authority) -> Registry:
    """Asks as one that is not on this machine: with certificates that are checked."""
    tls = Tls(ca_files=(authority.ca_file,))
    return Registry(f"localhost:{server.port}", tls=tls, credentials=LOGIN)


def refusal(
    asker: Registry, server: HttpsServer, answer: Answer | None = None, blob: Descriptor = BLOB
) -> ImageLookupError:
    if answer is not None:
        server.answer(blob_path_of(blob.digest), answer)
    with pytest.raises(ImageLookupError) as caught:
        asker.blob(Reference.parse(name_of(server)), blob)
    assert str(caught.value).isprintable()
    return caught.value


def test_t088_other_bytes_under_the_digest_of_a_blob_are_refused(
    server: HttpsServer, asker: Registry
) -> None:
    wrong = configuration("RUN evil")
    assert len(wrong) == len(BODY)
    error = refusal(asker, server, document(wrong))
    assert (error.expected, error.found) == (BLOB.digest, digest_of(wrong))


@pytest.mark.parametrize("body", [b"", BODY[:-1], BODY + b" "])
def test_a_blob_of_another_size_is_refused(
    server: HttpsServer, asker: Registry, body: bytes
) -> None:
    error = refusal(asker, server, document(body))
    assert f"bytes instead of {len(BODY)}" in error.message


def test_a_blob_over_the_limit_is_not_asked_for(server: HttpsServer, asker: Registry) -> None:
    blob = dataclasses.replace(BLOB, size=BLOB_LIMIT + 1)
    assert f"no more than {BLOB_LIMIT} are read" in refusal(asker, server, blob=blob).message
    assert server.requests == []


@pytest.mark.parametrize(
    "answer", [endless(), endless(declared=10**12), compressed(10**7), with_length(BODY, 10**6)]
)
def test_no_more_of_a_blob_is_read_than_it_has(
    server: HttpsServer, asker: Registry, answer: Answer
) -> None:
    assert refusal(asker, server, answer).code in {"server_error", "unreachable"}


@pytest.mark.parametrize("number", [301, 302, 303, 307, 308])
def test_credentials_do_not_follow_a_blob_to_another_server(
    server: HttpsServer, other: HttpsServer, asker: Registry, number: int
) -> None:
    other.answer("/elsewhere", document(BODY))
    away = redirect(f"{other.url}/elsewhere?signature=x", number)
    server.answer(
        blob_path_of(BLOB.digest), challenged(away, authorization=BASIC, challenge="Basic")
    )
    assert asker.blob(Reference.parse(name_of(server)), BLOB) == BODY
    assert server.requests[-1].headers["authorization"] == BASIC
    assert ["authorization" in seen.headers for seen in other.requests] == [False]


@pytest.mark.parametrize("scheme", ["http", "file", "ftp"])
def test_a_blob_is_not_followed_out_of_https(
    server: HttpsServer, asker: Registry, scheme: str
) -> None:
    with HttpsServer(None) as plain:
        plain.answer_all(document(BODY))
        where = f"{scheme}://localhost:{plain.port}/elsewhere"
        assert refusal(asker, server, redirect(where)).code == "server_error"
        assert plain.requests == []


def test_another_server_that_asks_who_we_are_is_told_nothing(
    server: HttpsServer, other: HttpsServer, asker: Registry
) -> None:
    other.answer("/elsewhere", status(401, {"WWW-Authenticate": "Basic"}))
    error = refusal(asker, server, redirect(f"{other.url}/elsewhere"))
    assert "another server, which asks for credentials: it gets none" in error.message
    assert len(other.requests) == 1


def test_a_registry_whose_certificate_goes_unchecked_leads_nowhere(
    server: HttpsServer, other: HttpsServer
) -> None:
    other.answer("/elsewhere", document(BODY))
    asker = Registry(f"localhost:{server.port}")
    error = refusal(asker, server, redirect(f"{other.url}/elsewhere"))
    assert "status 302, and a registry whose certificate goes unchecked" in error.message
    assert other.requests == []
