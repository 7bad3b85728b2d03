"""A signature that a signer writes twice counts once, as for servers and readers."""

from __future__ import annotations

import base64
import hashlib

import pytest

from contenttrust.errors import PublishError
from contenttrust.publish import images, target_meta
from contenttrust.publish.images import ReturningError
from contenttrust.publish.metadata import envelope, message_of

RELEASES = "targets/releases"


def tags(*names):
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in names}
    return {name: target_meta(7, sha256=digest) for name, digest in digests.items()}


def sign_twice(mallory, gun):
    """Mallory publishes what is released with one signature twice: servers and readers take it."""
    images.sign(mallory.collection(), tags("v1"))
    signed = mallory.server.signed(gun, RELEASES)
    signed["version"] += 1
    key = mallory.keys.open(mallory.public.canonical_key_id)
    signature = base64.b64encode(key.sign(message_of(signed))).decode()
    own = {"keyid": mallory.public.key_id, "method": key.method, "sig": signature}
    mallory.server.store(gun, {RELEASES: envelope(message_of(signed), [own, own])})


def test_a_signature_that_is_there_twice_keeps_no_signer_out(collection, mallory, make_publisher):
    sign_twice(mallory, collection.gun)

    done = images.add_signer(collection, "carol", [make_publisher("elsewhere").key("carol")])

    assert {one.name for one in done.repository.signers} == {"alice", "mallory", "carol"}
    collection.purge_keys([mallory.public.canonical_key_id])
    with pytest.raises(PublishError, match="would no longer be valid"):
        collection.publish()


def test_nor_does_it_once_who_gave_it_is_gone(collection, make_publisher):
    mallory = make_publisher("mallory")
    mallory.public = mallory.key("mallory")
    images.add_signer(collection, "mallory", [mallory.public])
    sign_twice(mallory, collection.gun)
    images.remove_signer(collection, "mallory", force=True)

    done = images.add_signer(collection, "carol", [make_publisher("elsewhere").key("carol")])
    assert dict(done.repository.tags) == {}

    with pytest.raises(ReturningError) as refused:
        images.add_signer(collection, "mallory", [mallory.public])
    assert refused.value.tags[RELEASES].keys() == {"v1"}
