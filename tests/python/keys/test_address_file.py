"""The file of addresses: what comes into it can be read again, and what follows where it cannot."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from contenttrust._core import PrivateKey, Secret
from contenttrust.errors import KeyStoreError
from contenttrust.keys import KeyStore, folder
from contenttrust.keys.addresses import SignerAddresses
from contenttrust.keys.backup import backup, restore
from contenttrust.keys.entry import KeyEntry
from contenttrust.keys.exporting import export
from contenttrust.keys.importing import import_file, load_file
from keyholder import PASSPHRASE, ROUNDS, Holder, Nobody, paths_in, store_in
from vault_plugin import offered


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A package that offers keys under addresses such as `vault-w:1`; its keys by address."""
    with offered("vault-w", tmp_path / "package", monkeypatch) as keys:
        yield keys


def entry_of(address: str, *, role: str = "alice") -> KeyEntry:
    return KeyEntry(
        key_id="0" * 64, role=role, gun="", path=address, is_encrypted=False, rounds=None
    )


@pytest.mark.parametrize("character", ["\r", "\n", "\t", "\x00", "\x1b", "\x7f", "\udcff"])
def test_what_is_no_plain_text_becomes_no_address(
    vault, store: KeyStore, trust_dir: Path, character: str
) -> None:
    """Who has an address looked up may pass over such characters; a file may not hold them."""
    here = store.remember("vault-w:1", role="alice")
    for address, role in ((f"vault-w:2{character}", "bob"), ("vault-w:2", f"ops{character}")):
        with pytest.raises(KeyStoreError, match="plain text") as refused:
            store.remember(address, role=role)
        assert character not in refused.value.message
    assert list(vault) == ["vault-w:1"]  # nobody was asked for the key either
    assert store_in(trust_dir).entries() == (here,)


def test_what_could_not_be_read_again_leaves_the_file_as_it_is(
    vault, store: KeyStore, trust_dir: Path
) -> None:
    here = store.remember("vault-w:1", role="alice")
    with pytest.raises(KeyStoreError, match="is not what was written: the old one stays"):
        SignerAddresses(store.folder).keep(entry_of("vault-w:2\ud800"))
    assert store_in(trust_dir, passphrases=Nobody()).entries() == (here,)
    assert paths_in(trust_dir) == ["private/signers.json"]


def test_every_text_that_json_may_have_is_read_again(store: KeyStore) -> None:
    """Canonical JSON has it as it is, control characters too."""
    entry = entry_of("vault-w:2\r", role="ops\n")
    addresses = SignerAddresses(store.folder)
    addresses.keep(entry)
    assert addresses.entries() == (entry,)
    addresses.forget(entry.key_id)
    assert addresses.entries() == ()


def test_t102_addresses_that_others_may_have_written_are_not_taken_over(
    vault, store: KeyStore, trust_dir: Path
) -> None:
    here = store.remember("vault-w:1", role="alice")
    path = trust_dir / "private" / "signers.json"
    path.chmod(0o666)
    before = path.read_bytes()
    for change in (
        lambda: store.remember("vault-w:2", role="bob"),
        lambda: SignerAddresses(store.folder).forget(here.key_id),
    ):
        with pytest.raises(KeyStoreError, match=r"signers\.json: writable by others"):
            change()
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (before, 0o666)
    assert store.find(here.key_id) is None


@pytest.fixture
def damaged(request: pytest.FixtureRequest, vault, store: KeyStore) -> Path:
    """The file of addresses, which cannot be used, of a store that had the one of a signer's."""
    store.remember("vault-w:1", role="alice")
    path = Path(store.folder.path) / "signers.json"
    if request.param == "damaged":
        path.write_bytes(b"garbage")
    else:
        path.chmod(0o666)
    return path


