"""A process that has everything loaded, and forks for each command line that it is told.

Run as a program it is that process: it reads one JSON document a line, and answers with one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, final

AT_ONCE, AT_FIRST_CHANGE = "at once", "at the first change"
ROUNDS = 2048
"""Rounds of key derivation, docker's own: the command line's 600,000 would take minutes here."""


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str


@final
class Warm:
    """Runs command lines in some milliseconds each."""

    def __init__(self, env: Mapping[str, str], cwd: Path) -> None:
        """Start the process."""
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(env), cwd=cwd,
        )  # fmt: skip

    def __enter__(self) -> Warm:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def run(self, *arguments: str) -> Ended:
        """Run one command line; what it says on both streams is in one text."""
        self._tell(arguments, "")
        return self.end()

    def begin(self, *arguments: str, stops: str) -> int:
        """Begin one, which stops itself: the id of its process, which SIGCONT lets go on.

        Args:
            arguments: The command line.
            stops: `AT_ONCE` or `AT_FIRST_CHANGE`.
        """
        self._tell(arguments, stops)
        process, said = self._answer()
        assert not said, f"it ended, with {process}, where it was to stop: {said}"
        return process

    def end(self) -> Ended:
        """Wait for the end of what was begun."""
        return Ended(*self._answer())

    def _tell(self, arguments: Sequence[str], stops: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([arguments, stops]) + "\n")
        self._process.stdin.flush()

    def _answer(self) -> tuple[int, str]:
        assert self._process.stdout is not None
        number, said = json.loads(self._process.stdout.readline())
        return number, said


def use_few_rounds() -> None:
    """Let key stores of this process write with few rounds."""
    from contenttrust.keys import KeyStore

    defaults = KeyStore.__init__.__kwdefaults__
    assert defaults["rounds"] > ROUNDS
    defaults["rounds"] = ROUNDS


def _load() -> None:
    import contenttrust.cli.key.passwd
    import contenttrust.cli.key.rotate
    import contenttrust.cli.main
    import contenttrust.cli.parser
    import contenttrust.cli.publish
    import contenttrust.cli.sign
    import contenttrust.keys.terminal
    import contenttrust.publish.images
    import contenttrust.registry
    import contenttrust.transport.http
    import contenttrust.transport.trust_servers  # noqa: F401


def _stop(stops: str) -> None:
    """Stop this process, now or when it first changes something on the disk."""
    if stops == AT_ONCE:
        os.kill(os.getpid(), signal.SIGSTOP)
    elif stops == AT_FIRST_CHANGE:
        waiting = [True]

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            changes = event == "os.mkdir" or (event == "open" and arguments[2] & os.O_CREAT)
            if waiting and changes:
                waiting.clear()
                os.kill(os.getpid(), signal.SIGSTOP)

        sys.addaudithook(hook)


def _child(arguments: list[str], stops: str, log: int) -> None:
    from contenttrust.cli.main import main

    os.dup2(log, 1)
    os.dup2(log, 2)
    code = 99
    try:
        _stop(stops)
        code = main(arguments)
    finally:
        os._exit(code)


def _say(number: int, said: str) -> None:
    sys.stdout.write(json.dumps([number, said]) + "\n")
    sys.stdout.flush()


def _main() -> None:
    _load()
    use_few_rounds()
    for line in sys.stdin:
        log = os.memfd_create("log")
        child = os.fork()
        if child == 0:
            _child(*json.loads(line), log)
        _, status = os.waitpid(child, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            _say(child, "")
            _, status = os.waitpid(child, 0)
        os.lseek(log, 0, os.SEEK_SET)
        with os.fdopen(log, errors="replace") as file:
            said = file.read()
        _say(os.waitstatus_to_exitcode(status), said)


if __name__ == "__main__":
    _main()
