"""Requests by libcurl: limits, deadlines, redirects, and what each failure is called."""

from __future__ import annotations

import contextlib
import gc
import resource
import signal
import socket
import ssl
import threading
import time
import weakref
from pathlib import Path

import pytest

from contenttrust.errors import ServerError, TlsError, UnreachableError
from contenttrust.transport.http import Client, Request
from contenttrust.transport.tls import Tls
from servers import HttpsServer
from servers.answers import (
    chunked,
    document,
    endless,
    endless_headers,
    raw,
    redirect,
    reset,
    silent,
    slow,
    with_length,
)

NOWHERE = f"https://{'a' * 64}.example/"  # longer than a label may be: no name server is asked


@pytest.fixture
def client(authority):
    client = Client(tls=Tls(ca_files=(authority.ca_file,)), timeout=20, gun="host.example/x")
    yield client
    client.close()


def get(client, url, limit=100, **facts):
    (only,) = client.get([Request(url, limit, role="snapshot", **facts)])
    return only


def failure(client, url, kind, **facts):
    """The error in the place of the answer, which says what it was about."""
    error = get(client, url, **facts)
    assert type(error) is kind
    assert (error.gun, error.role) == ("host.example/x", "snapshot")
    return error.message


def test_an_answer_has_status_body_headers_and_address(server, client):
    headers = {"Age": "1", "www-authenticate": "2", "WWW-Authenticate": "3", "X-Other": "4"}
    server.answer("/a", document(b"text", headers=headers))
    answer = get(client, f"{server.url}/a")
    assert (answer.status, answer.body, answer.url) == (200, b"text", f"{server.url}/a")
    assert (answer.headers["age"], answer.headers["www-authenticate"]) == ("1", "2, 3")
    assert "x-other" not in answer.headers  # nobody reads it


def test_answers_come_in_the_order_of_the_requests(server, client):
    names = [f"/{number}" for number in range(40)]
    server.answer("/0", slow(b"/0", pause=0.05))
    for name in names[1:]:
        server.answer(name, name.encode())
    del server.requests[:]
    answers = client.get([Request(f"{server.url}{name}", 100) for name in [*names, NOWHERE]])
    assert [answer.body.decode() for answer in answers[:-1]] == names
    assert answers[-1].code


def test_one_bad_request_spoils_no_other(server, client):
    server.answer("/a", b"text")
    urls = [f"{server.url}/a", NOWHERE, "http://localhost/", "nonsense", f"{server.url}/b"]
    answers = client.get([Request(url, 10) for url in urls])
    assert [getattr(answer, "status", None) for answer in answers] == [200, None, None, None, 404]


def test_no_request_is_no_answer(client):
    assert client.get([]) == []


def test_a_connection_is_used_again(server, client):
    server.answer("/a", b"text")
    for _ in range(3):
        client.get([Request(f"{server.url}/a", 10)] * 3)
    assert (server.connections, len(server.requests)) == (1, 9)
    client.close()
    assert get(client, f"{server.url}/a").body == b"text"
    assert server.connections == 2


def test_connections_end_with_the_client(server, authority):
    server.answer("/a", b"text")
    client = Client(tls=Tls(ca_files=(authority.ca_file,)))
    get(client, f"{server.url}/a")
    gc.disable()
    try:
        multi = weakref.ref(client._multi)
        del client
        assert multi() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("make", [document, chunked])
@pytest.mark.parametrize("spare", [-30, -2, -1, 0, 1, 50])
def test_at_most_one_byte_more_than_the_limit_is_taken(server, client, make, spare):
    data = bytes(range(100))
    server.answer("/a", make(data))
    limit = len(data) + spare
    assert get(client, f"{server.url}/a", limit=limit).body == data[: limit + 1]


@pytest.mark.parametrize("answer", [endless(), endless(declared=10**15)])
def test_a_body_without_end_is_cut_at_the_limit_while_it_arrives(server, client, answer):
    server.answer("/a", answer)
    limit = 1_000_000
    assert len(get(client, f"{server.url}/a", limit=limit).body) == limit + 1


