"""Notary's changelist on disk."""

from __future__ import annotations

import base64
import errno
import json
import os
import stat
from pathlib import Path

import pytest

from contenttrust import _core
from contenttrust.errors import StagedChangeError, TrustDirectoryError
from contenttrust.publish import changelist as changelist_module
from contenttrust.publish.changelist import Change, Changelist
from contenttrust.transport.cache import TrustDirectory

GUN = "registry.example/team/app"
NOW = _core.Instant(1_795_000_000, 5)
ADD = Change(action="create", role="targets", type="target", path="v1", data=b'{"length":7}')

# As notary 0.7.0 wrote them.
FROM_NOTARY = {
    "00001795161000479104424_0d0b6b4c-7f1c-4a0e-8a52-111111111111.change": (
        '{"action":"create","role":"targets","type":"target","path":"v1",'
        '"data":"eyJsZW5ndGgiOjcsImhhc2hlcyI6eyJzaGEyNTYiOiJBQUFBIn19"}'
    ),
    "00001795161000479104425_0d0b6b4c-7f1c-4a0e-8a52-111111111112.change": (
        '{"action":"delete","role":"targets/releases","type":"target","path":"a\\u003cb","data":null}'
    ),
    "00001795161000479104426_0d0b6b4c-7f1c-4a0e-8a52-111111111113.change": (
        '{"action":"update","role":"targets/*","type":"delegation","path":"",'
        '"data":"eyJyZW1vdmVfa2V5cyI6WyJhYiJdfQ=="}'
    ),
    "00001795161000479104427_0d0b6b4c-7f1c-4a0e-8a52-111111111114.change": (
        '{"action":"update","role":"targets/releases","type":"witness","path":"","data":null}'
    ),
}


@pytest.fixture
def changelist(tmp_path):
    return Changelist(TrustDirectory(tmp_path / "trust"), GUN)


def write(changelist, name, text, mode=0o600):
    folder = Path(changelist.path)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(mode)


def test_what_notary_staged_is_read_in_order(changelist):
    for name, text in reversed(FROM_NOTARY.items()):
        write(changelist, name, text)

    changes = changelist.read()

    assert [one.file for one in changes] == list(FROM_NOTARY)
    assert [(one.action, one.role, one.type, one.path) for one in changes] == [
        ("create", "targets", "target", "v1"),
        ("delete", "targets/releases", "target", "a<b"),
        ("update", "targets/*", "delegation", ""),
        ("update", "targets/releases", "witness", ""),
    ]
    assert changes[0].data == b'{"length":7,"hashes":{"sha256":"AAAA"}}'
    assert changes[3].data is None


def test_what_we_stage_has_notarys_form(changelist):
    [staged] = changelist.add([ADD], now=NOW)

    path = Path(changelist.path, staged.file)
    text = path.read_text()
    data = base64.b64encode(b'{"length":7}').decode()
    assert text == (
        f'{{"action":"create","role":"targets","type":"target","path":"v1","data":"{data}"}}'
    )
    assert staged.file.startswith("01795000000000000005_")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(changelist.path).stat().st_mode) == 0o700


def test_files_are_private_whatever_the_umask(changelist):
    before = os.umask(0o000)
    try:
        [staged] = changelist.add([ADD], now=NOW)
    finally:
        os.umask(before)

    assert stat.S_IMODE(Path(changelist.path, staged.file).stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(changelist.path).stat().st_mode) == 0o700


def test_later_changes_stand_behind_earlier_ones_even_if_the_clock_goes_back(changelist):
    changelist.add([ADD], now=NOW)
    second = Change(action="delete", role="targets", type="target", path="v1")
    changelist.add([second, ADD], now=_core.Instant(1_000))

    assert [one.action for one in changelist.read()] == ["create", "delete", "create"]


def test_nothing_staged_makes_no_folder(changelist):
    assert changelist.read() == ()
    assert not Path(changelist.path).exists()


def test_removed_changes_are_gone_and_others_stay(changelist):
    first, second = changelist.add([ADD, ADD], now=NOW)

    changelist.remove([first.file, "not there"])

    assert [one.file for one in changelist.read()] == [second.file]


