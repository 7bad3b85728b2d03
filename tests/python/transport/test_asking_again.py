"""Servers that ask who we are again and again: what is looked up, run and sent stays little."""

from __future__ import annotations

import json
import types

import pytest

from contenttrust.errors import FetchError, UnauthorizedError
from contenttrust.transport import access
from contenttrust.transport.credentials import Credentials
from contenttrust.transport.tls import Tls
from contenttrust.transport.trust_server import TrustServer
from servers.answers import challenged, document, status
from servers.https import HttpsServer

GUN = "host.example/team/x"


class Greedy:
    """A trust server that takes each token once."""

    def __init__(self, server):
        self.tokens = 0
        self._good = ""
        self._challenge = {"WWW-Authenticate": f'Bearer realm="{server.url}/token"'}
        server.answer("/token", self._token)
        server.answer_all(self._file)

    def _token(self, exchange):
        self.tokens += 1
        self._good = f"token{self.tokens}"
        document(json.dumps({"token": self._good}).encode())(exchange)

    def _file(self, exchange):
        if self._good and exchange.headers.get("Authorization") == f"Bearer {self._good}":
            self._good = ""
            document(b"s")(exchange)
        else:
            status(401, self._challenge)(exchange)


@pytest.fixture
def lookups():
    return []


@pytest.fixture
def source(server, authority, lookups):
    def lookup():
        lookups.append(1)
        return Credentials("u", "p")

    return TrustServer(server.url, tls=Tls(ca_files=(authority.ca_file,)), credentials=lookup)


def ask(source, gun=GUN):
    (answer,) = source.fetch(gun, [wanted()])
    return answer


def wanted():
    return types.SimpleNamespace(name="snapshot", limit=1000, sha256=None)


def test_a_server_that_takes_each_token_once_gets_three_for_a_collection(server, source, lookups):
    greedy = Greedy(server)
    answers = [ask(source) for _ in range(6)]
    assert answers[:3] == [b"s"] * 3
    assert all(isinstance(answer, UnauthorizedError) for answer in answers[3:])
    assert greedy.tokens == 3
    assert lookups == [1]
    assert ask(source, "host.example/y") == b"s"  # another collection has its own three
    assert lookups == [1]


def test_long_after_a_visit_tokens_and_credentials_are_had_anew(
    server, source, lookups, monkeypatch
):
    Greedy(server)
    assert [ask(source) for _ in range(3)] == [b"s"] * 3
    assert isinstance(ask(source), FetchError)
    monkeypatch.setattr(access, "VISIT_SECONDS", 0.0)  # a service runs for days
    assert ask(source) == b"s"
    assert len(lookups) == 2


def test_a_look_up_that_failed_is_not_repeated_for_each_file(server, authority):
    lookups = []

    def broken():
        lookups.append(1)
        raise UnauthorizedError("the configuration is damaged")

    server.answer_all(status(401, {"WWW-Authenticate": "Basic"}))
    source = TrustServer(server.url, tls=Tls(ca_files=(authority.ca_file,)), credentials=broken)
    for _ in range(3):
        assert "damaged" in ask(source).message
    assert lookups == [1]


def test_what_strangers_write_is_cut_in_messages(server, source):
    realms = [f"https://{'x' * 12_000}/", f"{'x' * 12_000}://h/", "x" * 12_000 + "://h"]
    headers = [{"WWW-Authenticate": f'Bearer realm="{realm}"'} for realm in realms]
    answers = [status(401, header) for header in headers]
    answers.append(document(b"{}", headers={"Content-Encoding": "\x9b" * 30_000}))
    for given in answers:
        server.answer_all(given)
        error = ask(source, f"host.example/{answers.index(given)}")
        assert isinstance(error, FetchError)
        texts = (error.message, error.expected, error.found)
        assert max(len(text) for text in texts) < 600
        assert all(text.isprintable() for text in texts)


def test_our_certificate_is_shown_to_the_trust_server_and_to_no_token_server_elsewhere(
    server, authority
):
    cert, key = authority.issue(("client",), client=True)
    tls = Tls(ca_files=(authority.ca_file,), cert_file=cert, key_file=key)
    with HttpsServer(authority.issue(), client_authority=authority.ca_file) as locked:
        locked.answer("/token", json.dumps({"token": "t"}).encode())
        locked.answer_all(
            challenged(
                document(b"s"),
                authorization="Bearer t",
                challenge=f'Bearer realm="{locked.url}/token"',
            )
        )
        assert ask(TrustServer(locked.url, tls=tls)) == b"s"
        del locked.requests[:]
        challenge = {"WWW-Authenticate": f'Bearer realm="{locked.url}/token"'}
        server.answer_all(status(401, challenge))
        assert isinstance(ask(TrustServer(server.url, tls=tls)), FetchError)
        assert locked.requests == []  # it demands a certificate, and was shown none
