"""Who gives passphrases in tests, key stores that are quick, and a terminal with somebody at it."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from contenttrust._core import Secret
from contenttrust.errors import InputNeededError
from contenttrust.keys import KeyStore, PassphraseRequest

ROUNDS = 2048
"""Docker's own, so that a test does not wait for key derivation."""
PASSPHRASE = b"correct horse battery"
GUN = "registry.example.com/team/app"


class Holder:
    """Gives passphrases, one after the other or always the same, and remembers who asked."""

    def __init__(self, *passphrases: bytes, roles: Mapping[str, bytes] | None = None) -> None:
        self.passphrases = passphrases or (PASSPHRASE,)
        self.roles = roles or {}
        self.requests: list[PassphraseRequest] = []

    def give(self, request: PassphraseRequest) -> Secret:
        self.requests.append(request)
        if request.role in self.roles:
            return Secret(self.roles[request.role])
        at = min(len(self.requests), len(self.passphrases)) - 1
        return Secret(self.passphrases[at])


class Nobody:
    """Whoever is asked by mistake."""

    def give(self, request: PassphraseRequest) -> Secret:
        raise InputNeededError(f"nobody was to be asked for {request}")


def store_in(trust_dir: Path, *passphrases: bytes, **options) -> KeyStore:
    """A key store whose keys all have one passphrase."""
    options = {"passphrases": Holder(*passphrases), "rounds": ROUNDS, **options}
    return KeyStore(trust_dir, **options)


def _sit_down(terminal: str) -> None:
    """Take a terminal, with the signals as a shell has them at one: nohup has some ignored."""
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.close(os.open(terminal, os.O_RDWR))


class Terminal:
    """A program with a terminal of its own, and somebody who types."""

    def __init__(self, code: str, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self.shown = b""
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=lambda: _sit_down(os.ttyname(slave)),  # noqa: PLW1509
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
            restore_signals=True,
        )
        self.slave = slave

    def wait_for(self, text: str, patience: float = 30) -> None:
        """Read what is shown until a text is; the terminal is silent by then."""
        last = time.monotonic() + patience
        while text.encode() not in self.shown:
            left = last - time.monotonic()
            ready, _, _ = select.select([self.master], [], [], max(0.0, left))
            assert ready, (text, self.shown, self.process.poll())
            self.shown += os.read(self.master, 4096)

    def type(self, text: bytes) -> None:
        """Type, with a line's end; what was shown before is forgotten."""
        self.shown = b""
        os.write(self.master, text + b"\n")

    def end(self) -> tuple[int, bytes, bytes]:
        """Wait for the end: the exit code and what was written to the pipes."""
        out, err = self.process.communicate(timeout=30)
        while select.select([self.master], [], [], 0)[0]:
            try:
                self.shown += os.read(self.master, 4096)
            except OSError:  # noqa: PERF203
                break
        return self.process.returncode, out, err

    @property
    def is_silent(self) -> bool:
        """Whether it does not show what is typed."""
        return not termios.tcgetattr(self.slave)[3] & termios.ECHO

    @property
    def is_as_before(self) -> bool:
        """Whether it is as the program found it."""
        return termios.tcgetattr(self.slave) == self.before

    def close(self) -> None:
        """Hang up."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            pipe.close()
        os.close(self.slave)
        os.close(self.master)


def run_in_python(code: str, *arguments: str, **options) -> subprocess.CompletedProcess[bytes]:
    """Run code in a process of its own, with no terminal."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        check=False,
        timeout=60,
        start_new_session=True,
        **options,
    )


def paths_in(folder: Path) -> Sequence[str]:
    """Names of all files below a folder, without our lock."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".contenttrust.lock"
    )
