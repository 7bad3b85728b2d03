"""Publishers that end between the server's acceptance and the clearing of the changelist.

What the server has is not applied again, and what it does not have is not lost.
"""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from contenttrust.publish import images
from contenttrust.publish.changelist import Changelist
from ended_runs import A, B, C, add, ends, listed, record_of, staged_of
from labelled_tags import tags

TOLD = (
    "create target v1 had been published already by an earlier run, which did not come to its end"
)


def test_what_was_accepted_is_not_applied_over_a_correction(
    corrected, collection, again, told, server
):
    again()
    assert listed(server) == {"v1": B}
    assert staged_of(collection) == []
    [one] = told()
    assert TOLD in one
    assert not record_of(collection).exists()


def test_the_same_object_publishes_again(corrected, collection, server):
    collection.publish()
    assert listed(server) == {"v1": B}


def test_what_is_served_still_is_not_sent_again(accepted, collection, server, again, told):
    accepted()
    sent = len(server.uploads)
    assert again().versions == {}
    assert len(server.uploads) == sent
    assert staged_of(collection) == []
    assert len(told()) == 1


def test_what_ended_before_the_changelist_was_cleared(
    collection, colleague, again, monkeypatch, server
):
    add(collection, "v1", A)
    with monkeypatch.context() as broken:
        broken.setattr(Changelist, "remove", ends)
        with pytest.raises(KeyboardInterrupt):
            collection.publish()
    add(colleague, "v1", B)
    colleague.publish()
    again()
    assert listed(server) == {"v1": B}


def test_what_was_not_accepted_is_applied(collection, colleague, server, again, told):
    add(collection, "v1", A)
    server.before_publish = [ends]
    with pytest.raises(KeyboardInterrupt):
        collection.publish()
    add(colleague, "v1", B)
    colleague.publish()
    again()
    assert listed(server) == {"v1": A}
    assert not told()
    assert not record_of(collection).exists()


def test_what_was_staged_since_is_applied(corrected, collection, publisher, again, server):
    add(publisher.collection(), "v2", C)
    again()
    assert listed(server) == {"v1": B, "v2": C}
    assert staged_of(collection) == []


def test_a_change_that_is_another_now_is_applied(corrected, collection, again, told, server):
    [change] = collection.changes()
    path = Path(collection.trust_dir.path, "tuf", collection.gun, "changelist", change.file)
    path.write_bytes(path.read_bytes().replace(b'"v1"', b'"v7"'))
    again()
    assert listed(server) == {"v1": B, "v7": A}
    assert not told()


def test_what_others_took_away_since_stays_away(collection, colleague, accepted, publisher, server):
    collection.add_delegation("targets/qa", keys=[publisher.key("qa")], paths=[""])
    add(collection, "v1", A, roles=["targets/qa"])
    accepted.only()
    colleague.remove_delegation("targets/qa")
    colleague.publish()
    collection.publish()
    assert server.signed(collection.gun, "targets")["delegations"]["roles"] == []


def test_an_upload_that_others_were_faster_than_is_known_too(collection, colleague, server, again):
    def faster():
        add(colleague, "base", C)
        colleague.publish()

    add(collection, "v1", A)
    server.before_publish = [faster]
    server.after_publish = [lambda: None, ends]
    with pytest.raises(KeyboardInterrupt):
        collection.publish()
    add(colleague, "v1", B)
    colleague.publish()
    again()
    assert listed(server) == {"base": C, "v1": B}


def test_what_arrives_after_the_next_run_looked_is_known_too(collection, colleague, server, again):
    """A first upload is still on its way when the second is sent, and ends that one."""
    add(collection, "v1", A)
    late = []
    server.instead = [lambda gun, files: late.append((gun, files)) or ends()]
    with pytest.raises(KeyboardInterrupt):
        collection.publish()

    def arrives(*_):
        server.store(*late[0])
        ends()

    server.instead = [arrives]
    with pytest.raises(KeyboardInterrupt):
        again()
    add(colleague, "v1", B)
    colleague.publish()
    again()
    assert listed(server) == {"v1": B}


def test_uploads_without_end_are_not_all_remembered(collection, server, again):
    add(collection, "v1", A)
    for _ in range(11):
        server.instead = [ends]
        with pytest.raises(KeyboardInterrupt):
            again()
    assert len(json.loads(record_of(collection).read_bytes())["sent"]) == 8


def test_files_that_are_published_without_the_changes_prove_nothing(publisher, server, again):
    """The root of a new collection is the same in whatever is published first."""
    made = publisher.collection()
    made.initialize()
    add(made, "v1", A)
    server.instead = [ends]
    with pytest.raises(KeyboardInterrupt):
        made.publish()
    images.sign(publisher.collection(), tags("v2"))
    assert set(again().repository.tags) == {"v1", "v2"}


def test_the_record_is_ours_alone_and_no_change(accepted, collection):
    accepted()
    record = record_of(collection)
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    [change] = collection.changes()
    assert [one.name for one in (record.parent / "changelist").iterdir()] == [change.file]
    [noted] = json.loads(record.read_bytes())["sent"]
    assert list(noted["changes"]) == [change.file]
    assert set(noted["documents"]) == {"targets"}


def test_steps_that_are_not_staged_are_not_noted(collection, server):
    seen = []
    server.before_publish = [lambda: seen.append(record_of(collection).exists())]
    collection.publish_targets({"v1": tags("v1")["v1"]}.items())
    assert seen == [False]


def test_what_is_deleted_is_forgotten(accepted, collection, publisher):
    accepted()
    publisher.collection().delete()
    assert not record_of(collection).exists()
