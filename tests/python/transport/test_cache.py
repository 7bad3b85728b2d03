"""What is remembered: Docker's cache, and the record that is never lowered."""

from __future__ import annotations

import errno
import hashlib
import os
import pwd
from pathlib import Path
from types import SimpleNamespace

import pytest

from contenttrust.errors import MalformedError, RecordError, TrustDirectoryError
from contenttrust.transport import files
from contenttrust.transport.cache import TrustDirectory


def record_of(trust, gun):
    name = hashlib.sha256(gun.encode()).hexdigest()
    return Path(trust.path, "contenttrust", f"{name}.json")


def metadata_of(trust, gun):
    return Path(trust.path, "tuf", gun, "metadata")


def mode_of(path):
    return path.stat().st_mode & 0o7777


def make_foreign(path, monkeypatch):
    if os.geteuid() == 0:
        os.chown(path, 12345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)


def test_the_default_is_where_docker_has_it():
    assert TrustDirectory.default({"DOCKER_CONFIG": "/c", "HOME": "/h"}).path == "/c/trust"
    assert TrustDirectory.default({"HOME": "/h"}).path == "/h/.docker/trust"
    assert TrustDirectory.default({"HOME": "/h", "DOCKER_CONFIG": ""}).path == "/h/.docker/trust"


def test_an_empty_home_counts_as_unset(monkeypatch):
    home = pwd.getpwuid(os.getuid()).pw_dir
    monkeypatch.setenv("HOME", "")
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    assert TrustDirectory.default().path == f"{home}/.docker/trust"
    assert TrustDirectory.default({}).path == f"{home}/.docker/trust"


@pytest.mark.parametrize("home", [None, ""])
def test_without_a_home_there_is_no_default(monkeypatch, home):
    def entry(uid):
        if home is None:
            raise KeyError(uid)
        return SimpleNamespace(pw_dir=home)

    monkeypatch.setattr(pwd, "getpwuid", entry)
    with pytest.raises(TrustDirectoryError, match="no home directory"):
        TrustDirectory.default({})
    assert TrustDirectory.default({"DOCKER_CONFIG": "/c"}).path == "/c/trust"


@pytest.mark.parametrize("recorded", [False, True])
def test_a_trust_directory_that_everybody_may_write_is_refused(trust, state, update, recorded):
    if recorded:
        trust.remember(state.gun, state, update.documents)
    Path(trust.path).mkdir(exist_ok=True)
    Path(trust.path).chmod(0o777)
    for access in (
        lambda: trust.state(state.gun),
        lambda: trust.cached(state.gun),
        lambda: trust.remember(state.gun, state, update.documents),
    ):
        with pytest.raises(TrustDirectoryError, match="writable by everybody"):
            access()
    assert record_of(trust, state.gun).exists() == recorded


@pytest.mark.parametrize("mode", [0o770, 0o1777])
def test_a_shared_trust_directory_whose_entries_stay_is_used(trust, state, mode):
    Path(trust.path).mkdir()
    Path(trust.path).chmod(mode)
    trust.remember(state.gun, state, {})
    assert trust.state(state.gun) == state


def test_nothing_is_remembered_where_nothing_was_written(trust, state):
    assert trust.state(state.gun) is None
    assert trust.cached(state.gun) == {}
    assert not Path(trust.path).exists()


def test_what_is_remembered_is_read_back(trust, state, update):
    assert trust.remember(state.gun, state, update.documents)
    assert trust.state(state.gun) == state
    assert trust.cached(state.gun) == update.documents
    assert trust.state("host.example/other") is None
    assert trust.cached("host.example/other") == {}


def test_docker_s_cache_is_written_as_docker_lays_it_out(trust, state, update):
    trust.remember(state.gun, state, update.documents)
    metadata = metadata_of(trust, state.gun)
    for role, data in update.documents.items():
        assert (metadata / f"{role}.json").read_bytes() == data
    assert "targets/releases" in update.documents


@pytest.mark.parametrize("umask", [0, 0o022, 0o777])
def test_t102_modes_do_not_depend_on_the_umask(trust, state, update, umask, altered):
    before = os.umask(umask)
    try:
        trust.remember(state.gun, state, update.documents)
        trust.remember(state.gun, altered(state, timestamp=1000), {})
    finally:
        os.umask(before)
    everything = [Path(trust.path), *Path(trust.path).rglob("*")]
    assert {mode_of(path) for path in everything if path.is_dir()} == {0o700}
    assert {mode_of(path) for path in everything if path.is_file()} == {0o600}


