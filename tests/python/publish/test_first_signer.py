"""Whose key begins a new repository as its signer's: none that is another collection's."""

from __future__ import annotations

import logging
import shutil

import pytest

from contenttrust._core import PublicKey
from contenttrust.errors import NoKeyError
from contenttrust.publish import first_signer, images, target_meta

TAGS = {"v1": target_meta(7, sha256="ab" * 32)}


@pytest.fixture
def exchanged(publisher):
    """The canonical id of a repository key of a collection, which is kept as a signer's."""
    collection = publisher.collection("registry.example/team/first")
    collection.initialize(server_managed=["snapshot"])
    collection.publish()
    new = publisher.key("new-repository-key")
    collection.publish_request(collection.prepare_rotation("targets", keys=[new]))
    return new.canonical_key_id


def test_a_repository_key_of_another_collection_makes_no_signer(publisher, exchanged, caplog):
    with caplog.at_level(logging.WARNING):
        done = images.sign(publisher.collection(), TAGS)

    assert done.signer == ""
    assert done.roles == {"v1": ("targets",)}
    [told] = [one for one in caplog.messages if exchanged in one]
    assert "is the targets key of registry.example/team/first" in told
    assert "--signer new-repository-key" in told


def test_beside_it_another_signer_is_not_the_only_one(publisher, exchanged, caplog):
    publisher.key("alice")

    done = images.sign(publisher.collection(), TAGS)

    assert done.signer == ""
    assert [one for one in caplog.messages if exchanged in one]


def test_beside_it_under_one_name_neither_key_is_taken_unasked(publisher, exchanged):
    publisher.key("new-repository-key")
    with pytest.raises(NoKeyError, match="2 keys of the signer new-repository-key"):
        images.sign(publisher.collection(), TAGS)


def test_one_key_in_a_file_and_at_an_address_is_one_key(publisher):
    key_id = publisher.key("alice").canonical_key_id
    publisher.keys.attach(publisher.keys.open(key_id), role="alice", where="vault-x:1")
    assert first_signer.chosen(publisher.collection(), None) == ("alice", key_id)


def test_it_makes_no_signer_where_the_root_key_is_elsewhere(publisher, exchanged):
    for entry in publisher.keys.entries():
        if entry.role == "root":
            publisher.keys.remove(entry.key_id)
    assert first_signer.chosen(publisher.collection(), None) == ("", "")


@pytest.mark.parametrize(("names", "chosen"), [(["alice"], "alice"), (["alice", "bob"], "")])
def test_a_strangers_root_that_names_a_signer_of_ours_decides_nothing(
    publisher, make_publisher, server, names, chosen
):
    """Public keys are no secret: they stand in every collection that their owner signs."""
    alice, *_ = [publisher.key(name) for name in names]
    evil = make_publisher("evil")
    theirs = evil.collection("evil.example/base")
    theirs.initialize(server_managed=["snapshot"])
    theirs.publish()
    theirs.publish_request(theirs.prepare_rotation("targets", keys=[evil.key("own"), alice]))
    folder = publisher.folder.joinpath("tuf", "evil.example", "base", "metadata")
    folder.mkdir(parents=True, mode=0o700)
    (folder / "root.json").write_bytes(server.files["evil.example/base"]["root"])

    assert images.sign(publisher.collection(), TAGS).signer == chosen


def test_it_is_taken_where_its_signer_is_named(publisher, exchanged):
    done = images.sign(publisher.collection(), TAGS, signer="new-repository-key")

    assert done.signer == "new-repository-key"
    key = publisher.keys.open(exchanged)
    [signer] = images.signers(publisher.collection())
    assert signer.key_ids == (PublicKey.of(key.key_type, key.public).key_id,)


@pytest.mark.parametrize("role", ["releases", "delegation"])
@pytest.mark.parametrize(("names", "chosen"), [([], ""), (["alice"], "alice")])
def test_a_key_of_a_role_that_is_no_signers_name_is_no_signers(publisher, role, names, chosen):
    for name in (role, *names):
        publisher.key(name)

    assert images.sign(publisher.collection(), TAGS).signer == chosen


def test_a_signers_key_that_stands_twice_is_one_key(publisher):
    key_id = publisher.key("alice").canonical_key_id
    private = publisher.folder / "private"
    (private / "tuf_keys").mkdir(mode=0o700)
    shutil.copy2(private / f"{key_id}.key", private / "tuf_keys" / f"{key_id}_alice.key")

    assert images.sign(publisher.collection(), TAGS).signer == "alice"


def test_a_key_whose_file_names_a_collection_is_no_signers(publisher):
    entry = publisher.keys.generate(role="alice")
    path = publisher.folder / "private" / f"{entry.key_id}.key"
    path.write_bytes(path.read_bytes().replace(b"role: alice", b"gun: x.example/y\nrole: alice"))
    assert publisher.keys.find(entry.key_id).gun

    assert images.sign(publisher.collection(), TAGS).signer == ""


# A signer's key that cannot be used.


def damaged(publisher, name):
    entry = publisher.keys.generate(role=name)
    path = publisher.folder / "private" / f"{entry.key_id}.key"
    path.write_bytes(path.read_bytes()[:50])
    return path


def test_beside_a_file_that_cannot_be_used_nobody_is_the_only_signer(publisher, server):
    path = damaged(publisher, "alice")
    publisher.key("bob")
    with pytest.raises(NoKeyError, match="the key of a signer may be in a file that") as refused:
        images.sign(publisher.collection(), TAGS)
    assert str(path) in refused.value.message
    assert "contenttrust sign --signer bob" in refused.value.message
    assert (server.uploads, len(publisher.keys.entries())) == ([], 2)


def test_no_signer_is_no_choice_where_the_only_key_cannot_be_used(publisher):
    damaged(publisher, "alice")
    with pytest.raises(NoKeyError, match="the key of a signer may be in a file that"):
        images.sign(publisher.collection(), TAGS)


def test_no_second_key_is_made_for_a_signer_whose_file_cannot_be_used(publisher):
    path = damaged(publisher, "alice")
    with pytest.raises(NoKeyError, match="the key of alice may be in a file that") as refused:
        images.sign(publisher.collection(), TAGS, signer="alice")
    assert "--signer" not in refused.value.message
    path.unlink()
    assert images.sign(publisher.collection(), TAGS, signer="alice").signer == "alice"


def test_beside_two_signers_a_file_that_cannot_be_used_changes_nothing(publisher):
    publisher.keys.generate(role="root")
    damaged(publisher, "alice")
    publisher.key("bob")
    publisher.key("carol")
    assert images.sign(publisher.collection(), TAGS).signer == ""
    named = images.sign(publisher.collection("registry.example/team/own"), TAGS, signer="bob")
    assert named.signer == "bob"
