"""Metadata from a trust server: which requests are sent, and what the answers mean."""

from __future__ import annotations

import json
import os
import threading
import types

import pytest

from contenttrust.errors import (
    MalformedError,
    ServerError,
    TlsError,
    UnauthorizedError,
    UnreachableError,
)
from contenttrust.transport.credentials import Credentials
from contenttrust.transport.tls import Tls
from contenttrust.transport.trust_server import TrustServer
from servers import HttpsServer
from servers.answers import challenged, document, redirect, silent, status

GUN = "host.example/team/x"
TUF = f"/v2/{GUN}/_trust/tuf"
SHA256 = "0123456789abcdef" * 4


def wanted(name, *, sha256=None, limit=1000):
    return types.SimpleNamespace(name=name, sha256=sha256, limit=limit)


@pytest.fixture
def source(server, authority):
    return TrustServer(server.url, tls=Tls(ca_files=(authority.ca_file,)))


def answer(source, name="snapshot", gun=GUN, **facts):
    (only,) = source.fetch(gun, [wanted(name, **facts)])
    return only


def failure(source, kind, **facts):
    error = answer(source, **facts)
    assert type(error) is kind
    assert (error.gun, error.role) == (facts.get("gun", GUN), "snapshot")
    return error


def asked(server):
    return [seen.path for seen in server.requests]


def test_answers_come_in_the_order_of_the_question(server, source):
    server.publish(GUN, {"root": b"r", "1.root": b"1", "targets/releases": b"t"})
    names = ["targets/releases", "snapshot", "root", "1.root"]
    assert source.fetch(GUN, [wanted(name) for name in names]) == [b"t", None, b"r", b"1"]
    assert sorted(asked(server)) == sorted(f"{TUF}/{name}.json" for name in names)


def test_an_absent_file_is_absent(source):
    assert answer(source) is None


def test_nothing_wanted_is_nothing_asked(server, source):
    assert source.fetch(GUN, []) == []
    assert server.requests == []


def test_a_file_is_asked_for_by_its_content(server, source):
    server.answer(f"{TUF}/targets/releases.{SHA256}.json", b"by content")
    server.publish(GUN, {"targets/releases": b"plain"})
    assert answer(source, "targets/releases", sha256=SHA256) == b"by content"
    assert asked(server) == [f"{TUF}/targets/releases.{SHA256}.json"]
    assert answer(source, "targets/releases") == b"plain"


def test_a_static_mirror_has_plain_names_only(server, source):
    server.publish(GUN, {"root": b"r", "snapshot": b"s"})
    files = [wanted("snapshot", sha256=SHA256), wanted("root"), wanted("targets", sha256=SHA256)]
    assert source.fetch(GUN, files) == [b"s", b"r", None]
    assert asked(server).count(f"{TUF}/snapshot.json") == 1
    assert asked(server).count(f"{TUF}/root.json") == 1


def test_the_plain_name_is_tried_after_404_only(server, source):
    server.answer(f"{TUF}/snapshot.{SHA256}.json", status(500))
    server.publish(GUN, {"snapshot": b"s"})
    failure(source, ServerError, sha256=SHA256)
    assert asked(server) == [f"{TUF}/snapshot.{SHA256}.json"]


def test_at_most_one_byte_more_than_the_limit_is_given(server, source):
    server.publish(GUN, {"snapshot": b"0123456789"})
    assert answer(source, limit=4) == b"01234"


@pytest.mark.parametrize("path", ["", "/", "/mirror", "/mirror/", "/a/b//"])
def test_the_path_of_the_server_is_a_prefix(server, authority, path):
    server.publish(GUN, {"snapshot": b"s"}, prefix=path.rstrip("/"))
    source = TrustServer(f"{server.url}{path}", tls=Tls(ca_files=(authority.ca_file,)))
    assert answer(source) == b"s"
    assert source.url == f"{server.url}{path.rstrip('/')}"


@pytest.mark.parametrize(
    ("gun", "path"),
    [
        ("localhost:5000/a/b", "localhost:5000/a/b"),
        ("just/a/collection", "just/a/collection"),
        ("a b/ä", "a%20b/%C3%A4"),
        ("a%2fb/c", "a%252fb/c"),
        ("a?b#c/d\\e", "a%3Fb%23c/d%5Ce"),
        ("...", "..."),
    ],
)
def test_the_name_of_the_collection_is_encoded_part_by_part(server, source, gun, path):
    assert answer(source, gun=gun) is None
    assert asked(server) == [f"/v2/{path}/_trust/tuf/snapshot.json"]


@pytest.mark.parametrize("gun", ["", "/", "a//b", "/a", "a/", "../a", "a/../b", "a/.", "."])
def test_a_name_that_would_lead_elsewhere_is_never_sent(server, source, gun):
    with pytest.raises(MalformedError, match="no name of a collection"):
        answer(source, gun=gun)
    assert server.requests == []


