"""Where a token request may lead: redirects with credentials, endless answers, no trust."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from contenttrust.errors import FetchError, ServerError, TlsError, UnauthorizedError
from contenttrust.transport.auth import Challenge, authorization
from contenttrust.transport.credentials import Credentials
from contenttrust.transport.http import Client
from contenttrust.transport.tls import Tls
from token_server import Answer, TokenServer, certificate, running

SECRET = "S3cretOfMine"
ALICE = Credentials("alice", f"{SECRET}é")
IDENTITY = Credentials("<token>", SECRET, identity_token=True)
TOKEN = Answer(body=b'{"token": "t0ken"}')


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def named(pem: Path) -> Iterator[TokenServer]:
    """The token server that the challenge names."""
    with running(pem) as server:
        yield server


@pytest.fixture
def other(pem: Path) -> Iterator[TokenServer]:
    """Another server, whose certificate is just as good."""
    with running(pem) as server:
        server.answer = TOKEN
        yield server


def ask(pem: Path | None, realm: str, credentials: Credentials | None) -> str | FetchError:
    client = Client(tls=Tls(ca_files=() if pem is None else (str(pem),)), timeout=10)
    try:
        return authorization(
            client,
            Challenge("bearer", realm, service="notary"),
            scopes=("repository:x:pull",),
            credentials=credentials,
            server_url="https://trust.example",
            gun="x",
        )
    finally:
        client.close()


def test_t066_credentials_reach_the_token_server_in_a_header_only(
    named: TokenServer, pem: Path
) -> None:
    named.answer = TOKEN
    assert ask(pem, f"{named.url}/token", ALICE) == "Bearer t0ken"
    ((method, path, headers, body),) = named.heard
    login = base64.b64encode(f"alice:{SECRET}é".encode()).decode()
    assert (method, headers["authorization"], body) == ("GET", f"Basic {login}", b"")
    assert SECRET not in path


def test_t066_an_identity_token_reaches_the_token_server_in_the_body_only(
    named: TokenServer, pem: Path
) -> None:
    named.answer = TOKEN
    assert ask(pem, f"{named.url}/token", IDENTITY) == "Bearer t0ken"
    ((method, path, headers, body),) = named.heard
    assert (method, path) == ("POST", "/token")
    assert "authorization" not in headers
    assert f"refresh_token={SECRET}" in body.decode()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_t065_a_redirect_does_not_take_a_password_to_another_server(
    named: TokenServer, other: TokenServer, pem: Path, status: int
) -> None:
    named.answer = Answer(status, (("Location", f"{other.url}/token"),))
    ask(pem, f"{named.url}/token", ALICE)
    assert len(named.heard) == 1
    assert "authorization" in named.heard[0][2]
    ((_, path, headers, body),) = other.heard  # the redirect itself may be followed
    assert "authorization" not in headers
    assert SECRET not in f"{path}{headers}{body!r}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_t065_a_redirect_of_a_request_with_an_identity_token_is_not_followed(
    named: TokenServer, other: TokenServer, pem: Path, status: int
) -> None:
    named.answer = Answer(status, (("Location", f"{other.url}/token"),))
    error = ask(pem, f"{named.url}/token", IDENTITY)
    assert isinstance(error, ServerError)
    assert error.found == str(status)
    assert other.heard == []


@pytest.mark.parametrize("target", ["http://localhost:1/token", "file:///etc/passwd", "ftp://a/b"])
def test_t065_a_token_request_is_not_redirected_out_of_https(
    named: TokenServer, pem: Path, target: str
) -> None:
    named.answer = Answer(302, (("Location", target),))
    assert isinstance(ask(pem, f"{named.url}/token", ALICE), ServerError)


@pytest.mark.parametrize("credentials", [ALICE, IDENTITY], ids=["password", "identity token"])
def test_t066_an_endless_answer_is_cut(
    named: TokenServer, pem: Path, credentials: Credentials
) -> None:
    named.answer = Answer(body=b"x" * 65_536, times=10_000)
    error = ask(pem, named.url, credentials)
    assert isinstance(error, ServerError)
    assert "more than 65536 bytes" in error.message
    assert named.sent < 50 * 1_048_576


@pytest.mark.parametrize("credentials", [ALICE, IDENTITY], ids=["password", "identity token"])
def test_t066_a_token_server_without_a_trusted_certificate_gets_nothing(
    named: TokenServer, credentials: Credentials
) -> None:
    error = ask(None, named.url, credentials)
    assert isinstance(error, TlsError)
    assert named.heard == []


def test_t066_a_refusal_says_who_refused_and_nothing_else(named: TokenServer, pem: Path) -> None:
    named.answer = Answer(401, body=f"no such user: alice {SECRET}".encode())
    error = ask(pem, named.url, ALICE)
    assert isinstance(error, UnauthorizedError)
    assert named.url.removeprefix("https://") in error.message
    assert SECRET not in str(error)
