"""Tags that only a signer lists, and what others do with them while the signer is removed."""

from __future__ import annotations

import pytest

from contenttrust.errors import PublishError
from contenttrust.publish import images, target_meta
from labelled_tags import digest

RELEASES = "targets/releases"


def sha256(text):
    return f"sha256:{digest(text)}"


def tags(**texts):
    return {tag: target_meta(7, sha256=digest(text)) for tag, text in texts.items()}


@pytest.fixture
def bob(collection, mallory, make_publisher):
    """A signer who stays, on a machine of his own."""
    made = make_publisher("bob")
    images.add_signer(collection, "bob", [made.key("bob")])
    images.sign(collection, tags(base="base"))
    return made


@pytest.fixture
def admin(publisher, make_publisher):
    """Who has the same keys, on another machine."""
    made = make_publisher("elsewhere")
    made.keys = publisher.keys
    return made


def listed(server, collection, role):
    return server.signed(collection.gun, role)["targets"].keys()


def refused(collection, server, told, **options):
    """The removal is refused, and leaves the signer."""
    with pytest.raises(PublishError, match=told) as error:
        images.remove_signer(collection, "mallory", **options)
    assert "nothing was removed" in error.value.message
    assert {one.name for one in images.signers(collection)} == {"alice", "bob", "mallory"}


def test_what_a_signer_who_stays_releases_meanwhile_is_not_revoked(
    collection, mallory, bob, server
):
    images.sign(mallory.collection(), tags(v1="evil"))
    server.before_publish.append(lambda: images.sign(bob.collection(), tags(v1="good")))

    changed = rf"somebody published in {RELEASES}: tag changed: v1 \({sha256('good')}\)"
    refused(collection, server, changed, revoke=True)

    again = images.remove_signer(collection, "mallory", revoke=True)
    assert again.revoked == {}
    assert again.published.repository.tags["v1"].digest == sha256("good")


def test_what_is_signed_in_targets_meanwhile_is_not_revoked(
    collection, mallory, bob, admin, server
):
    images.sign(mallory.collection(), tags(v1="evil"))

    def sign_in_targets():
        elsewhere = admin.collection()
        elsewhere.add_target("v1", size=7, sha256=digest("good"))
        elsewhere.publish()

    server.before_publish.append(sign_in_targets)
    changed = rf"somebody published in targets: v1 \({sha256('good')}\)"
    refused(collection, server, changed, revoke=True)
    assert "v1" in listed(server, collection, "targets")

    again = images.remove_signer(collection, "mallory", revoke=True)
    assert again.revoked == {"v1": sha256("evil")}
    assert again.revoked_in_targets == {"v1": sha256("good")}
    assert set(again.published.repository.tags) == {"base"}


def test_what_somebody_else_vouches_for_meanwhile_is_not_revoked(collection, mallory, bob, server):
    images.sign(mallory.collection(), tags(v1="v1", v2="evil"))

    def vouch():
        images.sign(bob.collection(), tags(v1="v1"))
        images.sign(mallory.collection(), tags(late="late"))

    server.before_publish.append(vouch)
    removed = images.remove_signer(collection, "mallory", revoke=True)

    assert removed.published.attempts > 1
    assert removed.revoked == {"v2": sha256("evil")}
    assert set(removed.published.repository.tags) == {"base", "v1"}


def test_what_somebody_vouches_for_too_late_is_told(collection, mallory, bob, server):
    """Bob's upload is in a role of his own, and holds up nobody."""
    images.sign(mallory.collection(), tags(v1="v1"))
    server.before_publish.append(lambda: images.sign(bob.collection(), tags(v1="v1")))

    told = rf"mallory is removed .* somebody lists v1 \({sha256('v1')}\), which is revoked"
    with pytest.raises(PublishError, match=told):
        images.remove_signer(collection, "mallory", revoke=True)


def withdraw(bob):
    elsewhere = bob.collection()
    elsewhere.remove_target("v1", roles=["targets/bob"])
    elsewhere.publish()


@pytest.mark.parametrize("revoke", [False, True])
def test_a_tag_that_nobody_lists_any_more_is_told(collection, mallory, bob, server, revoke):
    images.sign(bob.collection(), tags(v1="v1"))
    server.before_publish.append(lambda: withdraw(bob))

    told = rf"mallory is removed .*nobody else lists v1 \({sha256('v1')}\) any more, which stays"
    with pytest.raises(PublishError, match=told):
        images.remove_signer(collection, "mallory", revoke=revoke)


@pytest.mark.parametrize("revoke", [False, True])
def test_a_tag_that_nobody_lists_any_more_stops_a_removal_that_goes_on(
    collection, mallory, bob, server, revoke
):
    """The signer publishes at the same time, so that all is looked at again."""
    images.sign(bob.collection(), tags(v1="v1"))

    def late():
        withdraw(bob)
        images.sign(mallory.collection(), tags(late="late"))

    server.before_publish.append(late)
    gone = rf"nobody else lists v1 \({sha256('v1')}\) any more"
    refused(collection, server, gone, revoke=revoke)
