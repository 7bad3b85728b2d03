"""A trust server that a Python program names by itself: its CA, its credentials, Docker's rest."""

from __future__ import annotations

import base64

import pytest

import contenttrust as ct
from servers.answers import challenged, document
from vector_case import Case, tags_of


@pytest.fixture
def good(vectors):
    return Case(vectors / "good-releases-precedence")


@pytest.fixture(autouse=True)
def config(tmp_path, monkeypatch):
    """Docker's configuration directory, which is empty at first."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config"


def lock(server, good):
    """Let only this user see the collection; gives the credentials."""
    server.publish(good.gun, good.files)
    right = "Basic " + base64.b64encode(b"reader:open sesame").decode()
    for name, data in good.files.items():
        path = f"/v2/{good.gun}/_trust/tuf/{name}.json"
        answer = challenged(document(data), authorization=right, challenge="Basic")
        server.answer(path, answer)
    return ct.Credentials("reader", "open sesame")


def load(good, source):
    return ct.load(good.gun, source=source, now=good.at)


def test_a_ca_and_credentials_of_ones_own_reach_a_locked_server(server, authority, good):
    credentials = lock(server, good)
    tls = ct.Tls(ca_files=(authority.ca_file,), system=False)
    named = ct.TrustServer(server.url, tls=tls, credentials=credentials)
    assert tags_of(load(good, named)) == good.tags != {}


def test_without_the_ca_or_the_credentials_nothing_is_known(server, authority, good):
    credentials = lock(server, good)
    tls = ct.Tls(ca_files=(authority.ca_file,), system=False)
    for source, code in (
        (ct.TrustServer(server.url, credentials=credentials), "tls"),
        (ct.TrustServer(server.url, tls=tls), "unauthorized"),
    ):
        with pytest.raises(ct.FetchError) as caught:
            load(good, source)
        assert caught.value.code == code


def test_docker_s_directory_counts_beside_credentials_of_ones_own(server, authority, good, config):
    credentials = lock(server, good)
    folder = config / "tls" / f"localhost:{server.port}"
    folder.mkdir(parents=True)
    (folder / "ca.crt").write_bytes(authority.pem)
    url = f"https://localhost:{server.port}"
    for named in ({"credentials": credentials}, {}):
        source = ct.trust_server_of(good.gun, url=url, now=good.at, **named)
        if named:
            assert tags_of(load(good, source)) == good.tags
        else:
            with pytest.raises(ct.FetchError):
                load(good, source)


def test_credentials_of_ones_own_go_before_docker_s(server, authority, good, monkeypatch):
    credentials = lock(server, good)
    monkeypatch.setenv("NOTARY_AUTH", base64.b64encode(b"reader:wrong").decode())
    tls = ct.Tls(ca_files=(authority.ca_file,), system=False)
    own = ct.trust_server_of(good.gun, url=server.url, tls=tls, credentials=credentials)
    assert tags_of(load(good, own)) == good.tags
    with pytest.raises(ct.FetchError):
        load(good, ct.trust_server_of(good.gun, url=server.url, tls=tls))


def test_the_moment_need_not_be_given(monkeypatch):
    monkeypatch.setattr("contenttrust.clock.time.time_ns", lambda: 1_796_687_999 * 10**9)
    assert isinstance(ct.trust_server_of("docker.io/a/b", env={}), ct.TrustServer)
    monkeypatch.setattr("contenttrust.clock.time.time_ns", lambda: 1_796_688_000 * 10**9)
    assert not isinstance(ct.trust_server_of("docker.io/a/b", env={}), ct.TrustServer)


_URL = "https://trust.example"
_WRONG = [
    (lambda: ct.TrustServer(1), "url is a str, not int"),
    (lambda: ct.TrustServer(_URL, tls={}), "tls is a contenttrust.Tls, not dict"),
    (lambda: ct.TrustServer(_URL, credentials=1), "credentials are a contenttrust.Credentials"),
    (lambda: ct.TrustServer(_URL, timeout="1"), "timeout is a number of seconds, not str"),
    (lambda: ct.TrustServer(_URL, timeout=True), "timeout is a number of seconds, not bool"),
    (lambda: ct.trust_server_of(1), "gun is a str, not int"),
    (lambda: ct.trust_server_of("a.example/b", url=1), "url is a str, not int"),
    (lambda: ct.trust_server_of("a.example/b", tls=1), "tls is a contenttrust.Tls, not int"),
    (lambda: ct.Tls(ca_files="abc"), "ca_files is a tuple of str, not str"),
    (lambda: ct.Tls(ca_files=[1]), "each of ca_files is a str, not int"),
    (lambda: ct.Tls(cert_file=1, key_file="x"), "cert_file is a str, not int"),
    (lambda: ct.Tls(verify="no"), "verify is True or False, not str"),
    (lambda: ct.Tls(system=0), "system is True or False, not int"),
]


@pytest.mark.parametrize(("make", "sentence"), _WRONG)
def test_an_argument_of_the_wrong_type_is_named(make, sentence):
    with pytest.raises(TypeError, match=sentence):
        make()


@pytest.mark.parametrize("seconds", [0, -5, float("nan"), float("inf")])
def test_a_timeout_is_a_span_of_time(seconds):
    with pytest.raises(ValueError, match="timeout is a number of seconds above 0"):
        ct.TrustServer(_URL, timeout=seconds)
