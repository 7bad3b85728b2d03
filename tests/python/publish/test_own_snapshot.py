"""A delegation that is made anew, where the snapshot is signed here and not by the server."""

from __future__ import annotations

import pytest

from contenttrust import load
from contenttrust.errors import PublishError
from contenttrust.publish import images
from contenttrust.publish.delegations import authority_in
from contenttrust.publish.images import ReturningError
from contenttrust.publish.metadata import file_meta
from contenttrust.publish.sign import Keyring
from labelled_tags import digest, listed, tags
from signed_anew import sign_anew

RELEASES = "targets/releases"


def take_out(key, server, publisher, gun):
    """A key leaves the role that it alone has signed, as notary does it."""
    signed, snapshot = (server.signed(gun, role) for role in ("targets", "snapshot"))
    signed["delegations"]["roles"][0]["keyids"].remove(key.key_id)
    files = {}
    for role, document in (("targets", signed), ("snapshot", snapshot)):
        document["version"] += 1
        authority = authority_in(server.signed(gun, "root"), role)
        files[role] = Keyring(publisher.keys).signed(document, [authority])
        snapshot["meta"]["targets"] = file_meta(files["targets"])
    server.store(gun, files, judged=False)


def leave_in_snapshot(collection, server):
    """The snapshot lists what the server has kept of the releases, as somebody else's tool does."""
    kept = {RELEASES: file_meta(server.files[collection.gun][RELEASES])}
    sign_anew(
        *(server, collection.gun, collection.keys, "snapshot"),
        lambda snapshot: snapshot["meta"].update(kept),
        judged=True,
    )


@pytest.fixture
def own_snapshot(publisher):
    """A collection whose snapshot is signed here; its only signer was removed. And her key."""
    collection = publisher.collection()
    collection.initialize(server_managed=("timestamp",))
    key = publisher.key("alice")
    images.add_signer(collection, "alice", [key])
    images.sign(collection, tags("v1"))
    images.remove_signer(collection, "alice", force=True)
    publisher.keys.remove(key.canonical_key_id)
    return collection, key


def test_what_a_snapshot_that_is_signed_here_has_no_more_does_not_come_back_unasked(
    own_snapshot, server
):
    collection, key = own_snapshot
    sent = len(server.uploads)
    with pytest.raises(ReturningError) as refused:
        images.add_signer(collection, "alice", [key])
    assert refused.value.tags.keys() == {"targets/alice", RELEASES}
    assert len(server.uploads) == sent


@pytest.fixture
def earlier(publisher, server, tmp_path):
    """As `own_snapshot`; a reader has verified what alice signed, and reads again when called."""
    collection = publisher.collection()
    collection.initialize(server_managed=("timestamp",))
    key = publisher.key("alice")
    images.add_signer(collection, "alice", [key])
    images.sign(collection, tags("v1"))

    def read():
        place = tmp_path / "reader"
        return load(collection.gun, source=server, trust_dir=place, now=server.now, remember=True)

    assert {tag.name for tag in read().tags.values()} == {"v1"}
    return collection, key, read


def test_with_a_snapshot_that_is_signed_here_earlier_readers_go_on_with_what_was_shown(
    earlier, publisher
):
    collection, key, read = earlier
    images.remove_signer(collection, "alice", force=True)
    publisher.keys.remove(key.canonical_key_id)

    done = images.add_signer(collection, "alice", [key], confirm=lambda _: None)

    assert set(done.repository.tags) == {"v1"}
    assert read().degraded == ()
    assert set(read().tags) == {"v1"}
    collection.add_target("other", size=7, sha256=digest("other"))
    collection.publish()  # it stays listed
    assert (read().degraded, set(read().tags)) == ((), {"v1", "other"})


def test_with_a_snapshot_that_is_signed_here_earlier_readers_see_a_role_that_begins_anew(
    earlier, make_publisher, publisher
):
    """On a machine that has never seen the role."""
    collection, key, read = earlier
    images.remove_signer(collection, "alice", force=True)
    other = make_publisher("another")
    other.keys = publisher.keys

    done = images.add_signer(other.collection(), "alice", [key])

    assert listed(done.repository) == {"targets/alice": [], RELEASES: []}
    assert (read().degraded, dict(read().tags)) == ((), {})


