"""How far a file is believed that nothing lists any more: its version, if it can be one."""

from __future__ import annotations

import json

import pytest

from contenttrust.errors import PublishError, UnreachableError

ROLE = "targets/alice"


@pytest.fixture
def judge(collection, publisher):
    """Who judges a collection in which the role was verified at version 2, and is no more."""
    collection.add_delegation(ROLE, keys=[publisher.key("alice")], paths=[""])
    collection.add_target("v1", size=1, sha256="0" * 64, roles=[ROLE])
    collection.publish()
    collection.add_target("v2", size=1, sha256="0" * 64, roles=[ROLE])
    collection.publish()
    return collection.judge()


def served(server, gun, file):
    server.files[gun][ROLE] = file


def version(number):
    return json.dumps({"signed": {"_type": "Targets", "version": number}}).encode()


def test_a_version_that_is_served_goes_on_from_there(judge, collection, server):
    before = judge.last_version(ROLE)
    assert before == server.signed(collection.gun, ROLE)["version"]
    served(server, collection.gun, version(before + 7))
    assert judge.last_version(ROLE) == before + 7


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"signed": {}}',
        b'{"signed": []}',
        version(0),
        version(1),
        version(-1),
        version("9"),
        version(9.0),
        version(True),
        version(2**31),
        version(10**400),
        None,
    ],
    ids=range(14),
)
def test_what_can_be_no_version_leaves_the_one_that_is_remembered(
    judge, collection, server, file, monkeypatch
):
    before = judge.last_version(ROLE)
    assert before > 1
    monkeypatch.setattr(server, "fetch", lambda *_: [file])
    assert judge.last_version(ROLE) == before


@pytest.mark.parametrize("number", [2**31 - 1, 2_000_000])
def test_a_version_that_nobody_can_have_reached_is_refused(judge, collection, server, number):
    served(server, collection.gun, version(number))
    with pytest.raises(PublishError, match=f"says that it is version {number}") as refused:
        judge.last_version(ROLE)
    assert (refused.value.role, refused.value.found) == (ROLE, str(number))


def test_a_server_without_an_answer_leaves_it_too(judge, server, monkeypatch):
    before = judge.last_version(ROLE)
    monkeypatch.setattr(server, "fetch", lambda *_: [UnreachableError("away")])
    assert judge.last_version(ROLE) == before
    assert judge.last_version("targets/never-seen") == 0
