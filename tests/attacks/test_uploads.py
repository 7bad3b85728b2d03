"""Servers, and whoever stands before them, that lie to a publisher: nothing leaks, nothing is sent
twice, and what is not known to be published is not said to be, nor the reverse.
"""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest

from contenttrust.errors import (
    ContentTrustError,
    FetchError,
    MalformedError,
    RejectedError,
    ServerError,
    UnauthorizedError,
    UnreachableError,
)
from contenttrust.transport.credentials import Credentials
from contenttrust.transport.tls import Tls
from contenttrust.transport.trust_server import TrustServer
from servers import Authority, HttpsServer
from servers.answers import (
    Answer,
    challenged,
    compressed,
    document,
    endless,
    endless_headers,
    raw,
    redirect,
    reset,
    status,
    with_length,
)
from servers.https import Exchange

SECRET = "S3cretOfMine"
ALICE = Credentials("alice", SECRET)
BASIC = f"Basic {base64.b64encode(f'alice:{SECRET}'.encode()).decode()}"
GUN = "host.example/team/x"
TUF = f"/v2/{GUN}/_trust/tuf/"
KEY = TUF + "timestamp.key"
FILES = {"targets": b"{}"}
UNKNOWN = "is not known"
WRITES: dict[str, Callable[[TrustServer], object]] = {
    "publish": lambda sink: sink.publish(GUN, FILES),
    "ask for a key": lambda sink: sink.public_key(GUN, "timestamp"),
    "rotate a key": lambda sink: sink.rotate_key(GUN, "timestamp"),
    "delete": lambda sink: sink.delete(GUN),
}
writes = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


@pytest.fixture
def other(authority: Authority) -> Iterator[HttpsServer]:
    """The attacker's server, whose certificate is as good as the other's."""
    with HttpsServer(authority.issue()) as server:
        server.answer_all(document(b'{"token":"t","keytype":"ecdsa"}'))
        yield server


@pytest.fixture
def sink(server: HttpsServer, authority: Authority) -> TrustServer:
    return connected(server, authority)


def connected(server: HttpsServer, authority: Authority) -> TrustServer:
    tls = Tls(ca_files=(authority.ca_file,))
    return TrustServer(server.url, tls=tls, credentials=ALICE, timeout=10)


def answer(server: HttpsServer, given: Answer) -> None:
    server.answer(TUF, given)
    server.answer(KEY, given)


def failure(write: Callable[[TrustServer], object], sink: TrustServer) -> ContentTrustError:
    with pytest.raises((FetchError, RejectedError)) as caught:
        write(sink)
    error: ContentTrustError = caught.value
    assert SECRET not in f"{error}{error.message}{error.expected}{error.found}{error.explain()}"
    assert error.message.isprintable()
    assert error.found.isprintable()
    return error


# Where an upload, a key or a password may be led to.


@writes
@pytest.mark.parametrize("number", [301, 302, 303, 307, 308])
def test_nothing_is_led_to_another_host(
    server: HttpsServer,
    other: HttpsServer,
    sink: TrustServer,
    write: Callable[[TrustServer], object],
    number: int,
) -> None:
    then = redirect(f"{other.url}/elsewhere", number)
    answer(server, challenged(then, authorization=BASIC, challenge='Basic realm="x"'))
    assert isinstance(failure(write, sink), ServerError)
    assert other.requests == []


@writes
def test_nothing_is_led_out_of_https(
    server: HttpsServer, sink: TrustServer, write: Callable[[TrustServer], object]
) -> None:
    with HttpsServer(None) as plain:
        answer(server, redirect(f"{plain.url}/elsewhere", 307))
        assert isinstance(failure(write, sink), ServerError)
        assert plain.connections == 0


@writes
@pytest.mark.parametrize("realm", ["http://localhost:{port}/t", "https://a@localhost:{port}/t", ""])
def test_a_realm_that_may_not_be_asked_gets_no_password(
    server: HttpsServer,
    other: HttpsServer,
    sink: TrustServer,
    write: Callable[[TrustServer], object],
    realm: str,
) -> None:
    realm = realm.format(port=other.port)
    answer(server, status(401, {"WWW-Authenticate": f'Bearer realm="{realm}",service="x"'}))
    assert isinstance(failure(write, sink), UnauthorizedError)
    assert other.connections == 0
    assert all("authorization" not in seen.headers for seen in server.requests)


@writes
def test_a_token_of_another_realm_goes_to_the_trust_server_alone(
    server: HttpsServer,
    other: HttpsServer,
    sink: TrustServer,
    write: Callable[[TrustServer], object],
) -> None:
    challenge = f'Bearer realm="{other.url}/token",service="x"'
    then = document(b"{}")
    answer(server, challenged(then, authorization="Bearer t", challenge=challenge))
    write(sink)
    [asked] = other.requests
    assert (asked.method, asked.body) == ("GET", b"")
    assert [seen.headers.get("authorization") for seen in server.requests] == [None, "Bearer t"]


