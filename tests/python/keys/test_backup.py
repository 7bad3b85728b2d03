"""One archive of all keys, and the proof that it can be restored."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from contenttrust._core import PrivateKey, Secret, canonical_json, seal
from contenttrust.clock import instant
from contenttrust.errors import (
    InputNeededError,
    KeyFileError,
    KeyStoreError,
    MalformedError,
    NoKeyError,
    PassphraseError,
)
from contenttrust.keys import KeyEntry, KeyStore
from contenttrust.keys import backup as backups
from contenttrust.keys.backup import backup, check, read, restore
from keyholder import GUN, PASSPHRASE, Holder, Nobody, paths_in, store_in

ARCHIVE = b"passphrase of the archive"
CASE = "good-root-rotation"


def holder() -> Holder:
    return Holder(ARCHIVE)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> KeyStore:
    """A store with a root key and a collection's, which no test changes: sealing takes its time."""
    return store_in(tmp_path_factory.mktemp("kept"))


@pytest.fixture(scope="module")
def keys(store: KeyStore) -> list[KeyEntry]:
    """Its keys."""
    return [store.generate(role="root"), store.generate(role="targets", gun=GUN)]


@pytest.fixture(scope="module")
def archive(store: KeyStore, keys: list[KeyEntry]) -> bytes:
    """Its backup."""
    return backup(store, passphrases=holder())


@pytest.fixture
def empty(tmp_path: Path) -> KeyStore:
    """A store without keys."""
    return store_in(tmp_path / "empty")


def test_what_is_backed_up_is_restored(
    store: KeyStore, archive: bytes, keys, tmp_path: Path
) -> None:
    assert b"PRIVATE KEY" not in archive
    other = store_in(tmp_path / "other")
    restored = restore(other, archive, passphrases=holder())
    assert restored.kept == ()
    assert {(e.key_id, e.role, e.gun) for e in restored.added} == {
        (e.key_id, e.role, e.gun) for e in keys
    }
    for entry in keys:
        assert Path(other.find(entry.key_id).path).read_bytes() == Path(entry.path).read_bytes()
        assert other.open(entry.key_id).key_id == entry.key_id
    again = restore(other, archive, passphrases=holder())
    assert again.added == ()
    assert len(again.kept) == 2


def test_some_keys_are_backed_up(store: KeyStore, keys) -> None:
    archive = backup(store, passphrases=holder(), key_ids=[keys[0].key_id])
    (key,) = read(archive, passphrases=holder())
    assert (key.key_id, key.role) == (keys[0].key_id, "root")


def test_nothing_makes_no_backup(empty: KeyStore) -> None:
    with pytest.raises(NoKeyError, match="no keys to back up"):
        backup(empty, passphrases=holder())
    with pytest.raises(NoKeyError):
        backup(empty, passphrases=holder(), key_ids=["0" * 64])


def test_a_damaged_key_is_told_instead_of_left_out(empty: KeyStore) -> None:
    entries = [empty.generate(role="root"), empty.generate(role="alice")]
    Path(entries[0].path).write_bytes(b"damaged")
    with pytest.raises(KeyFileError, match=entries[0].key_id):
        backup(empty, passphrases=holder())
    assert backup(empty, passphrases=holder(), key_ids=[entries[1].key_id])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"role: alice", "role: josé".encode()),
        (b"role: alice", b"role: jos\xe9"),
        (b"-----BEGIN", b"\xff\xfe of a stranger\n-----BEGIN"),
        (b"role: alice", b"gun: x.example/y\nrole: alice"),  # whose role has no collection
    ],
)
def test_a_key_file_is_restored_to_the_byte(
    empty: KeyStore, tmp_path: Path, before: bytes, after: bytes
) -> None:
    entry = empty.generate(role="alice")
    path = Path(empty.generate(role="root").path).parent / f"{entry.key_id}.key"
    path.write_bytes(path.read_bytes().replace(before, after, 1))
    other = store_in(tmp_path / "other")
    restored = restore(other, backup(empty, passphrases=holder()), passphrases=holder())
    assert len(restored.added) == 2
    assert Path(other.find(entry.key_id).path).read_bytes() == path.read_bytes()
    assert other.open(entry.key_id).key_id == entry.key_id