def test_t064_what_another_process_remembered_is_not_written_over(trust, state, altered):
    assert trust.remember(state.gun, state, {"timestamp": b"theirs"})
    for mine in (altered(state, timestamp=50), altered(state, timestamp=1)):
        assert not trust.remember(state.gun, mine, {"timestamp": b"mine"})
        assert not trust.remember(state.gun, mine, {"timestamp": b"mine"}, base=mine)
    assert trust.state(state.gun) == state
    assert trust.cached(state.gun)["timestamp"] == b"theirs"


def test_a_state_that_follows_from_the_record_replaces_it(trust, state, altered):
    # After a rotation of the timestamp key the engine starts its versions anew.
    high = altered(state, timestamp=2**40)
    assert trust.remember(state.gun, high, {})
    recovered = altered(state, timestamp=3)
    assert trust.remember(state.gun, recovered, {}, base=high)
    assert trust.state(state.gun) == recovered
    assert not trust.remember(state.gun, altered(state, timestamp=2), {}, base=high)


def test_two_that_remember_the_same_are_both_right(trust, state):
    assert trust.remember(state.gun, state, {})
    assert trust.remember(state.gun, state, {})


def test_a_record_that_vanished_meanwhile_is_written_again(trust, state, altered):
    assert trust.remember(state.gun, altered(state, timestamp=9), {}, base=state)
    assert trust.state(state.gun).versions["timestamp"] == 9


def test_a_state_is_not_remembered_under_another_name(trust, state):
    with pytest.raises(ValueError, match="cannot be remembered for"):
        trust.remember("host.example/other", state, {})


DAMAGE = {
    "empty": lambda text: b"",
    "half": lambda text: text[: len(text) // 2],
    "cut": lambda text: text[:-1],
    "zeros": lambda text: bytes(len(text)),
    "no text": lambda text: b"\xff" + text,
    "more": lambda text: text + b"\n",
    "no json": lambda text: b"null",
    "no record": lambda text: b"{}",
    "another gun": lambda text: text.replace(b'"gun":"', b'"gun":"host.example/'),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_t042_a_damaged_record_is_never_taken_for_absent(trust, state, damage):
    trust.remember(state.gun, state, {})
    path = record_of(trust, state.gun)
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    with pytest.raises(RecordError, match=r"the record .* is damaged") as caught:
        trust.state(state.gun)
    assert caught.value.gun == state.gun
    with pytest.raises(RecordError):
        trust.remember(state.gun, state, {})
    assert path.read_bytes() == damaged


def link_away(path):
    away = path.rename(path.with_name("away"))
    path.symlink_to(away)


def put_instead(path, make):
    path.unlink()
    make(path)


SPOILERS = {
    "link": link_away,
    "dangling link": lambda path: put_instead(path, lambda p: p.symlink_to("nowhere")),
    "hard link": lambda path: path.with_name("twin").hardlink_to(path),
    "fifo": lambda path: put_instead(path, os.mkfifo),
    "directory": lambda path: put_instead(path, Path.mkdir),
    "group may write": lambda path: path.chmod(0o660),
    "all may write": lambda path: path.chmod(0o602),
}


def spoil(path, how, monkeypatch):
    if how == "another owner":
        make_foreign(path, monkeypatch)
    else:
        SPOILERS[how](path)


SPOILT = (*SPOILERS, "another owner")


@pytest.mark.parametrize("how", SPOILT)
def test_t062_a_record_that_others_may_have_made_is_refused(trust, state, how, monkeypatch):
    trust.remember(state.gun, state, {})
    spoil(record_of(trust, state.gun), how, monkeypatch)
    with pytest.raises(TrustDirectoryError) as caught:
        trust.state(state.gun)
    assert caught.value.gun == state.gun
    assert trust.path in caught.value.message


@pytest.mark.parametrize("how", SPOILT)
@pytest.mark.parametrize("role", ["root", "timestamp", "targets/releases"])
def test_t062_a_cached_file_that_others_may_have_made_is_refused(
    *, trust, state, update, role, how, monkeypatch
):
    trust.remember(state.gun, state, update.documents)
    spoil(metadata_of(trust, state.gun) / f"{role}.json", how, monkeypatch)
    if how == "directory" and role == "targets/releases":
        assert role not in trust.cached(
            state.gun
        )  # a directory of delegations, of which there is none
        return
    with pytest.raises(TrustDirectoryError):
        trust.cached(state.gun)


@pytest.mark.parametrize("how", ["link", "group may write", "all may write", "another owner"])
def test_t062_a_directory_of_records_that_others_may_change_is_refused(
    trust, state, how, monkeypatch
):
    trust.remember(state.gun, state, {})
    spoil(Path(trust.path, "contenttrust"), how, monkeypatch)
    with pytest.raises(TrustDirectoryError):
        trust.state(state.gun)
    with pytest.raises(TrustDirectoryError):
        trust.remember(state.gun, state, {})


def test_t062_a_link_on_the_way_to_the_cache_is_refused(trust, state, update):
    trust.remember(state.gun, state, update.documents)
    link_away(Path(trust.path, "tuf", state.gun.split("/")[0]))
    with pytest.raises(TrustDirectoryError, match="link"):
        trust.cached(state.gun)


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        (errno.EROFS, "a writable trust directory"),
        (errno.EACCES, "a writable trust directory"),
        (errno.ENOENT, "a writable trust directory"),
        (errno.ENOSPC, "free space"),
        (errno.EDQUOT, "free space"),
        (errno.ETIMEDOUT, "a free lock"),
        (errno.EIO, ""),
    ],
)
def test_what_a_trust_directory_lacks_is_told(trust, state, number, wanted, monkeypatch):
    def failing(*_arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files, "replace", failing)
    with pytest.raises(TrustDirectoryError) as caught:
        trust.remember(state.gun, state, {})
    assert caught.value.expected == wanted