@pytest.mark.parametrize("damaged", ["damaged", "writable by others"], indirect=True)
def test_t102_while_addresses_cannot_be_read_no_key_comes_in_as_a_file(
    vault, store: KeyStore, damaged: Path, tmp_path: Path
) -> None:
    """Nobody knows then that the key is kept for alice, and elsewhere."""
    source = store_in(tmp_path / "source")
    key = vault["vault-w:1"]
    source.add(key, role="root")
    source.generate(role="carol")
    archive = backup(source, passphrases=Holder(b"archive"))
    exported, plain = tmp_path / "exported", tmp_path / "plain"
    exported.write_bytes(export(source, key_ids=[key.key_id]))
    plain.write_bytes(key.encode(Secret(PASSPHRASE), role="bob", rounds=ROUNDS))
    plain.chmod(0o600)
    asked = Holder()
    strict = store_in(tmp_path / "trust", passphrases=asked)
    for action in (
        lambda: restore(strict, archive, passphrases=Holder(b"archive")),
        lambda: import_file(strict, exported),
        lambda: load_file(strict, plain),
        lambda: strict.add(key, role="root"),
    ):
        with pytest.raises(KeyStoreError, match="whether a key is kept elsewhere") as refused:
            action()
        assert refused.value.message.count(f"{damaged}: ") == 1
    assert not any(request.is_new for request in asked.requests)
    assert paths_in(damaged.parent) == ["signers.json"]
    made = strict.generate(role="root")  # of a key that is new everybody knows
    assert strict.change_passphrase(made.key_id) == made
    assert strict.add(strict.open(made.key_id), role="root") == made
    damaged.unlink()
    assert len(restore(strict, archive, passphrases=Holder(b"archive")).added) == 2


@pytest.fixture
def before_writing(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What somebody else does just before a key or an address is written."""
    real = folder.KeyFolder.writing
    pending: list[Callable[[], object]] = []

    def writing(keys: folder.KeyFolder) -> AbstractContextManager[int]:
        if pending:
            pending.pop()()
        return real(keys)

    monkeypatch.setattr(folder.KeyFolder, "writing", writing)
    return pending


def test_t102_an_address_that_came_while_a_passphrase_was_typed_keeps_its_place(
    vault, store: KeyStore, trust_dir: Path, tmp_path: Path, before_writing
) -> None:
    key = vault["vault-w:1"] = PrivateKey.generate("ecdsa")
    exported = tmp_path / "exported"
    exported.write_bytes(key.encode(Secret(PASSPHRASE), role="alice", path=key.key_id))
    for action in (
        lambda: store.add(key, role="alice"),
        lambda: import_file(store, exported),
    ):
        other = store_in(trust_dir)
        before_writing.append(lambda: other.remember("vault-w:1", role="alice"))  # noqa: B023
        with pytest.raises(KeyStoreError, match="is kept by vault-w:1"):
            action()
        (here,) = store_in(trust_dir).entries()
        assert here.path == "vault-w:1"
        store.remove(key.key_id)


def test_t102_a_role_that_a_key_got_while_a_passphrase_was_typed_holds(
    vault, store: KeyStore, trust_dir: Path, before_writing
) -> None:
    key = vault["vault-w:1"] = PrivateKey.generate("ecdsa")
    other = store_in(trust_dir)
    before_writing.append(lambda: other.add(key, role="root"))
    with pytest.raises(KeyStoreError, match="kept for root: it is not kept for alice"):
        store.add(key, role="alice")
    assert [entry.role for entry in store.entries()] == ["root"]
    store.remove(key.key_id)
    before_writing.append(lambda: other.add(key, role="root"))
    with pytest.raises(KeyStoreError, match="stands in a file"):
        store.remember("vault-w:1", role="root")
    assert SignerAddresses(store.folder).entries() == ()
    store.remove(key.key_id)
    before_writing.append(lambda: other.remember("vault-w:1", role="root"))
    with pytest.raises(KeyStoreError, match="kept for root: it is not kept for alice"):
        store.remember("vault-w:1", role="alice")
    assert [entry.role for entry in store.entries()] == ["root"]
