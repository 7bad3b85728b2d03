"""Which docker program this is, and whether it checks anything.

Source: docker CLI 18.06 to 29.8: `cli/command/cli.go`, `cli/trust/trust.go`,
`cli/command/trust/signer_remove.go`; version 29.0 took content trust out of pull, run, create,
build and push.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess

from contenttrust.doctor.finding import Finding
from contenttrust.transport.children import environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CHECK = "docker"
SIGNER_REMOVE = "docker trust signer remove"
"""Subject of the finding that this command removes nobody."""
_SWITCH = "DOCKER_CONTENT_TRUST"
_TIME_LIMIT = 10.0
_FALSE = {"0", "f", "F", "FALSE", "false", "False"}
_TRUE = {"1", "t", "T", "TRUE", "true", "True"}

_VERSION = r"(?:Docker version )?(\d{1,4}\.\d[\w.+~-]{0,60})(?:,|\s|$)"

_BUILDKIT_IS_DEFAULT = 23
_SIGNER_REMOVE_BROKEN = 26
_TRUST_REMOVED = 29

_NOTHING_CHECKED = (
    "Verify images with contenttrust before they are used, and use the name with the digest"
)


class DockerProgram:
    """A docker program that was found.

    Attributes:
        path: Of the file.
        version: What it says of itself, such as ``28.2.2``; empty if it says nothing usable.
        is_docker: Whether it is Docker's own, rather than a program that only has the name.
    """

    def __init__(self, path: str, version: str, *, is_docker: bool) -> None:
        self.path = path
        self.version = version
        self.is_docker = is_docker

    @property
    def major(self) -> int:
        """The first number of the version."""
        return int(self.version.partition(".")[0])

    @property
    def has_trust(self) -> bool:
        """Whether it has a `docker trust` of its own, which goes before any plug-in."""
        return self.is_docker and self.major < _TRUST_REMOVED

    @property
    def ignores_trust(self) -> bool:
        """Whether it never looks at signatures, whatever the environment says."""
        return not self.is_docker or self.major >= _TRUST_REMOVED


def check(env: Mapping[str, str], *, time_limit: float = _TIME_LIMIT) -> Iterator[Finding]:
    """Look for docker, and at the variables that decide whether it checks signatures.

    Args:
        env: Environment variables, also those that docker is run with.
        time_limit: Seconds that docker has for saying its version.
    """
    value = env.get(_SWITCH, "")
    path = on_path(env)
    if path is None:
        yield Finding(
            check=_CHECK, subject="docker", level="note", message="there is no docker on PATH"
        )
        yield from _switch(value, ignored=False, without_docker=True)
        return
    program = asked(path, env, time_limit=time_limit)
    if program is None:
        yield Finding(
            check=_CHECK,
            subject=path,
            level="failure" if is_on(value) else "warning",
            message="it does not say which version it is, so whether it checks anything is unknown",
            advice=f"Run '{path} --version' and look why it fails",
        )
        yield from _switch(value, ignored=False, without_docker=False)
        return
    yield _identity(program)
    yield from _switch(value, ignored=program.ignores_trust, without_docker=False)
    if program.is_docker:
        yield from _gaps(program, env)


def is_on(value: str) -> bool:
    """Whether Docker takes a value of `DOCKER_CONTENT_TRUST` for on.

    Source: docker CLI 28 `cli/trust/trust.go`: what Go's `strconv.ParseBool` cannot read is on.
    """
    return bool(value) and value not in _FALSE


def _identity(program: DockerProgram) -> Finding:
    if not program.is_docker:
        message = f"this is {program.version}, no Docker: it checks no signatures of this kind"
        return Finding(
            check=_CHECK, subject=program.path, level="note", message=message,
            advice=_NOTHING_CHECKED,
        )  # fmt: skip
    if program.ignores_trust:
        message = f"version {program.version}: content trust was removed in {_TRUST_REMOVED}.0"
        return Finding(check=_CHECK, subject=program.path, level="note", message=message)
    message = f"version {program.version} checks signatures when {_SWITCH} is on"
    return Finding(check=_CHECK, subject=program.path, level="ok", message=message)


def _switch(value: str, *, ignored: bool, without_docker: bool) -> Iterator[Finding]:
    """What the variable says, and whether anybody listens."""

    def finding(level: str, message: str, advice: str = "") -> Finding:
        return Finding(check=_CHECK, subject=_SWITCH, level=level, message=message, advice=advice)  # type: ignore[arg-type]

    written = f"{value!a}" if value else "not set"
    if ignored and is_on(value):
        yield finding(
            "failure",
            f"on ({written}), but this docker ignores it without a word: nothing is checked",
            _NOTHING_CHECKED,
        )
    elif ignored:
        yield finding("note", f"off ({written}); this docker would ignore it", _NOTHING_CHECKED)
    elif not is_on(value):
        advice = "" if without_docker else f"Set {_SWITCH}=1 where images are pulled and run"
        yield finding("note", f"off ({written}): docker checks no signatures", advice)
    elif value not in _TRUE:
        yield finding(
            "warning",
            f"on: Docker takes {written} for on, as it does with all but "
            "0, f, F, false, False, FALSE and an empty value",
            f"Write {_SWITCH}=1 for on, {_SWITCH}=0 for off",
        )
    else:
        yield finding("ok", f"on ({written})")


def _gaps(program: DockerProgram, env: Mapping[str, str]) -> Iterator[Finding]:
    """What this version does not check, or does not do, although it supports content trust."""
    if program.major < _TRUST_REMOVED:
        buildkit = env.get("DOCKER_BUILDKIT", "")
        default = not buildkit and program.major >= _BUILDKIT_IS_DEFAULT
        if default or (buildkit and buildkit not in _FALSE):
            yield Finding(
                check=_CHECK,
                subject="docker build",
                level="note",
                message="BuildKit, the builder here, never checks the images that it builds on",
                advice="Verify them before, or build with DOCKER_BUILDKIT=0",
            )
    if program.major >= _SIGNER_REMOVE_BROKEN:
        yield Finding(
            check=_CHECK,
            subject=SIGNER_REMOVE,
            level="note",
            message=f"since {_SIGNER_REMOVE_BROKEN}.0 it ends with 0 and removes nobody, except a "
            "last signer after asking",
            advice="Use 'contenttrust signer remove', which does",
        )


def on_path(env: Mapping[str, str]) -> str | None:
    """The docker on PATH. A relative entry would be whatever lies in the current directory."""
    entries = env.get("PATH", "").split(os.pathsep)
    # Joined from nothing, the text would be empty: then `which` would look along its own PATH.
    path = os.pathsep.join(entry for entry in entries if entry.startswith("/"))
    return shutil.which("docker", path=path) if path else None


def asked(
    path: str, env: Mapping[str, str], *, time_limit: float = _TIME_LIMIT
) -> DockerProgram | None:
    """The program by its own words; None where it has none.

    `--version` comes first, because it asks no daemon, and because a program that only has the name
    gives itself away there. `version` prints the client's also where there is no daemon.

    Args:
        path: Of the program.
        env: Environment variables that it is run with.
        time_limit: Seconds that it has for saying its version.
    """
    for arguments in (("--version",), ("version", "--format", "{{.Client.Version}}")):
        words = _output([path, *arguments], env, time_limit).strip()
        line = words.partition("\n")[0].strip()
        match = re.match(_VERSION, line, re.ASCII)
        if match is not None:
            return DockerProgram(path, match[1], is_docker=True)
        if arguments[0] == "--version" and re.search(r"\d", line):
            return DockerProgram(path, line[:80], is_docker=False)
    return None


def _output(command: list[str], env: Mapping[str, str], time_limit: float) -> str:
    """What a program prints on standard output within the time it has; empty if it cannot run."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the docker that the user runs, without a shell
            command,
            env=environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # no terminal: a context over ssh must not ask for a password
        )
    except OSError:
        return ""
    try:
        printed, _ = process.communicate(timeout=time_limit)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(OSError):  # also what it started, such as an ssh that still waits
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        printed = b""
    finally:
        if process.stdout is not None:
            process.stdout.close()
    return printed.decode(errors="replace")
