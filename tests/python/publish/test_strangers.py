"""Servers that want something signed which its publisher did not write, and what was lost."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from contenttrust import _core
from contenttrust.errors import ContentTrustError, NoKeyError, PublishError, StagedChangeError
from labelled_tags import digest
from simulator.canonical import canonical, encoded, served


def add(collection, name, roles=("targets",)):
    collection.add_target(name, size=7, sha256=digest(name), roles=roles)


def with_evil(file):
    """A file with one target more than was signed."""
    document = json.loads(file)
    evil = base64.b64encode(hashlib.sha256(b"evil").digest()).decode()
    document["signed"]["targets"]["evil"] = {"hashes": {"sha256": evil}, "length": 1}
    text = served(canonical(document["signed"]))
    return encoded(f'{{"signed":{text},"signatures":{canonical(document["signatures"])}}}')


def test_a_server_that_has_lost_everything_is_not_begun_anew(collection, server):
    """Who remembers the collection would refuse what begins again with lower versions."""
    add(collection, "v1")
    server.delete(collection.gun)
    before = len(server.uploads)

    with pytest.raises(PublishError, match="has lost it, or hides it") as refused:
        collection.publish()
    assert "refused as an attack by everybody who knew it" in refused.value.message
    assert 'explain_refusal.md, "The collection was made anew"' in refused.value.message
    assert len(server.uploads) == before
    assert len(collection.changes()) == 1


def test_nothing_is_signed_on_top_of_what_a_stranger_wrote(collection, server):
    """The server, which signs snapshot and timestamp, adds a target to what it serves."""
    add(collection, "v1")
    file = with_evil(server.files[collection.gun]["targets"])
    server.store(collection.gun, {"targets": file}, judged=False)
    before = len(server.uploads)

    with pytest.raises(ContentTrustError) as refused:
        collection.publish()
    assert refused.value.code in {"signature", "threshold"}
    assert len(server.uploads) == before


def test_a_broken_role_that_was_verified_here_before_is_witnessed(collection, broken_role):
    broken_role(lambda file: file)
    collection.witness(["targets/a"])

    done = collection.publish(confirm=lambda _: None)

    assert done.versions == {"targets/a": 2}
    assert [tag.name for tag in done.repository.role_tags("targets/a")] == ["v1"]


def test_a_broken_role_that_a_stranger_wrote_is_not_witnessed(collection, broken_role):
    broken_role(with_evil)
    collection.witness(["targets/a"])

    with pytest.raises(StagedChangeError, match="a stranger may have written"):
        collection.publish()


def test_a_broken_role_takes_nothing_over_when_it_begins_anew(collection, broken_role):
    broken_role(with_evil)
    add(collection, "v2", roles=["targets/a"])

    done = collection.publish()

    assert done.versions == {"targets/a": 2}
    assert [tag.name for tag in done.repository.role_tags("targets/a")] == ["v2"]
    assert "begins anew" in done.notes[0]


def test_the_version_of_a_role_goes_on_after_it_was_removed(collection, publisher):
    key = publisher.key("a")
    collection.add_delegation("targets/a", keys=[key], paths=[""])
    for name in ("v1", "v2", "v3"):
        add(collection, name, roles=["targets/a"])
        collection.publish()
    collection.remove_delegation("targets/a")
    collection.publish()

    collection.add_delegation("targets/a", keys=[key], paths=[""])
    add(collection, "v4", roles=["targets/a"])
    done = collection.publish()

    assert done.versions["targets/a"] == 4
    assert [tag.name for tag in done.repository.role_tags("targets/a")] == ["v4"]


@pytest.mark.parametrize("version", [2**63, -1, "7", True, None])
def test_a_server_cannot_make_versions_run_ahead(collection, publisher, server, version):
    """Of a role that nothing lists the server's word is all there is."""
    collection.add_delegation("targets/a", keys=[publisher.key("a")], paths=[""])
    add(collection, "v1", roles=["targets/a"])
    signed = {"signed": {"version": version}, "signatures": []}
    fetch = server.fetch
    answer = json.dumps(signed).encode()
    server.fetch = lambda gun, files: [
        answer if file.name == "targets/a" and file.sha256 is None else one
        for file, one in zip(files, fetch(gun, files), strict=True)
    ]

    assert collection.publish().versions["targets/a"] == 1


@pytest.fixture
def threshold_of_two(collection, publisher, make_publisher):
    here, elsewhere = publisher.key("here"), make_publisher("elsewhere").key("elsewhere")
    keys = [here, elsewhere, publisher.key("also here")]
    collection.add_delegation("targets/a", keys=keys, paths=[""], threshold=2)
    add(collection, "v1", roles=["targets/a"])
    return here


def test_a_threshold_is_reached_with_the_keys_that_are_here(threshold_of_two, collection, server):
    done = collection.publish()

    assert done.repository.roles["targets/a"].threshold == 2
    assert len(json.loads(server.files[collection.gun]["targets/a"])["signatures"]) == 2


def test_who_must_still_sign_is_told_and_nothing_is_published(
    threshold_of_two, collection, publisher, server
):
    publisher.keys.remove(threshold_of_two.canonical_key_id)
    before = len(server.uploads)

    with pytest.raises(NoKeyError, match="1 of these must still sign") as refused:
        collection.publish()
    assert threshold_of_two.canonical_key_id in refused.value.expected
    assert "contenttrust signing-request prepare GUN FILE" in refused.value.message
    assert len(server.uploads) == before


def test_one_key_under_two_ids_is_one_key(collection, publisher, server):
    """Notary would publish it; every reader of ours would refuse it."""
    entry = publisher.keys.generate("ecdsa", role="alice")
    key = publisher.keys.open(entry.key_id)
    now = _core.Instant(1_795_000_000)
    certificate = key.certificate("alice", now, _core.Instant(now.seconds + 86_400 * 3_650))
    both = [_core.PublicKey.of(key.key_type, key.public), _core.PublicKey.read(certificate)]
    collection.add_delegation("targets/a", keys=both, paths=[""], threshold=2)
    add(collection, "v1", roles=["targets/a"])
    before = len(server.uploads)

    with pytest.raises(NoKeyError, match="needs the signatures of 2 keys, and has only 1: "):
        collection.publish()
    assert len(server.uploads) == before
