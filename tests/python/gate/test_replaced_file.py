"""Files are written whole or not at all, and only over what was checked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from contenttrust.gate.replaced_file import ChangedFileError, replace


def test_a_file_keeps_its_mode_and_a_link_to_it_stays_one(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"old")
    file.chmod(0o640)
    link.symlink_to(file)
    replace(link, b"new", checked=b"old")

    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o7777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_t100_what_changed_since_it_was_checked_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"other")

    with pytest.raises(ChangedFileError, match="changed while it was checked"):
        replace(file, b"new", checked=b"old")
    assert file.read_bytes() == b"other"


def test_a_new_file_has_the_mode_that_others_have(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        replace(tmp_path / "file", b"new")
    finally:
        os.umask(before)

    assert (tmp_path / "file").stat().st_mode & 0o7777 == 0o640


def test_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "no space")

    (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr("contenttrust.gate.replaced_file.os.replace", fail)
    with pytest.raises(OSError, match="no space"):
        replace(tmp_path / "file", b"new", checked=b"old")

    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]
