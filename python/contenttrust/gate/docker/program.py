"""The docker that is run underneath: found, replaced by, or waited for."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from subprocess import Popen
    from types import FrameType
    from typing import NoReturn

PROGRAM_VARIABLE = "CONTENTTRUST_DOCKER"
_DEPTH_VARIABLE = "CONTENTTRUST_DOCKER_DEPTH"
_DEEPEST = 8
"""How often one of these may stand behind another: plugins start docker, a loop never ends."""
SET_BY_DOCKER = frozenset(
    {
        "BUILDX_BUILDER",
        "DEBUG",
        "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND",
        "DOCKER_CLI_PLUGIN_SOCKET",
        "GODEBUG",
        "OTEL_RESOURCE_ATTRIBUTES",
    }
)
"""Variables that docker may set for itself and its plugins, whatever they were.

Source: docker CLI 28 `cli-plugins/manager/manager.go`, `cmd/docker/docker.go`, `builder.go`,
`cli/debug/debug.go` (by `-D`), `cli/command/cli.go` (GODEBUG, by the context).
"""
_PASSED_ON = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")
_OF_THE_TERMINAL = ("SIGINT", "SIGQUIT")

LAST_CODE = 128
"""The last exit code of a docker that ended by itself: above it are those of signals."""


class NoDockerError(Exception):
    """There is no docker to run, or it cannot be started."""


class Docker:
    """One docker program, with the flags that stood before its command.

    Attributes:
        env: The environment that it gets.
    """

    def __init__(self, path: str, flags: Sequence[str], env: Mapping[str, str]) -> None:
        """Name it.

        Args:
            path: Of the program.
            flags: Which go before every command: the daemon, the configuration.
            env: Its environment.
        """
        self._path = path
        self._flags = list(flags)
        self.env = {**env, _DEPTH_VARIABLE: str(_depth(env) + 1)}

    def has_otherwise(self, name: str, env: Mapping[str, str]) -> bool:
        """Whether a variable may be another to it, or to a plugin of it, than in an environment."""
        return name in SET_BY_DOCKER or self.env.get(name) != env.get(name)

    def become(self, arguments: Sequence[str]) -> NoReturn:
        """Replace this process: its terminal, its signals and its exit code are docker's then."""
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        try:
            os.execve(  # noqa: S606 - the docker that the user runs, without a shell
                self._path, [self._path, *self._flags, *arguments], self.env
            )
        except (OSError, ValueError) as error:
            raise NoDockerError(f"docker cannot be started: {error}") from None

    def run(
        self, arguments: Sequence[str], *, stdin: int | None = None, stdout: int | None = None
    ) -> int:
        """Run it and wait.

        Args:
            arguments: From the command on.
            stdin: Descriptor of what it may read, or a constant of `subprocess`. Default: ours.
            stdout: Descriptor for what it prints. Default: ours.

        Returns:
            Its exit code; 128 and the number of a signal that ended it.
        """
        with _Signals() as signals:
            child = self._started(arguments, stdout, stdin)
            signals.pass_to(child)
            return _code(child.wait())

    def lines(self, arguments: Sequence[str]) -> Iterator[str]:
        """Run it and give what it prints, line by line; its exit code is `code` afterwards."""
        from subprocess import PIPE  # noqa: PLC0415 - a command that is only passed on starts nobody

        with _Signals() as signals:
            child = self._started(arguments, PIPE)
            signals.pass_to(child)
            assert child.stdout is not None  # noqa: S101 - it was asked for
            with child.stdout as printed:
                for line in printed:
                    yield line.decode(errors="backslashreplace")
            self.code = _code(child.wait())

    def answers(self, arguments: Sequence[str]) -> bool:
        """Whether it ends with 0, whatever it prints."""
        from subprocess import DEVNULL, run  # noqa: PLC0415 - see `lines`

        command = [self._path, *self._flags, *arguments]
        done = run(  # noqa: S603 - the docker that the user runs, without a shell
            command, env=self.env, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, check=False
        )
        return done.returncode == 0

    code = 0
    """Exit code of the last program that `lines` ran to its end."""

    def _started(
        self, arguments: Sequence[str], stdout: int | None, stdin: int | None = None
    ) -> Popen[bytes]:
        from subprocess import Popen  # noqa: PLC0415 - see `lines`

        sys.stdout.flush()
        try:
            return Popen(  # noqa: S603 - the docker that the user runs, without a shell
                [self._path, *self._flags, *arguments], env=self.env, stdin=stdin, stdout=stdout
            )
        except (OSError, ValueError) as error:
            raise NoDockerError(f"docker cannot be started: {error}") from None


def found(env: Mapping[str, str]) -> str:
    """Path of the docker to run: the one that is named, else the first on PATH.

    A relative entry of PATH would be whatever lies in the current directory.

    Args:
        env: Environment variables.

    Raises:
        NoDockerError: There is none.
    """
    if _depth(env) >= _DEEPEST:
        raise NoDockerError(
            f"the docker that is started leads back to contenttrust: let {PROGRAM_VARIABLE} name "
            "the real one"
        )
    named = env.get(PROGRAM_VARIABLE, "")
    if named:
        if not named.startswith("/"):
            raise NoDockerError(f"{PROGRAM_VARIABLE} is no absolute path: {named!a}")
        if not _can_run(named):
            there = os.path.lexists(named)
            what = "is no program that can be run" if there else "does not exist"
            raise NoDockerError(f"{PROGRAM_VARIABLE}: {named!a} {what}")
        return named
    for folder in env.get("PATH", os.defpath).split(os.pathsep):
        path = f"{folder}/docker"
        if folder.startswith("/") and _can_run(path):
            return path
    raise NoDockerError("no directory of PATH has docker: install Docker's client")


def _depth(env: Mapping[str, str]) -> int:
    """How many of these stand before this one."""
    told = env.get(_DEPTH_VARIABLE, "")
    return int(told) if told.isdecimal() and len(told) == 1 else 0


def _can_run(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)  # noqa: PTH113 - pathlib is slow to load


class _Signals:
    """Gives a child the signals that only we get; those of the terminal it gets itself."""

    def __init__(self) -> None:
        import signal  # noqa: PLC0415 - see `lines`

        self._signal = signal.signal
        self._own = [getattr(signal, name) for name in _PASSED_ON]
        self._shared = [getattr(signal, name) for name in _OF_THE_TERMINAL]
        self._at_terminal = any(os.isatty(number) for number in range(3))
        self._before: dict[int, object] = {}
        self._early: list[int] = []
        self._child: Popen[bytes] | None = None

    def __enter__(self) -> _Signals:  # noqa: PYI034 - Python 3.10 has no Self
        numbers = (*self._own, *self._shared)
        self._before = {number: self._signal(number, self._take) for number in numbers}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            self._signal(number, handler)  # type: ignore[arg-type]

    def pass_to(self, child: Popen[bytes]) -> None:
        """Give it what has come before it was there, and all that comes."""
        self._child = child
        for number in self._early:
            child.send_signal(number)

    def _take(self, number: int, _: FrameType | None) -> None:
        if self._at_terminal and number in self._shared:
            return
        if self._child is None:
            self._early.append(number)
        else:
            self._child.send_signal(number)


def _code(returned: int) -> int:
    return returned if returned >= 0 else LAST_CODE - returned
