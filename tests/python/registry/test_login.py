"""A registry that asks who we are: tokens and passwords, where they go and where they do not."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from asked_registry import asked, failure, reference, registry
from contenttrust.errors import CredentialsError
from contenttrust.reference import Reference
from contenttrust.registry import NoImageError
from contenttrust.transport.credentials import Credentials
from contenttrust.transport.tls import Tls
from servers import HttpsServer
from servers.answers import challenged, document, redirect, status
from servers.registry import PATH, digest_of, image, name_of, path_of, push, told

ALICE = Credentials("alice", "S3cretOfMine")
BASIC = f"Basic {base64.b64encode(b'alice:S3cretOfMine').decode()}"


def with_token(server, token="T0ken0fTheRegistry"):
    """Have the server ask for a token that its token server gives."""
    challenge = (
        f'Bearer realm="{server.url}/token",service="registry",scope="repository:{PATH}:pull"'
    )
    server.answer("/token", document(b'{"token":"%s"}' % token.encode()))
    server.answer(
        path_of(),
        challenged(told(image()), authorization=f"Bearer {token}", challenge=challenge),
    )


def test_a_token_is_asked_for_with_the_scope_of_the_repository(server):
    with_token(server)
    asker = registry(server, credentials=ALICE)
    assert asker.manifest(reference(server)).digest == digest_of(image())
    (question,) = [seen for seen in server.requests if seen.path.startswith("/token")]
    assert parse_qs(urlsplit(question.path).query) == {
        "account": ["alice"],
        "scope": [f"repository:{PATH}:pull"],
        "service": ["registry"],
    }
    assert question.headers["authorization"] == BASIC


def test_a_token_is_kept_and_a_new_one_asked_for_when_it_is_refused(server):
    with_token(server)
    asker = registry(server, credentials=ALICE)
    for _ in range(3):
        asker.manifest(reference(server))
    assert sum(path.startswith("/token") for path in asked(server)) == 1
    with_token(server, "An0therT0ken")
    asker.manifest(reference(server))
    assert sum(path.startswith("/token") for path in asked(server)) == 2


def test_without_credentials_a_token_is_asked_for_as_everybody(server):
    with_token(server)
    registry(server).manifest(reference(server))
    (question,) = [seen for seen in server.requests if seen.path.startswith("/token")]
    assert "authorization" not in question.headers


@pytest.mark.parametrize("which", ["server", "plain"])
def test_a_password_is_given_where_the_registry_asks_for_it(request, which):
    server = request.getfixturevalue(which)
    answer = challenged(told(image()), authorization=BASIC, challenge='Basic realm="x"')
    server.answer(path_of(), answer)
    calls = []

    def found():
        calls.append(1)
        return ALICE

    asker = registry(server, credentials=found)
    for _ in range(2):
        assert asker.manifest(reference(server)).digest == digest_of(image())
    assert len(calls) == 1
    assert "authorization" not in server.requests[0].headers


def test_credentials_are_not_looked_up_unless_they_are_asked_for(server):
    push(server, image())
    registry(server, credentials=lambda: pytest.fail("looked up")).manifest(reference(server))


def test_wrong_credentials_are_told_and_not_shown(server):
    server.answer(path_of(), status(401, {"WWW-Authenticate": "Basic"}))
    error = failure(registry(server, credentials=ALICE), reference(server))
    assert error.code == "unauthorized"
    assert f"the credentials are refused by localhost:{server.port}" in str(error)
    assert f"log in with 'docker login localhost:{server.port}'" in str(error)
    assert len(server.requests) == 2


def test_who_asks_again_and_again_is_not_answered_for_ever(server):
    server.answer(path_of(), status(401, {"WWW-Authenticate": "Basic"}))
    asker = registry(server, credentials=ALICE)
    errors = [str(failure(asker, reference(server))) for _ in range(4)]
    assert all("the credentials are refused" in error for error in errors[:3])
    assert f"localhost:{server.port} asks again and again who we are" in errors[3]


def test_a_token_for_one_repository_is_not_shown_for_another(server):
    with_token(server)
    server.answer(f"/v2/{PATH}/other/manifests/1", status(404))
    asker = registry(server, credentials=ALICE)
    asker.manifest(reference(server))
    other = Reference.parse(f"{name_of(server, '')}/other:1")
    failure(asker, other, NoImageError)
    assert "authorization" not in server.requests[-1].headers


def test_a_registry_that_redirects_to_who_asks_for_credentials_gets_none(server, authority):
    with HttpsServer(authority.issue()) as other:
        other.answer_all(status(401, {"WWW-Authenticate": "Basic"}))
        server.answer(path_of(), redirect(f"{other.url}/manifest"))
        tls = Tls(ca_files=(authority.ca_file,))
        error = failure(registry(server, tls=tls, credentials=ALICE), reference(server))
        seen = [*server.requests, *other.requests]
    assert error.code == "unauthorized"
    assert f"localhost:{server.port} redirects to another server" in str(error)
    assert len(seen) == 2
    assert not any("authorization" in each.headers for each in seen)


def test_no_credentials_are_told(server):
    server.answer(path_of(), status(401, {"WWW-Authenticate": "Basic"}))
    error = failure(registry(server), reference(server))
    assert "no credentials are known, and the registry asks for a password" in str(error)


def test_credentials_that_are_broken_are_told(server):
    def broken():
        raise CredentialsError("config.json is no JSON")

    server.answer(path_of(), status(401, {"WWW-Authenticate": "Basic"}))
    error = failure(registry(server, credentials=broken), reference(server))
    assert error.code == "unauthorized"
    assert "config.json is no JSON: repair it, no credentials were sent" in str(error)


def test_a_token_server_is_asked_over_https_even_by_a_registry_without(plain):
    with_token(plain)
    error = failure(registry(plain, credentials=ALICE), reference(plain))
    assert "the registry names a token server that is not reached by https" in error.message
    assert [path for path in asked(plain) if "token" in path] == []