def test_after_a_cut_the_client_still_works(server, client):
    server.answer("/a", endless())
    server.answer("/b", b"text")
    assert len(get(client, f"{server.url}/a").body) == 101
    assert get(client, f"{server.url}/b").body == b"text"


def test_headers_without_end_are_an_error(server, client):
    server.answer("/a", endless_headers())
    assert "headers" in failure(client, f"{server.url}/a", ServerError)


@pytest.mark.parametrize("answer", [silent(), slow(b"x" * 100, pause=0.05)])
def test_the_deadline_is_for_the_whole_answer(server, authority, answer):
    server.answer("/a", answer)
    client = Client(tls=Tls(ca_files=(authority.ca_file,)), timeout=0.5, gun="host.example/x")
    start = time.monotonic()
    assert "too slow" in failure(client, f"{server.url}/a", UnreachableError)
    assert time.monotonic() - start < 3


def test_a_server_that_only_trickles_is_given_up_before_the_deadline(server, client):
    server.answer("/a", slow(b"x" * 1000, pause=0.1))
    start = time.monotonic()
    assert "too slow" in failure(client, f"{server.url}/a", UnreachableError, limit=1000, silence=1)
    assert time.monotonic() - start < 10


def test_a_declared_length_that_is_too_large_is_a_truncated_answer(server, client):
    server.answer("/a", with_length(b"text", 50))
    assert "ends too early" in failure(client, f"{server.url}/a", UnreachableError)


def test_nothing_behind_the_declared_length_is_taken(server, client):
    server.answer("/a", with_length(b"0123456789", 4))
    assert get(client, f"{server.url}/a").body == b"0123"


def test_a_reset_is_no_answer(server, client):
    server.answer("/a", reset())
    server.answer("/b", reset(after=b"half"))
    for path in ("/a", "/b"):
        failure(client, f"{server.url}{path}", UnreachableError)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (raw(b""), UnreachableError),
        (raw(b"220 smtp.example ESMTP\r\n"), ServerError),
        (raw(b"HTTP/9.9 200 OK\r\n\r\n"), ServerError),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), ServerError),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: zz\r\n\r\n"), ServerError),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), UnreachableError),
    ],
)
def test_what_is_no_http_is_an_error(server, client, answer, kind):
    server.answer("/a", answer)
    failure(client, f"{server.url}/a", kind)


def test_a_name_that_does_not_resolve_is_told(client):
    assert "does not resolve" in failure(client, NOWHERE, UnreachableError)


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n", b"SSH-2.0-x\r\n"])
def test_what_speaks_no_tls_is_told_to_do_so(client, greeting):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        greeter = threading.Thread(target=greet, args=(listener, greeting))
        greeter.start()
        url = f"https://localhost:{listener.getsockname()[1]}"
        error = get(client, url)
        greeter.join()
    assert (error.code, error.expected) == ("tls", "TLS")
    assert error.message.startswith(f"{url}: it does not speak TLS (")


def greet(listener, greeting):
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(greeting * 10)


def test_tls_that_does_not_suit_is_no_absence_of_tls(client, authority):
    old = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
    with HttpsServer(authority.issue(), versions=old) as other:
        error = get(client, other.url)
    assert error.code == "tls"
    assert "no TLS connection" in error.message


@pytest.mark.parametrize("host", ["localhost", "LocalHost"])
def test_a_host_is_named_as_it_was_written(server, host):
    error = get(Client(tls=Tls()), f"https://{host}:{server.port}/a")
    assert error.message.startswith(f"https://{host}:{server.port}: its certificate is not trusted")


def test_a_port_where_nobody_listens_is_unreachable(client):
    with HttpsServer(None) as other:
        url = other.url.replace("http:", "https:")
    assert "no connection" in failure(client, url, UnreachableError)


def test_statuses_are_not_judged_here(server, client):
    for number in (201, 204, 304, 401, 404, 418, 500, 503):
        server.answer("/a", raw(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % number))
        assert get(client, f"{server.url}/a").status == number