# Who asks again and again.


@writes
@pytest.mark.parametrize("scheme", ["Basic", "Bearer"])
def test_a_server_that_never_has_enough_is_answered_a_few_times(
    server: HttpsServer, sink: TrustServer, write: Callable[[TrustServer], object], scheme: str
) -> None:
    realm = f"{server.url}/token"
    server.answer("/token", document(b'{"token":"t"}'))
    answer(server, status(401, {"WWW-Authenticate": f'{scheme} realm="{realm}"'}))
    for _ in range(8):
        error = failure(write, sink)
        assert isinstance(error, UnauthorizedError)
        assert UNKNOWN not in error.message
    # Each call is one request, and one more for each of three challenges that are answered.
    assert (
        sum(seen.path != "/token" and "token?" not in seen.path for seen in server.requests) == 11
    )
    assert sum("/token" in seen.path for seen in server.requests) == 3 * (scheme == "Bearer")


def tokens(server: HttpsServer) -> None:
    """Give tokens that are named by what they allow, and let each in where it belongs."""
    realm = f'Bearer realm="{server.url}/token",service="trust"'

    def token(exchange: Exchange) -> None:
        scope = exchange.path.partition("scope=")[2].partition("&")[0]
        document(json.dumps({"token": scope.replace("%", ".")}).encode())(exchange)

    server.answer("/token", token)
    for path in (TUF, KEY, TUF + "root.json"):
        server.answer(path, status(401, {"WWW-Authenticate": realm}))


def test_a_token_for_one_action_is_shown_for_no_other(
    server: HttpsServer, sink: TrustServer
) -> None:
    tokens(server)
    for write in WRITES.values():
        failure(write, sink)
    shown = {
        (seen.method, seen.headers["authorization"].rpartition(".3A")[2])
        for seen in server.requests
        if "authorization" in seen.headers and "/token" not in seen.path
    }
    wanted = {("POST", "push.2Cpull"), ("GET", "push.2Cpull"), ("POST", ".2A"), ("DELETE", ".2A")}
    assert {(method, actions.rpartition("A.2A")[1] or actions) for method, actions in shown} == {
        (method, actions) for method, actions in wanted
    }


def test_a_token_for_one_collection_is_shown_for_no_other(
    server: HttpsServer, sink: TrustServer
) -> None:
    tokens(server)
    failure(WRITES["publish"], sink)
    server.answer(TUF.replace("/x/", "/y/"), status(400))
    with pytest.raises(RejectedError):
        sink.publish(GUN.replace("/x", "/y"), FILES)
    assert "authorization" not in server.requests[-1].headers


# What is answered, and what is not.


@writes
@pytest.mark.parametrize(
    "given",
    [
        endless(),
        endless_headers(),
        compressed(100_000_000),
        raw(b"no HTTP at all\r\n\r\n"),
        with_length(b"x", 100),
        document(b"[" * 60_000, status=400),
        document(b'{"errors":[{"code":"\\u001b]0;x\\u0007","message":"\\ud800"}]}', status=400),
        document(b'{"errors":[{"code":["VERSION"],"message":{},"detail":1e999}]}', status=400),
        document(b'{"errors":[{"code":"VERSION","code":"X"}]}', status=400),
        status(400, {"Content-Type": "x" * 60_000}),
    ],
)
def test_odd_answers_end_in_an_error_that_can_be_shown(
    server: HttpsServer,
    sink: TrustServer,
    write: Callable[[TrustServer], object],
    given: Answer,
) -> None:
    answer(server, given)
    caught: list[ContentTrustError] = []
    try:
        write(sink)
    except (FetchError, RejectedError) as error:
        caught.append(error)
    for error in caught:  # a server may well give a key of any form: who asked reads it
        assert f"{error}{error.message}".isprintable()
        assert len(error.message) < 500


@writes
def test_what_repeats_a_secret_does_not_have_it_shown(
    server: HttpsServer, sink: TrustServer, write: Callable[[TrustServer], object]
) -> None:
    said = {"code": SECRET, "message": f"alice:{SECRET} {BASIC}", "detail": f"{SECRET}"}
    told = document(json.dumps({"errors": [said]}).encode(), status=400)
    answer(server, challenged(told, authorization=BASIC, challenge='Basic realm="x"'))
    error = failure(write, sink)
    assert isinstance(error, RejectedError)
    assert BASIC.partition(" ")[2] not in error.message


