"""An old record of a signer's removal undoes nothing that signers who stay have done since."""

from __future__ import annotations

import copy

import pytest

from contenttrust.errors import PublishError, RejectedError, UnreachableError
from contenttrust.publish import images
from contenttrust.publish.delegations import authority_in
from contenttrust.publish.sign import Keyring
from labelled_tags import digest, tags

RELEASES = "targets/releases"


def sha256(text):
    return f"sha256:{digest(text)}"


def records(publisher):
    return list(publisher.folder.rglob(".removal_of_*"))


def as_docker_removes(server, publisher, gun, key):
    """`docker trust signer remove` changes `targets` only: what she signed last is broken."""
    signed = copy.deepcopy(server.signed(gun, "targets"))
    signed["version"] += 1
    given = signed["delegations"]
    given["roles"] = [one for one in given["roles"] if one["name"] != "targets/mallory"]
    for one in given["roles"]:
        one["keyids"] = [key_id for key_id in one["keyids"] if key_id != key.key_id]
    del given["keys"][key.key_id]
    targets = authority_in(server.signed(gun, "root"), "targets")
    server.store(gun, {"targets": Keyring(publisher.keys).signed(signed, [targets])}, judged=False)


def fail(server, error):
    def failing(*_):
        raise error

    server.instead.append(failing)


@pytest.fixture
def unreached(collection, mallory, publisher, make_publisher, server):
    """Nobody knows here whether the first run was published: it was not.

    Alice revokes and signs elsewhere, and she who was to go signs once more on top.
    """
    images.sign(collection, tags("bad", "ok"))
    fail(server, UnreachableError("no answer"))
    with pytest.raises(UnreachableError):
        images.remove_signer(collection, "mallory")
    assert records(publisher)
    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    images.revoke(other.collection(), ["bad"])
    images.sign(other.collection(), tags("new"))
    images.sign(mallory.collection(), tags("m1"))
    return collection


def refused_as_it_is(collection, server, words):
    before = server.files[collection.gun].copy()
    with pytest.raises(PublishError, match=words) as refused:
        images.remove_signer(collection, "mallory", resume=lambda *_: pytest.fail("asked"))
    assert server.files[collection.gun] == before
    return refused.value.message


def test_what_signers_who_stay_did_is_not_undone_though_the_signer_signed_last(
    unreached, mallory, publisher, server
):
    collection = unreached
    as_docker_removes(server, publisher, collection.gun, mallory.public)

    told = refused_as_it_is(collection, server, "cannot be told that only mallory did so")

    assert f"change: tag added: bad ({sha256('bad')}); tags removed: m1" in told
    images.sign(collection, tags("ok", "new"))  # the way out that it names
    removed = images.remove_signer(collection, "mallory")
    assert set(removed.published.repository.tags) == {"ok", "new"}


def test_what_docker_verified_here_since_is_not_undone_by_an_old_record(
    unreached, mallory, publisher, server
):
    """Docker's cache is in the same trust directory."""
    collection = unreached
    [record] = records(publisher)
    for role in ("timestamp", "snapshot", "root", "targets", RELEASES):
        cached = record.parent / "metadata" / f"{role}.json"
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.write_bytes(server.files[collection.gun][role])
    as_docker_removes(server, publisher, collection.gun, mallory.public)

    refused_as_it_is(collection, server, r"no signer mallory .* sign again the tags")

    assert not records(publisher)


def test_what_was_released_after_a_signer_came_back_is_not_undone_by_an_old_record(
    interrupted, mallory, publisher, make_publisher, server
):
    """A colleague ends the removal and adds her again; she signs last, and is removed by docker."""
    server.after_publish = []
    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    elsewhere = other.collection()
    images.sign(elsewhere, tags("base", "v2"))
    images.add_signer(elsewhere, "mallory", [mallory.public], confirm=lambda *_: None)
    images.sign(elsewhere, tags("v3"))
    images.sign(mallory.collection(), tags("hers"))
    as_docker_removes(server, publisher, interrupted.gun, mallory.public)

    told = refused_as_it_is(interrupted, server, "cannot be told that only mallory did so")

    assert f"v3 ({sha256('v3')})" in told.partition("that would change")[2]


def test_a_tag_that_is_missing_since_does_not_come_back_though_another_signer_lists_it(
    collection, mallory, publisher, make_publisher, server
):
    """Alice revokes it; bob has not taken it out of his own role."""
    bob = make_publisher("bob")
    images.add_signer(collection, "bob", [bob.key("bob")])
    images.sign(bob.collection(), tags("bad"))
    images.sign(collection, tags("bad", "ok"))
    fail(server, UnreachableError("no answer"))
    with pytest.raises(UnreachableError):
        images.remove_signer(collection, "mallory")
    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    elsewhere = other.collection()
    elsewhere.remove_target("bad", roles=[RELEASES])
    elsewhere.publish()
    images.sign(mallory.collection(), tags("m1"))
    as_docker_removes(server, publisher, collection.gun, mallory.public)

    told = refused_as_it_is(collection, server, "cannot be told that only mallory did so")

    assert f"tag added: bad ({sha256('bad')})" in told


def test_a_removal_that_was_refused_begins_afresh(collection, mallory, publisher, server):
    images.sign(collection, tags("base"))
    fail(server, RejectedError("no"))
    with pytest.raises(RejectedError):
        images.remove_signer(collection, "mallory")
    assert not records(publisher)


def test_what_a_resumed_removal_changes_is_shown_before_it_is_asked(interrupted, server):
    before = server.files[interrupted.gun].copy()
    shown = []

    def no(*_):
        shown.append("asked")
        raise InterruptedError

    with pytest.raises(InterruptedError):
        images.remove_signer(interrupted, "mallory", resume_over=shown.append, resume=no)
    assert shown == [f"tag removed: late ({sha256('late')})", "asked"]
    assert server.files[interrupted.gun] == before
