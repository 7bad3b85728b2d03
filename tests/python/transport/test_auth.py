"""Challenges and what answers them: which token server is asked, how, and what its answers mean."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from urllib.parse import parse_qsl, urlsplit

import pytest

from contenttrust.errors import FetchError, ServerError, UnauthorizedError, UnreachableError
from contenttrust.transport.auth import Challenge, authorization, challenge_of
from contenttrust.transport.credentials import Credentials
from contenttrust.transport.http import Response

GUN = "docker.io/library/alpine"
SCOPE = f"repository:{GUN}:pull"
REALM = "https://auth.example/token"
ALICE = Credentials("alice", "pass:wörd")
IDENTITY = Credentials("<token>", "identity-token", identity_token=True)


class TokenServer:
    """Stands for the client: remembers what was asked, and answers the same every time."""

    def __init__(self, body=b'{"token": "t0ken"}', status=200, error=None):
        self.answer = error or Response(
            status=status,
            body=body if isinstance(body, bytes) else json.dumps(body).encode(),
            headers={},
            url=REALM,
        )
        self.gets = []
        self.posts = []

    def get(self, requests):
        self.gets += requests
        return [self.answer for _ in requests]

    def post(self, request, form):
        self.posts.append((request, form))
        return self.answer

    @property
    def query(self):
        (request,) = self.gets
        return parse_qsl(urlsplit(request.url).query)


def answered(
    server, *, realm=REALM, service="notary", scopes=(SCOPE,), credentials=None, offered=""
):
    return authorization(
        server,
        Challenge("bearer", realm, service=service, scope=offered),
        scopes=scopes,
        credentials=credentials,
        server_url="https://trust.example",
        gun=GUN,
    )


def basic(credentials, server_url="https://trust.example"):
    return authorization(
        TokenServer(),
        Challenge("basic", "trust"),
        scopes=(),
        credentials=credentials,
        server_url=server_url,
        gun=GUN,
    )


@pytest.mark.parametrize(
    "header",
    [
        f'Bearer realm="{REALM}",service="notary",scope="registry:catalog:*"',
        f'bearer Realm = "{REALM}" , SERVICE=notary,\tscope="registry:catalog:*"',
        f'Basic realm="trust", Bearer realm="{REALM}",service="notary",scope="registry:catalog:*"',
        f'Bearer realm="{REALM}",service="notary",scope="registry:catalog:*", Basic realm="trust"',
        f'Negotiate, Bearer realm="{REALM}",service="notary",scope="registry:catalog:*"',
        f'Negotiate YWJj/+==, Bearer realm="{REALM}",service=notary,scope="registry:catalog:*"',
        f'Negotiate YWI=, Bearer realm="{REALM}",service=notary,scope="registry:catalog:*"',
        f'Digest qop="a,b", Bearer realm="{REALM}",service="notary",scope=registry:catalog:*',
        f'Digest realm="a, Basic", Bearer realm="{REALM}",service=notary,scope=registry:catalog:*',
        f', ,Bearer realm="{REALM}",,service="notary",scope="registry:catalog:*",',
        f'Bearer service="none", Bearer realm="{REALM}",service=notary,scope=registry:catalog:*',
    ],
)
def test_the_bearer_challenge_is_found_among_others(header):
    challenge = challenge_of(header)
    assert challenge is not None
    found = (challenge.scheme, challenge.realm, challenge.service, challenge.scope)
    assert found == ("bearer", REALM, "notary", "registry:catalog:*")


def test_nothing_is_loaded_before_there_is_a_challenge():
    program = (
        "import sys, contenttrust._core, contenttrust.errors; before = set(sys.modules)\n"
        "import contenttrust.transport.auth, contenttrust.transport.credentials\n"
        "print(*(set(sys.modules) - before))"
    )
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert "contenttrust.transport.credentials" in loaded
    assert not set(loaded) & {
        "base64", "ipaddress", "json", "logging", "pwd", "pycurl", "re", "select", "shlex",
        "subprocess", "urllib.parse", "urllib.request", "contenttrust.transport.http",
        "contenttrust.transport.credential_store",
    }  # fmt: skip


def test_quoted_commas_and_escapes_belong_to_the_value():
    challenge = challenge_of(
        'Bearer realm="https://a/?x=1,2",service="a \\"b\\", c",scope="r:x:a,b"'
    )
    assert challenge is not None
    assert (challenge.realm, challenge.service) == ("https://a/?x=1,2", 'a "b", c')
    assert challenge.scope == "r:x:a,b"


@pytest.mark.parametrize(
    "header",
    ["Basic", "BASIC realm=x", 'Bearer service="s", Basic realm="x"', 'Bearer realm="", Basic'],
)
def test_basic_is_taken_where_no_bearer_challenge_is_usable(header):
    challenge = challenge_of(header)
    assert challenge is not None
    assert challenge.scheme == "basic"


@pytest.mark.parametrize(
    "header",
    [
        "",
        ",",
        "Negotiate",
        'Digest realm="Basic"',
        "Digest Basic",
        'realm="Basic"',
        "=Basic",
        'realm="x", Basic',
        "Bearer",
        "Bearer realm",
        "Bearer realm=",
        'Bearer realm="',
        f'Bearer realm="{REALM}',
        f'Bearer realm="{REALM}", realm="https://other.example"',
        f'Bearer realm="{REALM}", REALM="{REALM}"',
        "Bearer realm=\\",
        f'Bearer realm="{REALM}",service="{"x" * 20_000}"',
    ],
)
def test_a_header_without_a_challenge_that_is_understood_has_none(header):
    assert challenge_of(header) is None


def test_a_token_is_asked_for_as_docker_does():
    server = TokenServer()
    assert answered(server, credentials=ALICE) == "Bearer t0ken"
    assert server.query == [("account", "alice"), ("scope", SCOPE), ("service", "notary")]
    (request,) = server.gets
    assert request.url.startswith(f"{REALM}?account=alice&scope=repository%3Adocker.io%2F")
    assert request.credentials == "alice:pass:wörd"
    assert "rd" not in urlsplit(request.url).query.replace("library", "")


def test_without_credentials_nobody_is_named():
    server = TokenServer()
    assert answered(server) == "Bearer t0ken"
    assert server.query == [("scope", SCOPE), ("service", "notary")]
    assert server.gets[0].credentials is None
    assert server.gets[0].headers == ()


def test_every_scope_is_sent_for_itself_and_an_empty_service_not_at_all():
    server = TokenServer()
    answered(server, scopes=("a:b:pull", "c:d:*"), service="")
    assert server.query == [("scope", "a:b:pull"), ("scope", "c:d:*")]
    server = TokenServer()
    answered(server, scopes=(), service="")
    assert server.gets[0].url == REALM


def test_what_is_needed_counts_and_else_what_the_challenge_offers():
    server = TokenServer()
    answered(server, offered="registry:catalog:*")
    assert ("scope", SCOPE) in server.query
    server = TokenServer()
    answered(server, scopes=(), offered="registry:catalog:* a:b:pull", service="")
    assert server.query == [("scope", "registry:catalog:*"), ("scope", "a:b:pull")]


def test_a_query_in_the_realm_is_kept_and_a_fragment_is_not_sent():
    server = TokenServer()
    answered(server, realm=f"{REALM}?tenant=7#part")
    assert server.query == [("tenant", "7"), ("scope", SCOPE), ("service", "notary")]
    assert "#" not in server.gets[0].url


def test_an_identity_token_is_sent_in_a_form():
    server = TokenServer({"access_token": "t0ken"})
    assert answered(server, scopes=("a", "b"), credentials=IDENTITY) == "Bearer t0ken"
    assert server.gets == []
    ((request, form),) = server.posts
    assert (request.url, request.credentials, request.headers) == (REALM, None, ())
    assert form == {
        "grant_type": "refresh_token",
        "refresh_token": "identity-token",
        "service": "notary",
        "scope": "a b",
        "client_id": "docker",
    }


@pytest.mark.parametrize(
    "members",
    [
        {"token": "t0ken"},
        {"access_token": "t0ken", "expires_in": 300},
        {"access_token": "t0ken", "token": "other"},
        {"access_token": "", "token": "t0ken"},
        {"access_token": None, "token": "t0ken"},
    ],
)
def test_either_name_of_the_token_is_understood(members):
    assert answered(TokenServer(members)) == "Bearer t0ken"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"t0ken",
        b'"t0ken"',
        b'["t0ken"]',
        b"{}",
        b'{"token": ""}',
        b'{"token": 7}',
        b'{"token": "a", "token": "b"}',
        b'{"token": "a b"}',
        b'{"token": "a\\r\\nX-Injected: b"}',
        b'{"token": "\\u00e9"}',
        b'{"token": "a\xff"}',
        b"[" * 60_000,
    ],
)
def test_an_answer_without_a_usable_token_is_an_error(body):
    error = answered(TokenServer(body))
    assert isinstance(error, ServerError)
    assert "auth.example gave no token" in error.message
    assert error.gun == GUN


def test_an_answer_may_have_64_kb_and_no_more():
    token = b"x" * 65_000
    body = b'{"token": "' + token + b'"'
    assert answered(TokenServer(body + b" " * (65_536 - len(body) - 1) + b"}")) == (
        f"Bearer {token.decode()}"
    )
    server = TokenServer(body + b" " * (65_536 - len(body)) + b"}")
    error = answered(server)
    assert isinstance(error, ServerError)
    assert "more than 65536 bytes" in error.message
    assert server.gets[0].limit == 65_536


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("credentials", [None, ALICE, IDENTITY])
def test_a_refusal_of_the_token_server_is_one_of_the_credentials(status, credentials):
    error = answered(TokenServer(b"{}", status=status), credentials=credentials)
    assert isinstance(error, UnauthorizedError)
    if credentials is None:
        cause = f"no credentials are known, and the token server auth.example answers {status}"
    else:
        cause = f"the credentials are refused by the token server auth.example ({status})"
    assert error.message == cause
    assert error.gun == GUN


def test_an_expired_identity_token_is_refused_with_status_400():
    server = TokenServer({"error": "invalid_grant"}, status=400)
    assert isinstance(answered(server, credentials=IDENTITY), UnauthorizedError)
    assert isinstance(answered(server, credentials=ALICE), ServerError)


@pytest.mark.parametrize("status", [199, 204 + 96, 302, 400, 404, 500, 503])
def test_any_other_status_is_an_error_and_its_body_no_token(status):
    error = answered(TokenServer(status=status))
    assert isinstance(error, ServerError)
    assert error.found == str(status)


def test_a_token_server_that_does_not_answer_is_named():
    server = TokenServer(error=UnreachableError("https://auth.example: too slow", gun="other"))
    error = answered(server)
    assert type(error) is UnreachableError
    assert error.message == "asking for a token: https://auth.example: too slow"
    assert error.gun == GUN


def test_basic_authentication_sends_user_and_password_in_utf8():
    value = basic(ALICE)
    assert isinstance(value, str)
    scheme, _, text = value.partition(" ")
    assert (scheme, base64.b64decode(text).decode()) == ("Basic", "alice:pass:wörd")


@pytest.mark.parametrize(
    ("credentials", "words"),
    [
        (None, "no credentials are known, and the trust server asks"),
        (IDENTITY, "only an identity token is known"),
    ],
)
def test_basic_authentication_without_a_password_is_refused(credentials, words):
    error = basic(credentials)
    assert isinstance(error, UnauthorizedError)
    assert words in error.message
    assert error.gun == GUN


def test_what_fails_is_returned_and_not_raised():
    assert isinstance(answered(TokenServer(), realm="http://auth.example/token"), FetchError)


def test_a_challenge_stays_as_the_server_wrote_it_and_does_not_show_its_realm():
    challenge = Challenge("bearer", "https://user:pass@auth.example/token", service="notary")
    with pytest.raises(AttributeError, match="immutable"):
        challenge.realm = REALM
    with pytest.raises(AttributeError, match="immutable"):
        del challenge.realm
    assert repr(challenge) == "Challenge('bearer', service='notary', scope='')"


def test_a_server_is_called_what_it_is():
    for answer in (
        authorization(
            TokenServer(),
            challenge,
            scopes=(),
            credentials=None,
            server_url="https://registry.example",
            gun=GUN,
            whom="the registry",
        )
        for challenge in (
            Challenge("basic", "x"),
            Challenge("bearer", "http://auth.example/token"),
            Challenge("bearer", "https://user@auth.example/token"),
            Challenge("bearer", "https://[/token"),
        )
    ):
        assert isinstance(answer, UnauthorizedError)
        assert "the registry" in answer.message
        assert "trust server" not in answer.message