def test_with_a_snapshot_that_is_signed_here_a_role_that_lists_nothing_stays_readable(
    earlier, publisher
):
    collection, key, read = earlier
    images.revoke(collection)
    assert dict(read().tags) == {}
    images.remove_signer(collection, "alice", force=True)
    publisher.keys.remove(key.canonical_key_id)

    images.add_signer(collection, "alice", [key])

    assert (read().degraded, dict(read().tags)) == ((), {})


def test_what_a_snapshot_that_is_signed_here_has_still_is_not_let_back(own_snapshot, server):
    """Somebody else's tool has left it there."""
    collection, key = own_snapshot
    leave_in_snapshot(collection, server)

    with pytest.raises(ReturningError) as refused:
        images.add_signer(collection, "alice", [key])
    assert refused.value.tags.keys() == {"targets/alice", RELEASES}


@pytest.mark.parametrize("in_turns", [False, True])
def test_a_role_that_is_removed_leaves_a_snapshot_that_is_signed_here(
    own_snapshot, publisher, server, in_turns
):
    collection, _ = own_snapshot
    collection.add_delegation("targets/qa", keys=[publisher.key("qa")], paths=[""])
    collection.add_target("v1", size=7, sha256=digest("v1"), roles=["targets/qa"])
    collection.publish()
    assert "targets/qa" in server.signed(collection.gun, "snapshot")["meta"]
    collection.remove_delegation("targets/qa")

    if in_turns:
        collection.publish_request(collection.prepare())
    else:
        collection.publish()

    assert server.signed(collection.gun, "snapshot")["meta"].keys() == {"root", "targets"}


def test_what_a_snapshot_that_is_signed_here_lists_and_the_server_hides_is_not_let_back(
    own_snapshot, make_publisher, server, monkeypatch
):
    """On a machine that has never seen it; somebody else's tool has left it there."""
    collection, key = own_snapshot
    leave_in_snapshot(collection, server)
    given, sent = server.file, len(server.uploads)
    monkeypatch.setattr(server, "file", lambda *one: None if one[1] == RELEASES else given(*one))
    other = make_publisher("another")
    other.keys = collection.keys
    there = other.collection()
    there.add_delegation(RELEASES, keys=[key], paths=[""])

    with pytest.raises(PublishError, match=r"does not give what it has of targets/releases"):
        there.publish()
    assert len(server.uploads) == sent


@pytest.fixture
def broken_above(own_snapshot, publisher, server):
    """The same, with a role that is broken, and one below it that has its signature."""
    collection, _ = own_snapshot
    old, new, below = (publisher.key(name) for name in ("old", "new", "below"))
    for role, key in (("targets/a", old), ("targets/a/b", below)):
        collection.add_delegation(role, keys=[key], paths=[""])
        collection.add_target("v1", size=7, sha256=digest("v1"), roles=[role])
        collection.publish()
    collection.add_delegation("targets/a", keys=[new])
    collection.publish()
    take_out(old, server, publisher, collection.gun)
    return collection


@pytest.mark.parametrize("in_turns", [False, True])
def test_what_a_broken_role_delegates_to_stays_listed(broken_above, server, in_turns):
    """As with a snapshot that the server signs: it counts again when the role does."""
    collection = broken_above
    collection.add_target("other", size=7, sha256=digest("other"))

    done = collection.publish_request(collection.prepare()) if in_turns else collection.publish()

    assert [one.role for one in done.repository.degraded] == ["targets/a"]
    assert "targets/a/b" in server.signed(collection.gun, "snapshot")["meta"]


@pytest.mark.parametrize("in_turns", [False, True])
def test_a_broken_role_that_is_removed_takes_with_it_what_it_delegates_to(
    broken_above, server, in_turns
):
    collection = broken_above
    collection.remove_delegation("targets/a")

    if in_turns:
        collection.publish_request(collection.prepare())
    else:
        collection.publish()

    assert server.signed(collection.gun, "snapshot")["meta"].keys() == {"root", "targets"}


def test_what_counts_again_with_a_witnessed_role_can_be_taken_away_as_the_message_says(
    broken_above,
):
    collection = broken_above
    collection.witness(["targets/a"])

    with pytest.raises(ReturningError) as refused:
        collection.publish(confirm=lambda _: None)
    assert f"contenttrust delegation remove {collection.gun} targets/a/b" in refused.value.message
    assert "where a key" not in refused.value.message

    collection.remove_delegation("targets/a/b")
    done = collection.publish(confirm=lambda _: None)
    assert done.repository.degraded == ()
    assert listed(done.repository) == {"targets/a": ["v1"]}
