"""Signing requests for other keys of the roles that root names, where its key is elsewhere."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contenttrust import _core
from contenttrust.errors import NoKeyError, PublishError, RejectedError
from contenttrust.publish.initialisation import certified
from passed_requests import root_certificate, signed_by

GUN = "registry.example/team/app"


@pytest.fixture
def far_root(people):
    """A collection whose root key alice has."""
    publisher, alice, _ = people
    collection = publisher.collection()
    request = collection.prepare_initialization(
        [root_certificate(alice, GUN)], server_managed=["timestamp"]
    )
    collection.publish_request(signed_by(request, alice))
    return collection


@pytest.mark.parametrize("role", ["timestamp", "snapshot"])
def test_a_key_of_the_server_is_rotated_where_the_root_key_is_elsewhere(
    far_root, people, server, role
):
    _, alice, _ = people
    with pytest.raises(NoKeyError) as refused:
        far_root.rotate_key(role, server_managed=True)
    way = f"contenttrust signing-request rotate --server-managed {GUN} {role} FILE"
    assert way in refused.value.message

    request = far_root.prepare_rotation(role, server_managed=True)
    done = far_root.publish_request(signed_by(request, alice))

    assert done.versions["root"] == 2
    assert done.repository.roles[role].key_ids == (server.keys[GUN, role].key_id,)


def test_a_key_of_the_snapshot_is_rotated_where_the_root_key_is_elsewhere(far_root, people):
    publisher, alice, _ = people
    entry = publisher.keys.generate("ecdsa", role="snapshot", gun=GUN)
    signer = publisher.keys.open(entry.key_id)
    new = _core.PublicKey.of(signer.key_type, signer.public)

    request = far_root.prepare_rotation("snapshot", [new])
    done = far_root.publish_request(signed_by(request, alice))

    assert done.versions == {"root": 2, "snapshot": 2}
    assert done.repository.roles["snapshot"].key_ids == (new.key_id,)


def test_a_key_that_the_server_has_lost_since_is_told_where_it_refuses(far_root, people, server):
    _, alice, _ = people
    request = signed_by(far_root.prepare_rotation("timestamp", server_managed=True), alice)
    lost = server.keys[GUN, "timestamp"].key_id
    server.rotate_key(GUN, "timestamp")

    with pytest.raises(RejectedError, match=rf"timestamp key of this request \({lost}\) only if"):
        far_root.publish_request(request)


def test_a_key_of_the_snapshot_that_is_neither_here_nor_at_the_server_is_told(
    far_root, people, server
):
    _, alice, bob = people
    request = signed_by(far_root.prepare_rotation("snapshot", [bob.key("bob")]), alice)

    with pytest.raises(RejectedError, match="or publish it on the machine that has that key"):
        far_root.publish_request(request)


@pytest.mark.parametrize("role", ["targets", "snapshot"])
def test_a_key_that_is_kept_here_for_another_collection_is_not_prepared(
    collection, publisher, role
):
    """It would sign at once what is valid in both: the request would need no other key."""
    entry = publisher.keys.generate("ecdsa", role=role, gun=f"{GUN}/other")
    signer = publisher.keys.open(entry.key_id)
    bare = _core.PublicKey.of(signer.key_type, signer.public)

    with pytest.raises(PublishError, match=f"given {role} key of {entry.gun} instead") as refused:
        collection.prepare_rotation(role, [bare])

    assert f"contenttrust key generate --role {role} --gun {GUN})" in refused.value.message


def test_a_key_that_is_kept_here_for_another_role_is_not_prepared(collection, publisher):
    entry = publisher.keys.generate("ecdsa", role="snapshot", gun=GUN)
    signer = publisher.keys.open(entry.key_id)
    bare = _core.PublicKey.of(signer.key_type, signer.public)

    with pytest.raises(PublishError, match="load targets key but given snapshot key instead"):
        collection.prepare_rotation("targets", [bare])


def test_what_keys_the_server_may_hold_is_as_for_a_rotation_here(far_root, people):
    _, alice, _ = people
    with pytest.raises(PublishError, match="the client managing the timestamp key"):
        far_root.prepare_rotation("timestamp", [alice.key("time")])
    with pytest.raises(PublishError, match="the server managing the targets key"):
        far_root.prepare_rotation("targets", server_managed=True)
    with pytest.raises(PublishError, match="none can be given to it"):
        far_root.prepare_rotation("snapshot", [alice.key("snap")], server_managed=True)


def test_a_root_is_renewed_by_a_new_certificate_of_the_same_key(people, server):
    publisher, alice, _ = people
    collection = publisher.collection()
    certificate = root_certificate(alice, GUN)
    request = collection.prepare_initialization([certificate])
    collection.publish_request(signed_by(request, alice))
    with pytest.raises(PublishError, match="a new certificate of the same key") as refused:
        collection.prepare_rotation("root", [certificate])
    assert "(contenttrust key certificate)" in refused.value.message

    server.now += timedelta(days=1)
    later = publisher.collection()
    [note] = [one for one in later.renew(days=4000).notes if one.startswith("root")]
    assert "none of its keys is here to renew it: where they are kept elsewhere, they sign" in note
    assert f"signing-request rotate --key NEW.crt {GUN} root FILE" in note

    signer = alice.keys.open(certificate.canonical_key_id)
    fresh = certified(signer, GUN, later.moment)
    done = later.publish_request(signed_by(later.prepare_rotation("root", [fresh]), alice))
    assert done.versions["root"] == 2
