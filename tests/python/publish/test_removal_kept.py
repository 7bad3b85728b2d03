"""What was agreed when a removal began is kept by runs that publish nothing, and by later ones."""

from __future__ import annotations

import pytest

from contenttrust.errors import (
    PublishError,
    RejectedError,
    TrustDirectoryError,
    UnreachableError,
)
from contenttrust.publish import images, removal
from contenttrust.publish.current import Judge
from contenttrust.publish.removal_record import RemovalRecord
from contenttrust.transport import remark
from labelled_tags import tags


def records(publisher):
    return [one.read_bytes() for one in publisher.folder.rglob(".removal_of_*")]


def stop():
    raise KeyboardInterrupt


def fail(server, error):
    def failing(*_):
        raise error

    server.instead.append(failing)


def late(mallory, *then):
    """The signer publishes in the last moment."""

    def publish():
        images.sign(mallory.collection(), tags("late"))
        for one in then:
            one()

    return publish


@pytest.fixture
def shared(collection, mallory):
    """Base is alice's, v1 only hers who is to go."""
    images.sign(collection, tags("base"))
    images.sign(mallory.collection(), tags("v1"))
    return collection


@pytest.fixture
def told(monkeypatch):
    """What is remarked."""
    lines = []
    monkeypatch.setattr(remark, "tell", lines.append)
    return lines


@pytest.fixture
def overtaken(shared, mallory, publisher, server):
    """Removes her, and while that asks, another run does so, and is interrupted half-way."""

    def ask(_):
        server.before_publish = [
            late(mallory, lambda: server.after_publish.append(stop)),
        ]
        with pytest.raises(KeyboardInterrupt):
            images.remove_signer(publisher.collection(), "mallory")

    def run(*then):
        def confirm(found):
            ask(found)
            for one in then:
                one()

        return images.remove_signer(shared, "mallory", confirm=confirm)

    return run


def is_resumed(publisher):
    removed = images.remove_signer(publisher.collection(), "mallory")
    assert removed.signed_again == ("targets/releases",)
    assert set(removed.published.repository.tags) == {"base", "v1"}
    assert not records(publisher)


def test_a_run_to_which_the_server_has_nothing_forgets_nothing(interrupted, publisher, server):
    before = records(publisher)
    hidden = server.files.pop(interrupted.gun)
    with pytest.raises(PublishError, match="has nothing of"):
        images.remove_signer(interrupted, "mallory")
    server.files[interrupted.gun] = hidden
    assert records(publisher) == before
    is_resumed(publisher)


def test_a_run_that_waited_in_vain_forgets_nothing_of_another(
    shared, publisher, overtaken, monkeypatch
):
    locked = shared.trust_dir.locked
    holder = publisher.collection().trust_dir.locked(shared.gun, "publish")

    def impatient():
        monkeypatch.setattr(
            shared.trust_dir, "locked", lambda gun, purpose: locked(gun, purpose, patience=0)
        )
        holder.__enter__()

    with pytest.raises(TrustDirectoryError, match="the lock for publish"):
        overtaken(impatient)
    holder.__exit__(None, None, None)
    is_resumed(publisher)


def test_a_run_that_gets_through_keeps_what_another_has_published(publisher, server, overtaken):
    """The other has kept the version that the signer published last; this run saw an older one."""
    kept = []

    def refused():
        kept[:] = records(publisher)
        fail(server, RejectedError("no"))

    with pytest.raises(RejectedError):
        overtaken(refused)
    assert len(kept) == 1
    assert records(publisher) == kept
    is_resumed(publisher)


