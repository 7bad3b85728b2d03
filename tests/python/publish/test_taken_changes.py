"""Staged changes that somebody else takes from the changelist before they are published."""

from __future__ import annotations

import pytest

from contenttrust.errors import NoKeyError, PublishError

DIGEST = "a" * 64


def add(collection, *names, roles=("targets",)):
    for name in names:
        collection.add_target(name, size=7, sha256=DIGEST, roles=roles)


@pytest.fixture
def other(collection, publisher):
    """The same collection in another process, with the same changelist."""
    return publisher.collection()


def test_what_others_emptied_the_changelist_of_is_not_published(collection, other, server):
    """As docker trust sign does, whoever has staged what is there."""
    add(collection, "v1", "v2")
    other.reset()
    sent = len(server.uploads)

    with pytest.raises(PublishError) as refused:
        collection.publish()

    assert "has taken what was staged (create target v1 and 1 more)" in refused.value.message
    assert "do it again" in refused.value.message
    assert (refused.value.role, refused.value.subject) == ("targets", "v1")
    assert len(server.uploads) == sent
    assert not refused.value.upload
    add(collection, "v1")
    assert "v1" in collection.publish().repository.tags


def test_what_is_left_of_it_is_published_and_said_to_be(collection, other):
    add(collection, "v1", "v2")
    other.reset([0])

    with pytest.raises(PublishError, match="what else was staged is published") as refused:
        collection.publish()

    assert "(create target v1)" in refused.value.message
    assert refused.value.upload == "served"
    assert set(other.publish().repository.tags) == {"v2"}


def test_what_others_published_is_published(collection, other, publisher):
    add(collection, "v1")
    key = publisher.key("a")
    collection.add_delegation("targets/a", keys=[key], paths=["", "b"], threshold=1)
    collection.remove_target("never there")
    other.publish()

    assert collection.publish().versions == {}


def test_what_was_published_and_taken_back_since_is_done(collection, other):
    add(collection, "v1")
    other.publish()
    collection.remove_target("v1")

    assert set(collection.publish().repository.tags) == set()


def test_what_others_staged_later_counts(collection, other):
    add(collection, "v1")
    other.publish()
    add(collection, "v2")
    other.remove_target("v2")

    assert set(collection.publish().repository.tags) == {"v1"}


def test_a_witness_that_others_took_cannot_be_seen_to_be_done(collection, other):
    collection.witness(["targets"])
    other.publish()

    with pytest.raises(PublishError, match="update witness targets"):
        collection.publish()


def test_what_was_reset_here_is_not_missed(collection):
    add(collection, "v1", "v2")
    collection.reset([0])
    assert set(collection.publish().repository.tags) == {"v2"}
    add(collection, "v3")
    collection.reset()
    assert collection.publish().versions == {}


def test_what_a_request_published_is_not_missed(collection, other):
    add(collection, "v1")
    collection.publish_request(collection.prepare())
    other.remove_target("v1")
    other.publish()
    assert collection.publish().versions == {}


def test_what_could_not_be_published_is_still_expected(collection, other, make_publisher):
    key = make_publisher("elsewhere").key("a")
    collection.add_delegation("targets/a", keys=[key], paths=[""])
    collection.publish()
    add(collection, "v1", roles=["targets/a"])
    with pytest.raises(NoKeyError):
        collection.publish()
    other.reset()
    with pytest.raises(PublishError, match="create target v1"):
        collection.publish()


def test_what_was_staged_while_others_changes_were_published_is_expected_next(
    collection, other, server
):
    add(collection, "v1")
    server.before_publish = [lambda: add(collection, "v2")]
    assert set(collection.publish().repository.tags) == {"v1"}
    other.reset()
    with pytest.raises(PublishError, match="create target v2"):
        collection.publish()


def test_a_collection_that_was_deleted_misses_nothing(collection):
    add(collection, "v1")
    collection.delete(remote=True)
    collection.initialize()
    assert collection.publish().versions == {"root": 1, "targets": 2}


def test_a_removal_from_a_broken_role_that_others_took_is_missed(collection, other, broken_role):
    """It would change nothing of what counts; signed again as it was, the role lists it still."""
    broken_role(lambda file: file)
    collection.remove_target("v1", roles=["targets/a"])
    other.reset()

    with pytest.raises(PublishError, match="delete target v1"):
        collection.publish()

    collection.remove_target("v1", roles=["targets/a"])
    collection.publish()
    collection.witness(["targets/a"])
    assert dict(collection.publish().repository.tags) == {}


def test_a_request_does_not_take_a_removal_from_a_broken_role_away(collection, broken_role):
    broken_role(lambda file: file)
    add(collection, "v2")
    request = collection.prepare()
    collection.reset()
    collection.remove_target("v1", roles=["targets/a"])
    [change] = collection.changes()
    request.staged = (change.file,)

    done = collection.publish_request(request)

    assert "are still staged" in done.notes[-1]
    assert collection.changes() == (change,)
