"""Signatures in a request that say nothing: they stop nobody, and go nowhere."""

from __future__ import annotations

import json

import pytest

from contenttrust.errors import NoKeyError, PublishError
from contenttrust.publish.initialisation import certified
from contenttrust.publish.request import SigningRequest
from contenttrust.publish.sign import Keyring

GUN = "registry.example/team/app"
DIGEST = "a" * 64
MOST = 64


def junk(count):
    return [{"keyid": f"{n:064x}", "method": "ecdsa", "sig": "AAAA"} for n in range(count)]


def with_junk(request, count):
    value = json.loads(request.to_bytes())
    value["parts"][0]["signatures"] += junk(count)
    return SigningRequest.from_bytes(json.dumps(value).encode())


@pytest.fixture
def bob(make_publisher):
    return make_publisher("bob")


@pytest.fixture
def half(collection, publisher, bob):
    """A request that publisher has signed, and bob must sign too."""
    keys = [publisher.key("alice"), bob.key("bob")]
    collection.add_delegation("targets/both", keys=keys, paths=[""], threshold=2)
    collection.publish()
    collection.add_target("1.0", sha256=DIGEST, size=7, roles=["targets/both"])
    return collection.prepare()


def test_as_many_as_there_may_be_leave_room_for_who_signs(half, collection, bob, server):
    request = with_junk(half, MOST - 1)
    request.sign(Keyring(bob.keys), now=bob.collection().moment)
    passed_on = SigningRequest.from_bytes(request.to_bytes())
    assert len(passed_on.parts[0].signatures) == 2
    assert collection.publish_request(passed_on).versions == {"targets/both": 1}


def test_they_are_not_published(half, collection, bob, server):
    half.sign(Keyring(bob.keys), now=bob.collection().moment)
    collection.publish_request(with_junk(half, 3))
    assert len(json.loads(server.files[GUN]["targets/both"])["signatures"]) == 2


def test_they_are_not_taken_over_from_others(half):
    half.merge(with_junk(half, MOST - 1))
    assert len(half.parts[0].signatures) == 1


def test_a_file_that_nobody_signs_any_more_has_none(publisher, make_publisher, server):
    vault = make_publisher("vault")
    entry = vault.keys.generate("ecdsa", role="root")
    root = certified(vault.keys.open(entry.key_id), GUN, publisher.collection().moment)
    request = publisher.collection().prepare_initialization([root])
    request.sign(Keyring(vault.keys), now=publisher.collection().moment)
    file = json.loads(request.files["targets"])
    file["signatures"] += junk(2)
    good, request.files = request.files, {"targets": json.dumps(file).encode()}
    with pytest.raises(PublishError, match="signatures that are wrong"):
        publisher.collection().publish_request(request)
    request.files = good
    assert publisher.collection().publish_request(request).versions["root"] == 1


def test_who_must_still_sign_a_root_is_told_apart_from_the_root_before(collection, bob):
    entry = bob.keys.generate("ecdsa", role="root")
    new = certified(bob.keys.open(entry.key_id), GUN, collection.moment)
    request = collection.prepare_rotation("root", [new])
    for part in request.parts:
        part.signatures = []
    assert [one.is_former for one in request.missing()] == [False, True]
    with pytest.raises(NoKeyError, match="keys of the root before it") as refused:
        request.uploaded()
    assert refused.value.role == "root"


@pytest.mark.parametrize("value", [True, 0, None])
def test_a_root_with_consistent_snapshots_is_refused(collection, publisher, value):
    request = collection.prepare_rotation("targets", [publisher.key("new")])
    changed = json.loads(request.to_bytes())
    changed["parts"][0]["document"]["consistent_snapshot"] = value
    with pytest.raises(PublishError, match="consistent_snapshot is not false"):
        SigningRequest.from_bytes(json.dumps(changed).encode())


def test_a_request_is_made_from_roles_only(half):
    changed = json.loads(half.to_bytes())
    changed["base"]["\x1b[2J"] = "x"
    with pytest.raises(PublishError, match="is no role"):
        SigningRequest.from_bytes(json.dumps(changed).encode())


@pytest.mark.parametrize(
    "root",
    [
        b'{"signed":{}}',
        b'{"signed":{"roles":null}}',
        b'{"signed":{"roles":{"root":null},"keys":{}}}',
        b'{"signed":{"roles":{"root":{"keyids":[{}],"threshold":1}},"keys":{}}}',
        b'{"signed":{"roles":{"root":{"keyids":["x"],"threshold":1}},"keys":{"x":5}}}',
        b"zzz",
    ],
)
def test_what_is_no_old_root_rotates_nothing(collection, publisher, server, root):
    collection.rotate_key("root")
    server.files[GUN]["1.root"] = root
    before = len(server.uploads)
    key = publisher.keys.generate("ecdsa", role="root").key_id
    with pytest.raises(PublishError, match=f"as root 1 of {GUN} is none"):
        collection.rotate_key("root", key_ids=[key], legacy=1)
    assert len(server.uploads) == before
