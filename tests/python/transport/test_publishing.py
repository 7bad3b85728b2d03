"""What is sent to a trust server by who writes there, and what its answers mean."""

from __future__ import annotations

import email
import json

import pytest

from contenttrust.errors import (
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
from servers import HttpsServer
from servers.answers import challenged, document, redirect, reset, status

GUN = "host.example/team/x"
TUF = f"/v2/{GUN}/_trust/tuf/"
KEY = b'{"keytype":"ecdsa","keyval":{"private":null,"public":"AAAA"}}'
FILES = {"root": b'{"signed":1}', "targets": b"\x00\xff\r\n--x", "targets/releases": b""}


@pytest.fixture
def sink(server, authority):
    return TrustServer(server.url, tls=Tls(ca_files=(authority.ca_file,)))


def known(server, authority):
    """A way to it for somebody with a password."""
    return TrustServer(
        server.url, tls=Tls(ca_files=(authority.ca_file,)), credentials=Credentials("u", "secret")
    )


def refused(code, message="No.", detail=None, *, number=400):
    error = {"code": code, "message": message, "detail": detail}
    return document(json.dumps({"errors": [error]}).encode(), status=number)


def parts(seen):
    """The parts of an upload, as a mail reader reads them."""
    head = f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode()
    form = email.message_from_bytes(head + seen.body)
    assert form.get_content_type() == "multipart/form-data"
    return form.get_payload()


def test_all_files_go_in_one_form(server, sink):
    server.answer(TUF, b"")
    sink.publish(GUN, FILES)
    [seen] = server.requests
    assert (seen.method, seen.path) == ("POST", TUF)
    assert {part.get_filename(): part.get_payload(decode=True) for part in parts(seen)} == FILES
    for part in parts(seen):
        assert part.get_param("name", header="content-disposition") == "files"
        assert part.get_content_type() == "application/octet-stream"


def test_a_large_file_arrives_whole(server, sink):
    server.answer(TUF, b"")
    large = bytes(range(256)) * 80_000  # 20 MB
    sink.publish(GUN, {"targets": large})
    [seen] = server.requests
    assert "expect" not in seen.headers
    assert large in seen.body


@pytest.mark.parametrize(
    "role", ["targets/../root", "", 'x"; filename="root', "targets/a\r\nb", "2.root"]
)
def test_a_name_that_no_role_has_is_not_sent(server, sink, role):
    with pytest.raises(ValueError, match="no name of a metadata file"):
        sink.publish(GUN, {role: b"{}"})
    assert server.requests == []


def test_nothing_is_not_sent(server, sink):
    with pytest.raises(ValueError, match="nothing to publish"):
        sink.publish(GUN, {})
    assert server.requests == []


def test_a_collection_without_a_proper_name_is_not_written(server, sink):
    with pytest.raises(MalformedError):
        sink.delete("../x")
    assert server.requests == []


@pytest.mark.parametrize(
    ("code", "detail", "told"),
    [
        ("VERSION", None, "No."),
        ("INVALID_UPDATE", {"Name": "ErrBadRoot", "Error": {"Msg": "current 1"}}, "current 1"),
        ("INVALID_ROLE", "bogus", "bogus"),
        ("MALFORMED_UPLOAD", [1, 2], "No."),
    ],
)
def test_a_refusal_is_told_in_the_server_s_words(server, sink, code, detail, told):
    server.answer(TUF, refused(code, detail=detail))
    with pytest.raises(RejectedError) as refusal:
        sink.publish(GUN, FILES)
    assert refusal.value.found == code
    assert told in refusal.value.message
    assert refusal.value.gun == GUN


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"errors":{}}', b'{"errors":[[]]}'])
def test_a_refusal_without_words_is_one_too(server, sink, body):
    server.answer(TUF, document(body, status=400))
    with pytest.raises(RejectedError, match="status 400"):
        sink.publish(GUN, FILES)


def test_what_a_server_says_is_cut_and_harmless(server, sink):
    server.answer(TUF, refused("X\x1b[2J", "a\nb" * 500))
    with pytest.raises(RejectedError) as refusal:
        sink.publish(GUN, FILES)
    assert refusal.value.message.isprintable()
    assert refusal.value.found.isprintable()
    assert len(refusal.value.message) < 400


@pytest.mark.parametrize("number", [500, 503, 408, 429, 302, 204])
def test_other_answers_leave_it_unknown(server, sink, number):
    server.answer(TUF, status(number))
    with pytest.raises(ServerError, match="whether it was published is not known"):
        sink.publish(GUN, FILES)