def test_what_somebody_else_made_of_a_file_is_no_want_of_a_trust_directory(trust, state):
    trust.remember(state.gun, state, {})
    link_away(Path(trust.path, "contenttrust"))
    with pytest.raises(TrustDirectoryError) as caught:
        trust.state(state.gun)
    assert caught.value.expected == ""


def test_a_trust_directory_that_is_a_file_is_told(tmp_path, state):
    (tmp_path / "trust").touch()
    trust = TrustDirectory(tmp_path / "trust")
    for call in (trust.state, trust.cached, lambda gun: trust.remember(gun, state, {})):
        with pytest.raises(TrustDirectoryError):
            call(state.gun)


@pytest.mark.parametrize(
    "gun", ["..", "a/../../../etc", "a//b", "/etc", "a/./b", "", "a/", "a\0b", "a\\b", "a\nb"]
)
def test_t060_a_name_that_leads_outside_is_refused(trust, gun):
    Path(trust.path).mkdir()
    with pytest.raises(MalformedError, match="no name of a collection") as caught:
        trust.cached(gun)
    assert str(caught.value).isprintable()
    assert trust.state(gun) is None


def test_files_that_are_no_metadata_are_passed_over(trust, state, update):
    trust.remember(state.gun, state, update.documents)
    metadata = metadata_of(trust, state.gun)
    (metadata / "notes.txt").symlink_to("/etc/passwd")
    (metadata / "targets" / "Upper.json").symlink_to("/etc/passwd")
    (metadata / "targets" / ".hidden").mkdir()
    assert trust.cached(state.gun) == update.documents


@pytest.mark.parametrize(("role", "limit"), [("root", 512_000), ("timestamp", 1_048_576)])
def test_a_cached_file_over_its_limit_is_cut_behind_it(trust, state, update, role, limit):
    trust.remember(state.gun, state, update.documents | {role: b"x" * (limit + 10)})
    assert len(trust.cached(state.gun)[role]) == limit + 1


def test_the_cache_is_a_courtesy_whose_failure_is_only_told(trust, state, update, caplog):
    Path(trust.path).mkdir()
    Path(trust.path, "tuf").touch()
    assert trust.remember(state.gun, state, update.documents)
    assert trust.state(state.gun) == state
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert state.gun in caplog.text


def test_an_older_run_does_not_write_docker_s_cache(trust, state, update, altered):
    newer = altered(state, timestamp=1000)
    trust.remember(state.gun, newer, update.documents)
    trust.remember(state.gun, state, dict.fromkeys(update.documents, b"older"))
    assert trust.cached(state.gun) == update.documents


def test_a_run_that_brings_nothing_new_writes_nothing(trust, state, update, monkeypatch):
    trust.remember(state.gun, state, update.documents)
    monkeypatch.setattr(os, "replace", lambda *arguments, **facts: pytest.fail("written"))
    assert trust.remember(state.gun, state, update.documents)


def test_documents_outside_the_grammar_are_not_written(trust, state, update):
    strange = {"../x": b"x", "1.root": b"x", "targets/../../y": b"x", "Root": b"x"}
    trust.remember(state.gun, state, update.documents | strange)
    assert trust.cached(state.gun) == update.documents
    written = {path.name for path in metadata_of(trust, state.gun).iterdir()}
    assert written == {f"{role}.json" for role in update.documents if "/" not in role} | {"targets"}


def test_no_descriptor_stays_open(trust, state, update, altered):
    trust.remember(state.gun, state, update.documents)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for version in range(100, 120):
        trust.remember(state.gun, altered(state, timestamp=version), update.documents)
        trust.state(state.gun)
        trust.cached(state.gun)
        with pytest.raises(MalformedError):
            trust.cached("a/../b")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
