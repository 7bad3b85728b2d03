"""Making a collection, staging, publishing."""

from __future__ import annotations

import pytest

from contenttrust import _core
from contenttrust.errors import (
    MalformedError,
    NoKeyError,
    PublishError,
    StagedChangeError,
    VerificationError,
)
from contenttrust.publish.collection import Collection
from labelled_tags import digest


def add(collection, name, label=None, roles=("targets",)):
    collection.add_target(name, size=7, sha256=digest(label or name), roles=roles)


def test_a_new_collection_is_published_with_notarys_numbers(publisher, server):
    collection = publisher.collection()
    collection.initialize()
    add(collection, "v1")

    done = collection.publish()

    assert done.versions == {"root": 1, "targets": 2}
    assert server.signed(collection.gun, "snapshot")["version"] == 1
    assert server.signed(collection.gun, "timestamp")["version"] == 1
    assert done.repository.verify("v1").digest == f"sha256:{digest('v1')}"
    assert collection.changes() == ()


def test_a_snapshot_of_our_own_is_published_with_the_rest(publisher, server):
    collection = publisher.collection()
    collection.initialize(server_managed=())

    done = collection.publish()

    assert done.versions == {"root": 1, "targets": 2, "snapshot": 2}
    assert {entry.role for entry in publisher.keys.entries()} == {"root", "targets", "snapshot"}


def test_only_what_changed_is_uploaded(collection, server):
    add(collection, "v1")
    collection.publish()

    assert set(server.uploads[-1]) == {"targets"}


def test_nothing_staged_uploads_nothing(collection, server):
    before = len(server.uploads)

    assert collection.publish().versions == {}
    assert len(server.uploads) == before


def test_what_is_there_already_uploads_nothing(collection, server):
    add(collection, "v1")
    collection.publish()
    before = len(server.uploads)
    add(collection, "v1")
    collection.remove_target("never there")

    assert collection.publish().versions == {}
    assert len(server.uploads) == before
    assert collection.changes() == ()


def test_what_was_not_there_to_remove_is_told_and_changes_nothing(collection, publisher):
    key = publisher.key("alice")
    collection.add_delegation("targets/a", keys=[key], paths=["v"])
    add(collection, "v1")
    collection.publish()
    collection.remove_delegation("targets/a", key_ids=["0" * 64], paths=["w"])
    collection.remove_delegation("targets/b")
    collection.remove_target("v11")
    collection.remove_target("v1", roles=["targets/a"])
    collection.remove_target("")

    done = collection.publish()

    assert (done.versions, done.notes) == (
        {},
        (
            "targets/a does not have the path 'w': there was nothing to remove",
            f"targets/a does not have the key {'0' * 64}: there was nothing to remove",
            "there is no delegation targets/b: there was nothing to remove",
            "targets does not list v11: there was nothing to remove",
            "targets/a does not list v1: there was nothing to remove",
            'targets does not list "": there was nothing to remove',
        ),
    )
    for key_id in (key.key_id, key.canonical_key_id):
        collection.remove_delegation("targets/a", key_ids=[key_id], paths=["v"])
        assert not any("nothing to remove" in note for note in collection.publish().notes)
        collection.add_delegation("targets/a", keys=[key], paths=["v"])
        collection.publish()
    collection.remove_delegation("targets/a")
    collection.remove_target("v1")
    assert collection.publish().notes == ()


def test_changes_are_applied_in_order(collection):
    add(collection, "v1", "one")
    collection.remove_target("v1")
    add(collection, "v1", "two")

    done = collection.publish()

    assert done.repository.verify("v1").digest == f"sha256:{digest('two')}"


def test_a_delegation_signs_what_it_may(collection, publisher):
    key = publisher.key("alice")
    collection.add_delegation("targets/releases", keys=[key], paths=["v"])
    add(collection, "v1", roles=["targets/releases"])

    done = collection.publish()

    assert done.versions == {"targets": 3, "targets/releases": 1}
    assert done.repository.verify("v1").role == "targets/releases"


def test_a_target_outside_the_paths_publishes_nothing(collection, publisher, server):
    collection.add_delegation("targets/releases", keys=[publisher.key("alice")], paths=["v"])
    add(collection, "w1", roles=["targets/releases"])
    before = len(server.uploads)

    with pytest.raises(StagedChangeError, match="may not list w1"):
        collection.publish()

    assert len(server.uploads) == before
    assert len(collection.changes()) == 3


def test_a_key_that_is_not_here_is_named(collection, make_publisher):
    key = make_publisher("elsewhere").key("alice")
    collection.add_delegation("targets/alice", keys=[key], paths=[""])
    add(collection, "v1", roles=["targets/alice"])

    with pytest.raises(NoKeyError, match=key.canonical_key_id):
        collection.publish()
    assert len(collection.changes()) == 3


def test_a_collection_is_not_made_twice(collection, publisher, make_publisher):
    with pytest.raises(PublishError, match="already"):
        publisher.collection().initialize()
    with pytest.raises(PublishError, match="published already"):
        make_publisher("other").collection().initialize()


def test_without_initialisation_nothing_is_published(publisher):
    collection = publisher.collection()
    add(collection, "v1")

    with pytest.raises(PublishError, match="initialise"):
        collection.publish()


@pytest.mark.parametrize(
    "gun",
    [
        *("", "a//b", "../a", "a/..", "a\nb", "a\\b", "a/metadata/targets/b", "a/metadata/b.json"),
        "a/changelist",
    ],
)
def test_a_name_without_a_place_of_its_own_is_refused(publisher, gun):
    with pytest.raises(MalformedError):
        publisher.collection(gun)


@pytest.mark.parametrize("gun", [None, 5, [], b"a/b"])
def test_the_name_of_a_collection_is_text(publisher, gun):
    with pytest.raises(TypeError, match="the name of a collection is a text, not"):
        publisher.collection(gun)


def test_what_is_no_server_and_what_is_no_role_is_said_to_be_none(collection, tmp_path):
    with pytest.raises(TypeError, match=r"the sink is a trust server, .*, not a str"):
        Collection("a/b", keys=collection.keys, sink="https://x", trust_dir=tmp_path)
    for rotate in (collection.rotate_key, lambda role: collection.prepare_rotation(role, [])):
        with pytest.raises(TypeError, match="a role is a text, not None"):
            rotate(None)


def test_the_names_of_collections_may_begin_alike(publisher):
    outer, inner = publisher.collection("a/b"), publisher.collection("a/b/changelist/c")
    for collection in (outer, inner):
        collection.initialize()
        add(collection, "v1")

    assert outer.publish().versions == inner.publish().versions == {"root": 1, "targets": 2}


def test_a_collection_of_ours_is_no_first_use(publisher, caplog):
    """Its root was written here before the server gave it out."""
    publisher.collection().initialize()

    done = publisher.collection(anchor=_core.Anchor.remembered()).publish()

    assert [notice.code for notice in done.repository.warnings] == []


def test_a_root_that_somebody_else_published_meanwhile_is_refused(
    publisher, make_publisher, server
):
    collection, other = publisher.collection(), make_publisher("other").collection()
    collection.initialize()
    other.initialize()
    other.publish()
    before = len(server.uploads)

    with pytest.raises(VerificationError):
        collection.publish()
    assert len(server.uploads) == before
