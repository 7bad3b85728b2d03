"""Files put in place: whole or not at all, with nothing left beside them."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack

import pytest

from contenttrust.errors import TrustDirectoryError
from contenttrust.transport import files
from contenttrust.transport.cache import TrustDirectory

BAD_NAMES = ["", ".", "..", "a/b", "/a", "a\0b"]


def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def folders(tmp_path):
    """Descriptors of two folders: the one beside, and the one that gets the files."""
    with ExitStack() as stack:
        opened = []
        for name in ("beside", "folder"):
            (tmp_path / name).mkdir(mode=0o700)
            descriptor = os.open(tmp_path / name, os.O_RDONLY | os.O_DIRECTORY)
            opened.append(stack.enter_context(files.opened(descriptor)))
        yield opened


def left(tmp_path):
    return sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))


@pytest.mark.parametrize("name", BAD_NAMES)
def test_what_is_no_plain_name_is_no_file(folders, tmp_path, name):
    beside, folder = folders
    for write in (
        lambda: files.place(beside, folder, name, b"x"),
        lambda: files.replace(folder, name, b"x"),
        lambda: files.locked(folder, name, patience=0).__enter__(),
    ):
        with pytest.raises(files.OddFileError, match="no plain file name"):
            write()
    assert left(tmp_path) == ["beside", "folder"]


@pytest.mark.parametrize("step", ["fchmod", "fsync", "rename"])
def test_a_new_file_that_finds_no_room_leaves_nothing(folders, tmp_path, monkeypatch, step):
    beside, folder = folders
    with monkeypatch.context() as broken:
        broken.setattr(os, step, full)
        with pytest.raises(OSError, match="No space left"):
            files.place(beside, folder, "a", b"x")
    assert left(tmp_path) == ["beside", "folder"]
    files.place(beside, folder, "a", b"x")
    assert left(tmp_path) == ["beside", "folder", "folder/a"]
    assert (tmp_path / "folder" / "a").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("step", ["fchmod", "fsync", "replace"])
def test_a_file_that_cannot_be_replaced_stays_as_it_was(folders, tmp_path, monkeypatch, step):
    _, folder = folders
    files.replace(folder, "a", b"old")
    with monkeypatch.context() as broken:
        broken.setattr(os, step, full)
        with pytest.raises(OSError, match="No space left"):
            files.replace(folder, "a", b"new")
    assert (tmp_path / "folder" / "a").read_bytes() == b"old"
    files.replace(folder, "a", b"new")
    assert (tmp_path / "folder" / "a").read_bytes() == b"new"
    assert left(tmp_path) == ["beside", "folder", "folder/a"]


def test_t062_what_is_no_file_is_no_lock(folders, tmp_path):
    _, folder = folders
    os.mkfifo(tmp_path / "folder" / "fifo", 0o600)
    (tmp_path / "folder" / "link").symlink_to("elsewhere")
    for name in ("fifo", "link"):
        with pytest.raises(OSError, match=name), files.locked(folder, name, patience=0):
            pytest.fail("it was locked")
    assert not (tmp_path / "folder" / "elsewhere").exists()


def test_who_holds_a_lock_is_waited_for_and_not_for_ever(folders):
    _, folder = folders
    with (
        files.locked(folder, "lock", patience=0),
        pytest.raises(TimeoutError),
        files.locked(folder, "lock", patience=0),
    ):
        pytest.fail("it was locked twice")
    with files.locked(folder, "lock", patience=0):
        pass


def test_a_record_that_cannot_be_forgotten_is_told(tmp_path, monkeypatch):
    trust = TrustDirectory(tmp_path / "trust")
    trust.forget("a.example/b")  # nothing is known of it
    with trust.locked("a.example/b", "publish"):
        pass
    trust.forget("a.example/b")

    def read_only(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "unlink", read_only)
    with pytest.raises(TrustDirectoryError, match="Read-only file system") as told:
        trust.forget("a.example/b")
    assert told.value.gun == "a.example/b"
