"""Keys to a file: encrypted as they are, with the headers that notary reads."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from contenttrust._core import KeyFile
from contenttrust.errors import KeyStoreError, NoKeyError
from contenttrust.keys import KeyStore
from contenttrust.keys.exporting import export
from contenttrust.keys.importing import import_file
from keyholder import GUN, Nobody, store_in


@pytest.fixture
def keys(store: KeyStore):
    """A root key, and keys of two collections."""
    return [
        store.generate(role="root"),
        store.generate(role="targets", gun=GUN),
        store.generate(role="snapshot", gun=GUN),
        store.generate(role="targets", gun="other/app"),
    ]


def test_everything_is_exported_with_its_place(store: KeyStore, keys) -> None:
    found = KeyFile.parse_all(export(store))
    assert {(f.path, f.role, f.gun) for f in found} == {(e.key_id, e.role, e.gun) for e in keys}
    assert all(f.is_encrypted for f in found)
    assert [f.path for f in found] == sorted(entry.key_id for entry in keys)


def test_an_export_has_the_headers_and_the_text_of_notarys(store: KeyStore, keys) -> None:
    entry = keys[1]
    lines = export(store, key_ids=[entry.key_id]).decode().splitlines()
    assert lines[:5] == [
        "-----BEGIN ENCRYPTED PRIVATE KEY-----",
        f"gun: {GUN}",
        f"path: {entry.key_id}",
        "role: targets",
        "",
    ]
    assert lines[5:] == Path(entry.path).read_text().splitlines()[4:]


def test_keys_of_some_collections_are_exported(store: KeyStore, keys) -> None:
    found = KeyFile.parse_all(export(store, guns=[GUN]))
    assert sorted(f.role for f in found) == ["snapshot", "targets"]
    with pytest.raises(NoKeyError, match="no key of nowhere"):
        export(store, guns=["nowhere"])


def test_what_is_not_here_is_not_passed_over(store: KeyStore, keys) -> None:
    with pytest.raises(NoKeyError):
        export(store, key_ids=[keys[0].key_id, "0" * 64])
    with pytest.raises(KeyStoreError, match="not a mix of the two"):
        export(store, key_ids=[keys[0].key_id], guns=[GUN])


def test_a_damaged_file_is_not_exported(store: KeyStore, keys) -> None:
    Path(keys[0].path).write_bytes(b"damaged")
    with pytest.raises(KeyStoreError, match=keys[0].key_id):
        export(store)


OLD = b"""\
-----BEGIN RSA PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-256-CBC,00112233445566778899aabbccddeeff
role: alice

%s
-----END RSA PRIVATE KEY-----
"""


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("count", "size", "why"), [(253, 16, "more than 256 PEM blocks"), (5, 45_000, "262,144 bytes")]
)
def test_what_could_not_be_imported_again_is_not_exported(
    store: KeyStore, tmp_path: Path, count: int, size: int, why: str
) -> None:
    """A notary that reads more would read it; what is written here is read here."""
    block = OLD % base64.b64encode(bytes(size))
    for number in range(count):
        path = Path(store.folder.path) / f"{number:064x}.key"
        path.write_bytes(block)
        path.chmod(0o600)
    with pytest.raises(KeyStoreError, match=f"{why}.*--gun.*contenttrust key backup FILE"):
        export(store)
    path.unlink()
    (tmp_path / "all").write_bytes(export(store))
    assert len(import_file(store_in(tmp_path / "other"), tmp_path / "all").entries) == count + 3


def test_an_export_imports_again_without_any_passphrase(
    store: KeyStore, keys, tmp_path: Path
) -> None:
    path = tmp_path / "all.pem"
    path.write_bytes(export(store))
    other = store_in(tmp_path / "other", passphrases=Nobody())
    imported = import_file(other, path)
    assert [(e.key_id, e.role, e.gun) for e in other.entries()] == [
        (e.key_id, e.role, e.gun) for e in store.entries()
    ]
    assert imported.skipped == ()
    for entry in keys:
        assert store_in(tmp_path / "other").open(entry.key_id).key_id == entry.key_id
