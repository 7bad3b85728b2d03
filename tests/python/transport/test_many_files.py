"""Many files, tiny chunks, long headers: what they cost is bounded, and slow is served."""

from __future__ import annotations

import time
import tracemalloc
import types

import pytest

from contenttrust.errors import FetchError, ServerError
from contenttrust.transport import deadline, polling, transfer, trust_server
from contenttrust.transport.http import Client, Request
from contenttrust.transport.libcurl import pycurl
from contenttrust.transport.tls import Tls
from servers.answers import document, raw, redirect, silent
from servers.certificates import Authority
from servers.https import HttpsServer

FILES = 300


@pytest.fixture
def client(authority):
    client = Client(tls=Tls(ca_files=(authority.ca_file,)), timeout=20)
    yield client
    client.close()


@pytest.fixture
def under_way(monkeypatch):
    """How many transfers there are after each beginning and end of one."""
    counts = [0]

    class Counting(polling.Multi):
        def _fill(self, running, waiting, connections):
            more = super()._fill(running, waiting, connections)
            counts.append(len(running))
            return more

    monkeypatch.setattr(polling, "Multi", Counting)
    return counts


@pytest.fixture
def handles(monkeypatch):
    """How many handles of libcurl were open at the same time, at most."""
    open_now, most = set(), [0]
    end = transfer.Transfer.end
    prepare = transfer.Transfer.prepare

    def counted(self, *arguments, **facts):
        handle = prepare(self, *arguments, **facts)
        open_now.add(self)
        most[0] = max(most[0], len(open_now))
        return handle

    def ended(self, code, words):
        end(self, code, words)
        open_now.discard(self)

    monkeypatch.setattr(transfer.Transfer, "prepare", counted)
    monkeypatch.setattr(transfer.Transfer, "end", ended)
    return most


def test_many_files_are_a_few_transfers_at_a_time(server, client, under_way, handles):
    server.answer_all(document(b"text"))
    answers = client.get([Request(f"{server.url}/{n}", 10) for n in range(FILES)])
    assert [answer.body for answer in answers] == [b"text"] * FILES
    assert 0 < max(under_way) <= 16
    assert 0 < handles[0] <= 16


def test_redirects_to_as_many_hosts_are_a_few_connections_at_a_time(tmp_path, under_way):
    authority = Authority(tmp_path)
    with HttpsServer(authority.issue(("localhost", "127.0.0.1", "*.a.localhost"))) as server:
        for number in range(60):
            there = f"https://h{number}.a.localhost:{server.port}/there"
            server.answer(f"/{number}", redirect(there))
        server.answer("/there", b"text")
        client = Client(tls=Tls(ca_files=(authority.ca_file,)), timeout=20)
        requests = [Request(f"{server.url}/{number}", 10) for number in range(60)]
        answers = client.get(requests)
        client.close()
    assert {answer.body for answer in answers} == {b"text"}
    assert max(under_way) <= 16


def test_a_slow_server_with_many_files_is_not_given_up_for_those_that_wait(
    server, authority, monkeypatch
):
    monkeypatch.setattr(transfer, "_CONNECT_SECONDS", 1.0)

    def slow(exchange):
        exchange.ended.wait(0.1)
        document(b"text")(exchange)

    server.answer_all(slow)
    client = Client(tls=Tls(ca_files=(authority.ca_file,)), timeout=1.5)
    answers = client.get([Request(f"{server.url}/{n}", 10) for n in range(30)])  # 3 s in all
    client.close()
    assert [answer.body for answer in answers] == [b"text"] * 30


def test_a_body_in_tiny_chunks_takes_little_more_than_its_length():
    size = 200_000
    taker = transfer.Transfer(Request("https://host.example/", size), gun="a/b")
    tracemalloc.start()
    try:
        for _ in range(size // 2):
            assert taker._take_body(bytes(2)) == 2
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 3 * size


def test_a_header_may_be_long_but_not_all_of_them_together(server, client):
    server.answer("/long", document(b"text", headers={"Date": "d" * 60_000}))
    lines = b"a:\r\n" * 17_000
    server.answer("/many", raw(b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 0\r\n\r\n"))
    long, many = client.get([Request(f"{server.url}/{name}", 10) for name in ("long", "many")])
    assert long.body == b"text"
    assert isinstance(many, ServerError)
    assert "headers" in many.message


def test_a_strangers_host_is_cut_in_a_message(server, client):
    server.answer("/a", redirect(f"https://{'y' * 60_000}/"))
    server.answer("/b", redirect(f"https://{'y.' * 900}example/"))
    for answer in client.get([Request(f"{server.url}/{name}", 10) for name in "ab"]):
        assert isinstance(answer, FetchError)
        assert len(answer.message) < 600


NOWHERE = f"{'a' * 64}.example"  # longer than a label may be: no name server is asked
SECRETS = ("s3", "cret", "bob")


@pytest.mark.parametrize(
    "proxy",
    [
        f"http://bob:s3/cret@{NOWHERE}:3128",
        f"http://bob:s3#cret@{NOWHERE}:3128",
        f"http://bob:s3?cret@{NOWHERE}:3128",
        f"http://bob:s3 cret@{NOWHERE}:3128",
        f"http://bob:s3%cret@{NOWHERE}:3128",
        f"htpp://bob:s3cret@{NOWHERE}:3128",
        f"bob:s3cret@[{NOWHERE}:3128",
        "http://bob:s3@cret@pro xy:3128",
        "http://bob:s3cret",
    ],
)
def test_a_password_of_the_proxy_is_never_shown(authority, monkeypatch, proxy):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    client = Client(tls=Tls(ca_files=(authority.ca_file,)), timeout=5)
    (error,) = client.get([Request(f"https://{NOWHERE}/", 10)])
    client.close()
    assert isinstance(error, FetchError)
    for text in (error.message, repr(error), str(error), error.explain(), repr(error.args)):
        assert not [secret for secret in SECRETS if secret in text]


def test_what_a_proxy_says_is_told_where_it_holds_no_password():
    words = "CONNECT tunnel failed, response 407"
    assert not transfer._tells_of("http://bob:pass@proxy.example:1", words, 56)
    assert transfer._tells_of("http://bob:tunnel@proxy.example:1", words, 56)
    code = pycurl.E_COULDNT_RESOLVE_PROXY
    assert transfer._tells_of("proxy.example", "could not resolve", code)


def test_many_files_of_a_slow_server_take_no_longer_together_than_a_visit(
    server, authority, monkeypatch
):
    monkeypatch.setattr(deadline, "VISIT_SECONDS", 0.5)
    server.answer_all(silent())
    files = [types.SimpleNamespace(name="root", limit=10, sha256=None)] * 50
    source = trust_server.TrustServer(server.url, tls=Tls(ca_files=(authority.ca_file,)))
    began = time.monotonic()
    answers = source.fetch("a.example/b", files)
    assert time.monotonic() - began < 3
    assert {answer.code for answer in answers} == {"unreachable"}
    assert all("too slow" in answer.message for answer in answers)
    assert len(server.requests) < 20