@pytest.mark.parametrize("name", ["../x", "targets/../x", "snapshot?", "", "targets/A", "x"])
def test_what_is_no_role_is_never_sent(server, source, name):
    with pytest.raises(ValueError, match="no name of a metadata file"):
        answer(source, name)
    assert server.requests == []


@pytest.mark.parametrize("sha256", ["", "x", SHA256.upper(), f"../{SHA256}"[:64]])
def test_what_is_no_digest_is_never_sent(server, source, sha256):
    with pytest.raises(ValueError, match="sha256"):
        answer(source, sha256=sha256)
    assert server.requests == []


@pytest.mark.parametrize("number", [201, 204, 206, 300, 304, 400, 405, 410, 429, 500, 502, 503])
def test_a_strange_status_is_the_servers_error(server, source, number):
    server.answer_all(status(number))
    assert failure(source, ServerError).found == str(number)


@pytest.mark.parametrize("number", [401, 403])
def test_a_refusal_without_a_way_in_is_unauthorized(server, source, number):
    server.answer_all(status(number))
    failure(source, UnauthorizedError)
    assert len(server.requests) == 1


def test_a_server_that_is_not_there_is_unreachable(authority):
    with HttpsServer(authority.issue()) as server:
        url = server.url
    failure(TrustServer(url), UnreachableError)


def test_a_slow_server_is_unreachable(server, authority):
    server.answer_all(silent())
    source = TrustServer(server.url, tls=Tls(ca_files=(authority.ca_file,)), timeout=0.2)
    failure(source, UnreachableError)


def test_an_unknown_certificate_is_a_tls_error(server):
    failure(TrustServer(server.url), TlsError)


def test_each_file_has_its_own_error(server, source):
    server.answer(f"{TUF}/root.json", b"r")
    server.answer(f"{TUF}/snapshot.json", status(503))
    root, snapshot, targets = source.fetch(GUN, list(map(wanted, ("root", "snapshot", "targets"))))
    assert (root, targets) == (b"r", None)
    assert (snapshot.code, snapshot.role) == ("server_error", "snapshot")


@pytest.mark.parametrize("encoding", ["gzip", "br", "x\x1b[31m"])
def test_an_encoding_that_was_not_asked_for_is_the_servers_error(server, source, encoding):
    server.answer_all(document(b"s", headers={"Content-Encoding": encoding}))
    assert failure(source, ServerError).message.isprintable()


def test_a_name_that_does_not_resolve_is_unreachable_be_it_docker_hubs(monkeypatch):
    lost = UnreachableError("no such host", gun=GUN, role="snapshot")
    monkeypatch.setattr("contenttrust.transport.http.Client.get", lambda *_: [lost])
    for url in ("https://host.example", "https://notary.docker.io"):
        assert failure(TrustServer(url), UnreachableError).message == "no such host"


class Registry:
    """A trust server with a token server, both in one."""

    def __init__(self, server, *, login=None):
        self.server = server
        self.tokens = 0
        self.login = login
        challenge = f'Bearer realm="{server.url}/token",service="trust",scope="registry:catalog:*"'
        server.answer("/token", self._token)
        self.challenge = challenge
        server.answer_all(self._file)

    def _file(self, exchange):
        authorization = f"Bearer token{self.tokens}"
        challenged(document(b"s"), authorization=authorization, challenge=self.challenge)(exchange)

    def _token(self, exchange):
        if self.login is not None and exchange.headers.get("Authorization") != self.login:
            status(401)(exchange)
            return
        self.tokens += 1
        document(json.dumps({"token": f"token{self.tokens}"}).encode())(exchange)


def test_a_challenge_is_answered_for_the_collection_and_the_token_kept(server, source):
    Registry(server)
    assert source.fetch(GUN, [wanted("root"), wanted("snapshot")]) == [b"s", b"s"]
    assert answer(source) == b"s"
    tokens = [path for path in asked(server) if path.startswith("/token")]
    assert tokens == ["/token?scope=repository%3Ahost.example%2Fteam%2Fx%3Apull&service=trust"]


def test_the_first_request_is_for_the_file_and_without_credentials(server, authority):
    registry = Registry(server)
    source = TrustServer(
        server.url, tls=Tls(ca_files=(authority.ca_file,)), credentials=Credentials("u", "p")
    )
    registry.login = "Basic dTpw"
    assert answer(source) == b"s"
    first, token, again = server.requests
    assert "authorization" not in first.headers
    assert token.headers["authorization"] == "Basic dTpw"
    assert (again.path, again.headers["authorization"]) == (first.path, "Bearer token1")


