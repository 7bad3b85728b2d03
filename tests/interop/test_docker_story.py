"""The story that people learn Docker Content Trust from, typed with an alias for docker."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from shlex import quote

import pytest

from interop.processes import run
from interop.runnable import program
from interop.shimmed import DEBIAN, Shimmed
from interop.trust_stack import TrustStack

PATIENCE_S = 120
ROOT = b"the passphrase of my root key\n"
REPOSITORY = b"the passphrase of a repository\n"
PROMPT = re.compile(rb"[^\r\n]*passphrase[^\r\n]*: $", re.IGNORECASE)


class Terminal:
    """A shell at a terminal of its own, and somebody who types."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        """Start it."""
        take = (
            "import fcntl, os, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
            "os.execvp('bash', ['bash', '--norc', '--noediting', '-i'])"
        )
        self._terminal, other = pty.openpty()
        self._shell = subprocess.Popen(
            [sys.executable, "-c", take], stdin=other, stdout=other, stderr=other,
            env={**env, "PS1": "@@$?@@"}, cwd=folder, start_new_session=True,
        )  # fmt: skip
        os.close(other)
        self._until_prompt()

    def type(self, line: str) -> tuple[int, str, list[str]]:
        """Type a command and answer for passphrases: exit code, what was shown, what was asked."""
        os.write(self._terminal, f"{line}\n".encode())
        shown, asked = self._until_prompt()
        code = int(re.findall(rb"@@(\d+)@@$", shown)[-1])
        text = shown.decode().replace("\r\n", "\n").partition("\n")[2]
        return code, text.rpartition("@@")[0].rpartition("@@")[0], asked

    def close(self) -> None:
        """Leave the shell."""
        os.write(self._terminal, b"exit\n")
        os.close(self._terminal)
        self._shell.wait(timeout=PATIENCE_S)

    def _until_prompt(self) -> tuple[bytes, list[str]]:
        shown, asked, answered = b"", [], 0
        end = time.monotonic() + PATIENCE_S
        while not re.search(rb"@@\d+@@$", shown):
            ready, _, _ = select.select([self._terminal], [], [], max(0, end - time.monotonic()))
            assert ready, shown.decode()
            shown += os.read(self._terminal, 65_536)
            question = PROMPT.search(shown, answered)
            if question:
                answered = len(shown)
                text = question[0].decode()
                asked.append(text)
                os.write(self._terminal, ROOT if "root key" in text else REPOSITORY)
        return shown, asked


MACHINES = [("28", False), ("28", True), ("29", False), ("29", True), (DEBIAN, False)]
"""A client, and whether buildx is installed beside it: it chooses its builder by itself."""


@pytest.fixture(params=MACHINES, ids=lambda of: f"{of[0]}-{'buildx' if of[1] else 'classic'}")
def machine(
    request: pytest.FixtureRequest, docker_stack: TrustStack, place: Callable[[str], Path]
) -> Shimmed:
    """A machine with nothing on it, its docker an alias."""
    name, with_buildx = request.param
    made = Shimmed(place("story"), docker_stack, name, with_buildx=with_buildx)
    assert "DOCKER_BUILDKIT" not in made.env
    told = run([made.real, "--version"], made.env).succeeded().out
    assert name == DEBIAN or told.startswith(f"Docker version {name}."), told
    return made


def kinds(asked: list[str]) -> list[str]:
    """Which keys were asked for, in order."""
    return ["root" if "root key" in text else "repository" for text in asked]


def test_the_story_of_content_trust_word_for_word(
    machine: Shimmed, request: pytest.FixtureRequest
) -> None:
    registry = machine.stack.registry
    user = f"story{abs(hash(request.node.nodeid)):x}"
    machine.folder.joinpath("show").write_bytes(program())
    machine.folder.joinpath("show").chmod(0o755)
    for name in ("signed", "unsigned"):
        machine.folder.joinpath("label").write_text(f"{name}\n")
        machine.folder.joinpath("Base").write_text(
            'FROM scratch\nCOPY show label /\nENTRYPOINT ["/show"]\n'
        )
        machine.plain("image", "build", "-f", "Base", "-t", f"{registry}/{user}/alpine:{name}", ".")
    machine.plain("image", "push", f"{registry}/{user}/alpine:unsigned")
    machine.folder.joinpath("Dockerfile").write_text(f"FROM {registry}/{user}/alpine:unsigned\n")

    contenttrust = quote(str(Path(sys.executable).parent / "contenttrust"))
    env = {k: v for k, v in machine.env.items() if k != "DOCKER_CONTENT_TRUST"}
    terminal = Terminal(env, machine.folder)
    try:
        terminal.type(f"alias docker={quote(f'{contenttrust} docker --')}")
        tell(terminal, f"{registry}/{user}/alpine", f"{registry}/{user}/other")
        # Which builder that was, docker chose by what is installed.
        _, shown, _ = terminal.type("docker image build --disable-content-trust .")
        assert ("Step 1/1 : FROM" in shown) != machine.config.joinpath("cli-plugins").exists()
    finally:
        terminal.close()


def tell(terminal: Terminal, alpine: str, other: str) -> None:
    """The story itself."""
    assert terminal.type("export DOCKER_CONTENT_TRUST=1")[0] == 0

    # The first push asks twice each for the passphrase of a new root and of a new repository key.
    code, shown, asked = terminal.type(f"docker image push {alpine}:signed")
    assert (code, kinds(asked)) == (0, ["root", "root", "repository", "repository"]), shown
    assert "You are about to create a new root signing key passphrase" in shown
    assert "Signing and pushing trust metadata\n" in shown
    assert f'Finished initializing "{alpine}"\n' in shown
    assert shown.endswith(f"Successfully signed {alpine}:signed\n")

    # The next asks for that of the repository only.
    code, shown, asked = terminal.type(f"docker image push {alpine}:signed")
    assert (code, kinds(asked)) == (0, ["repository"]), shown
    assert "Finished initializing" not in shown

    # A new repository asks for that of the root key again, and twice for its own.
    assert terminal.type(f"docker image tag {alpine}:signed {other}:signed")[0] == 0
    code, shown, asked = terminal.type(f"docker image push {other}:signed")
    assert (code, kinds(asked)) == (0, ["root", "repository", "repository"]), shown

    code, shown, _ = terminal.type(f"docker image pull {alpine}:unsigned")
    assert code == 1
    assert "No valid trust data for unsigned" in shown
    code, shown, _ = terminal.type(f"docker container run --network none {alpine}:unsigned")
    assert code == 125
    assert "No valid trust data for unsigned" in shown
    code, shown, _ = terminal.type("docker image build --tag mine .")
    assert code != 0
    assert "No valid trust data for unsigned" in shown

    for command in (
        f"docker image pull --disable-content-trust {alpine}:unsigned",
        f"docker container run --network none --rm --disable-content-trust {alpine}:unsigned",
        "docker image build --disable-content-trust --tag mine .",
    ):
        code, shown, _ = terminal.type(command)
        assert code == 0, shown
        assert "contenttrust:" not in shown
    code, shown, _ = terminal.type(f"docker image pull {alpine}:signed")
    assert (code, shown.splitlines()[0].partition("@")[0]) == (0, f"Pull (1 of 1): {alpine}:signed")
    code, shown, _ = terminal.type(f"docker container run --network none --rm {alpine}:signed")
    assert (code, shown) == (0, "signed\n")
