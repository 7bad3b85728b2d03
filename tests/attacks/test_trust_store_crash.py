"""A trust directory whose update is killed, or whose disk fails, at any step: old or new."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import contenttrust as ct
from attacks.crashes import Fate, Plan, content, lay
from attacks.judge import facts, with_releases
from contenttrust.transport.cache import TrustDirectory
from interop import parts
from simulator import GUN, NOW, image


class Update:
    """A trust directory, and what it is about to be brought to."""

    def __init__(self, tmp_path: Path, *, known: bool) -> None:
        repo = with_releases()
        self.tmp_path = tmp_path
        self.start = tmp_path / "start"
        self.old_files = repo.publish()
        self.old = None
        if known:
            self.old = self.load(self.start, self.old_files).state
        repo.top.targets["1.1"] = image("1.1")
        repo.delegate("targets/releases/qa").targets["3.0"] = image("3.0")
        repo.advance("targets", "targets/releases")
        repo.next_root()
        self.new_files = repo.publish()
        finished = tmp_path / "finished"
        self.tags = [facts(self.load(finished, self.old_files)), facts(self.update(finished))]
        self.new = TrustDirectory(finished).state(GUN)
        self.finished = content(finished)
        self.plan = Plan(GUN, lay(tmp_path / "served", self.new_files), NOW)

    def load(self, trust_dir: Path, files: dict[str, bytes], **options) -> ct.TrustedRepository:
        return ct.load(GUN, source=files, trust_dir=trust_dir, now=NOW, remember=True, **options)

    def update(self, trust_dir: Path) -> ct.TrustedRepository:
        return self.load(trust_dir, self.new_files)

    def fates(self, **how) -> list[Fate]:
        fates = self.plan.meets(self.tmp_path / "copies", self.start, **how)
        assert not fates[-1].call
        assert fates[-1].outcome == "ok"
        assert content(fates[-1].trust_dir) == self.finished
        return fates[:-1]

    def stands(self, trust_dir: Path) -> ct.State | None:
        """The state after an accident, which must be the old one or the new one, and usable."""
        state = TrustDirectory(trust_dir).state(GUN)
        assert state in (self.old, self.new)
        cached = TrustDirectory(trust_dir).cached(GUN)
        for role, data in cached.items():
            assert data in (self.old_files.get(role), self.new_files[role]), role
        if state != self.new:  # the record comes first: nothing of the new is anywhere else
            assert self.old is not None or not cached
            assert all(data == self.old_files[role] for role, data in cached.items())
        self.answers_without_a_server(trust_dir)
        self.goes_on(trust_dir, state)
        return state

    def answers_without_a_server(self, trust_dir: Path) -> None:
        """A half-updated cache makes no third state: it verifies, or it does not."""
        before = content(trust_dir)
        with contextlib.suppress(ct.ContentTrustError):
            offline = ct.load(GUN, offline=True, trust_dir=trust_dir, now=NOW)
            assert facts(offline) in self.tags
        assert content(trust_dir) == before

    def goes_on(self, trust_dir: Path, state: ct.State | None) -> None:
        """What comes next: old files are refused once the new are remembered, new ones accepted."""
        if state == self.new:
            with pytest.raises(ct.VerificationError) as caught:
                self.load(trust_dir, self.old_files)
            assert caught.value.code == "rollback"
        assert facts(self.update(trust_dir)) == self.tags[1]
        assert content(trust_dir) == self.finished  # and no litter
        shutil.rmtree(trust_dir)  # there are hundreds of them


@pytest.fixture(params=[True, False], ids=["second run", "first run"])
def update(request: pytest.FixtureRequest, tmp_path: Path) -> Update:
    return Update(tmp_path, known=request.param)


def test_t063_a_kill_at_any_call_leaves_the_old_state_or_the_new(update: Update) -> None:
    fates = update.fates()
    assert {fate.call for fate in fates} == {"killed"}
    states = [update.stands(fate.trust_dir) for fate in fates]
    turn = states.index(update.new)
    assert states == [update.old] * turn + [update.new] * (len(states) - turn)
    assert min(turn, len(states) - turn) > 10


@pytest.mark.parametrize("error", ["ENOSPC", "EIO", "EROFS"])
def test_t063_a_disk_that_fails_at_any_call_is_told(tmp_path: Path, error: str) -> None:
    update = Update(tmp_path, known=True)
    reason = os.strerror(getattr(errno, error))
    fates = update.fates(error=getattr(errno, error))
    for fate in fates:
        assert fate.outcome in {"ok", "TrustDirectoryError"}, fate
        assert "Traceback" not in fate.complaints
        left = [path for path in fate.trust_dir.rglob(".*") if fate.call != "unlink"]
        assert not left, fate
        state = TrustDirectory(fate.trust_dir).state(GUN)
        if fate.outcome == "ok":
            assert state == update.new
            # At most Docker's cache stayed behind: that is told, and why.
            assert reason in fate.complaints or content(fate.trust_dir) == update.finished
        else:
            assert fate.complaints == ""
            # The name had changed already, and only that it lasts was not confirmed.
            assert state == update.old or fate.call == "fsync"
        update.stands(fate.trust_dir)
    assert {fate.outcome for fate in fates} == {"ok", "TrustDirectoryError"}


def test_t063_a_rename_that_would_cross_file_systems_is_told(update: Update) -> None:
    fates = update.fates(error=errno.EXDEV, calls=["replace"])
    assert [fate.outcome for fate in fates] == ["TrustDirectoryError"] + ["ok"] * (len(fates) - 1)
    for fate in fates[1:]:
        assert os.strerror(errno.EXDEV) in fate.complaints
    for number, fate in enumerate(fates):
        assert TrustDirectory(fate.trust_dir).state(GUN) == (update.new if number else update.old)
        update.stands(fate.trust_dir)


STRACE = shutil.which("strace")
SYSTEM_CALLS = (
    *("write", "fsync", "rename", "renameat", "renameat2", "mkdir", "mkdirat"),
    *("unlink", "unlinkat", "chmod", "fchmod", "fchmodat", "fchmodat2", "flock"),
)


def may_trace() -> bool:
    """Whether strace is there and may trace."""
    if STRACE is None:
        return False
    return subprocess.run([STRACE, "-o", os.devnull, "true"], check=False).returncode == 0


needs_strace = pytest.mark.skipif(
    not (parts.is_complete() or may_trace()), reason="strace is missing or may not trace"
)


def interrupted(
    plan: Plan, trust_dir: Path, call: str, number: int, what: str
) -> tuple[subprocess.CompletedProcess[str], bool]:
    """An update by the command line, and whether it met its fate at the n-th such system call."""
    log = trust_dir.with_suffix(".log")
    inject = f"inject=?{call}:{what}:when={number}"
    trace = [STRACE, "-f", "-o", str(log), "-e", f"trace=?{call}", "-e", inject]
    done = subprocess.run(
        [*trace, *plan.command(trust_dir)],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done, "INJECTED" in log.read_text() or done.returncode == -signal.SIGKILL


def interruptions(
    update: Update, calls: Sequence[str], what: str
) -> Iterator[tuple[Path, subprocess.CompletedProcess[str]]]:
    """One interrupted update after another, at every such call, until it ends by itself."""
    for call in calls:
        for number in range(1, 100):
            trust_dir = update.tmp_path / f"{call}-{number}"
            if update.old is not None:
                shutil.copytree(update.start, trust_dir)
            done, reached = interrupted(update.plan, trust_dir, call, number, what)
            if not reached:
                assert done.returncode == 0, done.stderr
                assert content(trust_dir) == update.finished
                break
            yield trust_dir, done


@needs_strace
def test_t063_a_kill_at_any_system_call_leaves_the_old_state_or_the_new(tmp_path: Path) -> None:
    update = Update(tmp_path, known=True)
    states = []
    for trust_dir, done in interruptions(update, SYSTEM_CALLS, "signal=SIGKILL"):
        assert done.returncode == -signal.SIGKILL
        states.append(update.stands(trust_dir))
    assert min(states.count(update.old), states.count(update.new)) >= 5
    assert len(states) > 30


@needs_strace
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_t063_a_write_that_fails_in_any_file_is_told(tmp_path: Path, error: str) -> None:
    update = Update(tmp_path, known=True)
    outcomes = []
    for trust_dir, done in interruptions(update, ("write", "fsync"), f"error={error}"):
        assert "Traceback" not in done.stderr
        assert done.returncode in {0, 3}
        assert os.strerror(getattr(errno, error)) in done.stdout + done.stderr
        assert not list(trust_dir.rglob(".*"))
        state = update.stands(trust_dir)
        verified = done.stdout and json.loads(done.stdout)["verified"]
        if done.returncode == 0:
            assert verified
            assert state == update.new
        outcomes.append(done.returncode)
    assert set(outcomes) == {0, 3}
    assert len(outcomes) > 8
