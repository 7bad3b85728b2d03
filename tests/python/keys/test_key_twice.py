"""Two files that are named for one key: one in a legacy folder beside the one that counts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from contenttrust._core import KeyFile
from contenttrust.errors import KeyStoreError
from contenttrust.keys import KeyEntry, KeyStore, folder
from contenttrust.keys.backup import backup, check, read
from contenttrust.keys.exporting import export
from keyholder import GUN, Holder, paths_in, store_in

ARCHIVE = b"passphrase of the archive"
NEW = b"another passphrase"


def beside(entry: KeyEntry, place: str, data: bytes | None = None) -> Path:
    """A file in a legacy folder that is named for a key."""
    file = Path(entry.path)
    other = file.parent / place.format(entry.key_id)
    other.parent.mkdir(parents=True, mode=0o700)
    shutil.copy2(file, other)
    if data is not None:
        other.write_bytes(data)
    return other


@pytest.fixture
def root(store: KeyStore) -> KeyEntry:
    """A root key whose passphrase was changed after it was copied to where notary had it."""
    entry = store.generate(role="root")
    beside(entry, "root_keys/{}_root.key")
    return store.change_passphrase(entry.key_id, passphrases=Holder(NEW))


def test_the_file_that_signs_is_backed_up(store: KeyStore, root: KeyEntry) -> None:
    archive = backup(store, passphrases=Holder(ARCHIVE))
    [key] = read(archive, passphrases=Holder(ARCHIVE))
    assert key.pem == Path(root.path).read_bytes()
    checked = check(archive, passphrases=Holder(ARCHIVE), key_passphrases=Holder(NEW))
    assert checked.opened == (root.key_id,)


def test_a_file_with_another_keys_content_takes_no_place_in_an_archive(store: KeyStore) -> None:
    entry, other = store.generate(role="targets", gun=GUN), store.generate(role="alice")
    beside(entry, "tuf_keys/other/{}_targets.key", Path(other.path).read_bytes())
    keys = {one.key_id: one for one in read(backup(store, passphrases=Holder(ARCHIVE)),
                                            passphrases=Holder(ARCHIVE))}  # fmt: skip
    assert (keys[entry.key_id].gun, keys[entry.key_id].pem) == (
        GUN, Path(entry.path).read_bytes(),
    )  # fmt: skip


def test_each_key_is_exported_once(store: KeyStore, root: KeyEntry) -> None:
    [block] = KeyFile.parse_all(export(store))
    assert block.pem.split(b"\n\n")[1] == Path(root.path).read_bytes().split(b"\n\n")[1]


def test_a_key_is_listed_once_and_the_other_file_is_a_finding(
    store: KeyStore, root: KeyEntry
) -> None:
    [entry] = store.entries()
    [other] = store.others_of(root.key_id)
    assert entry.path == root.path
    assert [other in finding for finding in entry.findings] == [True]


def test_a_key_that_is_removed_leaves_no_file(store: KeyStore, root: KeyEntry) -> None:
    store.remove(root.key_id)
    assert paths_in(Path(store.folder.path)) == []
    assert store.entries() == ()


def test_where_the_other_file_cannot_be_removed_the_one_that_counts_stays(
    store: KeyStore, root: KeyEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = folder.remove

    def refused(top: int, place: tuple[str, ...]) -> None:
        if len(place) > 1:
            raise PermissionError(13, "Permission denied", place[-1])
        remove(top, place)

    monkeypatch.setattr(folder, "remove", refused)
    with pytest.raises(KeyStoreError, match="Permission denied"):
        store.remove(root.key_id)
    assert len(paths_in(Path(store.folder.path))) == 2


def test_of_two_files_in_the_old_folders_the_first_counts(tmp_path: Path) -> None:
    store = store_in(tmp_path / "two")
    entry = store.generate(role="alice")
    first = beside(entry, "tuf_keys/{}_alice.key")
    second = beside(entry, "tuf_keys/z/{}_alice.key")
    Path(entry.path).unlink()
    assert [store.find(entry.key_id).path, *store.others_of(entry.key_id)] == [
        str(first), str(second),
    ]  # fmt: skip
