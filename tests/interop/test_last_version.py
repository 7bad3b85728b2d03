"""A signer publishes `targets/releases` in its last version, and the way out at a real server."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from contenttrust import _core, load
from contenttrust.errors import PublishError
from contenttrust.publish import images, target_meta
from contenttrust.publish.asking import ask
from contenttrust.publish.metadata import LAST_VERSION, envelope, message_of, signed_part
from interop.our_publisher import OurPublisher
from interop.trust_stack import TrustStack

RELEASES = "targets/releases"


def _in_the_last_version(mallory: OurPublisher, key: _core.PublicKey, gun: str) -> None:
    served = ask(mallory.server, gun, RELEASES, limit=100_000)
    assert isinstance(served, bytes)
    message = message_of({**signed_part(served), "version": LAST_VERSION})
    signer = mallory.keys.open(key.canonical_key_id)
    signature = {
        "keyid": key.key_id,
        "method": signer.method,
        "sig": base64.b64encode(signer.sign(message)).decode(),
    }
    mallory.server.publish(gun, {RELEASES: envelope(message, [signature])})


def test_tags_are_released_in_targets_where_the_versions_of_releases_are_used_up(
    trust_stack: TrustStack, place: Callable[[str], Path]
) -> None:
    admin, mallory = (OurPublisher(place(name), trust_stack) for name in ("admin", "mallory"))
    gun = f"registry.example/last/{place('gun').name.lower()}"
    key = mallory.key("mallory")
    images.add_signer(admin.collection(gun), "alice", [admin.key("alice")])
    images.add_signer(admin.collection(gun), "mallory", [key])
    images.sign(admin.collection(gun), {"v1": target_meta(7, sha256="a" * 64)})
    _in_the_last_version(mallory, key, gun)
    with pytest.raises(PublishError, match="used up"):
        images.sign(admin.collection(gun), {"v2": target_meta(7, sha256="b" * 64)})

    collection = admin.collection(gun)
    collection.remove_delegation(RELEASES)
    collection.add_target("v1", size=7, sha256="a" * 64)
    collection.add_target("v2", size=7, sha256="b" * 64)
    collection.publish()
    images.remove_signer(collection, "mallory")

    view = load(gun, source=admin.server, trust_dir=place("reader"))
    assert {tag: view.verify(tag).role for tag in view.tags} == {"v1": "targets", "v2": "targets"}
    assert {one.name for one in view.signers} == {"alice"}
