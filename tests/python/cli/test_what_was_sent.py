"""What the verbs that publish say of what was sent, where the end of it is not known here."""

from __future__ import annotations

import json

import pytest

from contenttrust.errors import RejectedError, TrustDirectoryError, UnreachableError
from contenttrust.publish.changelist import Changelist

GUN = "collection.example/team/files"
DIGEST, OTHER = "a" * 64, "b" * 64
NOT_READ_BACK = (
    "was sent and accepted, and was not seen to be served: https://trust.example: no answer"
)


@pytest.fixture
def published(place):
    """A published collection without targets."""
    place.done("init", "-p", GUN)
    return place


@pytest.fixture
def unread(published, monkeypatch):
    """The server takes one upload, and does not answer from then on; gives how that ends."""
    with monkeypatch.context() as broken:

        def cut():
            gone = UnreachableError("https://trust.example: no answer")
            broken.setattr(published.server, "fetch", lambda _, files: [gone for _ in files])

        published.server.after_publish.append(cut)
        yield broken.undo


def keys_of(place, role):
    found = json.loads(place.done("key", "list", "--json"))["keys"]
    return {key["key_id"] for key in found if key["role"] == role}


@pytest.mark.parametrize("role", ["root", "targets"])
@pytest.mark.parametrize("as_json", [[], ["-o", "json"]])
def test_a_rotation_that_was_accepted_names_the_key_that_stays(published, unread, role, as_json):
    before = keys_of(published, role)

    ran = published.run("key", "rotate", "-y", *as_json, GUN, role)

    unread()
    [kept] = keys_of(published, role) - before
    assert ran.code == 3
    assert NOT_READ_BACK in ran.err
    assert "error contacting notary server" not in ran.err
    assert f"contenttrust key rotate --key {kept} {GUN} {role}" in ran.err
    assert f"contenttrust list --all-roles {GUN}" in ran.err
    if as_json:
        error = ran.document["error"]
        assert (error["code"], error["upload"]) == ("unreachable", "accepted")
        assert error["kept_keys"] == [kept]
        assert NOT_READ_BACK in error["message"]


def test_a_rotation_that_was_refused_names_the_key_that_stays(published):
    before = keys_of(published, "root")

    def refuse(gun, files):
        raise RejectedError("https://trust.example refuses it: no", found="INVALID_UPDATE")

    published.server.instead.append(refuse)
    ran = published.run("key", "rotate", "-y", "-o", "json", GUN, "root")

    [kept] = keys_of(published, "root") - before
    error = ran.document["error"]
    assert (ran.code, error["upload"], error["kept_keys"]) == (1, "refused", [kept])
    published.done("key", "rotate", "-y", "--key", kept, GUN, "root")


def never_got_there(published, monkeypatch):
    """An upload that no trust server can have taken; from then on nothing is to be had there."""
    gone = UnreachableError("https://trust.example: no connection")

    def refuse(gun, files):
        monkeypatch.setattr(published.server, "fetch", lambda _, files: [gone for _ in files])
        failure = UnreachableError("https://trust.example: no connection")
        failure.upload = "refused"
        raise failure

    published.server.instead.append(refuse)


def test_what_never_got_there_is_not_said_to_be_published_perhaps(published, monkeypatch):
    never_got_there(published, monkeypatch)
    ran = published.run("addhash", "-p", "-o", "json", GUN, "v1", "7", "--sha256", DIGEST)
    assert (ran.code, ran.document["error"]["upload"]) == (3, "refused")
    assert "1 staged change stays so: `contenttrust publish` tries again" in ran.err
    assert "perhaps" not in ran.err
    assert "could not be found out" not in ran.err


def test_a_key_stays_also_where_nothing_got_there(published, monkeypatch):
    before = keys_of(published, "targets")
    never_got_there(published, monkeypatch)
    ran = published.run("key", "rotate", "-y", "-o", "json", GUN, "targets")
    [kept] = keys_of(published, "targets") - before
    error = ran.document["error"]
    assert (error["upload"], error["kept_keys"]) == ("refused", [kept])


@pytest.mark.parametrize(
    "words",
    [
        ["addhash", "-p", GUN, "v1", "7", "--sha256", DIGEST],
        ["witness", "-p", GUN, "targets"],
        ["delegation", "add", "-p", GUN, "targets/qa", "qa.pub", "--all-paths"],
    ],
    ids=lambda words: words[0],
)
def test_what_is_staged_is_not_said_to_be_unpublished(published, unread, words):
    published.done("key", "generate", "qa")

    ran = published.run(*words)

    unread()
    assert ran.code == 3
    assert NOT_READ_BACK in ran.err
    assert (
        "staged, though perhaps published already: `contenttrust publish` asks the server"
        in ran.err
    )
    assert "takes nothing back" in ran.err
    assert "tries again" not in ran.err
    assert published.done("publish", GUN)


