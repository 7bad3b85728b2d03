"""What is known here of a role counts as kept, whatever the server says that it has."""

from __future__ import annotations

import pytest

from contenttrust.publish import images
from contenttrust.publish.images import ReturningError
from labelled_tags import digest
from signed_anew import sign_anew, take_key

QA = "targets/qa"


@pytest.fixture
def hides(server, monkeypatch):
    """Makes that the server has nothing of some roles, however it is asked."""
    file, hidden = server.file, set()

    def without(gun, name, sha256):
        return None if name in hidden else file(gun, name, sha256)

    monkeypatch.setattr(server, "file", without)
    return hidden.update


@pytest.mark.parametrize("managed", [("timestamp",), ("timestamp", "snapshot")])
def test_what_is_hidden_after_the_look_does_not_come_back_unasked(
    publisher, server, hides, monkeypatch, managed
):
    collection = publisher.collection()
    collection.initialize(server_managed=managed)
    key = publisher.key("qa")
    collection.add_delegation(QA, keys=[key], paths=[""])
    collection.add_target("v1", size=7, sha256=digest("v1"), roles=[QA])
    collection.publish()
    publisher.keys.remove(key.canonical_key_id)
    collection.remove_delegation(QA)
    collection.add_delegation(QA, keys=[key], paths=[""])
    sent = len(server.uploads)
    judge = collection.judge()
    look = judge.look

    def then_hides():
        current = look()
        hides({QA})
        return current

    monkeypatch.setattr(judge, "look", then_hides)
    monkeypatch.setattr(type(collection), "judge", lambda *_, **__: judge)
    with pytest.raises(ReturningError, match=r"targets/qa lists v1 \(sha256:"):
        collection.publish()
    assert len(server.uploads) == sent


def test_what_was_verified_here_does_not_come_back_unasked(collection, elsewhere, hides, server):
    hides({"targets/alice", "targets/releases"})
    sent = len(server.uploads)
    with pytest.raises(ReturningError) as refused:
        images.add_signer(collection, "alice", [elsewhere])
    assert refused.value.tags["targets/releases"].keys() == {"v1", "v2"}
    assert len(server.uploads) == sent


def test_a_broken_role_that_is_hidden_gets_no_key_unasked(collection, publisher, hides, server):
    """Notary took away the key that alone has signed it."""
    old, new = publisher.key("old"), publisher.key("new")
    collection.add_delegation(QA, keys=[old], paths=[""])
    collection.add_target("v1", size=7, sha256=digest("v1"), roles=[QA])
    collection.publish()
    collection.add_delegation(QA, keys=[new])
    collection.publish()
    sign_anew(server, collection.gun, publisher.keys, "targets", take_key(old.key_id))
    hides({QA})
    collection.add_delegation(QA, keys=[old])
    sent = len(server.uploads)

    with pytest.raises(ReturningError, match=r"targets/qa lists v1 \(sha256:"):
        collection.publish()
    assert len(server.uploads) == sent
