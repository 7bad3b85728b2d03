"""When a server was last asked: kept as the record's modification time, and never guessed."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from pathlib import Path

import pytest

from contenttrust.errors import TrustDirectoryError

THEN = 1_795_478_400.0
LATER = THEN + 1000


@pytest.fixture
def record(trust, state):
    """The record of a collection that was verified once."""
    trust.remember(state.gun, state, {})
    name = hashlib.sha256(state.gun.encode()).hexdigest()
    return Path(trust.path, "contenttrust", f"{name}.json")


def test_without_a_record_no_server_was_asked(trust, state):
    trust.mark_asked(state.gun, THEN)
    assert trust.asked(state.gun, now=LATER) is None
    assert not Path(trust.path).exists()


def test_writing_a_record_is_not_asking_a_server(trust, state, record):
    assert trust.asked(state.gun, now=2.0**40) is None


@pytest.mark.parametrize("when", [THEN, THEN + 0.999, 0.0])
def test_the_moment_is_kept_in_whole_seconds_rounded_down(trust, state, record, when):
    trust.mark_asked(state.gun, when)
    assert trust.asked(state.gun, now=LATER) == float(int(when))
    assert trust.state(state.gun) == state


def test_a_moment_in_the_future_counts_as_never(trust, state, record):
    trust.mark_asked(state.gun, LATER)
    assert trust.asked(state.gun, now=LATER - 1) is None
    assert trust.asked(state.gun, now=LATER) == LATER
    trust.mark_asked(state.gun, THEN)  # after the clock was set right
    assert trust.asked(state.gun, now=LATER) == THEN


def test_a_record_that_was_replaced_was_not_asked_about(trust, state, record, altered):
    trust.mark_asked(state.gun, THEN)
    assert trust.remember(state.gun, altered(state, timestamp=1000), {}, base=state)
    assert trust.asked(state.gun, now=LATER) is None


def test_a_run_that_brings_nothing_new_keeps_the_moment(trust, state, record, update):
    trust.mark_asked(state.gun, THEN)
    trust.remember(state.gun, state, update.documents, base=state)
    assert trust.asked(state.gun, now=LATER) == THEN


@pytest.mark.parametrize("how", ["copied", "touched", "coarse file system", "before 1970"])
def test_a_time_that_nobody_marked_means_nothing(trust, state, record, how):
    trust.mark_asked(state.gun, THEN)
    if how == "copied":
        shutil.copyfile(record, record.with_suffix(".copy"))
        record.with_suffix(".copy").chmod(0o600)
        record.with_suffix(".copy").rename(record)
    elif how == "touched":
        record.touch()
    else:
        seconds = int(THEN) if how.startswith("coarse") else -1
        os.utime(record, (seconds, seconds))
    assert trust.asked(state.gun, now=2.0**40) is None


def test_nothing_is_written_but_the_record_s_times(trust, state, record, update, monkeypatch):
    trust.remember(state.gun, state, update.documents)
    for path in Path(trust.path).rglob("*"):
        os.utime(path, (1, 1))
    content = record.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda descriptor: pytest.fail("synchronised"))
    trust.mark_asked(state.gun, THEN)
    assert record.read_bytes() == content
    others = {path: path.stat().st_mtime for path in Path(trust.path).rglob("*")}
    assert others.pop(record) > THEN
    assert set(others.values()) == {1}


def test_a_collection_is_not_marked_with_another(trust, state, record, altered):
    other = altered(state, members={"gun": "host.example/other"})
    trust.remember(other.gun, other, {})
    trust.mark_asked(state.gun, THEN)
    assert trust.asked(other.gun, now=LATER) is None


def test_t062_a_record_that_others_may_write_is_neither_marked_nor_believed(trust, state, record):
    trust.mark_asked(state.gun, THEN)
    record.chmod(0o666)
    with pytest.raises(TrustDirectoryError, match="writable by others"):
        trust.asked(state.gun, now=LATER)
    with pytest.raises(TrustDirectoryError, match="writable by others"):
        trust.mark_asked(state.gun, LATER)
    record.chmod(0o600)
    assert trust.asked(state.gun, now=LATER) == THEN


def test_where_the_time_cannot_be_set_the_server_is_asked_again(trust, state, record, monkeypatch):
    def refuse(*arguments, **facts):
        raise PermissionError(1, "not permitted")

    monkeypatch.setattr(os, "utime", refuse)
    trust.mark_asked(state.gun, THEN)
    assert trust.asked(state.gun, now=LATER) is None


def test_marks_and_updates_at_once_leave_a_moment_that_was_marked(trust, state, record, altered):
    def mark():
        for second in range(200):
            trust.mark_asked(state.gun, THEN + second)

    threads = [threading.Thread(target=mark) for _ in range(4)]
    for thread in threads:
        thread.start()
    for version in range(100, 130):
        trust.remember(state.gun, altered(state, timestamp=version), {})
        assert trust.asked(state.gun, now=LATER) in {None, *(THEN + n for n in range(200))}
    for thread in threads:
        thread.join()
    trust.mark_asked(state.gun, THEN + 500)
    assert trust.asked(state.gun, now=LATER) == THEN + 500