def test_a_lost_answer_leaves_it_unknown(server, sink):
    server.answer(TUF, reset())
    with pytest.raises(UnreachableError, match="whether it was published is not known"):
        sink.publish(GUN, FILES)
    server.answer(TUF + "timestamp.key", reset())
    with pytest.raises(UnreachableError) as failure:
        sink.public_key(GUN, "timestamp")
    assert "published" not in failure.value.message


def test_too_large_is_no_verdict_of_the_server(server, sink):
    server.answer(TUF, status(413))
    with pytest.raises(ServerError, match="too large") as failure:
        sink.publish(GUN, FILES)
    assert "not known" not in failure.value.message
    assert failure.value.upload == "refused"


def test_who_was_not_reached_has_not_published():
    sink = TrustServer("https://localhost:1")
    with pytest.raises(UnreachableError) as failure:
        sink.publish(GUN, FILES)
    assert failure.value.upload == "refused"
    with pytest.raises(UnreachableError) as failure:
        sink.public_key(GUN, "timestamp")
    assert not failure.value.upload


def test_an_answer_that_cannot_be_read_leaves_it_unknown(server, sink):
    server.answer(TUF, status(200, {f"X-{number}": "a" * 60_000 for number in range(10)}))
    with pytest.raises(ServerError, match="whether it was published is not known") as failure:
        sink.publish(GUN, FILES)
    assert not failure.value.upload


def test_who_has_no_place_for_uploads_has_not_published(server, sink):
    with pytest.raises(ServerError, match="takes no uploads") as failure:
        sink.publish(GUN, FILES)
    assert (failure.value.found, failure.value.upload) == ("404", "refused")
    assert "not known" not in failure.value.message


@pytest.mark.parametrize(
    ("code", "is_late"), [("VERSION", True), ("INVALID_UPDATE", True), ("INVALID_ROLE", False)]
)
def test_who_may_have_been_late_is_told_so(server, sink, code, is_late):
    server.answer(TUF, refused(code))
    with pytest.raises(RejectedError) as refusal:
        sink.publish(GUN, FILES)
    assert ("publish again" in refusal.value.message) == is_late


def test_what_never_left_is_known_not_to_be_published(authority):
    with HttpsServer(None) as gone:
        pass
    nobody = TrustServer(f"https://localhost:{gone.port}", tls=Tls(ca_files=(authority.ca_file,)))
    with pytest.raises(UnreachableError) as failure:
        nobody.publish(GUN, FILES)
    assert "not known" not in failure.value.message


def test_who_was_not_let_in_has_not_published(server, sink):
    server.answer(TUF, status(401, {"WWW-Authenticate": 'Basic realm="x"'}))
    with pytest.raises(UnauthorizedError) as failure:
        sink.publish(GUN, FILES)
    assert "not known" not in failure.value.message


@pytest.mark.parametrize("token", [reset(), status(500), status(401), document(b"no JSON")])
def test_who_got_no_token_has_not_published(server, authority, token):
    server.answer("/token", token)
    server.answer(TUF, status(401, {"WWW-Authenticate": f'Bearer realm="{server.url}/token"'}))
    with pytest.raises(FetchError) as failure:
        known(server, authority).publish(GUN, FILES)
    assert "not known" not in failure.value.message
    assert failure.value.upload == "refused"


def test_an_answer_that_is_lost_after_a_login_leaves_it_unknown(server, authority):
    answer = challenged(reset(), authorization="Basic dTpzZWNyZXQ=", challenge='Basic realm="x"')
    server.answer(TUF, answer)
    with pytest.raises(UnreachableError, match="it was published is not known") as failure:
        known(server, authority).publish(GUN, FILES)
    assert not failure.value.upload


def test_a_deletion_without_an_answer_can_be_repeated(server, sink):
    server.answer(TUF, reset())
    with pytest.raises(UnreachableError, match="whether it was deleted is not known: delete it"):
        sink.delete(GUN)


@pytest.mark.parametrize("role", ["timestamp", "snapshot"])
def test_keys_of_the_server(server, sink, role):
    server.answer(f"{TUF}{role}.key", KEY)
    assert sink.public_key(GUN, role) == KEY
    assert sink.rotate_key(GUN, role) == KEY
    assert [(seen.method, seen.body) for seen in server.requests] == [("GET", b""), ("POST", b"")]


def test_a_server_without_a_key_is_none(server, sink):
    with pytest.raises(ServerError, match="gives no key for timestamp"):
        sink.public_key(GUN, "timestamp")
    server.answer(TUF + "timestamp.key", b"x" * 70_000)
    with pytest.raises(ServerError, match="more than 65,536 bytes") as refusal:
        sink.rotate_key(GUN, "timestamp")
    assert refusal.value.found == ""
    with pytest.raises(ValueError, match="not for 'root'"):
        sink.public_key(GUN, "root")


