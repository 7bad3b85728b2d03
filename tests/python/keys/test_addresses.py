"""Keys that are kept elsewhere: remembered by their addresses, proved when they are opened."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from contenttrust import crypto
from contenttrust._core import PrivateKey, PublicKey, Secret
from contenttrust.errors import KeyFileError, KeyStoreError, NoKeyError, PassphraseError
from contenttrust.keys import KeyStore
from contenttrust.keys.backup import backup, restore
from contenttrust.keys.exporting import export
from contenttrust.keys.importing import import_file, load_file
from contenttrust.keys.public_file import remember_for_signer
from keyholder import GUN, PASSPHRASE, ROUNDS, Holder, Nobody, paths_in, store_in
from vault_plugin import offered


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A package that offers keys under addresses such as `vault-x:1`; its keys by address."""
    with offered("vault-x", tmp_path / "package", monkeypatch) as keys:
        yield keys


def test_an_address_is_remembered(vault, store: KeyStore, trust_dir: Path) -> None:
    entry = store.remember("vault-x:1", role="root", gun=GUN)
    assert (entry.role, entry.gun, entry.path, entry.is_encrypted) == (
        "root",
        "",
        "vault-x:1",
        False,
    )
    own = store.generate(role="alice")
    again = store_in(trust_dir)
    assert again.entries() == (entry, own)
    assert again.find(entry.key_id) == entry
    signer = again.open(entry.key_id)
    assert signer.key_id == vault["vault-x:1"].key_id == entry.key_id
    assert crypto.verify(signer.public, signer.sign(b"m"), b"m", signer.method)
    assert again.open(entry.key_id) is signer
    path = trust_dir / "private" / "signers.json"
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_address_changes_hands_as_a_file_does(
    vault, store: KeyStore, trust_dir: Path, caplog
) -> None:
    root, ours = (store.remember(f"vault-x:{n}", role=role) for n, role in ((1, "root"), (2, "al")))
    assert store.remember("vault-x:2", role="bob").role == "bob"  # in place of what was known
    assert f"{ours.key_id} is here already, kept for al: now it is for bob" in caplog.text
    with pytest.raises(KeyStoreError, match="kept for root: it is not kept for bob"):
        store.remember("vault-x:1", role="bob")
    assert store_in(trust_dir).find(root.key_id) == root


def test_an_address_that_cannot_be_written_changes_nothing_and_nothing_is_told(
    vault, store: KeyStore, trust_dir: Path, caplog
) -> None:
    key_id = store.remember("vault-x:1", role="alice").key_id
    (trust_dir / "private" / "signers.json").write_text("garbage")
    vault["vault-x:2"] = vault["vault-x:1"]
    attached = store.attach(vault["vault-x:1"], role="alice")
    with pytest.raises(KeyFileError, match=r"signers\.json is damaged"):
        store.remember("vault-x:2", role="bob")
    assert "now it is for" not in caplog.text
    assert [entry.role for entry in store.entries() if not entry.problem] == ["alice"]
    assert store.find(key_id) == attached


def test_an_address_is_not_remembered_of_a_key_that_stands_in_a_file(
    vault, store: KeyStore, caplog
) -> None:
    """The file would be used, and its role hold."""
    key = vault["vault-x:1"] = PrivateKey.generate("ecdsa")
    here = store.add(key, role="delegation")
    for role in ("root", "delegation"):
        with pytest.raises(KeyStoreError, match=f"stands in a file, {here.path}") as refused:
            store.remember("vault-x:1", role=role)
    way = f"contenttrust key backup --key {key.key_id} FILE, then contenttrust key remove"
    assert way in refused.value.message
    assert "now it is for" not in caplog.text
    assert store.entries() == (here,)
    store.remove(key.key_id)
    assert store.remember("vault-x:1", role="root").role == "root"


