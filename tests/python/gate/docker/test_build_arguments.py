"""Build arguments without a value: what was checked is what docker builds with."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.gate.docker import build
from contenttrust.gate.docker.refusal import RefusedError
from noting_docker import WEB, MakeCall, Noting

_CHOSEN = f"ARG {{0}}=0\nFROM {WEB}:1.0 AS for-1\nFROM for-${{0}}\n"
"""An image of that name, where the argument is not 1."""


@pytest.mark.parametrize(
    "name",
    [
        "DOCKER_CONTENT_TRUST",
        "CONTENTTRUST_DOCKER_DEPTH",
        "BUILDX_BUILDER",
        "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND",
        "DOCKER_CLI_PLUGIN_SOCKET",
        "OTEL_RESOURCE_ATTRIBUTES",
        "DEBUG",
        "GODEBUG",
    ],
)
def test_an_argument_that_docker_has_otherwise_than_the_environment_is_refused(
    call: MakeCall, context: Path, noting: Noting, name: str
) -> None:
    context.joinpath("Dockerfile").write_text(_CHOSEN.format(name))
    made = call("build", "--build-arg", name, ".", **{name: "1"})
    made.docker.env["DOCKER_CONTENT_TRUST"] = "0"  # as the shim has it for every command
    with pytest.raises(RefusedError, match=f"--build-arg {name}: docker .* say {name}=…"):
        build.run(made)
    assert noting.started == []


def test_an_argument_that_docker_has_as_the_environment_stays_without_its_value(
    call: MakeCall, context: Path, noting: Noting
) -> None:
    context.joinpath("Dockerfile").write_text(_CHOSEN.format("MINE"))
    assert build.run(call("build", "--build-arg", "MINE", ".", MINE="1")) == 0
    assert "--build-arg=MINE" in noting.started[0]  # others see the words of a command


def test_an_argument_that_builders_read_differently_is_refused(
    call: MakeCall, context: Path, noting: Noting
) -> None:
    context.joinpath("Dockerfile").write_text(_CHOSEN.format("MINE"))
    twice = ["--build-arg", "MINE=1", "--build-arg", "MINE"]
    with pytest.raises(RefusedError, match="--build-arg MINE is given with a value, then without"):
        build.run(call("build", *twice, "."))
    assert noting.started == []
    assert build.run(call("build", *twice, ".", MINE="1")) == 0
    assert build.run(call("build", *twice[2:], *twice[:2], ".")) == 0
