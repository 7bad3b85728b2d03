"""Private keys: what the doctor says of their files, and of what would be lost with them."""

from __future__ import annotations

import pytest

from contenttrust.doctor import private_keys
from contenttrust.keys import KeyStore
from contenttrust.keys.backup_note import backed_up, note
from keyholder import PASSPHRASE, ROUNDS, Holder
from vault_plugin import offered

GUN = "registry.example.com/team/app"


@pytest.fixture
def trust_dir(tmp_path):
    return tmp_path / "trust"


@pytest.fixture
def store(trust_dir):
    return KeyStore(trust_dir, passphrases=Holder(PASSPHRASE), rounds=600_000)


def found(trust_dir):
    return [
        (one.level, one.subject.rpartition("/")[2]) for one in private_keys.check(str(trust_dir))
    ]


def test_no_keys_are_no_trouble(trust_dir):
    assert found(trust_dir) == [("note", "private")]


def test_well_kept_keys_are_fine(trust_dir, store):
    store.generate(role="alice")
    store.generate(role="targets", gun=GUN)
    assert found(trust_dir) == [("ok", "private")]


def test_a_root_key_without_a_backup_is_a_warning_until_there_is_one(trust_dir, store):
    entry = store.generate(role="root")
    assert found(trust_dir) == [("warning", f"{entry.key_id}.key")]
    note(trust_dir, [entry.key_id])
    assert found(trust_dir) == [("ok", "private")]


def test_notes_of_backups_add_up(trust_dir, store):
    note(trust_dir, ["a" * 64])
    note(trust_dir, ["b" * 64])
    assert backed_up(trust_dir) == {"a" * 64, "b" * 64}


def test_a_note_that_strangers_may_write_is_no_note(trust_dir, store):
    entry = store.generate(role="root")
    note(trust_dir, [entry.key_id])
    (trust_dir / "contenttrust" / "keys-backed-up").chmod(0o666)
    assert backed_up(trust_dir) == frozenset()


def test_odd_words_in_the_note_are_passed_over(trust_dir):
    note(trust_dir, ["a" * 64])
    path = trust_dir / "contenttrust" / "keys-backed-up"
    path.write_bytes(path.read_bytes() + b"\xff ../x\n")
    assert backed_up(trust_dir) == {"a" * 64}


def test_what_docker_and_notary_write_is_noted(trust_dir):
    KeyStore(trust_dir, passphrases=Holder(PASSPHRASE), rounds=ROUNDS).generate(role="alice")
    levels = [level for level, _ in found(trust_dir)]
    assert levels == ["note", "ok"]


def test_a_damaged_file_and_one_without_a_passphrase_are_failures(trust_dir, store, vectors):
    entry = store.generate(role="alice")
    folder = trust_dir / "private"
    (folder / f"{entry.key_id}.key").write_text("no key")
    plain = next((vectors / "keys").rglob("signer-ecdsa.key"), None)
    assert plain is not None
    (folder / f"{'c' * 64}.key").write_bytes(plain.read_bytes())
    (folder / f"{'c' * 64}.key").chmod(0o600)
    assert set(found(trust_dir)) == {
        ("failure", f"{'c' * 64}.key"),
        ("failure", f"{entry.key_id}.key"),
    }


def test_another_file_of_a_key_is_a_warning(trust_dir, store):
    entry = store.generate(role="alice")
    old = trust_dir / "private" / "tuf_keys" / f"{entry.key_id}_alice.key"
    old.parent.mkdir(mode=0o700)
    old.write_bytes(b"damaged")
    [told] = private_keys.check(str(trust_dir))
    assert (told.level, told.subject) == ("warning", entry.path)
    assert str(old) in told.message


def test_a_key_that_is_kept_elsewhere_is_no_unencrypted_file(
    trust_dir, store, tmp_path, monkeypatch
):
    with offered("vault-x", tmp_path / "package", monkeypatch):
        store.remember("vault-x:1", role="root")
    assert found(trust_dir) == [("note", "vault-x:1")]
    store.generate(role="bob")
    assert found(trust_dir) == [("note", "vault-x:1"), ("ok", "private")]


def test_a_damaged_file_of_addresses_is_restored_from_no_backup(trust_dir, store):
    store.generate(role="alice")
    addresses = trust_dir / "private" / "signers.json"
    addresses.write_text("damaged")
    addresses.chmod(0o600)
    [told] = [one for one in private_keys.check(str(trust_dir)) if one.level == "failure"]
    assert told.subject == str(addresses)
    assert "signers.json is damaged" in told.message
    assert "key restore" not in told.advice
    assert "name the address of each key anew ('contenttrust key load'" in told.advice


def test_keys_that_cannot_be_looked_at_are_told_among_the_permissions(trust_dir):
    trust_dir.mkdir(mode=0o700)
    (trust_dir / "private").write_text("no directory")
    assert found(trust_dir) == [("note", "private")]


def test_a_note_that_cannot_be_written_is_told(tmp_path, caplog):
    (tmp_path / "trust").write_text("no directory")
    note(tmp_path / "trust", ["a" * 64])
    assert caplog.messages[0].startswith(f"it could not be noted in {tmp_path / 'trust'} that ")
