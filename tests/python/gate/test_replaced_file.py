"""Files are written whole or not at all, and only over what was checked."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from contenttrust.gate.replaced_file import (
    ChangedFileError,
    SpecialFileError,
    prepared,
    replace,
    report,
)


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


def test_t100_what_changed_while_others_were_made_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")

    with prepared(file, b"new", checked=b"old") as put:
        file.write_bytes(b"an edit")
        with pytest.raises(ChangedFileError, match="changed while it was checked: not written"):
            put()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"an edit"]


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


def device_of(folder: Path) -> Path:
    """A device that swallows everything, of our own: never the one of the machine."""
    made = folder / "device"
    try:
        os.mknod(made, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        made.write_bytes(b"")
    except PermissionError:
        pytest.skip("only root makes devices")
    return made


def test_a_device_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    device = device_of(tmp_path)
    with pytest.raises(SpecialFileError, match="no regular file"):
        replace(device, b"new")
    report(device, b"report")
    assert stat.S_ISCHR(device.stat().st_mode)
    assert [path.name for path in tmp_path.iterdir()] == ["device"]


def test_a_report_is_written_into_a_fifo_and_nothing_else_is(tmp_path: Path) -> None:
    fifo, link = tmp_path / "fifo", tmp_path / "link"
    os.mkfifo(fifo)
    link.symlink_to(fifo)
    with pytest.raises(SpecialFileError):
        replace(link, b"new")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_bytes()), daemon=True)
    reader.start()
    report(link, b"x" * 300_000)
    reader.join(60)
    assert read == [b"x" * 300_000]
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_a_report_goes_behind_what_an_open_stream_has(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as stream:
        os.write(stream.fileno(), b"before\n")
        report(f"/dev/fd/{stream.fileno()}", b"report\n")
    assert (tmp_path / "out").read_bytes() == b"before\nreport\n"


def test_a_report_replaces_a_regular_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a longer old report")
    report(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_folder_is_no_place_for_a_report(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        report(tmp_path, b"new")


@pytest.mark.parametrize("name", ["loop", "loop/file"])
@pytest.mark.parametrize("write", [replace, report])
def test_a_link_that_leads_to_itself_is_no_place_for_a_file(
    tmp_path: Path, write: Callable[[Path, bytes], None], name: str
) -> None:
    (tmp_path / "loop").symlink_to("back")
    (tmp_path / "back").symlink_to("loop")
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        write(tmp_path / name, b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back", "loop"]
    assert (tmp_path / "loop").is_symlink()