def test_t102_a_file_that_nobody_opened_takes_no_place_of_a_key_that_is_kept_elsewhere(
    vault, store: KeyStore, tmp_path: Path
) -> None:
    here = store.remember("vault-x:1", role="alice")
    path = tmp_path / "shadow.key"
    strange = PrivateKey.generate("ecdsa")
    block = strange.encode(Secret(b"strange"), role="alice", path=here.key_id, rounds=ROUNDS)
    path.write_bytes(block)
    path.chmod(0o600)
    with pytest.raises(PassphraseError):
        load_file(store, path)
    with pytest.raises(KeyStoreError, match="is kept by vault-x:1: a file would be used in place"):
        import_file(store, path)
    assert store.entries() == (here,)
    path.write_bytes(block + strange.encode(Secret(PASSPHRASE), role="bob", rounds=ROUNDS))
    done = import_file(store, path)
    assert [entry.role for entry in done.entries] == ["bob"]
    assert f"contenttrust key remove {here.key_id} takes the address away" in done.skipped[0]


@pytest.mark.parametrize("role", ["root", "alice", "bob", "targets"])
def test_t102_nothing_is_restored_in_place_of_an_address(
    vault, store: KeyStore, tmp_path: Path, caplog, role: str
) -> None:
    key = vault["vault-x:1"] = PrivateKey.generate("ecdsa")
    source = store_in(tmp_path / "source")
    gun = GUN if role == "targets" else ""
    entries = [source.add(key, role=role, gun=gun), source.generate(role="carol")]
    archive = backup(source, passphrases=Holder(b"archive"))
    here = store.remember("vault-x:1", role="alice")
    why = (
        "is kept by vault-x:1: a file would be used in place of that"
        if role in {"alice", "bob"}
        else f"kept for alice: it is not kept for {role}"
    )
    other = f"restore the others: contenttrust key restore --key {entries[1].key_id} FILE"
    with pytest.raises(KeyStoreError, match=f"{why}.*; nothing was restored.*{other}") as refused:
        restore(store, archive, passphrases=Holder(b"archive"))
    assert f"contenttrust key remove {key.key_id}" in refused.value.message
    assert refused.value.found == key.key_id
    assert store.entries() == (here,)
    assert "now it is for" not in caplog.text
    store.remove(key.key_id)
    assert len(restore(store, archive, passphrases=Holder(b"archive")).added) == 2


def test_a_file_and_an_address_in_the_way_are_told_together(
    vault, store: KeyStore, tmp_path: Path
) -> None:
    source = store_in(tmp_path / "source")
    vault["vault-x:1"] = source.open(source.generate(role="alice").key_id)
    bob = source.generate(role="bob")
    archive = backup(source, passphrases=Holder(b"archive"))
    here = store.remember("vault-x:1", role="alice")
    (Path(store.folder.path) / f"{bob.key_id}.key").write_bytes(b"something else")
    with pytest.raises(KeyStoreError, match=f"vault-x:1.*{bob.key_id}.key") as refused:
        restore(store, archive, passphrases=Holder(b"archive"))
    assert set(refused.value.found.split(", ")) == {here.key_id, bob.key_id}
    assert refused.value.message.endswith("; nothing was restored")  # there is no other key


@pytest.mark.parametrize("role", ["root", "alice", "bob"])
def test_a_key_that_is_kept_elsewhere_is_not_added(
    vault, store: KeyStore, trust_dir: Path, caplog, role: str
) -> None:
    key = vault["vault-x:1"] = PrivateKey.generate("ecdsa")
    here = store.remember("vault-x:1", role="alice")
    asked = Holder()
    with pytest.raises(KeyStoreError, match=f"contenttrust key remove {key.key_id}"):
        store_in(trust_dir, passphrases=asked).add(key, role=role)
    assert asked.requests == []
    assert store.entries() == (here,)
    assert "now it is for" not in caplog.text


def test_an_address_is_forgotten(vault, store: KeyStore, trust_dir: Path) -> None:
    one, two = (store.remember(f"vault-x:{n}", role="root") for n in "12")
    assert store.remove(one.key_id) == one
    assert store_in(trust_dir).entries() == (two,)
    with pytest.raises(NoKeyError):
        store.open(one.key_id)
    with pytest.raises(NoKeyError):
        store.remove(one.key_id)


