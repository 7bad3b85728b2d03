"""A key that is purged goes from every role, or nothing is published: it must not pass for gone."""

from __future__ import annotations

import pytest

from contenttrust.errors import NoKeyError
from passed_requests import signed_by

RELEASES = "targets/releases"


@pytest.fixture
def stolen(collection, people):
    """Alice's key, in two delegations; bob is in one of them, and has no key of targets."""
    _, alice, bob = people
    key = alice.key("alice")
    collection.add_delegation(RELEASES, keys=[key, bob.key("bob")], paths=[""])
    collection.add_delegation("targets/alice", keys=[key], paths=[""])
    collection.publish()
    return key


def named_in(server, gun, role):
    """Ids of the keys that a role delegates to."""
    return set(server.signed(gun, role)["delegations"]["keys"])


def test_a_purge_that_cannot_be_signed_here_is_refused_and_stays_staged(
    collection, people, server, stolen
):
    _, _, bob = people
    [targets] = [one.key_id for one in collection.keys.entries() if one.role == "targets"]
    his = bob.collection()
    his.purge_keys([stolen.canonical_key_id])
    his.add_target("v1", size=7, sha256="a" * 64, roles=[RELEASES])
    before = len(server.uploads)

    with pytest.raises(NoKeyError, match="2 staged changes stay so") as refused:
        his.publish()

    assert (refused.value.role, refused.value.expected) == ("targets", targets)
    assert [one.type for one in his.changes()] == ["delegation", "target"]
    assert len(server.uploads) == before


def test_a_purge_is_signed_in_turns(collection, people, server, stolen):
    admin, _, bob = people
    his = bob.collection()
    his.purge_keys([stolen.canonical_key_id])
    alone = his.prepare()
    assert [one.role for one in alone.missing()] == ["targets"]
    his.add_target("v1", size=7, sha256="a" * 64, roles=[RELEASES])

    done = his.publish_request(signed_by(his.prepare(), admin))

    assert done.versions.keys() == {"targets", RELEASES}
    assert his.changes() == ()
    assert stolen.key_id not in named_in(server, collection.gun, "targets")


def test_who_signs_a_role_below_takes_the_key_out_there(collection, people, server, stolen):
    _, _, bob = people
    his = bob.collection()
    his.add_delegation(f"{RELEASES}/qa", keys=[stolen], paths=["qa-"])
    his.publish()
    collection.purge_keys([stolen.canonical_key_id])

    with pytest.raises(NoKeyError) as refused:
        collection.publish()
    assert refused.value.role == RELEASES

    collection.publish_request(signed_by(collection.prepare(), bob))
    for role in ("targets", RELEASES):
        assert stolen.key_id not in named_in(server, collection.gun, role)


def test_who_has_stolen_a_key_keeps_nobody_from_purging_it(collection, people, server, stolen):
    """They can delegate with it to itself: nobody else could sign that it is taken out there."""
    _, alice, _ = people
    thief = alice.collection()
    thief.add_delegation("targets/alice/more", keys=[stolen], paths=[""])
    thief.publish()
    collection.purge_keys([stolen.canonical_key_id])

    done = collection.publish()

    assert any("stay in what targets/alice delegates to" in note for note in done.notes)
    assert stolen.key_id not in named_in(server, collection.gun, "targets")
    assert "targets/alice/more" not in done.repository.roles
    assert collection.changes() == ()


@pytest.fixture
def named_below(collection, people, stolen):
    """Who may delegate below a role of their own names the stolen key there."""
    mallory = people[2]
    collection.add_delegation("targets/mallory", keys=[mallory.key("mallory")], paths=[""])
    collection.publish()
    theirs = mallory.collection()
    theirs.add_delegation("targets/mallory/x", keys=[stolen], paths=[""])
    theirs.publish()
    collection.purge_keys([stolen.canonical_key_id])
    with pytest.raises(NoKeyError) as refused:
        collection.publish()
    assert refused.value.role == "targets/mallory"
    return refused.value.message


def test_a_purge_that_somebody_keeps_from_being_signed_goes_with_their_role(
    collection, server, stolen, named_below
):
    remove = f"contenttrust delegation remove -p {collection.gun} targets/mallory"
    assert f"or remove targets/mallory as well ({remove})" in named_below

    collection.remove_delegation("targets/mallory")
    done = collection.publish()

    assert "targets/mallory" not in done.repository.roles
    assert stolen.key_id not in named_in(server, collection.gun, "targets")


def test_a_purge_that_somebody_keeps_from_being_signed_is_done_one_by_one(
    collection, server, stolen, named_below
):
    reset = f"contenttrust reset --all {collection.gun}"
    remove = f"contenttrust delegation remove {collection.gun} ROLE ID"
    assert f"or forget what is staged ({reset}) and take the key out of" in named_below
    assert f"one delegation after the other ({remove})" in named_below

    collection.reset()
    for role in (RELEASES, "targets/alice"):
        collection.remove_delegation(role, key_ids=[stolen.canonical_key_id])
    collection.publish()

    assert stolen.key_id not in named_in(server, collection.gun, "targets")
