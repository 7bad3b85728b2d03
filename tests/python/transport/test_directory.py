"""A directory that answers like a trust server."""

from __future__ import annotations

import os
import socket
import types
from pathlib import Path

import pytest

from contenttrust import clock
from contenttrust.errors import FetchError, ServerError, UnreachableError
from contenttrust.transport.directory import DirectorySource
from contenttrust.transport.source import (
    MappingSource,
    NoSource,
    as_source,
    is_local,
    is_metadata_name,
)
from contenttrust.transport.trust_server import TrustServer

SHA256 = "0123456789abcdef" * 4
GUN = "host.example/x"
NOW = clock.now()


def wanted(name, *, sha256=None, limit=100):
    return types.SimpleNamespace(name=name, sha256=sha256, limit=limit)


def answer(source, name, **facts):
    (only,) = source.fetch(GUN, [wanted(name, **facts)])
    return only


@pytest.fixture
def files(tmp_path):
    (tmp_path / "targets" / "releases").mkdir(parents=True)
    for name in ("root", "1.root", "timestamp", "targets/releases", "targets/releases/qa"):
        (tmp_path / f"{name}.json").write_bytes(name.encode())
    return tmp_path


def test_answers_come_in_the_order_of_the_question(files):
    names = ["targets/releases/qa", "snapshot", "root", "1.root", "targets/releases", "timestamp"]
    answers = DirectorySource(files).fetch(GUN, [wanted(name) for name in names])
    assert answers == [None if name == "snapshot" else name.encode() for name in names]


@pytest.mark.parametrize("name", ["targets", "snapshot", "9.root", "targets/a", "targets/a/b/c"])
def test_an_absent_file_is_absent_like_404(files, name):
    assert answer(DirectorySource(files), name) is None


@pytest.mark.parametrize("name", ["root", "targets/releases"])
def test_a_file_named_by_its_content_is_preferred(files, name):
    (files / f"{name}.{SHA256}.json").write_bytes(b"by content")
    source = DirectorySource(files)
    assert answer(source, name, sha256=SHA256) == b"by content"
    assert answer(source, name, sha256="f" * 64) == name.encode()
    assert answer(source, name) == name.encode()


def test_no_more_than_the_limit_and_one_byte_is_read(files):
    (files / "root.json").write_bytes(b"x" * 10)
    source = DirectorySource(files)
    assert answer(source, "root", limit=10) == b"x" * 10
    assert answer(source, "root", limit=9) == b"x" * 10
    assert answer(source, "root", limit=4) == b"x" * 5


def test_t057_a_huge_file_is_not_read_whole(files):
    with (files / "root.json").open("wb") as file:
        file.truncate(1 << 40)
    assert len(answer(DirectorySource(files), "root", limit=1000)) == 1001


@pytest.mark.parametrize("name", ["timestamp", "targets/releases"])
def test_t062_a_link_is_no_answer(files, name):
    path = files / f"{name}.json"
    path.rename(files / "elsewhere")
    path.symlink_to(files / "elsewhere")
    error = answer(DirectorySource(files), name)
    assert isinstance(error, ServerError)
    assert (error.role, error.gun) == (name, GUN)
    assert "link" in str(error)


def test_t062_a_dangling_link_is_no_answer_rather_than_absent(files):
    (files / "snapshot.json").symlink_to(files / "nowhere")
    assert isinstance(answer(DirectorySource(files), "snapshot"), ServerError)


def test_t062_a_link_on_the_way_is_not_followed(files):
    (files / "targets").rename(files / "elsewhere")
    (files / "targets").symlink_to(files / "elsewhere")
    assert isinstance(answer(DirectorySource(files), "targets/releases"), ServerError)


def test_links_above_the_directory_are_the_user_s_own(files, tmp_path_factory):
    link = tmp_path_factory.mktemp("links") / "link"
    link.symlink_to(files)
    assert answer(DirectorySource(link), "root") == b"root"


def test_t062_fifo_socket_and_directory_are_no_answer_and_nobody_waits(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("root.json")
    (tmp_path / "snapshot.json").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("timestamp.json")
        names = ["root", "timestamp", "snapshot"]
        answers = DirectorySource(tmp_path).fetch(GUN, [wanted(name) for name in names])
    assert [type(error) for error in answers] == [ServerError] * 3


def test_an_unreadable_file_is_no_answer(files, monkeypatch):
    original = os.open

    def refuse(path, *arguments, **facts):
        if path == "root.json":
            raise PermissionError(13, "Permission denied", path)
        return original(path, *arguments, **facts)

    monkeypatch.setattr(os, "open", refuse)
    error = answer(DirectorySource(files), "root")
    assert isinstance(error, ServerError)
    assert "Permission denied" in error.message
    assert answer(DirectorySource(files), "timestamp") == b"timestamp"


def test_one_bad_file_hides_no_other(files):
    (files / "timestamp.json").unlink()
    (files / "timestamp.json").mkdir()
    first, second = DirectorySource(files).fetch(GUN, [wanted("timestamp"), wanted("root")])
    assert isinstance(first, FetchError)
    assert second == b"root"


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/passwd", "targets/../x", "targets//a", "", ".", "x", "root.json", "ro\0ot"],
)
def test_t059_a_name_outside_the_grammar_never_becomes_a_path(files, name):
    with pytest.raises(ValueError, match="no name of a metadata file"):
        answer(DirectorySource(files), name)


