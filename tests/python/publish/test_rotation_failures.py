"""Rotations that come to nothing: what they leave behind, and what they say."""

from __future__ import annotations

import pytest

from contenttrust.errors import (
    ConflictError,
    ContentTrustError,
    NoKeyError,
    PublishError,
    RejectedError,
    ServerError,
    TrustDirectoryError,
    UnreachableError,
)
from contenttrust.publish import images
from contenttrust.publish.current import Judge
from contenttrust.transport import remark
from contenttrust.transport.cache import TrustDirectory
from labelled_tags import digest


def roles_here(publisher):
    return sorted(entry.role for entry in publisher.keys.entries())


@pytest.fixture
def told(monkeypatch):
    """What is remarked."""
    lines = []
    monkeypatch.setattr(remark, "tell", lines.append)
    return lines


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


@pytest.mark.parametrize("failure", [UnreachableError("gone"), ServerError("half a file")])
def test_a_deletion_that_was_accepted_and_could_not_be_seen_is_told(
    collection, server, monkeypatch, failure
):
    with monkeypatch.context() as patched:
        patched.setattr(server, "fetch", lambda _gun, wanted: [failure] * len(wanted))
        with pytest.raises(type(failure), match="has accepted the deletion of ") as failed:
            collection.delete(remote=True)

    assert failed.value.upload == "accepted"
    assert str(failed.value).endswith("not deleted: the same command again asks for both.")
    assert collection.trust_dir.cached(collection.gun)
    collection.delete(remote=True)
    assert not collection.trust_dir.cached(collection.gun)


def _refused(*_):
    raise RejectedError("no")


def _unanswered(*_):
    raise UnreachableError("gone")


def _gone(server, monkeypatch):
    """An upload that is taken, after which the server does not answer any more."""

    def take(gun, files):
        server.store(gun, files)
        monkeypatch.setattr(
            server, "fetch", lambda _, wanted: [UnreachableError("gone")] * len(wanted)
        )

    return take


@pytest.mark.parametrize("role", ["targets", "root", "snapshot"])
@pytest.mark.parametrize("answer", [_refused, _unanswered, lambda *_: None])
def test_a_new_key_stays_and_is_told_once_anything_was_sent(
    collection, publisher, server, role, answer
):
    """A refusal proves nothing: what stands between may have sent it twice."""
    before = roles_here(publisher)
    server.instead.append(answer)

    with pytest.raises(ContentTrustError) as failed:
        collection.rotate_key(role)

    assert sorted([*before, role]) == roles_here(publisher)
    [kept] = failed.value.kept_keys
    assert publisher.keys.find(kept).role == role
    again = f"contenttrust key rotate --key {kept} {collection.gun} {role}"
    assert again in failed.value.message
    done = collection.rotate_key(role, key_ids=[kept])
    assert done.repository.roles[role].canonical_key_ids == (kept,)


@pytest.mark.parametrize("role", ["targets", "root", "snapshot"])
def test_the_key_of_a_root_that_was_refused_and_taken_is_here(
    collection, publisher, server, monkeypatch, role
):
    def take(gun, files):
        _gone(server, monkeypatch)(gun, files)
        raise RejectedError("no", found="VERSION")

    server.instead.append(take)

    with pytest.raises(RejectedError) as failed:
        collection.rotate_key(role)

    monkeypatch.undo()
    [named] = collection.judge().look().repository.roles[role].canonical_key_ids
    assert (failed.value.kept_keys, failed.value.upload) == ((named,), "unknown")
    assert publisher.keys.find(named) is not None
    collection.rotate_key("root")


def test_an_interrupted_rotation_tells_which_key_stays(collection, publisher, server, told):
    before = {entry.key_id for entry in publisher.keys.entries()}

    def interrupt():
        raise KeyboardInterrupt

    server.after_publish.append(interrupt)
    with pytest.raises(KeyboardInterrupt):
        collection.rotate_key("root")

    [kept] = {entry.key_id for entry in publisher.keys.entries()} - before
    assert any(kept in line for line in told)


