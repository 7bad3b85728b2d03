"""What a server serves that no key of the role has signed takes nothing away for good."""

from __future__ import annotations

import base64
import re

import pytest

from contenttrust import _core
from contenttrust.publish import images
from contenttrust.publish.delegations import authority_in
from contenttrust.publish.metadata import envelope, message_of
from contenttrust.publish.sign import Keyring
from labelled_tags import digest, tags

GUN = "registry.example/team/app"
RELEASES = "targets/releases"


def take_out(key, server, publisher):
    """A key leaves `targets/releases` as docker and notary do it."""
    top = server.signed(GUN, "targets")
    for role in top["delegations"]["roles"]:
        if role["name"] == RELEASES:
            role["keyids"].remove(key.key_id)
    top["version"] += 1
    authority = authority_in(server.signed(GUN, "root"), "targets")
    server.store(GUN, {"targets": Keyring(publisher.keys).signed(top, [authority])}, judged=False)


@pytest.fixture
def signed(collection, publisher):
    images.add_signer(collection, "alice", [publisher.key("alice")])
    images.sign(collection, tags("v1", "v2"))
    return collection


@pytest.fixture
def broken(signed, server):
    """The server, which signs the snapshot, gives a file that nobody of the role has signed."""
    document = server.signed(GUN, RELEASES)
    document["version"] += 1
    document["targets"] = {}
    message, key = message_of(document), _core.PrivateKey.generate("ecdsa")
    sig = base64.b64encode(key.sign(message)).decode()
    entry = {"keyid": key.key_id, "method": key.method, "sig": sig}
    server.store(GUN, {RELEASES: envelope(message, [entry])}, judged=False)
    return signed


def test_what_is_not_taken_over_is_named(broken):
    done = images.sign(broken, tags("v9")).published
    assert set(done.repository.tags) == {"v9"}
    [note] = [one for one in done.notes if "begins anew" in one]
    assert re.search(r"when it was valid here last: v1 \(sha256:.*, v2 \(sha256:", note)


def test_what_the_server_hides_is_revoked(broken, server):
    """It could give again what it has, which is signed rightly."""
    done = images.revoke(broken, ["v1"])

    assert server.signed(GUN, RELEASES)["version"] == 3
    [note] = done.notes
    assert re.search(r"when it was valid here last: v1 \(sha256:.*, v2 \(sha256:", note)


def test_who_stays_signs_on_after_another_was_taken_out_as_docker_does_it(
    collection, make_publisher, publisher, server
):
    """What was valid on her machine last is older than what was revoked since."""
    alice, bob = make_publisher("alice"), make_publisher("bob")
    keys = {one: one.key(name) for one, name in ((alice, "alice"), (bob, "bob"))}
    for person, name in ((alice, "alice"), (bob, "bob")):
        images.add_signer(collection, name, [keys[person]])
    images.sign(alice.collection(), tags("v1", "evil"))
    images.revoke(bob.collection(), ["evil"])
    take_out(keys[bob], server, publisher)

    done = images.sign(alice.collection(), tags("v1", "v3")).published

    assert set(done.repository.tags) == {"v1", "v3"}


def test_who_has_never_seen_it_valid_begins_anew(broken, make_publisher, publisher):
    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    done = images.sign(other.collection(), tags("v9")).published
    assert set(done.repository.tags) == {"v9"}
    assert any("begins anew: what it listed before is not taken over" in it for it in done.notes)


def test_who_has_never_seen_it_valid_is_told_what_the_server_has(
    collection, make_publisher, publisher, broken_role
):
    broken_role(lambda file: file)
    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    fresh = other.collection()
    fresh.add_target("v2", size=7, sha256=digest("v2"), roles=["targets/a"])

    done = fresh.publish()

    [note] = [one for one in done.notes if "begins anew" in one]
    told = f"as the server has it, which nobody has verified here: v1 (sha256:{'a' * 64})"
    assert note.endswith(f"is not taken over ({told})")


def test_what_was_published_since_it_was_valid_here_is_told_too(
    collection, make_publisher, publisher, server
):
    """Others have listed more, and then a key was taken out as notary does it."""
    alice, bob = make_publisher("alice"), make_publisher("bob")
    keys = {one: one.key(name) for one, name in ((alice, "alice"), (bob, "bob"))}
    for person, name in ((alice, "alice"), (bob, "bob")):
        images.add_signer(collection, name, [keys[person]])
    images.sign(alice.collection(), tags("v1"))
    images.sign(bob.collection(), tags(*(f"v{number}" for number in range(2, 102))))
    take_out(keys[bob], server, publisher)

    done = images.sign(alice.collection(), tags("v3")).published

    [note] = [one for one in done.notes if "begins anew" in one]
    here, there = note.split("when it was valid here last: ")[1].split("; as the server has it")
    assert (here.count("sha256:"), there.count("sha256:")) == (1, 101)


def test_where_its_keys_were_changed_it_is_told_what_is_not_taken_over(
    collection, broken_role, publisher
):
    broken_role(lambda file: file)
    collection.add_target("v2", size=7, sha256=digest("v2"), roles=["targets/a"])
    done = collection.publish()
    assert any(f"when it was valid here last: v1 (sha256:{'a' * 64})" in it for it in done.notes)