@pytest.mark.parametrize("digest", ["../../x", "", "0" * 63, "A" * 64, "0" * 63 + "/"])
def test_t059_a_text_that_is_no_digest_never_becomes_a_path(files, digest):
    with pytest.raises(ValueError, match="sha256"):
        answer(DirectorySource(files), "root", sha256=digest)


def test_a_name_too_long_for_the_file_system_is_absent(files):
    name = "targets/" + "a" * 247
    assert answer(DirectorySource(files), name, sha256=SHA256) is None
    (files / f"{name}.json").write_bytes(b"long")
    assert answer(DirectorySource(files), name, sha256=SHA256) == b"long"


def test_a_directory_that_is_missing_is_a_mistake_of_the_caller(tmp_path):
    with pytest.raises(FileNotFoundError):
        DirectorySource(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        DirectorySource(tmp_path / "file")
    (tmp_path / "loop").symlink_to("loop")
    for path in (tmp_path / "loop", tmp_path / "loop" / "x"):
        with pytest.raises(OSError, match="Too many levels of symbolic links"):
            DirectorySource(path)


def test_a_directory_that_vanishes_gives_no_answer(tmp_path):
    (tmp_path / "a").mkdir()
    source = DirectorySource(tmp_path / "a")
    (tmp_path / "a").rmdir()
    assert isinstance(answer(source, "root"), UnreachableError)


def test_no_descriptor_stays_open(files):
    source = DirectorySource(files)
    (files / "snapshot.json").symlink_to("root.json")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(50):
        source.fetch(
            GUN, [wanted(n) for n in ("root", "snapshot", "targets/a/b", "targets/releases")]
        )
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("root", True),
        ("12.root", True),
        ("targets/a", True),
        ("targets/a-b_c/d0", True),
        ("targets/" + "a" * 247, True),
        ("targets/" + "a" * 248, False),
        ("targets/", False),
        ("targets/A", False),
        ("targets/a.b", False),
        ("targets/a//b", False),
        ("targets/a/", False),
        ("targetsa", False),
        ("root/a", False),
        (".root", False),
        ("\u0661.root", False),
        ("-1.root", False),
        ("1.targets", False),
        ("9" * 30 + ".root", False),
        ("targets/\u00e9", False),
        ("Root", False),
    ],
)
def test_the_grammar_of_names_is_notary_s(name, valid):
    assert is_metadata_name(name) == valid


def test_a_mapping_is_a_source():
    source = as_source({"root": b"0123456789", "targets/releases": b"x"}, GUN, NOW)
    assert isinstance(source, MappingSource)
    assert answer(source, "root") == b"0123456789"
    assert answer(source, "root", limit=4) == b"01234"
    assert answer(source, "timestamp") is None


@pytest.mark.parametrize("value", ["text", bytearray(b"x"), memoryview(b"x"), 1])
def test_a_mapping_holds_bytes_that_cannot_change(value):
    with pytest.raises(TypeError, match="must be bytes"):
        answer(MappingSource({"root": value}), "root")


def test_paths_and_sources_are_sources(files):
    assert isinstance(as_source(files, GUN, NOW), DirectorySource)
    assert isinstance(as_source(str(files), GUN, NOW), DirectorySource)
    own = NoSource("/trust")
    assert as_source(own, GUN, NOW) is own
    for value in (3, b"bytes", ["root"], object()):
        with pytest.raises(TypeError):
            as_source(value, GUN, NOW)


def test_a_url_or_nothing_means_a_trust_server():
    for value in ("https://notary.example.com", "https://notary.example.com/path/", None):
        assert isinstance(as_source(value, GUN, NOW), TrustServer)
        assert not is_local(value)
    for value in ("http://notary.example.com", "file:///etc", "ftp://notary.example.com"):
        with pytest.raises(ValueError, match="https"):
            as_source(value, GUN, NOW)


def test_what_the_caller_holds_already_is_local(files):
    for value in (
        files,
        str(files),
        {},
        MappingSource({}),
        DirectorySource(files),
        NoSource("/trust"),
    ):
        assert is_local(value)


def test_offline_nobody_is_asked():
    assert isinstance(answer(NoSource("/trust"), "root"), UnreachableError)
