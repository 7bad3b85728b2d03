"""What real docker clients have, held against the tables of commands and flags."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from contenttrust.gate.docker import commands, flags, shim
from contenttrust.gate.docker.grammar import Flags
from interop import built_parts, shimmed

CLIENTS = ("debian", "28", "29", "29 with buildx")
CHECKED = {
    "PULL": ("pull", "image pull"),
    "PUSH": ("push", "image push"),
    "RUN": ("run", "container run"),
    "CREATE": ("create", "container create"),
    "BUILD": ("build", "image build", "builder build", "buildx build"),
}
_COMMAND = re.compile(r"  ([a-z][a-z0-9-]*)\*? +\S")
_FLAG = re.compile(r" +(?:-(\w), )?--([a-z][a-z0-9-]*)(?: ([a-z][\w=<>.-]*))?(?:\s{2,}|$)")
_BLOCK = re.compile(r"^[A-Za-z ]*Commands:\n((?:  .*\n)+)", re.MULTILINE)


@pytest.fixture(params=CLIENTS)
def told(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """The help of a command of a client."""
    config = tmp_path / "docker"
    client = shimmed.client(request.param.partition(" ")[0])
    if request.param == "29 with buildx":
        (config / "cli-plugins").mkdir(parents=True)
        (config / "cli-plugins" / "docker-buildx").symlink_to(built_parts.buildx())
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "DOCKER_CONFIG": str(config),
           "DOCKER_HOST": "unix:///nowhere", "COLUMNS": "200"}  # fmt: skip

    @cache
    def asked(command: str) -> str:
        return subprocess.run(
            [client, *command.split(), "--help"], check=False, env=env, text=True, timeout=60,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ).stdout  # fmt: skip

    return asked


def below(told: Callable[[str], str], command: str = "") -> Iterator[str]:
    """Every command that a client's help names, whole families with what is in them."""
    for block in _BLOCK.findall(told(command)):
        for word in _COMMAND.findall(block):
            name = f"{command} {word}".strip()
            inner = list(below(told, name))
            yield from inner or [name]


def flags_in(text: str) -> dict[str, tuple[str, bool]]:
    """The flags of a help text: the letter, and whether a value follows."""
    found = {}
    for line in text.splitlines():
        if match := _FLAG.match(line):
            found[match[2]] = (match[1] or "", match[3] is not None)
    return found


def test_t097_every_command_of_a_real_client_is_classified(told: Callable[[str], str]) -> None:
    names = list(below(told))
    assert len(names) > 100
    assert {"ps", "image pull", "container run", "service create", "system prune"} <= set(names)
    unknown = [n for n in names if commands.classified(n.split()).remark == commands.UNKNOWN]
    assert unknown == []


@pytest.mark.parametrize("table", CHECKED)
def test_the_flags_are_those_of_a_real_client(told: Callable[[str], str], table: str) -> None:
    known: Flags = getattr(flags, table)
    for command in CHECKED[table]:
        if command.startswith("buildx") and "buildx" not in told(""):
            continue
        text = told(command)
        found = flags_in(text)
        assert len(found) > 1, text
        differing = {
            name: (letter, takes)
            for name, (letter, takes) in found.items()
            if name not in known.names
            or takes != (known.names[name] is None)
            or (letter and known.letters.get(letter) != name)
        }
        assert differing == {}, command


def test_compose_has_the_flags_and_the_harmless_commands_that_are_known(tmp_path: Path) -> None:
    plugins = tmp_path / "docker" / "cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-compose").symlink_to(built_parts.compose())
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "COLUMNS": "200",
           "DOCKER_CONFIG": str(plugins.parent)}  # fmt: skip
    text = subprocess.run(
        [shimmed.client("28"), "compose", "--help"], check=True, env=env, text=True, timeout=60,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ).stdout  # fmt: skip
    found = flags_in(text)
    assert {"file", "profile", "project-name"} <= set(found)
    for name, (letter, takes) in found.items():
        assert takes == (shim.BELOW_COMPOSE.names[name] is None), name
        assert not letter or shim.BELOW_COMPOSE.letters[letter] == name
    named = {word for block in _BLOCK.findall(text) for word in _COMMAND.findall(block)}
    harmless = commands.HARMLESS_BELOW["compose"]
    assert harmless - named <= {"convert", "help"}  # an alias, and what every client has
    makes = {"bridge", "build", "commit", "create", "publish", "pull", "push", "run", "scale", "up"}
    assert named - harmless == makes | {"watch", "start"}  # which newer ones run hooks with


def test_the_flags_before_a_command_are_those_of_a_real_client(told: Callable[[str], str]) -> None:
    found = flags_in(told(""))
    assert {"host", "context", "config"} <= set(found)
    for name, (letter, takes) in found.items():
        assert takes == (shim.GLOBAL.names[name] is None), name
        assert not letter or shim.GLOBAL.letters[letter] == name