def test_what_a_crash_left_beside_the_folder_is_no_change_and_goes_later(changelist):
    changelist.add([ADD], now=NOW)
    name = f".{NOW.seconds:011}{0:09}_{'0' * 8}-0000-0000-0000-{'0' * 12}.change.new"
    left = Path(changelist.path).parent / name
    left.touch()

    assert len(changelist.read()) == 1
    changelist.remove([], now=NOW)
    assert left.exists()
    changelist.remove([], now=_core.Instant(NOW.seconds + 7_200))
    assert not left.exists()


GOOD = {"action": "create", "role": "targets", "type": "target", "path": "v1", "data": None}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"action":"create"',
        json.dumps(GOOD)[:-1],
        json.dumps(GOOD | {"action": "rename"}),
        json.dumps(GOOD | {"type": "file"}),
        json.dumps(GOOD | {"path": 7}),
        json.dumps(GOOD | {"data": "***"}),
        json.dumps(GOOD | {"data": {}}),
        json.dumps(GOOD | {"more": 1}),
        json.dumps(GOOD | {"path": 1.5}),
        json.dumps(GOOD)[:-1] + ',"path":"v2"}',
        "[" * 100_000,
    ],
    ids=range(14),
)
def test_a_change_that_cannot_be_read_is_named_and_nothing_else_is_given(changelist, text):
    [staged] = changelist.add([ADD], now=NOW)
    write(changelist, "00000000000000000001_broken.change", text)

    with pytest.raises(StagedChangeError, match="00000000000000000001_broken"):
        changelist.read()
    assert set(changelist.names()) == {staged.file, "00000000000000000001_broken.change"}


def test_a_link_and_a_fifo_are_no_changes(changelist):
    changelist.add([ADD], now=NOW)
    link = Path(changelist.path, "link.change")
    link.symlink_to("/etc/hostname")
    with pytest.raises(StagedChangeError, match=r"link\.change"):
        changelist.read()
    link.unlink()
    os.mkfifo(f"{changelist.path}/fifo.change", 0o600)
    with pytest.raises(StagedChangeError, match=r"fifo\.change"):
        changelist.read()


def test_a_change_that_others_may_write_is_refused(changelist):
    changelist.add([ADD], now=NOW)
    write(changelist, "2_others.change", json.dumps(GOOD), mode=0o666)

    with pytest.raises(StagedChangeError, match="2_others"):
        changelist.read()


def test_a_changelist_without_room_asks_for_some(changelist, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("contenttrust.transport.files.place", full)
    with pytest.raises(TrustDirectoryError) as refused:
        changelist.add([ADD], now=NOW)
    assert "Free space" in refused.value.explain()


def test_a_folder_that_others_may_write_is_refused(changelist):
    changelist.add([ADD], now=NOW)
    Path(changelist.path).chmod(0o777)

    with pytest.raises(TrustDirectoryError):
        changelist.read()


def test_a_change_longer_than_any_is_refused(changelist):
    changelist.add([ADD], now=NOW)
    text = json.dumps(GOOD)
    write(changelist, "2_long.change", text + " " * (changelist_module._LIMIT - len(text)))
    assert len(changelist.read()) == 2
    write(changelist, "2_long.change", text + " " * (changelist_module._LIMIT + 1 - len(text)))
    with pytest.raises(StagedChangeError, match="2_long"):
        changelist.read()


def test_what_cannot_be_taken_away_is_told_and_stays(changelist, monkeypatch):
    [staged] = changelist.add([ADD], now=NOW)

    def read_only(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", read_only)
        with pytest.raises(TrustDirectoryError, match="Read-only"):
            changelist.remove([staged.file])
    assert [one.file for one in changelist.read()] == [staged.file]


def test_a_file_in_the_place_of_the_collection_is_told(changelist, tmp_path):
    place = Path(changelist.path).parent
    place.parent.mkdir(parents=True, mode=0o700)
    place.write_text("no folder")
    with pytest.raises(TrustDirectoryError):
        changelist.add([ADD], now=NOW)
    with pytest.raises(TrustDirectoryError):
        changelist.read()
