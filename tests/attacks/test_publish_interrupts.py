"""Ctrl-C while something is signed and published: terminal and staged changes stay as they were.

Threat T143.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from attacks.publishing import OLD, Machine, Scene, another_passphrase, later_publication
from contenttrust.errors import RejectedError
from servers import Authority

COMMAND = [sys.executable, "-m", "contenttrust"]


@pytest.fixture
def machine(authority: Authority, tmp_path: Path) -> Iterator[Machine]:
    with Machine(tmp_path / "machine", authority) as machine:
        yield machine


class AtTerminal:
    """A command at a terminal of its own."""

    def __init__(self, machine: Machine, arguments: Sequence[str]) -> None:
        self.master, slave = pty.openpty()
        self.slave = slave
        self.before = termios.tcgetattr(slave)
        self.shown = b""
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=slave, stdout=slave, stderr=slave, env=machine.env, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )  # fmt: skip

    def shows(self, text: bytes) -> None:
        while text not in self.shown:
            assert select.select([self.master], [], [], 60)[0], self.shown
            self.shown += os.read(self.master, 4096)

    @property
    def is_silent(self) -> bool:
        return not termios.tcgetattr(self.slave)[3] & termios.ECHO

    def ends(self) -> int:
        """Wait for the end: the exit code; the terminal is as it was found."""
        code = self.process.wait(timeout=60)
        assert termios.tcgetattr(self.slave) == self.before
        while select.select([self.master], [], [], 0)[0]:
            self.shown += os.read(self.master, 4096)
        os.close(self.slave)
        os.close(self.master)
        return code


def started(machine: Machine, arguments: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=machine.env, text=True,
    )  # fmt: skip


def interrupted(process: subprocess.Popen[str]) -> str:
    """What it said on standard error, having ended as who was interrupted ends."""
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, (out, err)
    assert "Traceback" not in out + err
    assert "uccessfully" not in out
    return err


@pytest.mark.parametrize("answers", [0, 1, 2, 3])
def test_t143_ctrl_c_at_a_new_passphrase_begins_nothing(machine: Machine, answers: int) -> None:
    trust_dir = machine.folder / "trust"
    run = AtTerminal(
        machine, ["sign", f"{machine.gun}:1", "--trust-dir", str(trust_dir), *machine.asking()]
    )
    for number, prompt in enumerate([b"new root key", b"Repeat", b"new repository key", b"Repeat"]):
        run.shows(b"Enter passphrase for " + prompt if prompt != b"Repeat" else prompt)
        run.shown = b""
        assert run.is_silent
        if number == answers:
            os.write(run.master, b"\x03")
            break
        os.write(run.master, OLD + b"\n")
    assert run.ends() == 130
    assert b"Traceback" not in run.shown
    assert machine.gun not in machine.memory.files
    keys = list((trust_dir / "private").glob("*.key"))
    assert len(keys) == (answers > 1), "a key that has its passphrase is there, and no other"
    ended = machine.warm.run(
        "sign", f"{machine.gun}:1", "--trust-dir", str(trust_dir), *machine.asking()
    )
    assert ended.code == 0, ended
    root = [path for path in (trust_dir / "private").glob("*.key") if "root" in path.read_text()]
    assert not keys or root == keys, "the same root key"


def test_t143_ctrl_c_at_a_known_passphrase_leaves_what_is_staged(machine: Machine) -> None:
    scene = later_publication(machine)
    trust_dir = scene.begin()
    options = ["--trust-dir", str(trust_dir), *machine.asking()]
    run = AtTerminal(machine, [*scene.words, *options])
    run.shows(b"Enter passphrase for ")
    os.write(run.master, b"half of i\x03")
    assert run.ends() == 130
    assert b"half" not in run.shown
    assert not scene.stands(trust_dir)
    scene.goes_on(trust_dir)


@pytest.mark.parametrize("stored", [False, True], ids=["nothing came", "it came"])
def test_t143_ctrl_c_during_the_upload_leaves_what_is_staged(
    machine: Machine, *, stored: bool
) -> None:
    scene = later_publication(machine)
    trust_dir = scene.begin()
    ended = threading.Event()
    running: list[subprocess.Popen[str]] = []

    def interrupt() -> None:
        running[0].send_signal(signal.SIGINT)
        assert ended.wait(60), "it waits for the answer"
        if not stored:
            raise RejectedError("too late", found="TEST")

    machine.memory.before_publish.append(interrupt)
    running.append(started(machine, scene.command(trust_dir)))
    interrupted(running[0])
    ended.set()
    assert scene.stands(trust_dir) == stored
    assert scene.changes_in(trust_dir) == scene.changes
    scene.goes_on(trust_dir)


def has_open(process: subprocess.Popen[str], name: str) -> bool:
    """Whether it has opened a file whose name ends so."""
    folder = f"/proc/{process.pid}/fd"
    with suppress(FileNotFoundError):
        return any(str(link.readlink()).endswith(name) for link in Path(folder).iterdir())
    return False


def is_waiting(process: subprocess.Popen[str], lock: str) -> None:
    """Wait until it waits for a lock."""
    watch = os.pidfd_open(process.pid)
    while not has_open(process, lock):
        assert not select.select([watch], [], [], 0.01)[0], process.communicate()
    os.close(watch)


@pytest.mark.parametrize(
    ("make", "lock"),
    [(later_publication, ".publish.lock"), (another_passphrase, "/.contenttrust.lock")],
)
def test_t143_ctrl_c_while_somebody_else_is_busy_leaves_everything(
    machine: Machine, make: Callable[[Machine], Scene], lock: str
) -> None:
    scene = make(machine)
    trust_dir = scene.begin()
    keys = scene.store_in(trust_dir).folder
    if make is later_publication:
        held = machine.collection(trust_dir).trust_dir.locked(machine.gun, "publish")
    else:
        held = keys.writing()  # type: ignore[assignment]
    with held:
        process = started(machine, scene.command(trust_dir))
        is_waiting(process, lock)
        process.send_signal(signal.SIGINT)
        interrupted(process)
    assert not scene.stands(trust_dir)
    scene.goes_on(trust_dir)