def test_a_key_that_is_kept_elsewhere_is_in_no_export(vault, store: KeyStore) -> None:
    entry = store.remember("vault-x:1", role="root")
    for action in (
        lambda: export(store, key_ids=[entry.key_id]),
        lambda: store.change_passphrase(entry.key_id),
        lambda: backup(store, passphrases=Nobody(), key_ids=[entry.key_id]),
    ):
        with pytest.raises(NoKeyError, match="is kept by vault-x:1, and not in a file"):
            action()
    assert export(store) == b""


def test_another_key_at_an_address_is_not_used(vault, store: KeyStore, trust_dir: Path) -> None:
    entry = store.remember("vault-x:1", role="root")
    vault.clear()
    with pytest.raises(KeyStoreError, match="another key than before"):
        store_in(trust_dir).open(entry.key_id)


def test_an_address_that_nobody_knows_is_not_remembered(vault, store: KeyStore) -> None:
    with pytest.raises(NoKeyError):
        store.remember("vault-y:1", role="root")
    with pytest.raises(KeyStoreError, match="belongs to one collection"):
        store.remember("vault-x:1", role="targets")
    assert store.entries() == ()


def test_a_signers_public_half_is_written(vault, store: KeyStore, tmp_path: Path) -> None:
    entry, path = remember_for_signer(store, "vault-x:1", "alice", directory=str(tmp_path))
    key = PublicKey.read(Path(path).read_bytes())
    assert (key.key_id, key.role) == (entry.key_id, "alice")
    with pytest.raises(KeyStoreError, match="already exists"):
        remember_for_signer(store, "vault-x:2", "alice", directory=str(tmp_path))
    assert store.entries() == (entry,)


@pytest.mark.parametrize(
    "contents",
    [
        b"",
        b"{}",
        b"[]",
        b"[" * 65 + b"]" * 65,
        b'{"format":"x","signers":[]}',
        b'{"format":"contenttrust signers 1","signers":[{}]}',
        b'{"format":"contenttrust signers 1","signers":5}',
        *(
            json.dumps(
                {
                    "format": "contenttrust signers 1",
                    "signers": [
                        {"key_id": "0" * 64, "role": "a", "gun": "", "address": "vault-x:1", **odd}
                    ],
                }
            ).encode()
            for odd in (
                {"role": ["root"]},
                {"role": None},
                {"role": 1},
                {"gun": []},
                {"address": ["vault-x:1", ":"]},
                {"key_id": None},
            )
        ),
        json.dumps(
            {
                "format": "contenttrust signers 1",
                "signers": [{"key_id": "../x", "role": "root", "gun": "", "address": "vault-x:1"}],
            }
        ).encode(),
    ],
)
def test_a_damaged_file_is_told_and_left(vault, store: KeyStore, trust_dir: Path, contents) -> None:
    own = store.generate(role="alice")
    path = trust_dir / "private" / "signers.json"
    path.write_bytes(contents)
    path.chmod(0o600)
    odd, kept = sorted(store.entries(), key=lambda entry: not entry.problem)
    assert kept == own
    assert odd.path == str(path)
    assert "load the keys of your signers anew" in odd.problem or "another format" in odd.problem
    assert store.open(own.key_id)
    with pytest.raises(KeyFileError):
        store.remember("vault-x:1", role="root")
    assert path.read_bytes() == contents


def test_t102_a_file_that_others_may_write_names_no_signer(
    vault, store: KeyStore, trust_dir: Path
) -> None:
    entry = store.remember("vault-x:1", role="root")
    (trust_dir / "private" / "signers.json").chmod(0o666)
    fresh = KeyStore(trust_dir, passphrases=Nobody())
    (found,) = fresh.entries()
    assert "writable by others" in found.problem
    assert fresh.find(entry.key_id) is None
    with pytest.raises(NoKeyError):
        fresh.open(entry.key_id)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_t102_a_strangers_file_names_no_signer(vault, store: KeyStore, trust_dir: Path) -> None:
    store.remember("vault-x:1", role="root")
    os.chown(trust_dir / "private" / "signers.json", 12345, 12345)
    (found,) = KeyStore(trust_dir, passphrases=Nobody()).entries()
    assert "owned by another user" in found.problem
    assert paths_in(trust_dir) == ["private/signers.json"]
