"""What was sent, where it cannot be told whether it is published: nothing is sent, nothing lost."""

from __future__ import annotations

import json

import pytest

from contenttrust.errors import PublishError, TrustDirectoryError, UnreachableError
from contenttrust.publish.record_file import RecordFile
from ended_runs import A, B, add, listed, record_of, staged_of


def unsettled(collection, server, error, words, again):
    """Sees that nothing is sent or lost."""
    sent = len(server.uploads)
    with pytest.raises(error, match=words) as refused:
        again()
    assert len(server.uploads) == sent
    assert staged_of(collection) == ["v1"]
    assert record_of(collection).exists()
    assert "1 staged change stays so" in refused.value.message


def test_a_server_that_does_not_say_ends_the_publication(
    corrected, collection, server, again, monkeypatch
):
    file = server.file
    gone = UnreachableError("https://trust.example: no answer")
    with monkeypatch.context() as broken:
        broken.setattr(
            server, "file", lambda gun, name, sha256: gone if sha256 else file(gun, name, None)
        )
        unsettled(collection, server, UnreachableError, "could not be found out: .*answer", again)
    again()
    assert listed(server) == {"v1": B}


def test_a_server_that_nobody_reaches_ends_the_publication(
    corrected, collection, server, again, monkeypatch
):
    def fetch(*_):
        raise UnreachableError("https://trust.example: no connection")

    monkeypatch.setattr(server, "fetch", fetch)
    unsettled(collection, server, UnreachableError, "could not be found out: .*connect", again)


def test_a_server_that_gives_the_last_by_its_name_does_not_have_it(
    corrected, collection, server, again, monkeypatch
):
    """A source answers with that where it has no file of such a content."""
    file = server.file
    old = record_of(collection).read_text()
    monkeypatch.setattr(
        server,
        "file",
        lambda gun, name, sha256: (
            file(gun, name, None) if sha256 and sha256 in old else file(gun, name, sha256)
        ),
    )
    again()
    assert listed(server) == {"v1": A}


def test_a_server_that_serves_something_older_ends_the_publication(
    collection, server, accepted, again
):
    before = dict(server.files[collection.gun])
    accepted()
    now = dict(server.files[collection.gun])
    server.files[collection.gun] = before
    unsettled(collection, server, PublishError, "serves something older", again)
    server.files[collection.gun] = now
    assert again().versions == {}


SENT = {"changes": {"one.change": A}, "documents": {"targets": B}, "lengths": {"targets": 7}}


def sent(**other):
    return {"sent": [{**SENT, **other}]}


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"sent": 5},
        {"sent": [5]},
        {"sent": [], "more": 1},
        sent(more=1),
        sent(changes=5),
        sent(changes={"one.change": 5}),
        sent(changes={"one.change": A[1:]}),
        sent(documents={"targets": A.upper()}),
        sent(documents={"targets": f"{A}\n"}),
        sent(documents={"../x": A}, lengths={"../x": 7}),
        sent(documents={}, lengths={}),
        sent(lengths={}),
        sent(lengths={"targets": "7"}),
        sent(lengths={"targets": True}),
        sent(lengths={"targets": -1}),
    ],
)
def test_a_damaged_record_ends_the_publication(corrected, collection, server, again, value):
    record_of(collection).write_text(json.dumps(value))
    unsettled(collection, server, PublishError, "is damaged", again)


def test_half_a_record_ends_the_publication(corrected, collection, server, again):
    record = record_of(collection)
    whole = record.read_bytes()
    record.write_bytes(whole[:-9])
    unsettled(collection, server, PublishError, "is damaged: .*move the file away", again)
    record.unlink()
    again()
    assert listed(server) == {"v1": A}, "as the message says: what was published was not reset"


def test_a_record_that_others_may_write_is_not_read(corrected, collection, server, again):
    record_of(collection).chmod(0o666)
    unsettled(collection, server, TrustDirectoryError, "the record of what was sent", again)


def test_where_nothing_is_staged_the_record_is_of_no_matter(
    corrected, collection, publisher, server
):
    record_of(collection).write_bytes(b"{")
    publisher.collection().reset()
    publisher.collection().publish()
    assert listed(server) == {"v1": B}
    assert not record_of(collection).exists()


def test_nobody_is_asked_for_what_is_not_staged_any_more(
    corrected, collection, publisher, server, monkeypatch
):
    old = record_of(collection).read_text()
    file, asked = server.file, []
    monkeypatch.setattr(
        server, "file", lambda gun, name, sha256: asked.append(sha256) or file(gun, name, sha256)
    )
    publisher.collection().reset()
    add(publisher.collection(), "v2", A)
    publisher.collection().publish()
    assert not [sha256 for sha256 in asked if sha256 and sha256 in old]
    assert listed(server) == {"v1": B, "v2": A}
    assert not record_of(collection).exists()


def test_nothing_is_sent_without_a_record(collection, server, monkeypatch, again):
    def full(*_):
        raise TrustDirectoryError("the record of what was sent: No space left on device")

    add(collection, "v1", A)
    sent_before = len(server.uploads)
    with monkeypatch.context() as broken:
        broken.setattr(RecordFile, "write", full)
        with pytest.raises(TrustDirectoryError) as failed:
            collection.publish()
    assert len(server.uploads) == sent_before
    assert failed.value.upload == ""
    assert "1 staged change stays so" in failed.value.message
    assert set(again().repository.tags) == {"v1"}


def test_a_record_that_stays_disturbs_nothing(collection, monkeypatch, again, told):
    def fails(*_):
        raise TrustDirectoryError("the record of what was sent: Read-only file system")

    add(collection, "v1", A)
    with monkeypatch.context() as broken:
        broken.setattr(RecordFile, "forget", fails)
        collection.publish()
    assert record_of(collection).exists()
    add(collection, "v1", B)
    assert again().versions
    assert not told()
    assert not record_of(collection).exists()
