"""What has come back with a delegation all the same, or was signed while it was published."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contenttrust.errors import PublishError
from contenttrust.publish import images
from contenttrust.publish.images import ReturningError
from labelled_tags import digest, tags

RELEASES = "targets/releases"


def sha(text):
    return f"sha256:{digest(text)}"


@pytest.fixture
def stranger(collection, hidden, make_publisher, publisher):
    """A machine with the same keys that has never seen what the server hides."""
    hidden(collection)
    made = make_publisher("another")
    made.keys = publisher.keys
    return made


def test_what_came_back_all_the_same_is_named(collection, elsewhere, stranger):
    with pytest.raises(PublishError, match=r"nobody was shown: v1 \(sha256:.* v2 ") as failed:
        images.add_signer(stranger.collection(), "alice", [elsewhere])
    assert not isinstance(failed.value, ReturningError)
    assert f"of {RELEASES} what nobody was shown: v1" in failed.value.message
    assert "or signed just now with a clock that is behind: look" in failed.value.message
    assert f"contenttrust signer remove alice {collection.gun}" in failed.value.message
    assert "delegation remove" not in failed.value.message


def test_what_came_back_of_a_role_that_is_no_signer_s_is_taken_away_as_a_delegation(
    elsewhere, stranger
):
    there = stranger.collection()
    there.add_delegation(RELEASES, keys=[elsewhere], paths=[""])
    way = f"contenttrust delegation remove {there.gun} {RELEASES} -p"
    with pytest.raises(PublishError, match=way):
        there.publish()


@pytest.fixture
def alice_elsewhere(make_publisher):
    """Alice on a machine of her own, and her public key."""
    made = make_publisher("alice")
    return made, made.key("alice")


def signs_meanwhile(server, publisher, *names):
    """She signs right after an upload was stored, before it is read back."""

    def signs():
        server.now += timedelta(seconds=1)
        images.sign(publisher.collection(), tags(*names))

    server.after_publish.append(signs)


def test_what_a_signer_signs_while_being_added_is_noted(collection, alice_elsewhere, server):
    alice, key = alice_elsewhere
    signs_meanwhile(server, alice, "v1")

    done = images.add_signer(collection, "alice", [key])

    assert set(done.repository.tags) == {"v1"}
    [note] = [one for one in done.notes if one.startswith(RELEASES)]
    assert note.endswith(f"signed meanwhile with a key that it has now, and lists v1 ({sha('v1')})")


def test_what_a_first_signer_signs_of_a_new_repository_is_noted(publisher, alice_elsewhere, server):
    alice, key = alice_elsewhere
    collection = publisher.collection()
    collection.initialize()
    signs_meanwhile(server, alice, "v1")

    done = images.add_signer(collection, "alice", [key])

    assert set(done.repository.tags) == {"v1"}
    assert sum("signed meanwhile" in note for note in done.notes) == 2


@pytest.mark.parametrize("kept", [(), ("v1",)])
def test_what_a_signer_signs_while_coming_back_is_noted(collection, alice_elsewhere, server, kept):
    alice, key = alice_elsewhere
    images.add_signer(collection, "alice", [key])
    images.sign(alice.collection(), tags("v1"))
    if not kept:
        images.revoke(alice.collection())
    images.remove_signer(collection, "alice", force=True)
    shown = []

    def confirm(back):
        shown.append(back)
        signs_meanwhile(server, alice, "v3")

    if not kept:
        signs_meanwhile(server, alice, "v3")
    done = images.add_signer(collection, "alice", [key], confirm=confirm)

    assert len(shown) == len(kept)
    assert set(done.repository.tags) == {*kept, "v3"}
    assert sum("signed meanwhile" in note for note in done.notes) == 2


@pytest.mark.parametrize("slow", [timedelta(), timedelta(minutes=90)])
def test_what_a_server_hid_is_not_taken_for_what_was_signed_meanwhile(
    elsewhere, stranger, server, slow
):
    """What was signed before ends earlier, also where this machine's clock is before that."""
    server.now += timedelta(hours=1)
    there = stranger.collection(now=server.now - slow)

    with pytest.raises(PublishError, match="nobody was shown: v1"):
        images.add_signer(there, "alice", [elsewhere])


def test_a_request_with_which_something_came_back_all_the_same_says_so(
    collection, elsewhere, hidden, make_publisher, server
):
    """Where it is prepared and published, nobody has ever seen the role."""
    hidden(collection)
    collection.add_delegation(RELEASES, keys=[elsewhere], paths=[""])
    request = collection.prepare()
    assert [part.role for part in request.parts] == ["targets", RELEASES]
    request.parts = tuple(part for part in request.parts if part.role != RELEASES)
    server.now += timedelta(hours=1)

    with pytest.raises(PublishError, match="nobody was shown: v1"):
        make_publisher("another").collection().publish_request(request)
