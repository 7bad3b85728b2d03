"""The record under crashes, full disks and many processes: the old or the new, never a mix."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from contenttrust.errors import TrustDirectoryError

# Ends the process by the kernel's hand at the n-th call that changes something on disk.
KILLED = """
import os, signal, sys
from contenttrust import _core
from contenttrust.transport.cache import TrustDirectory

path, step, text = sys.argv[1], int(sys.argv[2]), sys.stdin.read()
state = _core.State.from_json(text)
calls = 0

def deadly(original):
    def call(*arguments, **facts):
        global calls
        calls += 1
        if calls == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **facts)
    return call

for name in ("open", "mkdir", "chmod", "fchmod", "fsync", "replace", "unlink"):
    setattr(os, name, deadly(getattr(os, name)))
trust, documents = TrustDirectory(path), {"root": b"new root", "targets/a": b"new a"}
trust.remember(state.gun, state, documents, base=trust.state(state.gun))
"""

# No file may grow over a size: then the call fails, or the signal kills.
LIMITED = """
import resource, signal, sys
from contenttrust import _core
from contenttrust.errors import TrustDirectoryError
from contenttrust.transport.cache import TrustDirectory

path, size, dies = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "True"
state = _core.State.from_json(sys.stdin.read())
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
signal.signal(signal.SIGXFSZ, signal.SIG_DFL if dies else signal.SIG_IGN)
try:
    trust = TrustDirectory(path)
    trust.remember(state.gun, state, {"root": b"new root"}, base=trust.state(state.gun))
except TrustDirectoryError as error:
    sys.stderr.write(repr(error))
"""


def python(program, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("known", [True, False], ids=["second run", "first run"])
def test_t063_a_kill_at_any_step_leaves_the_old_record_or_the_new(
    *, trust, state, altered, known, tmp_path
):
    old = {"root": b"old root", "targets/a": b"old a"}
    new = {"root": b"new root", "targets/a": b"new a"}
    newer = altered(state, timestamp=1000)
    seen = set()
    for step in range(1, 100):
        directory = type(trust)(tmp_path / f"killed-{step}")
        if known:
            directory.remember(state.gun, state, old)
        with python(KILLED, directory.path, str(step)) as process:
            _, complaint = process.communicate(newer.to_json())
        found = directory.state(state.gun)
        assert found in ((state, newer) if known else (None, newer))
        seen.add(found)
        cached = directory.cached(state.gun)
        assert all(data in {old[role], new[role]} for role, data in cached.items())
        # Nothing that the crash left behind is in anybody's way.
        assert directory.remember(state.gun, newer, new, base=directory.state(state.gun))
        assert directory.cached(state.gun) == new
        assert not list(Path(directory.path).rglob(".*"))
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, complaint
    assert process.returncode == 0
    assert step > 10
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("call", "survivor"),
    [("open", "old"), ("fchmod", "old"), ("write", "old"), ("fsync", "old"), ("replace", "old")],
)
def test_t063_a_full_or_failing_disk_leaves_the_old_record(
    *, trust, state, altered, call, survivor, monkeypatch
):
    trust.remember(state.gun, state, {})
    record = hashlib.sha256(state.gun.encode()).hexdigest()
    original = getattr(os, call)
    failed = []

    def fail(*arguments, **facts):
        temporary = f".{record}.json.new"
        if call in {"open", "replace"} and arguments[0] != temporary:
            return original(*arguments, **facts)
        failed.append(call)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if call == "write":
        # The file object writes by itself: a file that is closed behind its back cannot.
        monkeypatch.setattr(os, "fchmod", lambda descriptor, mode: os.dup2(full, descriptor))
        full = os.open("/dev/full", os.O_WRONLY)
        failed.append(call)
    else:
        monkeypatch.setattr(os, call, fail)
    newer = altered(state, timestamp=1000)
    with pytest.raises(TrustDirectoryError, match=os.strerror(errno.ENOSPC)):
        trust.remember(state.gun, newer, {}, base=state)
    monkeypatch.undo()
    assert failed
    assert trust.state(state.gun) == state
    assert not list(Path(trust.path).rglob(".*"))


def test_t063_a_rename_that_is_not_known_to_be_on_disk_is_told(trust, state, altered, monkeypatch):
    trust.remember(state.gun, state, {})
    newer = altered(state, timestamp=1000)
    original = os.fsync

    def fail_for_directories(descriptor):
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        original(descriptor)

    monkeypatch.setattr(os, "fsync", fail_for_directories)
    with pytest.raises(TrustDirectoryError):
        trust.remember(state.gun, newer, {}, base=state)
    assert trust.state(state.gun) == newer


@pytest.fixture
def events(monkeypatch):
    """What is synchronised and renamed, in order: the kind, and the path."""
    seen = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(descriptor):
        path = Path(f"/proc/self/fd/{descriptor}").resolve()
        seen.append(("directory" if path.is_dir() else "file", path.name))
        fsync(descriptor)

    def note_replace(old, new, **facts):
        seen.append(("replace", new))
        replace(old, new, **facts)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    return seen


def test_t063_the_record_is_on_disk_before_its_name_changes(trust, state, update, altered, events):
    trust.remember(state.gun, altered(state, timestamp=1), {})
    del events[:]
    trust.remember(state.gun, state, update.documents, base=trust.state(state.gun))
    kinds = [kind for kind, _ in events]
    # What Docker reads is fetched again where it is spoilt: the storage is not waited for.
    assert kinds == ["file", "replace", "directory", *["replace"] * len(update.documents)]
    record = hashlib.sha256(state.gun.encode()).hexdigest()
    assert [name for _, name in events[:3]] == [
        f".{record}.json.new",
        f"{record}.json",
        "contenttrust",
    ]


def test_t063_directories_that_were_made_are_on_disk_too(tmp_path, trust, state, events):
    trust = type(trust)(tmp_path / "home" / "trust")
    trust.remember(state.gun, state, {})
    directories = [name for kind, name in events if kind == "directory"]
    assert directories == [tmp_path.name, "home", "contenttrust", "trust"]


@pytest.mark.parametrize("dies", [False, True], ids=["told", "killed"])
@pytest.mark.parametrize("size", [0, 1, 1000])
def test_t063_a_file_that_stays_half_written_is_never_read(*, trust, state, altered, size, dies):
    """The kernel takes so many bytes of a file, then refuses more, or ends the process."""
    trust.remember(state.gun, state, {"root": b"old root"})
    newer = altered(state, timestamp=1000)
    with python(LIMITED, trust.path, str(size), str(dies)) as process:
        _, complaint = process.communicate(newer.to_json())
    if dies:
        assert process.returncode == -signal.SIGXFSZ, complaint
        [half] = Path(trust.path, "contenttrust").glob(".*")
        assert half.stat().st_size == size
    else:
        assert process.returncode == 0, complaint
        assert "TrustDirectoryError" in complaint
        assert not list(Path(trust.path).rglob(".*"))
    assert trust.state(state.gun) == state
    assert trust.cached(state.gun) == {"root": b"old root"}
    assert trust.remember(state.gun, newer, {}, base=state)
    assert not list(Path(trust.path).rglob(".*"))
