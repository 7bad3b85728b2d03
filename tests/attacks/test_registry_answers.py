"""A registry that lies: what it says is not taken for what it sent, and it gets no secrets."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from contenttrust.errors import ImageLookupError
from contenttrust.reference import Reference
from contenttrust.registry import NoImageError, Registry
from contenttrust.transport.credentials import Credentials
from contenttrust.transport.tls import Tls
from servers import Authority, HttpsServer
from servers.answers import (
    Answer,
    challenged,
    compressed,
    document,
    endless,
    endless_headers,
    redirect,
    status,
)
from servers.registry import (
    DOCKER_IMAGE,
    DOCKER_INDEX,
    IMAGE,
    INDEX,
    digest_of,
    image,
    name_of,
    path_of,
    push,
    told,
)

SECRET = "S3cretOfMine"
LOGIN = Credentials("alice", SECRET)
BASIC = f"Basic {base64.b64encode(f'alice:{SECRET}'.encode()).decode()}"
OTHER = f"sha256:{'0' * 64}"
LIMIT = 4 * 1024 * 1024


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


def registry(server: HttpsServer, authority: Authority) -> Registry:
    """Asked as one that is not on this machine: with certificates that are checked."""
    tls = Tls(ca_files=(authority.ca_file,))
    return Registry(f"localhost:{server.port}", tls=tls, credentials=LOGIN)


def refusal(asker: Registry, server: HttpsServer, version: str = ":1") -> ImageLookupError:
    with pytest.raises(ImageLookupError) as caught:
        asker.manifest(Reference.parse(name_of(server, version)))
    assert str(caught.value).isprintable()
    assert SECRET not in f"{caught.value}{caught.value.explain()}{vars(caught.value)}"
    return caught.value


def answered(server: HttpsServer, authority: Authority, answer: Answer) -> ImageLookupError:
    server.answer(path_of(), answer)
    return refusal(registry(server, authority), server)


def secrets_seen(server: HttpsServer) -> list[str]:
    return [
        f"{seen.path} {seen.headers}"
        for seen in server.requests
        if "authorization" in seen.headers or SECRET.encode() in seen.body or SECRET in seen.path
    ]


# T88: the digest is that of the bytes, whatever is said of it.


@pytest.mark.parametrize("said", [OTHER, "", "sha512:0", "x\x7f", f"{OTHER}, {OTHER}"])
def test_t088_a_digest_in_a_header_is_compared_with_the_bytes(
    server: HttpsServer, authority: Authority, said: str
) -> None:
    error = answered(server, authority, told(image(), Docker_Content_Digest=said))
    assert (error.code, error.found) == ("server_error", digest_of(image()))


def test_t088_two_digests_of_which_one_is_right_are_none(
    server: HttpsServer, authority: Authority
) -> None:
    body = image()

    def answer(exchange: object) -> None:
        exchange.begin(  # type: ignore[attr-defined]
            200,
            {
                "Content-Type": IMAGE,
                "Content-Length": str(len(body)),
                "Docker-Content-Digest": digest_of(body),
                "docker-content-digest": OTHER,
            },
        )
        exchange.send(body)  # type: ignore[attr-defined]

    assert answered(server, authority, answer).found == digest_of(body)


def test_t088_another_document_under_a_digest_is_refused(
    server: HttpsServer, authority: Authority
) -> None:
    server.answer(path_of(OTHER), told(image(), Docker_Content_Digest=OTHER))
    server.answer(path_of(digest_of(image("a"))), told(image("b")))
    for digest in (OTHER, digest_of(image("a"))):
        error = refusal(registry(server, authority), server, f"@{digest}")
        assert error.expected == digest
        assert "was asked for" in error.message


def test_t088_a_tag_beside_a_digest_brings_nothing_else(
    server: HttpsServer, authority: Authority
) -> None:
    push(server, image("of the tag"))
    error = refusal(registry(server, authority), server, f":1@{digest_of(image('other'))}")
    assert isinstance(error, NoImageError)


def test_t089_a_registry_that_alternates_is_caught_by_the_digest(
    server: HttpsServer, authority: Authority
) -> None:
    bodies = [image("first"), image("second")]
    numbers = iter(range(100))

    def answer(exchange: object) -> None:
        told(bodies[next(numbers) % 2])(exchange)  # type: ignore[arg-type]

    server.answer(path_of(), answer)
    first = digest_of(bodies[0])
    server.answer(path_of(first), answer)
    asker = registry(server, authority)
    digests = [asker.manifest(Reference.parse(name_of(server))).digest for _ in range(2)]
    assert digests == [digest_of(body) for body in bodies]  # of each tag what was sent, no memory
    assert asker.manifest(Reference.parse(name_of(server, f"@{first}"))).body == bodies[0]
    assert refusal(asker, server, f"@{first}").found == digest_of(bodies[1])


# T91: index or manifest, and nothing that is both.


@pytest.mark.parametrize("media_type", [INDEX, DOCKER_INDEX, DOCKER_IMAGE, "application/json"])
def test_t091_a_type_that_is_not_the_one_of_the_header_is_refused(
    server: HttpsServer, authority: Authority, media_type: str
) -> None:
    error = answered(server, authority, told(image(), media_type))
    assert error.code == "server_error"
    assert media_type in error.message


@pytest.mark.parametrize("schema", ["manifest.v1+json", "manifest.v1+prettyjws"])
def test_t091_schema_1_is_refused_though_it_was_not_asked_for(
    server: HttpsServer, authority: Authority, schema: str
) -> None:
    body = json.dumps({"schemaVersion": 1, "fsLayers": [], "history": [], "name": "x"}).encode()
    media_type = f"application/vnd.docker.distribution.{schema}"
    assert "schema 1" in answered(server, authority, told(body, media_type)).message
    assert "schemaVersion 2" in answered(server, authority, told(body)).message


# T92: children by their digests.


# How much, how long.


@pytest.mark.parametrize("size", [LIMIT + 1, LIMIT * 4])
def test_a_manifest_over_the_limit_is_refused(
    server: HttpsServer, authority: Authority, size: int
) -> None:
    body = image()[:-1] + b" " * (size - len(image())) + b"}"
    assert len(body) == size
    assert f"longer than {LIMIT} bytes" in answered(server, authority, told(body)).message


def test_a_manifest_at_the_limit_is_read(server: HttpsServer, authority: Authority) -> None:
    push(server, image()[:-1] + b" " * (LIMIT - len(image())) + b"}")
    manifest = registry(server, authority).manifest(Reference.parse(name_of(server)))
    assert manifest.size == LIMIT


@pytest.mark.parametrize("answer", [endless(), endless(declared=10**12), endless_headers()])
def test_an_answer_without_end_is_broken_off(
    server: HttpsServer, authority: Authority, answer: Answer
) -> None:
    assert answered(server, authority, answer).code == "server_error"


def test_what_is_compressed_is_not_unpacked(server: HttpsServer, authority: Authority) -> None:
    error = answered(server, authority, compressed(LIMIT * 10))
    assert "encoded as gzip, which was not asked for" in error.message


@pytest.mark.parametrize("text", ["x\r\n", "\x1b[2J", "\u202e", "x" * 10_000])
def test_what_a_registry_writes_is_harmless_to_print(
    server: HttpsServer, authority: Authority, text: str
) -> None:
    for body in (image(mediaType=text), image(**{f"CONFIG{text}": 1, "Config": 1})):
        error = answered(server, authority, told(body))
        assert len(str(error)) < 1000
        assert str(error).isprintable()


# Who gets credentials, and who is spoken to without TLS.


@pytest.mark.parametrize("number", [301, 302, 303, 307, 308])
def test_credentials_do_not_follow_a_redirect(
    server: HttpsServer, other: HttpsServer, authority: Authority, number: int
) -> None:
    other.answer("/elsewhere", told(image()))
    away = redirect(f"{other.url}/elsewhere", number)
    server.answer(path_of(), challenged(away, authorization=BASIC, challenge="Basic"))
    found = registry(server, authority).manifest(Reference.parse(name_of(server)))
    assert found.digest == digest_of(image())
    assert secrets_seen(server)
    assert secrets_seen(other) == []


def test_another_server_that_asks_who_we_are_is_told_nothing(
    server: HttpsServer, other: HttpsServer, authority: Authority
) -> None:
    server.answer(path_of(), redirect(f"{other.url}/elsewhere"))
    for challenge in ("Basic", f'Bearer realm="{other.url}/token"'):
        other.answer("/elsewhere", status(401, {"WWW-Authenticate": challenge}))
        error = refusal(registry(server, authority), server)
        assert "another server, which asks for credentials: it gets none" in error.message
    assert secrets_seen(other) == []
    assert {seen.path for seen in other.requests} == {"/elsewhere"}


@pytest.mark.parametrize("target", ["https", "http"])
def test_a_registry_whose_certificate_goes_unchecked_leads_nowhere(
    server: HttpsServer, plain: HttpsServer, other: HttpsServer, target: str
) -> None:
    for registry_server in (server, plain):
        where = other if target == "https" else plain
        registry_server.answer(path_of(), redirect(f"{where.url}/elsewhere"))
        asker = Registry(f"localhost:{registry_server.port}", credentials=LOGIN)
        assert "status 302" in refusal(asker, registry_server).message
        assert [seen for seen in where.requests if seen.path == "/elsewhere"] == []


@pytest.mark.parametrize("scheme", ["http", "file", "ftp"])
def test_a_redirect_does_not_leave_https(
    server: HttpsServer, plain: HttpsServer, authority: Authority, scheme: str
) -> None:
    plain.answer_all(told(image()))
    where = f"{scheme}://localhost:{plain.port}/elsewhere"
    assert answered(server, authority, redirect(where)).code == "server_error"
    assert plain.requests == []


def test_a_registry_that_never_has_enough_is_answered_once(
    server: HttpsServer, authority: Authority
) -> None:
    server.answer("/token", document(b'{"token":"T0ken0fTheRegistry"}'))
    for challenge in ("Basic", f'Bearer realm="{server.url}/token"'):
        server.requests.clear()
        error = answered(server, authority, status(401, {"WWW-Authenticate": challenge}))
        assert error.code == "unauthorized"
        assert len([seen for seen in server.requests if seen.path == path_of()]) == 2


def test_a_token_is_for_its_own_repository(server: HttpsServer, authority: Authority) -> None:
    challenge = f'Bearer realm="{server.url}/token",scope="repository:other/secret:pull,push"'
    server.answer("/token", document(b'{"token":"T0ken0fTheRegistry"}'))
    answer = challenged(
        told(image()), authorization="Bearer T0ken0fTheRegistry", challenge=challenge
    )
    server.answer(path_of(), answer)
    asker = registry(server, authority)
    asker.manifest(Reference.parse(name_of(server)))
    server.answer("/v2/team/other/manifests/1", told(image()))
    asker.manifest(Reference.parse(f"localhost:{server.port}/team/other:1"))
    (question,) = [seen.path for seen in server.requests if seen.path.startswith("/token")]
    assert "secret" not in question
    assert "push" not in question
    assert "authorization" not in server.requests[-1].headers


def test_a_registry_that_repeats_a_secret_does_not_have_it_shown(
    server: HttpsServer, authority: Authority
) -> None:
    leaking = told(image(), Content_Encoding=SECRET)
    server.answer(path_of(), challenged(leaking, authorization=BASIC, challenge="Basic"))
    assert "encoded as ***" in refusal(registry(server, authority), server).message
    leaking = told(image(), Content_Type=f"text/{BASIC}")
    server.answer(path_of(), challenged(leaking, authorization=BASIC, challenge="Basic"))
    shown = refusal(registry(server, authority), server).message
    assert BASIC.partition(" ")[2].lower() not in shown.lower()