def test_several_repositories_tell_it_each(published, unread):
    ran = published.run("renew", "-o", "json", "--within", "5000", GUN)
    unread()
    [failed] = ran.document["failed"]
    assert (ran.code, failed["upload"]) == (3, "accepted")
    assert NOT_READ_BACK in failed["message"]


def test_a_changelist_that_cannot_be_cleared_is_told_with_what_is_published(published, monkeypatch):
    def full(*_, **__):
        raise TrustDirectoryError("the staged changes: No space left on device")

    monkeypatch.setattr(Changelist, "remove", full)
    ran = published.run("addhash", "-p", "-o", "json", GUN, "v1", "7", "--sha256", DIGEST)
    assert ran.code == 3
    assert "No space left" in ran.err
    assert "of 1 staged change, what stays staged is published already" in ran.err
    assert ran.document["error"]["upload"] == "served"


def test_what_a_server_accepted_and_does_not_serve_is_told_so(published):
    published.server.instead.append(lambda *_: None)
    ran = published.run("addhash", "-p", "-o", "json", GUN, "v1", "7", "--sha256", DIGEST)
    assert "the server accepted what was published, and does not serve it" in ran.err
    assert "stays staged, though perhaps published already" in ran.err
    assert ran.document["error"]["upload"] == "accepted"


def interrupt(*_, **__):
    raise KeyboardInterrupt


def test_ctrl_c_before_the_answer_tells_that_it_is_not_known(published):
    published.server.before_publish.append(interrupt)
    ran = published.run("addhash", "-p", GUN, "v1", "7", "--sha256", DIGEST)
    assert ran.code == 130
    assert f"{GUN}: interrupted; it had been sent, and whether it is published is not known" in (
        ran.err
    )
    assert "1 staged change stays staged, though perhaps published already" in ran.err


def test_ctrl_c_before_it_is_read_back_tells_what_was_accepted(published, monkeypatch):
    def later():
        monkeypatch.setattr(published.server, "fetch", interrupt)

    published.server.after_publish.append(later)
    ran = published.run("addhash", "-p", GUN, "v1", "7", "--sha256", DIGEST)
    assert ran.code == 130
    assert f"{GUN}: interrupted; it had been sent and accepted, and was not seen to be served" in (
        ran.err
    )
    assert "1 staged change stays staged, though perhaps published already" in ran.err


def test_ctrl_c_before_the_changelist_is_cleared_tells_that_it_is_published(published, monkeypatch):
    monkeypatch.setattr(Changelist, "remove", interrupt)
    ran = published.run("addhash", "-p", GUN, "v1", "7", "--sha256", DIGEST)
    assert ran.code == 130
    assert "of 1 staged change, what stays staged is published already" in ran.err
    assert "`contenttrust publish` asks the server for it first" in ran.err


def test_what_is_published_already_is_told_once_and_not_applied_again(published, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(Changelist, "remove", interrupt)
        assert published.run("addhash", "-p", GUN, "v1", "7", "--sha256", DIGEST).code == 130
    sent = len(published.server.uploads)
    ran = published.run("publish", GUN)
    assert ran.code == 0
    assert ran.err.count(f"{GUN}: create target v1 had been published already") == 1
    assert "not applied again, and no longer staged" in ran.err
    assert len(published.server.uploads) == sent
    assert json.loads(published.done("status", "--json", GUN))["changes"] == []


def test_ctrl_c_before_anything_was_sent_stays_quiet(published, monkeypatch):
    monkeypatch.setattr(published.server, "fetch", interrupt)
    ran = published.run("addhash", "-p", GUN, "v1", "7", "--sha256", DIGEST)
    assert (ran.code, ran.err) == (130, "")


def test_what_is_being_published_cannot_be_reset(published):
    published.done("addhash", GUN, "v1", "7", "--sha256", DIGEST)
    tried = []
    published.server.before_publish.append(
        lambda: tried.append(published.run("reset", "--all", GUN))
    )

    assert published.run("publish", GUN).code == 0

    [ran] = tried
    assert ran.code == 1
    assert "Successfully reset" not in ran.out
    assert f"somebody is publishing {GUN}" in ran.err
    assert f"contenttrust status {GUN}" in ran.err
    published.done("addhash", GUN, "v2", "7", "--sha256", OTHER)
    published.done("reset", "--all", GUN)
    assert json.loads(published.done("status", "--json", GUN))["changes"] == []
