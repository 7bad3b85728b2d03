"""A signer who publishes a role in its last version stops nobody for good."""

from __future__ import annotations

import base64

import pytest

from contenttrust.errors import PublishError
from contenttrust.publish import images, target_meta
from contenttrust.publish.metadata import LAST_VERSION, envelope, message_of

RELEASES = "targets/releases"
ONE, TWO = ({name: target_meta(7, sha256=digit * 64)} for name, digit in (("v1", "a"), ("v2", "b")))


@pytest.fixture
def publish_as(collection, mallory, server):
    """Publishes, as mallory, a role that she signs, in a version that she chooses."""
    images.sign(collection, ONE)

    def publish(version):
        signed = server.signed(collection.gun, RELEASES) | {"version": version}
        key = mallory.keys.open(mallory.public.canonical_key_id)
        message = message_of(signed)
        signature = base64.b64encode(key.sign(message)).decode()
        entry = {"keyid": mallory.public.key_id, "method": key.method, "sig": signature}
        server.store(collection.gun, {RELEASES: envelope(message, [entry])})

    return publish


def test_it_is_said_that_the_versions_are_used_up(collection, publish_as, server):
    publish_as(LAST_VERSION - 1)
    images.remove_signer(collection, "mallory")
    before = len(server.uploads)

    with pytest.raises(PublishError, match=f"the versions of {RELEASES} are used up") as refused:
        images.sign(collection, TWO)

    assert (refused.value.role, refused.value.found) == (RELEASES, str(LAST_VERSION))
    assert f"contenttrust delegation remove -p GUN {RELEASES}" in refused.value.message
    assert len(server.uploads) == before


@pytest.mark.parametrize("version", [LAST_VERSION - 1, LAST_VERSION])
def test_the_way_out_that_is_told_is_one(collection, publisher, publish_as, version):
    publish_as(version)
    collection.remove_delegation(RELEASES)
    collection.add_target("v1", size=7, sha256="a" * 64)
    collection.add_target("v2", size=7, sha256="b" * 64)
    collection.publish()
    images.remove_signer(collection, "mallory")
    collection.add_delegation("targets/bob", keys=[publisher.key("bob")], paths=[""])

    done = images.sign(collection, TWO) and collection.publish()

    assert done.repository.verify("v1").role == "targets"
    assert done.repository.verify("v2").role == "targets"
    assert {one.name for one in done.repository.signers} == {"alice", "bob"}


def test_a_role_of_that_name_is_not_begun_below_it(collection, publisher, publish_as):
    publish_as(LAST_VERSION)
    collection.remove_delegation(RELEASES)
    collection.publish()

    with pytest.raises(PublishError, match="used up"):
        images.add_signer(collection, "bob", [publisher.key("bob")])


def test_the_last_version_has_a_canonical_form_and_the_next_has_none():
    assert message_of({"version": LAST_VERSION})
    with pytest.raises(Exception, match="no canonical form"):
        message_of({"version": LAST_VERSION + 1})
