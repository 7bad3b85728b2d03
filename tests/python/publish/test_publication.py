"""What happens to an upload: races, refusals, answers that are lost, servers that lie."""

from __future__ import annotations

import hashlib
import json

import pytest

from contenttrust.errors import (
    ConflictError,
    ContentTrustError,
    PublishError,
    RejectedError,
    UnreachableError,
)
from labelled_tags import digest


def add(collection, name, label=None, roles=("targets",)):
    collection.add_target(name, size=7, sha256=digest(label or name), roles=roles)


def raising(error):
    def do():
        raise error

    return do


@pytest.fixture
def second(publisher):
    """The same publisher's collection once more, as from another process or machine."""
    return publisher.collection()


def published_meanwhile(other, name):
    """What another machine publishes, with the same keys."""

    def do():
        other.publish(more=[_Add(name)])

    return do


class _Add:
    def __init__(self, name):
        self.name = name

    def apply(self, draft):
        meta = {"hashes": {"sha256": _b64(self.name)}, "length": 7}
        draft.add_targets("targets", {self.name: meta})


def _b64(name):
    import base64

    return base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()


@pytest.fixture
def elsewhere(collection, publisher, make_publisher):
    """Another machine that holds the same keys."""
    other = make_publisher("elsewhere")
    other.keys = publisher.keys
    return other.collection()


def test_who_loses_a_race_publishes_on_top_of_the_winner(collection, elsewhere, server):
    add(collection, "mine")
    server.before_publish.append(published_meanwhile(elsewhere, "theirs"))

    done = collection.publish()

    assert done.attempts == 2
    assert done.versions == {"targets": 4}
    assert set(done.repository.tags) == {"mine", "theirs"}
    assert collection.changes() == ()


def test_who_loses_every_time_keeps_what_was_staged(collection, elsewhere, server):
    add(collection, "mine")

    def faster():
        published_meanwhile(elsewhere, f"theirs-{len(server.uploads)}")()
        server.before_publish.append(faster)

    server.before_publish.append(faster)

    with pytest.raises(ConflictError):
        collection.publish()
    assert [change.path for change in collection.changes()] == ["mine"]


def test_an_answer_that_is_lost_is_found_out(collection, server):
    add(collection, "v1")
    server.after_publish.append(raising(UnreachableError("timed out")))

    done = collection.publish()

    assert done.versions == {"targets": 3}
    assert collection.changes() == ()


def test_a_request_that_is_lost_is_told_and_kept(collection, server):
    add(collection, "v1")
    server.before_publish.append(raising(UnreachableError("connection refused")))

    with pytest.raises(UnreachableError):
        collection.publish()
    assert [change.path for change in collection.changes()] == ["v1"]
    assert collection.publish().versions == {"targets": 3}


def test_a_server_that_is_gone_afterwards_leaves_what_was_staged(collection, server):
    add(collection, "v1")

    def gone():
        server.fetch = lambda gun, files: [UnreachableError("gone") for _ in files]
        raise UnreachableError("gone")

    fetch = server.fetch
    server.after_publish.append(gone)

    with pytest.raises(UnreachableError, match="could not be found out"):
        collection.publish()
    server.fetch = fetch
    before = len(server.uploads)

    assert collection.publish().versions == {}  # it had arrived: nothing is done twice
    assert len(server.uploads) == before
    assert collection.changes() == ()


def test_a_refusal_is_told_and_kept(collection, server):
    add(collection, "v1")
    server.before_publish.append(raising(RejectedError("no room", found="UPDATING")))

    with pytest.raises(RejectedError, match="no room"):
        collection.publish()
    assert len(collection.changes()) == 1


def test_an_upload_that_is_overwritten_in_silence_is_published_again(collection, elsewhere, server):
    add(collection, "mine")

    def overwritten(gun, files):
        """Both uploads are accepted; the other's rows take the place of ours (notary 1636)."""
        elsewhere.publish(more=[_Add("theirs")])

    server.instead.append(overwritten)

    done = collection.publish()

    assert done.attempts == 2
    assert set(done.repository.tags) == {"mine", "theirs"}


def test_what_others_built_on_top_of_ours_is_success(collection, elsewhere, server):
    add(collection, "mine")
    server.after_publish.append(published_meanwhile(elsewhere, "theirs"))

    done = collection.publish()

    assert done.attempts == 1
    assert done.versions == {"targets": 3}
    assert set(done.repository.tags) == {"mine", "theirs"}


def test_a_server_that_accepts_and_does_nothing_is_found_out(collection, server):
    add(collection, "v1")
    server.instead.append(lambda gun, files: None)

    with pytest.raises(PublishError, match="does not serve it"):
        collection.publish()
    assert len(collection.changes()) == 1


def test_a_server_that_changes_what_it_stores_is_found_out(collection, server):
    """The server signs snapshot and timestamp: only the signature of targets is in its way."""
    add(collection, "v1")

    def changed(gun, files):
        document = json.loads(files["targets"])
        document["signed"]["targets"]["v1"]["length"] = 8
        other = json.dumps(document, separators=(",", ":")).encode()
        server.store(gun, {**files, "targets": other}, judged=False)

    server.instead.append(changed)

    with pytest.raises(ContentTrustError) as refused:
        collection.publish()
    assert refused.value.role == "targets"
    assert len(collection.changes()) == 1


def test_a_server_that_goes_back_is_found_out(collection, server):
    add(collection, "v1")
    before = dict(server.files[collection.gun])
    collection.publish()
    add(collection, "v2")
    server.files[collection.gun] = before

    with pytest.raises(ContentTrustError) as refused:
        collection.publish()
    assert refused.value.code == "rollback"


def test_staging_while_publishing_stays_for_the_next_time(collection, server):
    add(collection, "v1")
    server.before_publish.append(lambda: add(collection, "v2"))

    collection.publish()

    assert [change.path for change in collection.changes()] == ["v2"]


def test_two_processes_of_one_trust_directory_take_turns(collection, second, server):
    add(collection, "v1")
    seen = []

    def other():
        lock = second.trust_dir.locked(second.gun, "publish", patience=0)
        with pytest.raises(ContentTrustError) as refused, lock:
            pass
        seen.append(refused.value.message)

    server.before_publish.append(other)
    collection.publish()

    assert "lock" in seen[0]


def test_many_targets_at_once(collection):
    from contenttrust.publish import target_meta

    metas = [(f"t{i}", target_meta(7, sha256=digest(f"t{i}"))) for i in range(500)]

    done = collection.publish_targets(metas)

    assert len(done.repository.tags) == 500


def test_custom_data_is_published_in_canonical_form(collection, server):
    custom = '{"b": [1, true, null, "<&>\u2028 ü"], "a": {"z": 0}}'.encode()
    collection.add_target("v1", size=7, sha256=digest("v1"), custom=custom)

    done = collection.publish()

    assert done.repository.verify("v1").custom == json.loads(custom)
    assert b"\\u003c\\u0026\\u003e\\u2028" in server.files[collection.gun]["targets"]
