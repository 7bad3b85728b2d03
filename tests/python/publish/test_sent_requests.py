"""Signing requests whose publication ended before their changes were gone from the changelist."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.errors import PublishError, StagedChangeError, TrustDirectoryError
from contenttrust.publish.changelist import Changelist
from ended_runs import GUN, A, B, C, add, ends, listed, staged_of


def test_no_request_is_prepared_of_what_is_published(corrected, publisher, told):
    with pytest.raises(PublishError, match=f"nothing of {GUN} is changed"):
        publisher.collection().prepare()
    assert len(told()) == 1
    assert publisher.collection().changes() == ()


def test_a_request_that_was_accepted_is_not_applied_over_a_correction(
    collection, colleague, server, again
):
    add(collection, "v1", A)
    request = collection.prepare()
    server.after_publish = [ends]
    with pytest.raises(KeyboardInterrupt):
        collection.publish_request(request)
    add(colleague, "v1", B)
    colleague.publish()
    again()
    assert listed(server) == {"v1": B}
    assert staged_of(collection) == []


def test_a_request_that_names_what_is_not_in_it_takes_nothing_away(
    collection, colleague, server, again, told
):
    add(collection, "v1", A)
    request = collection.prepare()
    add(collection, "v2", C)
    request.staged = tuple(change.file for change in collection.changes())
    server.after_publish = [ends]
    with pytest.raises(KeyboardInterrupt):
        collection.publish_request(request)
    add(colleague, "v3", B)
    colleague.publish()
    again()
    assert listed(server) == {"v1": A, "v2": C, "v3": B}
    assert not told()


def test_a_request_leaves_what_is_known_of_other_changes(
    collection, accepted, colleague, server, again
):
    add(collection, "v0", C)
    accepted()
    request = colleague_s_request(colleague, collection.changes()[0])
    collection.publish_request(request)
    assert staged_of(collection) == ["v1"]
    add(colleague, "v1", B)
    colleague.publish()
    again()
    assert listed(server)["v1"] == B


def test_a_request_that_is_published_already_is_not_said_to_be_tried_again(
    collection, colleague, monkeypatch
):
    add(collection, "v1", A)
    request = collection.prepare()
    colleague.publish_request(request)

    def full(*_, **__):
        raise TrustDirectoryError("the staged changes: Operation not permitted")

    monkeypatch.setattr(Changelist, "remove", full)
    with pytest.raises(TrustDirectoryError) as failed:
        collection.publish_request(request)
    assert failed.value.upload == "served"
    assert "of 1 staged change, what stays staged is published already" in failed.value.message
    assert "tries again" not in failed.value.message


def test_of_what_was_published_is_not_said_how_much_stays_staged(collection, monkeypatch):
    """The first change has left the changelist, and the second cannot be removed."""
    add(collection, "v1", A)
    add(collection, "v2", B)
    remove = Changelist.remove

    def one(self, names, **options):
        remove(self, names[:1], **options)
        raise TrustDirectoryError("the staged changes: Operation not permitted")

    monkeypatch.setattr(Changelist, "remove", one)
    with pytest.raises(TrustDirectoryError) as failed:
        collection.publish()
    assert staged_of(collection) == ["v2"]
    assert "of 2 staged changes, what stays staged is published already" in failed.value.message


def colleague_s_request(colleague, change):
    """A request that names a change of ours, which is published already."""
    add(colleague, "v2", C)
    request = colleague.prepare()
    colleague.reset()
    request.staged = (change.file,)
    return request


def test_a_request_is_published_where_a_change_cannot_be_read(collection, server):
    add(collection, "v1", A)
    request = collection.prepare()
    [change] = collection.changes()
    folder = Path(collection.trust_dir.path, "tuf", collection.gun, "changelist")
    (folder / change.file).write_bytes(b"{")
    assert "still staged" in collection.publish_request(request).notes[-1]
    assert listed(server) == {"v1": A}
    with pytest.raises(StagedChangeError):
        collection.publish()
