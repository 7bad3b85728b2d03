"""Credentials kept by a program of the user's choice, `docker-credential-<name>`.

Source: docker/docker-credential-helpers `client/client.go` and `credentials/error.go`. The program
gets the verb `get` as its argument and the server on standard input; it answers with JSON, or with
a fixed sentence where it has nothing. What goes wrong otherwise is an error that names the program:
Docker goes on without credentials then, which looks like a wrong password.
"""

from __future__ import annotations

import contextlib
import os

from contenttrust.errors import UnauthorizedError, shown
from contenttrust.transport.children import environment
from contenttrust.transport.docker_config import json_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from subprocess import Popen

_PREFIX = "docker-credential-"
_NOT_FOUND = b"credentials not found in native keychain"
_OUTPUT_LIMIT = 65_536
_SECONDS = 30.0


def credential_program(name: str, *, env: Mapping[str, str]) -> str | None:
    """Path of the program that keeps credentials, or None where it is not installed.

    Args:
        name: What the configuration calls it, such as ``pass``.
        env: Environment variables, of which ``PATH`` counts.

    Raises:
        UnauthorizedError: The name could lead out of the directories of ``PATH``.
    """
    if not _is_plain(name):
        raise UnauthorizedError(f"a credential store cannot be called {shown(name)!r}")
    return on_path(_PREFIX + name, env=env)


def on_path(program: str, *, env: Mapping[str, str]) -> str | None:
    """Where a program is installed.

    Relative directories in ``PATH``, the empty one included, are passed over: what lies in the
    current directory must not be run by surprise (Go's `os/exec` refuses that, too).
    """
    for directory in env.get("PATH", "").split(":"):
        path = f"{directory}/{program}"
        if directory.startswith("/") and os.access(path, os.X_OK) and os.path.isfile(path):  # noqa: PTH113
            return path
    return None


def ask(
    name: str, server: str, *, env: Mapping[str, str], seconds: float = _SECONDS
) -> tuple[str, str] | None:
    """Ask a credential store about a server.

    Args:
        name: What the configuration calls the store.
        server: As the configuration writes it: a host, or Docker Hub's historic URL.
        env: Environment variables, for finding the program and for the program itself.
        seconds: How long it may take.

    Returns:
        User name and secret; the name ``<token>`` stands for an identity token. None where the
        store has nothing about that server.

    Raises:
        UnauthorizedError: The program is missing, fails, takes too long or says something odd.
    """
    path = credential_program(name, env=env)
    program = _PREFIX + name
    if path is None:
        raise UnauthorizedError(
            f"the credential store {program} is configured, but no directory of PATH has it"
        )
    status, output, reason = _run([path, "get"], server, env, seconds)
    if reason:
        raise UnauthorizedError(f"the credential store {program} {reason}")
    if status != 0:
        if output.strip() == _NOT_FOUND:
            return None
        # What it printed is not repeated: it may be half of an answer.
        raise UnauthorizedError(f"the credential store {program} failed with status {status}")
    answer, _ = json_object(output)
    username, secret = answer.get("Username"), answer.get("Secret")
    if not isinstance(username, str) or not isinstance(secret, str):
        raise UnauthorizedError(f"the answer of the credential store {program} is not understood")
    if not username and not secret:
        return None
    if not username or not secret:
        raise UnauthorizedError(
            f"the credential store {program} gave a user name or a secret, but not both"
        )
    return username, secret


def _is_plain(name: str) -> bool:
    return bool(name) and name.isascii() and all(char.isalnum() or char in "._-" for char in name)


def _run(
    command: list[str], server: str, env: Mapping[str, str], seconds: float
) -> tuple[int, bytes, str]:
    """Exit status and output of the program, or why there are none."""
    import subprocess  # noqa: PLC0415 - few configurations name a program

    try:
        # No session of its own: a store that asks for a passphrase needs the terminal. Standard
        # error stays the user's, as under Docker.
        process = subprocess.Popen(  # noqa: S603 - a path that was looked up, and a fixed verb
            command,
            bufsize=0,
            env=environment(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    except (OSError, ValueError) as error:
        return 0, b"", f"cannot be started: {getattr(error, 'strerror', None) or 'not a command'}"
    with process:  # closes the pipes, and waits for what was killed
        try:
            output, reason = _exchange(process, server.encode(), seconds)
        finally:
            if process.poll() is None:
                process.kill()
    return process.returncode, output, reason


def _exchange(process: Popen[bytes], question: bytes, seconds: float) -> tuple[bytes, str]:
    """What the program prints until it ends, or what was wrong with it."""
    import select  # noqa: PLC0415 - see above
    import subprocess  # noqa: PLC0415
    import time  # noqa: PLC0415

    deadline = time.monotonic() + seconds
    late = f"did not answer within {seconds:g} seconds"
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - PIPE
    with contextlib.suppress(BrokenPipeError):  # one that reads nothing may answer all the same
        process.stdin.write(question)  # shorter than what a pipe holds
    process.stdin.close()
    output = b""
    readable = select.poll()
    readable.register(process.stdout, select.POLLIN)
    while len(output) <= _OUTPUT_LIMIT:
        if not readable.poll(max(0.0, deadline - time.monotonic()) * 1000):
            return b"", late
        chunk = os.read(process.stdout.fileno(), _OUTPUT_LIMIT)
        if not chunk:
            break
        output += chunk
    else:
        return b"", f"answered with more than {_OUTPUT_LIMIT} bytes"
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return b"", late
    return output, ""