def test_redirects_are_followed_five_times(server, client):
    for number in range(6):
        server.answer(f"/{number}", redirect(f"/{number + 1}"))
    server.answer("/6", document(b"text", headers={"Age": "7"}))
    answer = get(client, f"{server.url}/1")
    assert (answer.status, answer.body, answer.url) == (200, b"text", f"{server.url}/6")
    assert answer.headers["age"] == "7"
    assert "location" not in answer.headers
    assert "more than 5" in failure(client, f"{server.url}/0", ServerError)


def test_a_redirect_in_a_circle_ends(server, client):
    server.answer("/a", redirect("/a"))
    failure(client, f"{server.url}/a", ServerError)
    assert len(server.requests) == 6


@pytest.mark.parametrize("host", ["%ff%fe.example", "\xff\xfe.example"])
def test_a_name_of_raw_bytes_can_be_shown(server, client, host):
    server.answer("/a", redirect(f"https://{host}/"))
    failure(client, f"{server.url}/a", UnreachableError).encode("ascii")


def test_a_form_is_sent_url_encoded(server, client):
    server.answer("/token", b"{}")
    form = {"grant_type": "refresh_token", "scope": "repository:a/b:pull", "x": "ä&="}
    assert client.post(Request(f"{server.url}/token", 10), form).body == b"{}"
    seen = server.requests[-1]
    assert seen.method == "POST"
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen.body == b"grant_type=refresh_token&scope=repository%3Aa%2Fb%3Apull&x=%C3%A4%26%3D"


@pytest.mark.parametrize("number", [301, 302, 303, 307, 308])
def test_a_form_is_not_sent_on_after_a_redirect(server, client, number):
    server.answer("/token", redirect("/other", number))
    assert client.post(Request(f"{server.url}/token", 100), {"secret": "x"}).status == number
    assert [seen.path for seen in server.requests] == ["/token"]


def test_credentials_are_basic_authentication(server, client):
    server.answer("/a", b"")
    get(client, f"{server.url}/a", credentials="user:pä:ss")
    assert server.requests[-1].headers["authorization"] == "Basic dXNlcjpww6Q6c3M="


def test_nothing_is_taken_from_netrc(server, client, tmp_path, monkeypatch):
    (tmp_path / ".netrc").write_text("machine localhost login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    server.answer("/a", b"")
    get(client, f"{server.url}/a")
    assert "authorization" not in server.requests[-1].headers


def test_a_request_says_little_about_us(server, client):
    server.answer("/a", b"")
    get(client, f"{server.url}/a", headers=("X-Own: 1",))
    headers = server.requests[-1].headers
    assert headers.pop("host").startswith("localhost:")
    assert headers == {"accept": "*/*", "user-agent": "contenttrust", "x-own": "1"}


@pytest.mark.parametrize("line", ["X: a\r\nY: b", "X: a\nY: b", "X: a\0", "X: \x7f"])
def test_a_header_cannot_bring_another_one(server, client, line):
    failure(client, f"{server.url}/a", ServerError, headers=(line,))
    assert server.requests == []


def test_an_interrupted_client_still_works(server, client):
    server.answer("/a", silent())
    server.answer("/b", b"text")

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            get(client, f"{server.url}/a")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert get(client, f"{server.url}/b").body == b"text"


def test_more_descriptors_than_select_knows_do_no_harm(server, client):
    server.answer("/a", b"text")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 1200:
        pytest.skip("this system allows too few descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1200), hard))
    try:
        with contextlib.ExitStack() as opened:
            files = [opened.enter_context(Path("/dev/null").open()) for _ in range(1030)]
            assert max(file.fileno() for file in files) > 1023
            assert get(client, f"{server.url}/a").body == b"text"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_an_unreadable_authority_is_a_tls_error_for_every_request(tmp_path):
    client = Client(tls=Tls(ca_files=(str(tmp_path / "none.crt"),)), gun="g")
    answers = client.get([Request("https://localhost:1/", 1, role=name) for name in ("a", "b")])
    assert [(type(error), error.gun, error.role) for error in answers] == [
        (TlsError, "g", "a"),
        (TlsError, "g", "b"),
    ]