def test_an_archive_that_could_not_be_restored_is_not_made(
    empty: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for role in ("root", "alice"):
        path = Path(empty.generate(role=role).path)
        path.write_bytes(path.read_bytes() + b"\n" + b"\xff" * 100_000)  # six bytes each, as JSON
    monkeypatch.setattr(backups, "LIMIT", 1_200_000)
    with pytest.raises(KeyStoreError, match="1,200,000 bytes that are restored"):
        backup(empty, passphrases=Nobody())
    monkeypatch.setattr(backups, "LIMIT", 1_300_000)
    assert len(backup(empty, passphrases=holder())) < 1_300_000


def test_an_empty_passphrase_protects_no_backup(store: KeyStore, keys) -> None:
    with pytest.raises(PassphraseError, match="empty passphrase"):
        backup(store, passphrases=Holder(b""))


def test_t102_nothing_is_restored_where_one_key_would_take_anothers_place(
    store: KeyStore, archive: bytes, keys, tmp_path: Path
) -> None:
    private = tmp_path / "other" / "private"
    private.mkdir(parents=True)
    for entry in keys:
        (private / f"{entry.key_id}.key").write_bytes(b"something else")
        with pytest.raises(KeyStoreError, match="nothing was restored"):
            restore(store_in(tmp_path / "other"), archive, passphrases=holder())
        assert paths_in(private) == [f"{entry.key_id}.key"]
        assert (private / f"{entry.key_id}.key").read_bytes() == b"something else"
        (private / f"{entry.key_id}.key").unlink()


def test_a_key_that_differs_stays_and_the_others_are_restored_if_they_are_named(
    archive: bytes, keys, tmp_path: Path
) -> None:
    other = store_in(tmp_path / "other")
    private = tmp_path / "other" / "private"
    private.mkdir(parents=True)
    first, second = (entry.key_id for entry in keys)
    (private / f"{first}.key").write_bytes(b"something else")
    with pytest.raises(KeyStoreError, match=f"{first}.key.*key restore --key {second} FILE"):
        restore(other, archive, passphrases=holder())
    done = restore(other, archive, passphrases=holder(), key_ids=[second])
    assert ([entry.key_id for entry in done.added], done.kept) == ([second], ())
    with pytest.raises(KeyStoreError, match="Every other key that was wanted is here already"):
        restore(other, archive, passphrases=holder())
    with pytest.raises(KeyStoreError, match=r"nothing was restored\.?$"):  # of others nobody asked
        restore(other, archive, passphrases=holder(), key_ids=[first])
    assert (private / f"{first}.key").read_bytes() == b"something else"


def test_all_keys_that_differ_are_named(archive: bytes, keys, tmp_path: Path) -> None:
    private = tmp_path / "other" / "private"
    private.mkdir(parents=True)
    for entry in keys:
        (private / f"{entry.key_id}.key").write_bytes(b"something else")
    with pytest.raises(KeyStoreError) as refused:
        restore(store_in(tmp_path / "other"), archive, passphrases=holder())
    assert set(refused.value.found.split(", ")) == {entry.key_id for entry in keys}


def test_a_key_that_the_archive_does_not_hold_restores_nothing(
    empty: KeyStore, archive: bytes, keys
) -> None:
    with pytest.raises(NoKeyError, match="does not hold 0000"):
        restore(empty, archive, passphrases=holder(), key_ids=[keys[0].key_id, "0" * 64])
    assert empty.entries() == ()


def test_a_wrong_passphrase_and_a_damaged_archive_are_of_one_class(
    store: KeyStore, archive: bytes, keys
) -> None:
    """T104: which of the two it is, nobody can tell."""
    wrong = Holder(b"wrong")
    with pytest.raises(PassphraseError, match="no passphrase out of 3"):
        read(archive, passphrases=wrong)
    assert [(r.what, r.attempt) for r in wrong.requests] == [("backup", n) for n in range(3)]
    with pytest.raises(PassphraseError):
        read(archive[:-1] + bytes([archive[-1] ^ 1]), passphrases=holder())


@pytest.mark.parametrize("archive", [b"", b"x", b"PK\x03\x04" + bytes(1000)])
def test_what_is_no_archive_is_refused(empty: KeyStore, archive: bytes) -> None:
    with pytest.raises((KeyFileError, PassphraseError)):
        restore(empty, archive, passphrases=holder())


def forged(document: object) -> bytes:
    return seal(json.dumps(document).encode(), Secret(ARCHIVE))


PEM = PrivateKey.generate("ecdsa").encode(Secret(PASSPHRASE), role="a", gun="").decode()
ODD = ({"role": ["x"]}, {"role": None}, {"gun": []}, {"key_id": 1}, {"key_id": ["x"]})


def test_a_key_as_it_should_be_is_no_odd_one() -> None:
    key = {"key_id": "0" * 64, "role": "a", "gun": "", "pem": PEM}
    document = {"format": "contenttrust key backup 1", "keys": [key]}
    assert len(backups._keys_of(json.dumps(document).encode())) == 1


@pytest.mark.parametrize(
    "keys",
    [
        None,
        "text",
        [1],
        [{}],
        [{"key_id": "../../x", "role": "root", "gun": "", "pem": ""}],
        [{"key_id": "0" * 64, "role": "root", "gun": "", "pem": "no key"}],
        [{"key_id": "0" * 64, "role": "root", "gun": "", "pem": 5}],
        [{"key_id": "0" * 64, "role": "root", "gun": GUN, "pem": ""}],
        *([{"key_id": "0" * 64, "role": "a", "gun": "", "pem": PEM, **odd}] for odd in ODD),
        [{"key_id": "0" * 64, "role": "root", "gun": "", "pem": "", "more": ""}],
    ],
)
def test_an_archive_with_something_else_inside_is_refused(keys) -> None:
    document = {"format": "contenttrust key backup 1", "keys": keys}
    with pytest.raises(KeyFileError):
        backups._keys_of(json.dumps(document).encode())


def test_another_format_and_a_key_twice_are_refused(originals: Path) -> None:
    with pytest.raises(KeyFileError, match="another format: 'x'"):
        read(forged({"format": "x", "keys": []}), passphrases=holder())
    pem = (originals / "ec-pkcs8.key").read_text()
    key = {"key_id": "0" * 64, "role": "root", "gun": "", "pem": pem}
    document = {"format": "contenttrust key backup 1", "keys": [key, key]}
    with pytest.raises(KeyFileError, match="twice"):
        backups._keys_of(json.dumps(document).encode())


def test_a_check_proves_that_every_key_opens(store: KeyStore, archive: bytes, keys) -> None:
    checked = check(archive, passphrases=holder(), key_passphrases=Holder())
    assert set(checked.opened) == {entry.key_id for entry in keys}
    assert checked.problems == {}
    assert not checked.root_matches  # no root was given


def test_a_check_tells_which_keys_do_not_open(store: KeyStore, archive: bytes, keys) -> None:
    roles = Holder(b"wrong", roles={"root": PASSPHRASE})
    checked = check(archive, passphrases=holder(), key_passphrases=roles)
    assert checked.opened == (keys[0].key_id,)
    assert "No passphrase out of 3 opened" in checked.problems[keys[1].key_id]
    checked = check(archive, passphrases=holder(), key_passphrases=Nobody())
    assert checked.opened == ()
    assert len(checked.problems) == 2


def test_a_check_tells_a_key_that_is_another(store: KeyStore, originals: Path) -> None:
    pem = (originals / "ec-pkcs8.key").read_text()
    key = {"key_id": "0" * 64, "role": "root", "gun": "", "pem": pem}
    archive = forged({"format": "contenttrust key backup 1", "keys": [key]})
    checked = check(archive, passphrases=holder())
    assert "it holds another key" in checked.problems["0" * 64]


@pytest.fixture
def published(vectors: Path) -> tuple[Path, bytes]:
    """Keys of a real collection, and its root document."""
    return vectors / "keys" / CASE, (vectors / CASE / "tuf" / "root.json").read_bytes()


def test_a_check_compares_with_the_published_root(store: KeyStore, archive: bytes, keys) -> None:
    signer = store.open(keys[0].key_id)
    begin = instant(datetime(2026, 1, 1, tzinfo=timezone.utc))
    end = instant(datetime(2036, 1, 1, tzinfo=timezone.utc))
    certificate = signer.certificate(GUN, begin, end)
    ours = check(archive, passphrases=holder(), key_passphrases=Holder(), root=root(certificate))
    assert ours.root_keys == (keys[0].key_id,)
    assert ours.root_matches
    two = check(archive, passphrases=holder(), key_passphrases=Holder(), root=root(certificate, 2))
    assert not two.root_matches


def test_a_check_tells_that_the_published_root_has_other_keys(
    store: KeyStore, archive: bytes, keys, published
) -> None:
    checked = check(archive, passphrases=holder(), key_passphrases=Holder(), root=published[1])
    assert checked.root_keys
    assert not checked.root_matches


@pytest.mark.parametrize("document", [b"", b"{}", b'{"signed":{"roles":{}}}', b"[]"])
def test_what_is_no_root_is_refused(store: KeyStore, archive: bytes, keys, document: bytes) -> None:
    with pytest.raises(MalformedError):
        check(archive, passphrases=holder(), key_passphrases=Holder(), root=document)


def test_where_nobody_may_be_asked_nothing_is_restored(
    empty: KeyStore, archive: bytes, keys
) -> None:
    with pytest.raises(InputNeededError):
        restore(empty, archive, passphrases=Nobody())


def root(certificate: bytes, threshold: int = 1) -> bytes:
    public = base64.b64encode(certificate).decode()
    key = {"keytype": "ecdsa-x509", "keyval": {"private": None, "public": public}}
    signed = {
        "keys": {"some id": key},
        "roles": {"root": {"keyids": ["some id"], "threshold": threshold}},
    }
    return canonical_json(json.dumps({"signed": signed, "signatures": []}).encode())
