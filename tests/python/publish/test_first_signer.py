"""Whose key begins a new repository as its signer's: none that is another collection's."""

from __future__ import annotations

import logging

import pytest

from contenttrust._core import PublicKey
from contenttrust.publish import images, target_meta

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


def test_beside_it_the_only_signer_is_the_one_who_is_left(publisher, exchanged):
    alice = publisher.key("alice")

    done = images.sign(publisher.collection(), TAGS)

    assert done.signer == "alice"
    [signer] = images.signers(publisher.collection())
    assert signer.key_ids == (alice.key_id,)


def test_it_is_taken_where_its_signer_is_named(publisher, exchanged):
    done = images.sign(publisher.collection(), TAGS, signer="new-repository-key")

    assert done.signer == "new-repository-key"
    key = publisher.keys.open(exchanged)
    [signer] = images.signers(publisher.collection())
    assert signer.key_ids == (PublicKey.of(key.key_type, key.public).key_id,)


def test_a_key_whose_file_names_a_collection_is_no_signers(publisher):
    entry = publisher.keys.generate(role="alice")
    path = publisher.folder / "private" / f"{entry.key_id}.key"
    path.write_bytes(path.read_bytes().replace(b"role: alice", b"gun: x.example/y\nrole: alice"))
    assert publisher.keys.find(entry.key_id).gun

    assert images.sign(publisher.collection(), TAGS).signer == ""
