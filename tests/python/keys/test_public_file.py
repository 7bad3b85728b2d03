"""A signer's new key: docker's file, names and refusals."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from contenttrust._core import PublicKey
from contenttrust.errors import KeyStoreError
from contenttrust.keys import KeyStore
from contenttrust.keys.public_file import (
    check_free,
    create,
    generate_for_signer,
    public_key,
    write_public_key,
)


@pytest.mark.parametrize("algorithm", ["ecdsa", "rsa", "ed25519"])
def test_a_signers_key_has_its_public_half_in_a_file(
    store: KeyStore, tmp_path: Path, algorithm: str
) -> None:
    entry, path = generate_for_signer(store, "alice", directory=str(tmp_path), algorithm=algorithm)
    assert path == f"{tmp_path}/alice.pub"
    text = Path(path).read_text()
    assert text.startswith("-----BEGIN PUBLIC KEY-----\nrole: alice\n\n")
    assert max(map(len, text.splitlines())) <= 64
    key = PublicKey.read(Path(path).read_bytes())
    assert (key.key_id, key.role) == (entry.key_id, "alice")
    assert entry.role == "alice"
    assert store.find(entry.key_id) == entry


def test_the_file_goes_where_we_are(store: KeyStore, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert generate_for_signer(store, "a-b_1")[1] == "a-b_1.pub"
    assert (tmp_path / "a-b_1.pub").exists()


@pytest.mark.parametrize("algorithm", ["ecdsa", "rsa", "ed25519"])
@pytest.mark.parametrize("role", ["alice", "targets/releases", ""])
def test_the_public_half_of_any_key_can_be_read(store: KeyStore, algorithm: str, role: str) -> None:
    key_id = store.generate(algorithm, role="alice").key_id
    entry = replace(store.find(key_id), role=role)
    store.find = lambda _: entry  # type: ignore[method-assign]
    key = PublicKey.read(public_key(store, key_id))
    assert (key.canonical_key_id, key.role) == (key_id, role)


def test_a_role_that_would_be_no_header_is_refused(store: KeyStore) -> None:
    key_id = store.generate("ecdsa", role="alice").key_id
    entry = replace(store.find(key_id), role="a\n\nb")
    store.find = lambda _: entry  # type: ignore[method-assign]
    with pytest.raises(KeyStoreError, match="cannot stand in a file's header"):
        public_key(store, key_id)


@pytest.mark.parametrize("name", ["Alice", "_a", "-a", "", "a/b", "../a", "a.b", "a\n"])
def test_a_name_is_refused_in_dockers_words(store: KeyStore, tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyStoreError, match="must start with lowercase alphanumeric characters"):
        generate_for_signer(store, name, directory=str(tmp_path))
    assert store.entries() == ()


def test_a_file_that_exists_is_refused_before_a_key_is_made(
    store: KeyStore, tmp_path: Path
) -> None:
    (tmp_path / "alice.pub").symlink_to("nowhere")
    with pytest.raises(KeyStoreError, match="public key file already exists"):
        generate_for_signer(store, "alice", directory=str(tmp_path))
    assert store.entries() == ()


def test_a_file_that_cannot_be_looked_at_is_refused_before_a_key_is_made(
    store: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = os.lstat

    def closed(path: str, **options: int) -> os.stat_result:
        if str(path).endswith(".pub"):  # to root no folder is closed
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return looked(path, **options)

    monkeypatch.setattr(os, "lstat", closed)
    with pytest.raises(KeyStoreError, match=r"alice\.pub: Permission denied"):
        generate_for_signer(store, "alice", directory=str(tmp_path))
    assert store.entries() == ()


def test_an_archive_that_cannot_be_looked_at_is_refused_before_anybody_is_asked(
    tmp_path: Path,
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(KeyStoreError, match="Too many levels of symbolic links"):
        check_free(tmp_path / "loop" / "all.backup")
    check_free(tmp_path / "all.backup")


def test_a_public_half_that_stands_there_already_stays(store: KeyStore, tmp_path: Path) -> None:
    entry, path = generate_for_signer(store, "alice", directory=str(tmp_path))
    assert not write_public_key(store, entry.key_id, path)
    with pytest.raises(KeyStoreError, match="File name too long"):
        write_public_key(store, entry.key_id, f"{tmp_path}/{'n' * 300}")


def test_a_directory_that_is_not_there_is_refused(store: KeyStore, tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError, match="public key path does not exist"):
        generate_for_signer(store, "alice", directory=str(tmp_path / "nowhere"))


def test_t102_a_new_file_is_ours_alone_and_takes_no_place(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create(tmp_path / "export.pem", b"data")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "export.pem").stat().st_mode) == 0o600
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for taken in ("export.pem", "link"):
        with pytest.raises(KeyStoreError, match="File exists"):
            create(tmp_path / taken, b"other")
    assert (tmp_path / "export.pem").read_bytes() == b"data"
    assert not (tmp_path / "elsewhere").exists()


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_could_not_be_written_leaves_no_half_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyStoreError, match="No space left"):
        create(tmp_path / "export.pem", b"data")
    assert list(tmp_path.iterdir()) == []


def test_a_key_whose_public_half_is_not_written_is_told_to_be_in_the_store(
    store: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def full_for_public_keys(path: str, *arguments: int, **options: int) -> int:
        return full() if str(path).endswith(".pub") else opened(path, *arguments, **options)

    monkeypatch.setattr(os, "open", full_for_public_keys)
    with pytest.raises(KeyStoreError, match="is in the store, but its public half is not written"):
        generate_for_signer(store, "alice", directory=str(tmp_path))
    assert [entry.role for entry in store.entries()] == ["alice"]
    assert not (tmp_path / "alice.pub").exists()