@pytest.mark.parametrize("role", ["targets", "root"])
def test_a_key_that_nothing_was_sent_of_does_not_stay(
    collection, publisher, server, role, monkeypatch
):
    before = roles_here(publisher)
    generate = publisher.keys.generate

    def generated(*given, **options):
        monkeypatch.setattr(
            server, "fetch", lambda _, wanted: [UnreachableError("gone")] * len(wanted)
        )
        return generate(*given, **options)

    monkeypatch.setattr(publisher.keys, "generate", generated)
    with pytest.raises(UnreachableError) as failed:
        collection.rotate_key(role)

    assert roles_here(publisher) == before
    assert (failed.value.kept_keys, failed.value.upload) == ((), "")


def test_what_was_accepted_and_cannot_be_read_back_is_told_so(collection, server, monkeypatch):
    server.instead.append(_gone(server, monkeypatch))

    with pytest.raises(
        UnreachableError, match="sent and accepted, and was not seen to be served"
    ) as it:
        collection.rotate_key("targets")

    assert "error contacting notary server" not in str(it.value)
    assert it.value.upload == "accepted"
    assert it.value.kept_keys[0] in str(it.value)


def test_what_was_accepted_and_cannot_be_remembered_is_told_so(collection, server, monkeypatch):
    """The server has answered: it is this machine's disk."""

    def full(*_, **__):
        raise TrustDirectoryError("the record: No space left on device")

    server.after_publish.append(lambda: monkeypatch.setattr(TrustDirectory, "remember", full))
    with pytest.raises(TrustDirectoryError) as failed:
        collection.rotate_key("targets")

    assert failed.value.message.startswith(
        "what was published was sent and accepted, and could not be remembered here: the record: No"
    )
    assert failed.value.upload == "accepted"


def test_what_never_reached_the_server_is_not_said_to_have_been_sent(collection, server):
    """A key stays all the same: an attempt before may have been sent."""

    def unreached(*_):
        error = UnreachableError("no connection")
        error.upload = "refused"
        raise error

    server.instead.append(unreached)
    with pytest.raises(UnreachableError) as failed:
        collection.rotate_key("targets")

    [kept] = failed.value.kept_keys
    assert f"the new targets key {kept} stays in the key store: it is needed if the server has" in (
        failed.value.message
    )
    assert "sent" not in failed.value.message


def test_what_was_read_back_and_is_not_there_is_not_said_to_be_unread(
    collection, publisher, elsewhere, server, monkeypatch
):
    """Another upload takes the place of the first attempt; the second cannot ask."""
    elsewhere.add_target("theirs", size=7, sha256=digest("theirs"))
    server.instead.append(lambda *_: elsewhere.publish())
    kept, asked = Judge.kept, []

    def unanswered(self, roles):
        if "targets/bob" in roles:
            asked.append(roles)
            if len(asked) > 1:
                raise UnreachableError("no answer")
        return kept(self, roles)

    monkeypatch.setattr(Judge, "kept", unanswered)
    with pytest.raises(UnreachableError) as failed:
        images.add_signer(collection, "bob", [publisher.key("bob")])

    assert failed.value.upload == "accepted"
    assert "could not be read back" not in failed.value.message
    assert "was sent and accepted, and was not seen to be served: no answer" in failed.value.message


def test_others_that_publish_without_end_leave_one_key_and_it_is_told(
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
    assert roles_here(publisher) == sorted([*before, "targets"])
    assert len(refused.value.kept_keys) == 1


@pytest.mark.parametrize("role", ["targets", "root", "timestamp"])
def test_without_the_root_key_no_key_is_made_and_the_way_is_told(collection, publisher, role):
    [root] = [entry.key_id for entry in publisher.keys.entries() if entry.role == "root"]
    publisher.keys.remove(root)
    before = roles_here(publisher)

    with pytest.raises(NoKeyError, match=root) as refused:
        collection.rotate_key(role, server_managed=role == "timestamp")

    file = {"targets": "--key KEY.pub", "root": "--key NEW.crt"}.get(role, "--server-managed")
    assert f"contenttrust signing-request rotate {file} {collection.gun} {role} FILE" in str(
        refused.value
    )
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
