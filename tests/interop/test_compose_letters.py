"""Folders with names that are not ASCII: buildx refuses some of what the gate passes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from interop import builder
from interop.composed import Composed
from interop.trust_stack import TrustStack


def test_buildx_refuses_a_context_whose_own_name_is_not_ascii(
    docker_stack: TrustStack, place: Callable[[str], Path]
) -> None:
    compose = Composed(place("composed-letters"), docker_stack)
    path = f"composed/{compose.folder.name}"
    name = f"{compose.docker.stack.registry}/{path}:1.0"
    compose.docker.upload(path, f"{path} signed", tag="1.0")
    compose.docker.sign(name)
    for folder in ("Größe", "Größe/app"):
        compose.folder.joinpath(folder).mkdir()
        compose.folder.joinpath(folder, "Dockerfile").write_text(f"FROM {name}\n")
    with builder.running() as started:
        address = f"unix://{started._folder}/b.sock"
        compose.docker.plain("buildx", "create", "--name", "own", "--driver", "remote", address)
        told = {}
        for folder in ("Größe/app", "Größe"):
            compose.write("mine:1", f"    build: {folder}", "    pull_policy: build")
            compose.pin("--override-out").succeeded()
            told[folder] = compose("build", "--builder=own")
    assert told["Größe/app"].code == 0
    assert told["Größe"].code != 0
    assert "x-docker-expose-session-sharedkey" in told["Größe"].err
