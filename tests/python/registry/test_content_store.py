"""Documents that are kept by their digests: bounded, private, and nothing that must be trusted."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from contenttrust.registry import content_store
from contenttrust.registry.content_store import ContentStore
from contenttrust.transport.cache import TrustDirectory
from servers.registry import digest_of


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(TrustDirectory(tmp_path / "trust"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "trust" / "contenttrust" / "blobs" / "sha256"


def kept(store: ContentStore, body: bytes) -> str:
    store.write(digest_of(body), body)
    return digest_of(body)


def test_a_document_is_found_by_its_digest_alone(store: ContentStore, folder: Path) -> None:
    assert store.read(digest_of(b"one")) is None
    assert not folder.exists()
    digest = kept(store, b"one")
    assert store.read(digest) == b"one"
    assert store.read(digest_of(b"two")) is None
    assert stat.S_IMODE((folder / digest[7:]).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_name_that_is_no_digest_leads_nowhere(store: ContentStore) -> None:
    kept(store, b"one")
    for name in ("", "sha256:", "sha256:../x", "sha256:..", "md5:0"):
        assert store.read(name) is None


def test_what_stands_under_a_wrong_name_is_not_believed(store: ContentStore, folder: Path) -> None:
    digest = kept(store, b"one")
    folder.joinpath(digest[7:]).write_bytes(b"two")
    assert store.read(digest) is None
    kept(store, b"one")
    assert store.read(digest) == b"one"


def test_a_large_document_is_not_kept(store: ContentStore) -> None:
    assert store.read(kept(store, bytes(content_store.LARGEST))) is not None
    assert store.read(kept(store, bytes(content_store.LARGEST + 1))) is None


def test_the_oldest_documents_go(
    store: ContentStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content_store, "MOST", 3)
    digests = [kept(store, b"%d" % number) for number in range(3)]
    for age, digest in enumerate(reversed(digests)):
        os.utime(folder / digest[7:], (age, age))
    digests.append(kept(store, b"new"))
    assert [store.read(digest) is None for digest in digests] == [False, False, True, False]


def test_a_folder_that_others_may_change_is_left_alone(store: ContentStore, tmp_path: Path) -> None:
    digest = kept(store, b"one")
    (tmp_path / "trust").chmod(0o777)
    assert store.read(digest) is None
    kept(store, b"two")
    (tmp_path / "trust").chmod(0o700)
    assert store.read(digest) == b"one"
    assert store.read(digest_of(b"two")) is None
