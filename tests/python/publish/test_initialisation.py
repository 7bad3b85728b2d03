"""Making a collection, and forgetting one: which keys, whose, and what is left afterwards."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from contenttrust import _core
from contenttrust.errors import (
    NoKeyError,
    PublishError,
    ServerError,
    TrustDirectoryError,
    UnreachableError,
    VerificationError,
)
from contenttrust.publish import initialisation

GUN = "registry.example/team/app"


def root_of(publisher):
    """The first root that was made here."""
    path = publisher.folder / "tuf" / GUN / "metadata" / "root.json"
    return json.loads(path.read_bytes())["signed"]


def certificate_of(publisher, entry, gun=GUN):
    signer = publisher.keys.open(entry.key_id)
    return initialisation.certified(signer, gun, publisher.collection().moment)


def fails_with(number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    return fail


def test_a_certificate_that_was_made_elsewhere_names_the_root_key(publisher):
    entry = publisher.keys.generate("ecdsa", role="root")
    certificate = certificate_of(publisher, entry)

    publisher.collection().initialize(
        root_certificate=certificate, root_key_ids=[certificate.canonical_key_id]
    )

    assert root_of(publisher)["roles"]["root"]["keyids"] == [certificate.key_id]
    assert [each.key_id for each in publisher.keys.entries() if each.role == "root"] == [
        entry.key_id
    ]


@pytest.mark.parametrize("certified", [False, True])
def test_a_key_of_a_signer_becomes_no_root_key(publisher, server, certified):
    publisher.key("alice")
    [alice] = publisher.keys.entries()
    chosen = (
        {"root_certificate": certificate_of(publisher, alice)}
        if certified
        else {"root_key_ids": [alice.key_id]}
    )

    with pytest.raises(PublishError, match="attempted to load root key but given alice") as refused:
        publisher.collection().initialize(**chosen)

    assert (refused.value.role, refused.value.expected) == ("root", "a key of root")
    assert "contenttrust key generate --role root)" in refused.value.message
    assert not initialisation.is_made(publisher.collection().trust_dir, GUN)
    with pytest.raises(NoKeyError, match="unable to find key: 0000"):
        publisher.collection().initialize(root_key_ids=["0" * 64])
    assert {one.role for one in publisher.keys.entries()} == {"alice"}


def test_a_certificate_for_many_names_begins_a_collection_as_with_notary(publisher):
    """Readers take `prefix*` with a warning; whoever asks others to sign such a root is refused."""
    entry = publisher.keys.generate("ecdsa", role="root")
    certificate = certificate_of(publisher, entry, "registry.example/team/*")
    collection = publisher.collection()
    collection.initialize(root_certificate=certificate)

    assert collection.publish().versions["root"] == 1
    with pytest.raises(PublishError, match="certified for"):
        initialisation.check_certificates([certificate], 1, gun=GUN)


def test_a_certificate_for_other_names_is_refused_by_what_readers_ask(publisher, server):
    entry = publisher.keys.generate("ecdsa", role="root")
    certificate = certificate_of(publisher, entry, "registry.example/other/*")
    collection = publisher.collection()
    collection.initialize(root_certificate=certificate)
    with pytest.raises(VerificationError):
        collection.publish()
    assert server.uploads == []


def test_a_bare_key_is_no_certificate_of_a_root(publisher):
    bare = publisher.key("root")
    with pytest.raises(PublishError, match="known by a certificate, not as a bare key"):
        publisher.collection().initialize(root_certificate=bare)


def test_a_certificate_of_a_key_that_is_not_here_is_refused(publisher, make_publisher):
    another = make_publisher("another")
    certificate = certificate_of(another, another.keys.generate("ecdsa", role="root"))
    with pytest.raises(NoKeyError, match="which is not here") as refused:
        publisher.collection().initialize(root_certificate=certificate)
    assert refused.value.expected == certificate.canonical_key_id


def test_a_certificate_of_another_key_than_the_named_one_is_refused(publisher):
    one, two = (publisher.keys.generate("ecdsa", role="root") for _ in range(2))
    with pytest.raises(NoKeyError, match=f"belongs to the key {one.key_id}"):
        publisher.collection().initialize(
            root_certificate=certificate_of(publisher, one), root_key_ids=[two.key_id]
        )


def test_a_keeper_that_makes_no_certificates_is_told(publisher):
    class Keeper:
        key_id = "a" * 64

    with pytest.raises(PublishError, match="its keeper makes no certificates"):
        initialisation.certified(Keeper(), GUN, publisher.collection().moment)


@pytest.mark.parametrize("role", ["targets", "root"])
def test_a_server_holds_no_key_of_a_publisher(publisher, role):
    with pytest.raises(PublishError, match=f"server managing the {role} key") as refused:
        publisher.collection().initialize(server_managed=["timestamp", role])
    assert refused.value.role == role
    assert publisher.keys.entries() == ()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"{",
        b"[]",
        b"<html>",
        b"[" * 100_000,
        b'{"keytype":"ecdsa"}',
        b'{"keytype":"ecdsa","keyval":{"public":"AAAA"}}',
        b'{"keytype":"\\u001b[2J","keyval":{"public":"AAAA"}}',
    ],
    ids=range(8),
)
def test_what_is_no_key_of_a_server_makes_no_key_of_ours(publisher, server, answer, monkeypatch):
    monkeypatch.setattr(server, "public_key", lambda *_: answer)
    with pytest.raises(ServerError, match="the key of the trust server cannot be used") as failed:
        publisher.collection().initialize()
    assert str(failed.value).isprintable()
    assert "Check the server's address" in failed.value.explain()
    assert publisher.keys.entries() == ()


def test_a_server_without_an_answer_makes_no_collection(publisher, server, monkeypatch):
    monkeypatch.setattr(server, "fetch", lambda _, files: [UnreachableError("away")] * len(files))
    with pytest.raises(UnreachableError, match="away"):
        publisher.collection().initialize()
    assert publisher.keys.entries() == ()


def test_what_is_remembered_is_not_made_anew(collection, publisher):
    metadata = publisher.folder / "tuf" / GUN / "metadata"
    for file in metadata.iterdir():
        file.unlink()
    with pytest.raises(PublishError, match="which was published once"):
        publisher.collection().initialize()


def test_a_full_disk_leaves_no_root_that_would_make_a_collection(publisher, monkeypatch):
    replace = initialisation.files.replace

    def full(folder, name, content, **options):
        if name == "root.json":
            fails_with(errno.ENOSPC)()
        return replace(folder, name, content, **options)

    monkeypatch.setattr(initialisation.files, "replace", full)
    with pytest.raises(TrustDirectoryError, match="could not be written") as refused:
        publisher.collection().initialize()
    assert "Free space" in refused.value.explain()
    assert not initialisation.is_made(publisher.collection().trust_dir, GUN)
    monkeypatch.undo()
    publisher.collection().initialize()
    assert initialisation.is_made(publisher.collection().trust_dir, GUN)


def test_deleting_leaves_collections_whose_names_begin_alike(collection, publisher):
    trust_dir = collection.trust_dir
    others = [f"{GUN}/more", f"{GUN}/metadata/more", f"{GUN}/metadata/targets/more"]
    for gun in others:  # as notary would keep them
        folder = publisher.folder / "tuf" / gun / "metadata"
        folder.mkdir(parents=True, mode=0o700)
        (folder / "root.json").write_bytes(b"{}")
    record = publisher.folder / "tuf" / GUN / "metadata" / ".sent_changes.json"
    record.write_bytes(b"{}")  # of the collection `<gun>/metadata`
    collection.add_target("v1", size=1, sha256="0" * 64)

    collection.delete()

    assert collection.changes() == ()
    assert not initialisation.is_made(trust_dir, GUN)
    left = [path for path in (publisher.folder / "tuf").rglob("*") if path.is_file()]
    metadata = [publisher.folder / "tuf" / gun / "metadata" / "root.json" for gun in others]
    assert sorted(left) == sorted([record, *metadata])


def test_what_is_not_there_is_forgotten_already(publisher):
    publisher.collection().delete()


def test_delegations_are_forgotten_with_the_rest(collection, publisher, server):
    collection.add_delegation("targets/alice", keys=[publisher.key("alice")], paths=[""])
    collection.publish()
    metadata = publisher.folder / "tuf" / GUN / "metadata"
    nested = metadata / "targets" / "alice"
    nested.mkdir(parents=True, mode=0o700)
    for file in (metadata / "targets" / "alice.json", nested / "deeper.json"):
        file.write_bytes(b"{}")

    collection.delete(remote=True)

    assert not metadata.exists()
    assert GUN not in server.files


def test_what_cannot_be_removed_is_told(collection, publisher, monkeypatch):
    unlink = os.unlink

    def read_only(path, **options):
        if str(path).endswith("root.json"):
            fails_with(errno.EROFS)()
        unlink(path, **options)

    monkeypatch.setattr(os, "unlink", read_only)
    with pytest.raises(TrustDirectoryError, match="Read-only file system") as refused:
        collection.delete()
    assert refused.value.gun == GUN
    assert Path(publisher.folder, "tuf", GUN, "metadata", "root.json").exists()


def test_a_root_without_enough_keys_is_not_prepared(publisher):
    bare = publisher.key("root")
    with pytest.raises(PublishError, match="as a bare key"):
        initialisation.check_certificates([bare], 1, gun=GUN)
    entry = publisher.keys.generate("ecdsa", role="root")
    certificate = certificate_of(publisher, entry)
    again = certificate_of(publisher, entry)
    for threshold in (0, 2):  # two certificates of one key are one key
        with pytest.raises(PublishError, match="of 1 root keys"):
            initialisation.check_certificates([certificate, again], threshold, gun=GUN)
    assert isinstance(certificate, _core.PublicKey)
    other = certificate_of(publisher, entry, "another/name")
    with pytest.raises(PublishError, match=f"certified for another/name, not for {GUN}"):
        initialisation.check_certificates([certificate, other], 1, gun=GUN)
