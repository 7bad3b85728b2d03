"""What is there already stays valid: nothing is published that would take it its signatures."""

from __future__ import annotations

import json

import pytest

from contenttrust.errors import PublishError, VerificationError
from contenttrust.publish import images
from contenttrust.publish.delegations import authority_in
from contenttrust.publish.metadata import target_meta
from contenttrust.publish.request import SigningRequest
from contenttrust.publish.sign import Keyring

RELEASES = "targets/releases"
TAG = {"1.0": target_meta(7, sha256="a" * 64)}


def without(request, role):
    """The request as somebody passes it on who has cut a document out of it."""
    value = json.loads(request.to_bytes())
    value["parts"] = [part for part in value["parts"] if part["role"] != role]
    return SigningRequest.from_bytes(json.dumps(value).encode())


def test_a_rotation_without_its_new_targets_is_refused(collection, publisher, server):
    request = collection.prepare_rotation("targets", [publisher.key("new")])
    stripped = without(request, "targets")
    assert stripped.missing() == []
    before = dict(server.files[collection.gun])

    with pytest.raises(PublishError, match=r"targets of .* as it is would no longer be") as caught:
        collection.publish_request(stripped)

    assert (caught.value.role, caught.value.expected, caught.value.found) == ("targets", "1", "0")
    assert server.files[collection.gun] == before
    assert collection.publish_request(request).versions["root"] == 2


def test_a_collection_that_others_left_without_its_targets_is_begun_anew(
    collection, publisher, server
):
    """Nobody can verify it, so nothing is signed on top of it; what is documented helps."""
    stripped = without(collection.prepare_rotation("targets", [publisher.key("new")]), "targets")
    server.store(collection.gun, {"root": stripped.parts[0].file()}, judged=False)
    collection.witness(["targets"])
    with pytest.raises(VerificationError) as refused:
        collection.publish()
    assert refused.value.role == "targets"
    with pytest.raises(VerificationError):
        collection.rotate_key("targets")

    collection.delete(remote=True)
    assert images.sign(collection, TAG).initialized


@pytest.fixture
def releases(collection, publisher, make_publisher, server):
    """Releases have the keys of alice and bob, and only alice has signed what they list."""
    alice = make_publisher("alice")
    keys = {name: one.key(name) for name, one in (("alice", alice), ("bob", publisher))}
    images.add_signer(collection, "alice", [keys["alice"]])
    images.sign(alice.collection(), TAG)
    images.add_signer(collection, "bob", [keys["bob"]])
    return keys


def test_a_request_that_takes_a_key_away_has_what_it_signed_signed_again(
    collection, releases, server
):
    collection.remove_delegation(RELEASES, key_ids=[releases["alice"].canonical_key_id])
    collection.witness([RELEASES])
    request = collection.prepare()
    before = dict(server.files[collection.gun])

    with pytest.raises(PublishError, match=r"contenttrust witness registry.example/team/app"):
        collection.publish_request(without(request, RELEASES))

    assert server.files[collection.gun] == before
    assert collection.publish_request(request).repository.degraded == ()


def test_a_key_is_not_taken_away_alone_when_it_alone_has_signed(collection, releases, server):
    collection.remove_delegation(RELEASES, key_ids=[releases["alice"].canonical_key_id])
    sent = len(server.uploads)

    with pytest.raises(PublishError, match=releases["bob"].canonical_key_id) as caught:
        collection.publish()
    assert caught.value.role == RELEASES
    with pytest.raises(PublishError, match="no longer be valid"):
        collection.prepare()
    assert len(server.uploads) == sent

    collection.witness([RELEASES])
    assert collection.publish().repository.degraded == ()


def test_a_delegation_is_removed_altogether_at_once(collection, releases):
    collection.remove_delegation(RELEASES)
    roles = {one.role for one in collection.publish().repository.signers}
    assert roles
    assert RELEASES not in roles


def test_keys_that_stay_and_have_signed_are_enough(collection, releases):
    images.sign(collection, TAG, again=True)
    collection.remove_delegation(RELEASES, key_ids=[releases["alice"].canonical_key_id])
    assert collection.publish().repository.degraded == ()


def test_what_was_broken_before_does_not_stop_others(collection, releases, server):
    """Somebody else has published a rotation without witness, as Notary lets him."""
    publisher = Keyring(collection.keys)
    signed = server.signed(collection.gun, "targets")
    for role in signed["delegations"]["roles"]:
        if role["name"] == RELEASES:
            role["keyids"].remove(releases["alice"].key_id)
    signed["version"] += 1
    owner = authority_in(server.signed(collection.gun, "root"), "targets")
    server.store(collection.gun, {"targets": publisher.signed(signed, [owner])}, judged=False)

    collection.add_target("2.0", size=7, sha256="b" * 64)
    done = collection.publish()

    assert [notice.role for notice in done.repository.degraded] == [RELEASES]
    collection.add_target("3.0", size=7, sha256="b" * 64)
    assert "targets" in collection.publish_request(collection.prepare()).versions
