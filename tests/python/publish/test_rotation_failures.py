"""Rotations that come to nothing: what they leave behind, and what they say."""

from __future__ import annotations

import hashlib

import pytest

from contenttrust.errors import (
    ConflictError,
    ContentTrustError,
    NoKeyError,
    PublishError,
    RejectedError,
    UnreachableError,
)


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def roles_here(publisher):
    return sorted(entry.role for entry in publisher.keys.entries())


@pytest.fixture
def elsewhere(collection, publisher, make_publisher):
    """The same keys on another machine: who holds the old ones can publish there."""
    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    return other.collection()


def test_t010_another_type_of_the_same_value_is_another_content(collection, elsewhere, server):
    """For Python 1 equals true."""
    collection.add_target("v1", size=7, sha256=digest("v1"), custom=b'{"admin":1}')
    collection.publish()
    elsewhere.add_target("v1", size=7, sha256=digest("v1"), custom=b'{"admin":true}')
    server.before_publish.append(elsewhere.publish)

    with pytest.raises(PublishError, match="tag changed: v1"):
        collection.rotate_key("targets")


def test_a_server_that_only_says_that_it_has_deleted_is_told(collection, server, monkeypatch):
    monkeypatch.setattr(server, "delete", lambda _gun: None)

    with pytest.raises(PublishError, match="serves its root still"):
        collection.delete(remote=True)

    assert collection.trust_dir.cached(collection.gun)


def _refused(*_):
    raise RejectedError("no")


def _unanswered(*_):
    raise UnreachableError("gone")


@pytest.mark.parametrize("role", ["targets", "root", "snapshot"])
@pytest.mark.parametrize(
    ("answer", "stays"), [(_refused, 0), (_unanswered, 1), (lambda *_: None, 1)]
)
def test_a_key_that_was_made_for_nothing_does_not_stay(  # noqa: PLR0917 - what is varied
    collection, publisher, server, role, answer, stays
):
    """One that may have been published does: nobody else could sign."""
    before = roles_here(publisher)
    server.instead.append(answer)

    with pytest.raises(ContentTrustError):
        collection.rotate_key(role)

    assert sorted([*before, *[role] * stays]) == roles_here(publisher)


def test_others_that_publish_without_end_leave_no_keys_here(
    collection, publisher, elsewhere, server
):
    before = roles_here(publisher)

    def publish():
        elsewhere.witness(["targets"])
        elsewhere.publish()

    server.before_publish.extend([publish, lambda: None] * 5)
    with pytest.raises(ConflictError, match="nothing was published; try again") as refused:
        collection.rotate_key("targets")
    assert "staged" not in str(refused.value)
    assert roles_here(publisher) == before


@pytest.mark.parametrize("role", ["targets", "root", "timestamp"])
def test_without_the_root_key_no_key_is_made_and_the_way_is_told(collection, publisher, role):
    [root] = [entry.key_id for entry in publisher.keys.entries() if entry.role == "root"]
    publisher.keys.remove(root)
    before = roles_here(publisher)

    with pytest.raises(NoKeyError, match=root) as refused:
        collection.rotate_key(role, server_managed=role == "timestamp")

    assert ("contenttrust signing-request rotate" in str(refused.value)) == (role != "timestamp")
    assert roles_here(publisher) == before


def test_the_roles_that_can_be_rotated_are_named(collection):
    with pytest.raises(PublishError, match="root, snapshot, targets, timestamp"):
        collection.rotate_key("nonsense")


def test_what_stays_staged_is_told_where_something_is(collection, server):
    collection.add_target("v1", size=7, sha256=digest("v1"))
    server.instead.append(_refused)

    with pytest.raises(RejectedError, match="1 staged change stays so: `contenttrust publish`"):
        collection.publish()

    assert len(collection.changes()) == 1
