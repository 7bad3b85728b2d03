"""How far a file is believed that nothing lists any more: its version, if it can be one."""

from __future__ import annotations

import json

import pytest

from contenttrust.errors import PublishError, UnreachableError
from contenttrust.transport.cache import TrustDirectory

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
        version(10**400),
        None,
    ],
    ids=range(13),
)
def test_what_can_be_no_version_leaves_the_one_that_is_remembered(
    judge, collection, server, file, monkeypatch
):
    before = judge.last_version(ROLE)
    assert before > 1
    monkeypatch.setattr(server, "fetch", lambda _, files: [file] * len(files))
    assert judge.last_version(ROLE) == before


@pytest.mark.parametrize("number", [2**31 - 1, 2**31, 2**53 - 1, 2_000_000])
def test_a_version_that_nobody_can_have_reached_is_refused(judge, collection, server, number):
    served(server, collection.gun, version(number))
    with pytest.raises(PublishError, match=f"says that it is version {number}") as refused:
        judge.last_version(ROLE)
    assert (refused.value.role, refused.value.found) == (ROLE, str(number))


def test_a_server_without_an_answer_leaves_it_too(judge, server, monkeypatch):
    before = judge.last_version(ROLE)
    monkeypatch.setattr(server, "fetch", lambda _, files: [UnreachableError("away")] * len(files))
    assert judge.last_version(ROLE) == before
    assert judge.last_version("targets/never-seen") == 0


def test_the_way_out_of_such_a_version_is_one_that_there_is(judge, collection, server):
    """Another name helps a signer; what is released has only one."""
    served(server, collection.gun, version(2**31))
    server.files[collection.gun]["targets/releases"] = version(2**31)

    with pytest.raises(PublishError, match="or choose another name"):
        judge.last_version(ROLE)
    with pytest.raises(PublishError, match=f"contenttrust delete --remote {collection.gun}"):
        judge.last_version("targets/releases")


def test_the_version_is_known_of_a_role_that_is_removed_and_hidden(judge, collection, server):
    before = judge.last_version(ROLE)
    collection.remove_delegation(ROLE)
    collection.publish()
    del server.files[collection.gun][ROLE]
    server.history[collection.gun].clear()

    assert judge.verified_version(ROLE) == 2
    assert judge.verified_version("targets/never-seen") == 0
    assert judge.last_version(ROLE) == before == 2


def test_a_file_that_only_the_snapshot_lists_is_found(judge, collection, server):
    listed = server.files[collection.gun].pop(ROLE)
    assert judge.kept([ROLE]) == {ROLE: []}
    judge.look()
    assert judge.kept([ROLE]) == {ROLE: [listed]}


def test_files_of_many_roles_are_asked_for_together(judge, server, monkeypatch):
    asked = []
    fetch = server.fetch

    def noted(gun, files):
        asked.append([one.limit for one in files])
        return fetch(gun, files)

    monkeypatch.setattr(server, "fetch", noted)
    found = judge.kept([f"targets/s{number}" for number in range(100)])

    assert len(found) == 100
    assert len(asked) <= 5
    assert max(map(max, asked)) <= 16 * 1024 * 1024


def test_the_cache_is_read_once_after_each_look(judge, collection, monkeypatch):
    read, cached = [], TrustDirectory.cached

    def noting(directory, gun):
        read.append(gun)
        return cached(directory, gun)

    monkeypatch.setattr(TrustDirectory, "cached", noting)
    for role in ("targets", ROLE, "targets/nobody"):
        judge.known(role)
        judge.verified_version(role)
    assert read == [collection.gun]
    before = judge.known(ROLE)
    collection.add_target("v3", size=1, sha256="0" * 64, roles=[ROLE])
    collection.publish()
    assert judge.known(ROLE) == before
    judge.look()
    assert judge.known(ROLE) != before
