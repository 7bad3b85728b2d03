"""Signing requests: several people sign in turns, or a root key far from any network."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from contenttrust import _core
from contenttrust.errors import (
    KeyStoreError,
    NoKeyError,
    PublishError,
)
from contenttrust.publish.initialisation import certified
from contenttrust.publish.request import SigningRequest
from contenttrust.publish.sign import Keyring
from passed_requests import passed_on, root_certificate, signed_by

GUN = "registry.example/team/app"
DIGEST = "a" * 64


@pytest.fixture
def shared(collection, people):
    """A collection with a delegation that asks for two signatures, by alice and bob."""
    _, alice, bob = people
    keys = [alice.key("alice"), bob.key("bob")]
    collection.add_delegation("targets/both", keys=keys, paths=[""], threshold=2)
    collection.publish()
    return collection


def test_a_delegation_with_a_threshold_is_published_when_both_have_signed(shared, people):
    _, alice, bob = people
    shared.add_target("1.0", sha256=DIGEST, size=7, roles=["targets/both"])
    with pytest.raises(NoKeyError):
        shared.publish()
    request = shared.prepare()
    assert [(one.role, one.count) for one in request.missing()] == [("targets/both", 2)]
    with pytest.raises(NoKeyError, match="not complete"):
        shared.publish_request(passed_on(request))
    request = signed_by(request, alice)
    assert [one.count for one in request.missing()] == [1]
    with pytest.raises(NoKeyError, match="1 more of the keys of targets/both"):
        shared.publish_request(request)
    assert shared.changes()
    request = signed_by(request, bob)
    assert request.missing() == []
    done = shared.publish_request(request)
    assert done.versions["targets/both"] == 1
    assert shared.changes() == ()
    assert [tag.name for tag in done.repository.role_tags("targets/both")] == ["1.0"]


def test_one_person_twice_is_one_person(shared, people):
    _, alice, _ = people
    shared.add_target("1.0", sha256=DIGEST, size=7, roles=["targets/both"])
    request = signed_by(signed_by(shared.prepare(), alice), alice)
    assert len(request.parts[0].signatures) == 1
    assert [one.count for one in request.missing()] == [1]


def test_who_holds_none_of_the_keys_is_told_who_does(shared, make_publisher):
    shared.add_target("1.0", sha256=DIGEST, size=7, roles=["targets/both"])
    request = shared.prepare()
    with pytest.raises(NoKeyError, match="these may"):
        request.sign(Keyring(make_publisher("stranger").keys))


def test_a_request_from_before_somebody_published_is_refused(shared, people):
    _, alice, bob = people
    shared.add_target("1.0", sha256=DIGEST, size=7, roles=["targets/both"])
    request = signed_by(signed_by(shared.prepare(), alice), bob)
    shared.reset()
    shared.add_target("2.0", sha256=DIGEST, size=7)
    shared.publish()
    with pytest.raises(PublishError, match="prepare it anew"):
        shared.publish_request(request)


def test_a_request_of_another_collection_is_refused(shared, people):
    publisher, alice, bob = people
    shared.add_target("1.0", sha256=DIGEST, size=7, roles=["targets/both"])
    request = signed_by(signed_by(shared.prepare(), alice), bob)
    with pytest.raises(PublishError, match="is of registry"):
        publisher.collection("registry.example/team/other").publish_request(request)


def test_a_wrong_signature_in_a_request_does_not_count(shared, people):
    _, alice, bob = people
    shared.add_target("1.0", sha256=DIGEST, size=7, roles=["targets/both"])
    request = signed_by(signed_by(shared.prepare(), alice), bob)
    value = json.loads(request.to_bytes())
    first, second = value["parts"][0]["signatures"]
    first["sig"] = second["sig"]
    changed = SigningRequest.from_bytes(json.dumps(value).encode())
    assert [one.count for one in changed.missing()] == [1]
    with pytest.raises(NoKeyError):
        shared.publish_request(changed)
    mended = signed_by(signed_by(changed, alice), bob)
    assert shared.publish_request(mended).versions["targets/both"] == 1


def test_a_document_that_was_changed_after_signing_is_not_published(shared, people):
    _, alice, bob = people
    shared.add_target("1.0", sha256=DIGEST, size=7, roles=["targets/both"])
    request = signed_by(signed_by(shared.prepare(), alice), bob)
    value = json.loads(request.to_bytes())
    value["parts"][0]["document"]["targets"]["1.0"]["length"] = 8
    with pytest.raises(NoKeyError):
        shared.publish_request(SigningRequest.from_bytes(json.dumps(value).encode()))


def test_a_threshold_that_was_lowered_in_the_request_does_not_help(shared, people, server):
    _, alice, _ = people
    shared.add_target("1.0", sha256=DIGEST, size=7, roles=["targets/both"])
    request = signed_by(shared.prepare(), alice)
    value = json.loads(request.to_bytes())
    value["parts"][0]["authorities"][0]["threshold"] = 1
    before = dict(server.files[GUN])
    with pytest.raises(PublishError):
        shared.publish_request(SigningRequest.from_bytes(json.dumps(value).encode()))
    assert server.files[GUN] == before
    assert shared.changes()


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.pop("gun"),
        lambda value: value.update(more=1),
        lambda value: value.update(schema="contenttrust.signing-request/2"),
        lambda value: value.update(parts=[]),
        lambda value: value.update(parts=value["parts"] * 2),
        lambda value: value.update(base=[]),
        lambda value: value["parts"][0].update(role="targets/../root"),
        lambda value: value["parts"][0].update(authorities=[]),
        lambda value: value["parts"][0]["authorities"][0].update(threshold=0),
        lambda value: value["parts"][0]["authorities"][0].update(threshold=True),
        lambda value: value["parts"][0]["authorities"][0]["keys"].update({"0" * 64: {}}),
        lambda value: value["parts"][0]["document"].update(version=1.5),
        lambda value: value["parts"][0].update(signatures=[{"keyid": 1}]),
        lambda value: value["files"].update(root="no base64"),
    ],
)
def test_what_is_no_request_is_refused(shared, change):
    shared.add_target("1.0", sha256=DIGEST, size=7, roles=["targets/both"])
    value = json.loads(shared.prepare().to_bytes())
    change(value)
    with pytest.raises(PublishError, match="signing request cannot be used"):
        SigningRequest.from_bytes(json.dumps(value).encode())


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff", b'{"gun":1,"gun":2}', b"[" * 10**6])
def test_what_is_no_json_is_no_request(text):
    with pytest.raises(PublishError):
        SigningRequest.from_bytes(text)


def test_a_role_that_a_request_removes_and_makes_anew_is_published_once(collection, publisher):
    alice = publisher.key("alice")
    collection.add_delegation("targets/a", keys=[alice], paths=[""])
    collection.add_target("v1", sha256=DIGEST, size=7, roles=["targets/a"])
    collection.publish()
    collection.remove_delegation("targets/a")
    collection.add_delegation("targets/a", keys=[alice], paths=[""])
    request = signed_by(collection.prepare(), publisher)

    done = collection.publish_request(request)

    assert collection.changes() == ()
    assert not any("still staged" in note for note in done.notes)
    assert done.repository.role_tags("targets/a") == ()
    collection.add_target("v2", sha256=DIGEST, size=7, roles=["targets/a"])
    collection.publish()
    collection.add_target("other", sha256=DIGEST, size=7)
    assert [one.name for one in collection.publish().repository.role_tags("targets/a")] == ["v2"]


# Root keys that are elsewhere.


def test_a_collection_whose_root_keys_never_see_a_network(people):
    publisher, alice, bob = people
    certificates = [root_certificate(one, GUN) for one in (alice, bob)]
    collection = publisher.collection()
    request = collection.prepare_initialization(certificates, threshold=2)
    assert not any(entry.role == "root" for entry in publisher.keys.entries())
    with pytest.raises(NoKeyError):
        collection.publish_request(request)
    request = signed_by(signed_by(request, alice), bob)
    done = collection.publish_request(request)
    assert done.repository.roles["root"].threshold == 2
    collection.add_target("1.0", sha256=DIGEST, size=7)
    assert collection.publish().repository.tags["1.0"].digest == f"sha256:{DIGEST}"


def test_one_of_two_root_keys_does_not_renew_a_root_that_ends_soon(people, server):
    publisher, alice, _ = people
    began = server.now
    certificates = [root_certificate(one, GUN) for one in (publisher, alice)]
    request = publisher.collection().prepare_initialization(certificates, threshold=2)
    publisher.collection().publish_request(signed_by(signed_by(request, publisher), alice))
    for days in (1_000, 2_000, 3_000, 3_500):
        server.now = began + timedelta(days=days)
        server.renew(GUN)
        assert "root" not in publisher.collection().renew(roles=["targets"]).versions
    collection = publisher.collection()
    collection.add_target("1.0", sha256=DIGEST, size=7)

    done = collection.publish()

    assert "root" not in done.versions
    [note] = [note for note in done.notes if "root expires within six months" in note]
    assert "contenttrust signing-request rotate --key NEW.crt" in note


def test_a_root_is_handed_over_by_old_and_new_keys(people):
    publisher, alice, bob = people
    collection = publisher.collection()
    request = collection.prepare_initialization([root_certificate(alice, GUN)])
    collection.publish_request(signed_by(request, alice))
    request = collection.prepare_rotation("root", [root_certificate(bob, GUN)])
    assert {one.count for one in request.missing()} == {1}
    half = signed_by(request, bob)
    assert [one.key_ids for one in half.missing()] == [tuple(alice_key(alice))]
    with pytest.raises(NoKeyError):
        collection.publish_request(half)
    done = collection.publish_request(signed_by(half, alice))
    assert done.versions["root"] == 2


def alice_key(alice):
    return [entry.key_id for entry in alice.keys.entries() if entry.role == "root"]


def test_targets_that_two_people_sign(collection, people):
    publisher, alice, _ = people
    [ours] = [entry for entry in publisher.keys.entries() if entry.role == "targets"]
    here = publisher.keys.open(ours.key_id)
    keys = [_core.PublicKey.of(here.key_type, here.public), alice.key("second")]
    request = collection.prepare_rotation("targets", keys, threshold=2)
    assert [(one.document, one.count) for one in request.missing()] == [("targets", 1)]
    done = collection.publish_request(signed_by(request, alice))
    assert done.repository.roles["targets"].threshold == 2
    collection.add_target("1.0", sha256=DIGEST, size=7)
    with pytest.raises(NoKeyError, match="1 of these must still sign"):
        collection.publish()
    done = collection.publish_request(signed_by(collection.prepare(), alice))
    assert done.repository.tags["1.0"].size == 7


def test_more_signatures_than_there_are_keys_cannot_be_asked_for(collection, people):
    _, alice, _ = people
    with pytest.raises(PublishError, match="as many keys"):
        collection.prepare_rotation("targets", [alice.key("second")], threshold=2)
    with pytest.raises(PublishError, match="choose a number"):
        collection.prepare_rotation("root", [root_certificate(alice, GUN)], threshold=2)
    with pytest.raises(PublishError, match="certificate"):
        collection.prepare_rotation("root", [alice.key("bare")])
    with pytest.raises(PublishError, match="only root and targets"):
        collection.prepare_rotation("snapshot", [alice.key("snap")], threshold=2)


def test_nothing_to_sign_is_told(collection):
    with pytest.raises(PublishError, match="nothing of"):
        collection.prepare()


def test_the_certificate_is_the_signer_s(people):
    publisher, alice, _ = people
    entry = alice.keys.generate("ed25519", role="root")
    with pytest.raises((KeyStoreError, PublishError)):
        certified(alice.keys.open(entry.key_id), GUN, publisher.collection().moment)


def test_what_a_role_that_begins_anew_does_not_take_over_is_noted_in_a_request(
    collection, broken_role
):
    broken_role(lambda file: file)
    collection.add_target("2.0", sha256=DIGEST, size=7, roles=["targets/a"])

    [note] = collection.prepare().notes

    assert "targets/a was broken, and begins anew" in note