def test_deleting_what_is_not_there_is_no_error(server, sink):
    sink.delete(GUN)
    server.answer(TUF, b"")
    sink.delete(GUN)
    assert [(seen.method, seen.path) for seen in server.requests] == [("DELETE", TUF)] * 2


WRITES = [
    lambda sink: sink.public_key(GUN, "timestamp"),
    lambda sink: sink.publish(GUN, FILES),
    lambda sink: sink.rotate_key(GUN, "timestamp"),
    lambda sink: sink.delete(GUN),
]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("number", [301, 302, 303, 307, 308])
def test_nothing_that_writes_follows_a_redirect(server, authority, sink, write, number):
    with HttpsServer(authority.issue()) as other:
        other.answer_all(document(KEY))
        server.answer(TUF, redirect(f"{other.url}{TUF}", number))
        server.answer(TUF + "timestamp.key", redirect(f"{other.url}/key", number))
        with pytest.raises(ServerError):
            write(sink)
        assert other.requests == []


# Tokens: what was given for reading is not shown to write, nor the reverse.


def tokens(server):
    """A trust server that wants bearer tokens, and is its own token server."""
    realm = f'Bearer realm="{server.url}/token",service="trust"'

    def token(exchange):
        scope = exchange.path.partition("scope=")[2].partition("&")[0]
        name = scope.rpartition("%3A")[2].replace("%2C", "-").replace("%2A", "all")
        document(json.dumps({"token": f"may-{name}"}).encode())(exchange)

    server.answer("/token", token)

    def guarded(path, actions, then=b""):
        server.answer(
            path,
            challenged(document(then), authorization=f"Bearer may-{actions}", challenge=realm),
        )

    guarded(f"{TUF}root.json", "pull", b"root")
    guarded(TUF, "push-pull")
    guarded(f"{TUF}timestamp.key", "push-pull", KEY)
    guarded(f"{TUF}snapshot.key", "all", KEY)


def test_each_action_has_its_token(server, authority):
    tokens(server)
    sink = known(server, authority)
    for _ in range(2):
        sink.publish(GUN, FILES)
        assert sink.public_key(GUN, "timestamp") == KEY
        assert sink.rotate_key(GUN, "snapshot") == KEY
    scopes = [seen.path for seen in server.requests if seen.path.startswith("/token")]
    assert ["push%2Cpull" in scope for scope in scopes] == [True, False]
    shown = [seen.headers.get("authorization") for seen in server.requests if seen.path == TUF]
    assert shown == [None, "Bearer may-push-pull", "Bearer may-push-pull"]


def test_who_may_not_write_is_told_so(server, authority):
    tokens(server)
    server.answer(TUF, status(401, {"WWW-Authenticate": f'Bearer realm="{server.url}/token"'}))
    sink = known(server, authority)
    with pytest.raises(UnauthorizedError, match="credentials are refused") as refusal:
        sink.publish(GUN, FILES)
    assert "secret" not in str(refusal.value)
    server.answer(TUF, status(403))
    with pytest.raises(UnauthorizedError, match="access is denied") as denied:
        sink.publish(GUN, FILES)
    for error in (refusal.value, denied.value):
        assert "with an account that may publish it" in error.explain().replace("use", "with")
        assert "othing was changed" in error.explain()
        assert "read" not in error.explain()


@pytest.mark.parametrize("number", [307, 500])
def test_whoever_did_not_take_an_upload_has_no_file_to_look_at(server, sink, number):
    server.answer(TUF, status(number))
    with pytest.raises(ServerError) as refusal:
        sink.publish(GUN, FILES)
    assert "that file" not in refusal.value.explain()
    assert "look at its log" in refusal.value.explain()


def test_a_password_that_a_server_repeats_is_hidden(server, authority):
    wanted = 'Basic realm="x"'
    told = refused("INVALID_UPDATE", "for u:correct-horse you may not")
    server.answer(
        TUF, challenged(told, authorization="Basic dTpjb3JyZWN0LWhvcnNl", challenge=wanted)
    )
    sink = TrustServer(
        server.url,
        tls=Tls(ca_files=(authority.ca_file,)),
        credentials=Credentials("u", "correct-horse"),
    )
    with pytest.raises(RejectedError) as refusal:
        sink.publish(GUN, FILES)
    assert "correct-horse" not in f"{refusal.value.message}{refusal.value}"
