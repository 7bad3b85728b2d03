"""Passphrases typed at the controlling terminal, which shows nothing and is left as it was.

The terminal is asked, not standard input: so a pipe may feed the program, and no passphrase is
taken from it by mistake. Texts, three tries and the shortest new passphrase are notary's.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import termios
import threading

from contenttrust.errors import InputNeededError, PassphraseError, shown
from contenttrust.keys import passphrase_file
from contenttrust.keys.passphrase import PIN, TRIES, PassphraseRequest, input_needed, wanted
from contenttrust.transport import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType
    from typing import Any

    from contenttrust._core import Secret

SHORTEST_NEW = 8
"""Bytes that a new passphrase must have when it is typed, as for notary."""

_TERMINAL = "/dev/tty"
_DISPLAYED = {"targets": "repository", "snapshot": "repository"}  # as docker calls them
_SHOWN_OF_ID = 7
_SPACES = b" \t\n\v\f\r"
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP)
_ROOT_WARNING = """\
You are about to create a new root signing key passphrase. This passphrase
will be used to protect the most sensitive key in your signing system. Please
choose a long, complex passphrase and be careful to keep the password and the
key file itself secure and backed up. It is highly recommended that you use a
password manager to generate the passphrase and keep it safe. There will be no
way to recover this key. You can find the key in your config directory.
"""


class TerminalPassphrases:
    """Whoever sits at the terminal. What opened a role's key is tried for its next one too."""

    def __init__(self, terminal: str = _TERMINAL) -> None:
        """Ask there.

        Args:
            terminal: Path of the terminal; default: the one that controls the process.
        """
        self._terminal = terminal
        self._typed: dict[tuple[str, str], Secret] = {}

    def give(self, request: PassphraseRequest) -> Secret:
        """Ask for a passphrase; see `Passphrases`."""
        # A token may close for ever after some wrong PINs: each has its own.
        kind = request.what, request.role if request.what != PIN else request.key_id
        kept = self._typed.get(kind)
        if kept is not None and not request.attempt and not request.is_new:
            return kept
        try:
            with files.opened(self._open(request)) as terminal:
                secret = _new(terminal, request) if request.is_new else _known(terminal, request)
        except (OSError, termios.error) as error:  # hung up, or we are in the background for ever
            reason = error.args[-1]
            raise input_needed(request, f"the terminal cannot be asked ({reason})") from error
        self._typed[kind] = secret
        return secret

    def _open(self, request: PassphraseRequest) -> int:
        try:
            descriptor = os.open(self._terminal, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as error:
            raise input_needed(request, "there is no terminal to ask at") from error
        if not os.isatty(descriptor):
            os.close(descriptor)
            raise input_needed(request, "there is no terminal to ask at")
        return descriptor


def _known(terminal: int, request: PassphraseRequest) -> Secret:
    if request.attempt:
        what = PIN if request.what == PIN else "Passphrase"
        _say(terminal, f"{what} incorrect. Please retry.\n")
    before = "" if request.what == PIN else "passphrase for "
    return _ask(terminal, f"Enter {before}{_called(request)}: ", request)


def _new(terminal: int, request: PassphraseRequest) -> Secret:
    if request.role == "root":
        _say(terminal, _ROOT_WARNING)
    called = _called(request)
    for _ in range(TRIES):
        secret = _ask(terminal, f"Enter passphrase for new {called}: ", request)
        if len(secret) < SHORTEST_NEW:
            _say(
                terminal,
                "Passphrase is too short. Please use a password manager to generate and store a "
                f"good random passphrase. It needs at least {SHORTEST_NEW} characters.\n",
            )
        elif _ask(terminal, f"Repeat passphrase for new {called}: ", request) == secret:
            return secret
        else:
            _say(terminal, "Passphrases do not match. Please retry.\n")
    raise PassphraseError(
        f"no passphrase for {request}: {TRIES} attempts were too short, or were not repeated the "
        f"same way; it needs at least {SHORTEST_NEW} characters",
        gun=request.gun,
        role=request.role,
    )


def _called(request: PassphraseRequest) -> str:
    if request.what == PIN:
        return str(request)
    role = shown(_DISPLAYED.get(request.role, request.role))
    called = f"{role} {request.what}".lstrip()
    return f"{called} with ID {request.key_id[:_SHOWN_OF_ID]}" if request.key_id else called


def _say(terminal: int, text: str) -> None:
    data = text.encode()
    while data:
        data = data[os.write(terminal, data) :]


def _ask(terminal: int, prompt: str, request: PassphraseRequest) -> Secret:
    """Ask once, and again after a stop by Ctrl-Z."""
    while True:
        watch = _Watch()
        buffer = bytearray(passphrase_file.LIMIT)
        secret = None
        try:
            with watch, _silent(terminal):
                _say(terminal, prompt)
                secret = _typed(buffer, watch.read(terminal, buffer), request)
        except (_SignalledError, OSError, termios.error):
            if not watch.caught:  # else the terminal went away with that signal
                raise
        finally:
            buffer[:] = bytes(len(buffer))
            with contextlib.suppress(OSError):
                _say(terminal, "\n")  # what was typed is not shown, so neither was its line's end
        if secret is not None and not watch.caught:
            return secret
        signal.raise_signal(watch.caught[0])  # its own way, now that the terminal is sane


def _typed(buffer: bytearray, end: int, request: PassphraseRequest) -> Secret:
    if not end:
        raise InputNeededError(
            f"the terminal was closed before {wanted(request)} was typed",
            gun=request.gun,
            role=request.role,
            expected=request.key_id,
        )
    return passphrase_file.trimmed(buffer, end, _SPACES)


@contextlib.contextmanager
def _silent(terminal: int) -> Iterator[None]:
    """A terminal that does not show what is typed, and is left as it was found."""
    before = termios.tcgetattr(terminal)
    silent = list(before)
    # Line by line, with Ctrl-C alive, as it may not be where a program left the terminal raw.
    silent[3] = (silent[3] | termios.ICANON | termios.ISIG) & ~(termios.ECHO | termios.ECHONL)
    try:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


class _SignalledError(Exception):
    """A signal came while somebody was to type."""


class _Watch:
    """Keeps signals that end or stop the process until the terminal is as it was found."""

    def __init__(self) -> None:
        self.caught: list[int] = []
        self._waits = False
        self._before: dict[int, Any] = {}
        self._wakeup: tuple[int, int, int] | None = None

    def __enter__(self) -> None:
        # Only the main thread may; and where another one asks, nothing else can be done.
        if threading.current_thread() is not threading.main_thread():
            return
        readable, writable = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._wakeup = readable, writable, signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
        for number in _ENDING:
            if signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}:
                self._before[number] = signal.signal(number, self._catch)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._wakeup is not None:
            readable, writable, before = self._wakeup
            signal.set_wakeup_fd(before)
            os.close(readable)
            os.close(writable)

    def read(self, terminal: int, buffer: bytearray) -> int:
        """Read a line; only here does a signal raise, also one that came just before."""
        self._waits = True
        try:
            if self.caught:
                raise _SignalledError
            self._wait(terminal)
            return os.readv(terminal, [buffer])
        finally:
            self._waits = False

    def _wait(self, terminal: int) -> None:
        """Wait for a line. A signal that comes just before the waiting ends it, by the pipe."""
        if self._wakeup is None:
            return
        waiting = select.poll()
        waiting.register(terminal, select.POLLIN)
        waiting.register(self._wakeup[0], select.POLLIN)
        while terminal not in dict(waiting.poll()):
            os.read(self._wakeup[0], 64)

    def _catch(self, number: int, _: FrameType | None) -> None:
        self.caught.append(number)
        if self._waits:
            self._waits = False
            raise _SignalledError