def test_a_kept_connection_that_breaks_does_not_have_anything_sent_again(
    server: HttpsServer, authority: Authority
) -> None:
    def cut(exchange: Exchange) -> None:
        exchange.close_connection = True

    for name in ("publish", "rotate a key", "delete"):
        sink = connected(server, authority)
        server.answer(KEY, b"{}")
        sink.public_key(GUN, "timestamp")
        before = len(server.requests)
        answer(server, cut)
        failure(WRITES[name], sink)
        assert len(server.requests) == before + 1, name


@pytest.mark.parametrize("given", [reset(), reset(b"half an answer"), raw(b""), status(502)])
def test_an_answer_that_is_lost_leaves_it_open(
    server: HttpsServer, sink: TrustServer, given: Answer
) -> None:
    server.answer(TUF, given)
    assert UNKNOWN in failure(WRITES["publish"], sink).message
    assert UNKNOWN in failure(WRITES["delete"], sink).message


def test_an_upload_that_is_cut_in_the_middle_leaves_it_open(authority: Authority) -> None:
    with Cutting(authority, after=300_000) as port:
        tls = Tls(ca_files=(authority.ca_file,))
        sink = TrustServer(f"https://localhost:{port}", tls=tls, timeout=10)
        with pytest.raises(UnreachableError, match=UNKNOWN):
            sink.publish(GUN, {"targets": b"x" * 30_000_000})


def test_a_refusal_before_the_end_of_the_upload_is_told(authority: Authority) -> None:
    early = b"HTTP/1.1 400 Early\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with Cutting(authority, after=300_000, answer=early) as port:
        tls = Tls(ca_files=(authority.ca_file,))
        sink = TrustServer(f"https://localhost:{port}", tls=tls, timeout=10)
        with pytest.raises((UnreachableError, RejectedError)) as caught:  # as the network has it
            sink.publish(GUN, {"targets": b"x" * 30_000_000})
    assert isinstance(caught.value, RejectedError) or UNKNOWN in caught.value.message


# Names.


@pytest.mark.parametrize(
    "role",
    [
        'targets/a"; filename="root',
        "targets/a\r\nContent-Type: x",
        "targets/a\n",
        "targets/a\\",
        "targets/../root",
        "root\x00",
        "root.json",
        "2.root",
        "",
    ],
)
def test_a_name_of_a_role_is_no_way_into_the_form(
    server: HttpsServer, sink: TrustServer, role: str
) -> None:
    with pytest.raises(ValueError, match="no name of a metadata file"):
        sink.publish(GUN, {"targets": b"{}", role: b"{}"})
    assert server.connections == 0


def test_contents_cannot_end_their_part(server: HttpsServer, sink: TrustServer) -> None:
    server.answer(TUF, b"")
    inside = b'\r\n--x\r\nContent-Disposition: form-data; name="files"; filename="root"\r\n\r\n{}'
    sink.publish(GUN, {"targets": inside})
    sink.publish(GUN, {"targets": inside})
    boundaries = [
        seen.headers["content-type"].partition("boundary=")[2] for seen in server.requests
    ]
    assert boundaries[0] != boundaries[1]  # nobody can know it beforehand
    for seen, boundary in zip(server.requests, boundaries, strict=True):
        assert seen.body.count(b"--" + boundary.encode()) == 2  # one part, and the end


@pytest.mark.parametrize("gun", ["../x", "a//b", "a/./b", "", "/a"])
def test_a_name_of_a_collection_leads_nowhere_else(
    server: HttpsServer, sink: TrustServer, gun: str
) -> None:
    for write in (
        lambda: sink.publish(gun, FILES),
        lambda: sink.public_key(gun, "timestamp"),
        lambda: sink.rotate_key(gun, "timestamp"),
        lambda: sink.delete(gun),
    ):
        with pytest.raises(MalformedError):
            write()
    assert server.connections == 0


def test_a_name_of_a_collection_is_no_way_into_the_request(
    server: HttpsServer, sink: TrustServer
) -> None:
    sink.delete("h/a?b#c%2F\r\nX: y é")
    [seen] = server.requests
    assert seen.path == "/v2/h/a%3Fb%23c%252F%0D%0AX%3A%20y%20%C3%A9/_trust/tuf/".replace(
        "%3A", ":"
    )
    assert "x" not in seen.headers


class Cutting:
    """A server that reads a part of a request, perhaps answers, and goes away."""

    def __init__(self, authority: Authority, *, after: int, answer: bytes = b"") -> None:
        self._after = after
        self._answer = answer
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*authority.issue())
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> int:
        """Begin; gives the port."""
        self._thread.start()
        return int(self._listener.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        """End."""
        self._thread.join(30)
        self._listener.close()

    def _serve(self) -> None:
        raw_socket, _ = self._listener.accept()
        with self._context.wrap_socket(raw_socket, server_side=True) as connection:
            left = self._after
            while left > 0:
                left -= len(connection.recv(65_536))
            connection.sendall(self._answer)
