"""The last signer goes: what is lost, and what is pulled as `targets` lists it from then on."""

from __future__ import annotations

import pytest

from contenttrust.errors import PublishError
from contenttrust.publish import images, target_meta
from labelled_tags import digest
from signed_anew import garble


def tags(**texts):
    return {tag: target_meta(7, sha256=digest(text)) for tag, text in texts.items()}


def sha256(text):
    return f"sha256:{digest(text)}"


@pytest.fixture
def alice(collection, publisher):
    """The last signer; `targets` lists v1 too, and v0 as she does."""
    for tag in ("v0", "v1"):
        collection.add_target(tag, size=7, sha256=digest(f"old {tag}"))
    collection.publish()
    images.add_signer(collection, "alice", [publisher.key("alice")])
    images.sign(collection, tags(v0="old v0", v1="new v1", v2="new v2"))
    return publisher


def pulled(done):
    return {tag: one.digest for tag, one in done.repository.tags.items()}


@pytest.mark.parametrize("force", [False, True])
def test_a_tag_that_targets_lists_otherwise_is_told_with_what_is_pulled_then(
    collection, alice, force
):
    shown = []
    removed = images.remove_signer(
        collection, "alice", force=force, confirm_last=lambda *told: shown.append(told)
    )
    assert shown == ([] if force else [({"v2": sha256("new v2")}, {"v1": sha256("old v1")})])
    assert (removed.unreleased, removed.pulled_as) == (("v2",), {"v1": sha256("old v1")})
    assert pulled(removed.published) == {"v0": sha256("old v0"), "v1": sha256("old v1")}


def test_it_is_told_too_where_the_server_breaks_what_was_released(collection, alice, server):
    """Until then those tags are refused."""
    garble(server, collection.gun)
    shown = []
    removed = images.remove_signer(
        collection, "alice", confirm_last=lambda *told: shown.append(told)
    )
    assert shown == [({"v2": sha256("new v2")}, {"v1": sha256("old v1")})]
    assert removed.pulled_as == {"v1": sha256("old v1")}


def test_nothing_that_was_not_shown_is_lost_with_the_last_signer(collection, alice):
    shown = []

    def sign_more(*told):
        shown.append(told[0])
        images.sign(alice.collection(), tags(v3="new v3"))

    with pytest.raises(PublishError, match=rf"v3 \({sha256('new v3')}\).*nothing was removed"):
        images.remove_signer(collection, "alice", confirm_last=sign_more)
    assert [signer.name for signer in images.signers(collection)] == ["alice"]

    removed = images.remove_signer(
        collection, "alice", confirm_last=lambda lost, _: shown.append(lost)
    )
    both = {tag: sha256(f"new {tag}") for tag in ("v2", "v3")}
    assert shown == [{"v2": sha256("new v2")}, both]
    assert removed.unreleased == ("v2", "v3")


def test_no_tag_becomes_what_was_not_shown(collection, alice):
    def sign_in_targets(*_):
        elsewhere = alice.collection()
        elsewhere.add_target("v1", size=7, sha256=digest("other"))
        elsewhere.publish()

    with pytest.raises(PublishError, match=rf"v1 \({sha256('other')}\).*nothing was removed"):
        images.remove_signer(collection, "alice", confirm_last=sign_in_targets)
    assert [signer.name for signer in images.signers(collection)] == ["alice"]