def test_nobody_else_gets_between_the_two_publications(shared, mallory, publisher, server):
    """They are one removal for whoever waits for the lock."""
    server.before_publish = [late(mallory)]
    held = []

    def is_held():
        gun = shared.gun
        with (
            pytest.raises(TrustDirectoryError),
            publisher.collection().trust_dir.locked(gun, "publish", patience=0),
        ):
            pytest.fail("free")
        held.append(gun)

    released = removal._released_as_agreed

    def between(*given):
        is_held()
        return released(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(removal, "_released_as_agreed", between)
        images.remove_signer(shared, "mallory")
    assert held


def test_an_upload_that_was_sent_twice_and_is_not_served_yet_is_not_said_to_be_refused(
    shared, publisher, server, monkeypatch
):
    """The second is refused, as the first was taken; who is asked for files lags behind."""
    old, file = dict(server.files[shared.gun]), server.file

    def twice(gun, files):
        server.store(gun, files)
        monkeypatch.setattr(
            server, "file", lambda gun, name, sha: file(gun, name, sha) if sha else old.get(name)
        )
        raise RejectedError("targets is no newer version", found="VERSION")

    server.instead.append(twice)
    with pytest.raises(RejectedError) as refused:
        images.remove_signer(shared, "mallory")
    monkeypatch.setattr(server, "file", file)
    assert refused.value.upload == "unknown"
    assert "mallory" not in {one.name for one in images.signers(shared)}
    assert records(publisher)
    images.remove_signer(shared, "mallory")
    assert not records(publisher)


def test_ctrl_c_between_the_two_publications_is_told(shared, mallory, server, monkeypatch, told):
    server.before_publish = [late(mallory)]
    released = removal._released_as_agreed

    def between(*given):
        monkeypatch.setattr(Judge, "look", lambda _: stop())
        return released(*given)

    monkeypatch.setattr(removal, "_released_as_agreed", between)
    with pytest.raises(KeyboardInterrupt):
        images.remove_signer(shared, "mallory")
    [line] = [one for one in told if "interrupted" in one]
    assert line.startswith(f"{shared.gun}: interrupted; what was published first is at the server")


def test_ctrl_c_before_anything_is_published_says_nothing_of_a_first(shared, server, told):
    server.before_publish = [stop]
    with pytest.raises(KeyboardInterrupt):
        images.remove_signer(shared, "mallory")
    assert not [line for line in told if "published first" in line]


@pytest.mark.parametrize("is_stored", [False, True])
def test_of_a_second_publication_without_answer_is_not_said_that_it_failed(  # noqa: PLR0917
    shared, mallory, publisher, server, is_stored, monkeypatch
):
    def unanswered(gun, files):
        if is_stored:
            server.store(gun, files)
        monkeypatch.setattr(server, "fetch", lambda _, wanted: [UnreachableError()] * len(wanted))
        raise UnreachableError("no answer")

    server.before_publish = [late(mallory)]
    released = removal._released_as_agreed

    def second(*given):
        server.instead.append(unanswered)
        return released(*given)

    monkeypatch.setattr(removal, "_released_as_agreed", second)
    with pytest.raises(UnreachableError) as failed:
        images.remove_signer(shared, "mallory")
    monkeypatch.undo()
    assert failed.value.upload == "unknown"
    assert "is broken" not in failed.value.message
    assert f"(contenttrust signer remove mallory {shared.gun}) looks" in failed.value.message
    removed = images.remove_signer(shared, "mallory")
    assert removed.signed_again == (() if is_stored else ("targets/releases",))
    assert set(removed.published.repository.tags) == {"base", "v1"}
    assert not records(publisher)


def test_a_record_that_cannot_be_removed_is_told_as_published(interrupted, monkeypatch):
    def full(_):
        raise TrustDirectoryError("the record of the removal: Read-only file system")

    monkeypatch.setattr(RemovalRecord, "forget", full)
    with pytest.raises(TrustDirectoryError) as failed:
        images.remove_signer(interrupted, "mallory")
    assert failed.value.upload == "served"


def test_what_is_kept_stays_where_the_signer_was_gone_before_it_was_refused(
    shared, publisher, make_publisher, server
):
    """Who sees that she is gone does not know whether an attempt before did that."""
    other = make_publisher("elsewhere")
    other.keys = publisher.keys

    def faster():
        elsewhere = other.collection()
        images.remove_signer(elsewhere, "mallory")
        elsewhere.add_target("v1", size=7, sha256="b" * 64)
        elsewhere.publish()

    server.before_publish = [faster]
    with pytest.raises(PublishError, match="somebody published in targets: v1"):
        images.remove_signer(shared, "mallory", revoke=True)
    assert records(publisher)