def test_each_collection_has_its_own_token(server, source):
    registry = Registry(server)
    assert answer(source) == b"s"
    assert answer(source, gun="host.example/y") == b"s"
    assert registry.tokens == 2


def test_a_token_that_has_ended_is_asked_for_anew_once(server, source):
    registry = Registry(server)
    assert answer(source) == b"s"
    registry.tokens = 5
    assert answer(source) == b"s"
    assert registry.tokens == 6


def test_a_token_that_does_not_help_is_not_asked_for_again(server, source):
    registry = Registry(server)
    server.answer(
        f"{TUF}/snapshot.json",
        status(401, {"WWW-Authenticate": f'Bearer realm="{server.url}/token"'}),
    )
    assert failure(source, UnauthorizedError).found == "401"
    assert registry.tokens == 1


def test_refused_credentials_are_told(server, source):
    Registry(server, login="Basic nobody")
    failure(source, UnauthorizedError)


def test_credentials_are_looked_up_when_the_server_asks(server, authority):
    lookups = []

    def lookup():
        lookups.append(1)
        return Credentials("u", "p")

    tls = Tls(ca_files=(authority.ca_file,))
    source = TrustServer(server.url, tls=tls, credentials=lookup)
    assert answer(source) is None
    assert lookups == []
    basic = challenged(document(b"s"), authorization="Basic dTpw", challenge='Basic realm="x"')
    server.answer_all(basic)
    assert answer(source) == b"s"
    assert answer(source, gun="host.example/y") == b"s"
    assert lookups == [1]


def test_credentials_that_cannot_be_read_are_the_answer(server, authority):
    def lookup():
        raise UnauthorizedError("the configuration is damaged")

    server.answer_all(status(401, {"WWW-Authenticate": 'Basic realm="x"'}))
    tls = Tls(ca_files=(authority.ca_file,))
    source = TrustServer(server.url, tls=tls, credentials=lookup)
    assert "damaged" in failure(source, UnauthorizedError).message


def test_user_and_password_in_the_url_are_credentials(server, authority):
    url = server.url.replace("https://", "https://us%65r:p%40ss@")
    source = TrustServer(url, tls=Tls(ca_files=(authority.ca_file,)))
    basic = challenged(document(b"s"), authorization="Basic dXNlcjpwQHNz", challenge="Basic")
    server.answer_all(basic)
    assert answer(source) == b"s"
    assert "ss" not in f"{source.url} {source!r}".replace("https", "")


@pytest.mark.parametrize(
    "url",
    [
        "http://host.example",
        "host.example:4443",
        "https://",
        "ftp://host.example",
        "https://host.example?x",
        "https://host.example#x",
        "https://host example",
        "https://a\\@host.example",
        "https://hóst.example",
        "http://user:secret@host.example",
        "",
    ],
)
def test_only_an_https_url_can_be_a_trust_server(url):
    with pytest.raises(ValueError, match="valid https URL required for trust server, got") as error:
        TrustServer(url)
    assert "secret" not in str(error.value)


def test_an_unchecked_certificate_is_for_loopback_only(server):
    server.publish(GUN, {"snapshot": b"s"})
    assert answer(TrustServer(server.url, tls=Tls(verify=False))) == b"s"
    for url in ("https://host.example", "https://localhost.example", "https://127.0.0.1.example"):
        with pytest.raises(ValueError, match="loopback"):
            TrustServer(url, tls=Tls(verify=False))


def test_a_ping_asks_for_the_api(server, source):
    server.answer("/v2/", document(b"{}", headers={"Date": "then"}))
    assert source.ping().headers["date"]
    assert asked(server) == ["/v2/"]


@pytest.mark.parametrize(
    ("given", "kind"), [(404, ServerError), (500, ServerError), (401, UnauthorizedError)]
)
def test_a_ping_that_fails_raises(server, source, given, kind):
    server.answer("/v2/", status(given))
    with pytest.raises(kind) as caught:
        source.ping()
    assert caught.value.gun == ""


def test_threads_take_turns(server, source):
    server.publish(GUN, {name: name.encode() for name in ("root", "snapshot", "targets")})
    found = []

    def ask(name):
        found.extend(answer(source, name) == name.encode() for _ in range(10))

    threads = [
        threading.Thread(target=ask, args=(name,)) for name in ("root", "snapshot", "targets")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 30


def test_a_forked_process_leaves_its_parents_connections_alone(server, source, monkeypatch):
    server.publish(GUN, {"snapshot": b"s"})
    assert answer(source) == b"s"
    parent = os.getpid()
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: parent + 1)
        assert answer(source) == b"s"
    assert server.connections == 2


def test_a_redirect_to_the_same_server_is_followed(server, source):
    server.answer(f"{TUF}/snapshot.json", redirect("/elsewhere"))
    server.answer("/elsewhere", b"s")
    assert answer(source) == b"s"
