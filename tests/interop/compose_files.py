"""Compose projects in a folder, read by the gate and by docker compose itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from contenttrust.gate.compose import plugin
from contenttrust.gate.compose.files import Composition, composition
from interop import built_parts
from interop.parts import skip

PIN = "docker.io/library/web@sha256:" + "a" * 64


def environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a docker that has compose and buildx, and nothing else, in a folder."""
    if shutil.which("docker") is None:
        skip("not on PATH: docker")
    plugins = folder / "docker" / "cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-compose").symlink_to(built_parts.compose())
    (plugins / "docker-buildx").symlink_to(built_parts.buildx())
    monkeypatch.setenv("DOCKER_CONFIG", str(folder / "docker"))
    monkeypatch.chdir(folder)
    plugin.available.cache_clear()
    assert plugin.available()
    return {
        "PATH": os.environ["PATH"], "HOME": str(folder), "TAG": "7",
        "DOCKER_CONFIG": str(folder / "docker"),
    }  # fmt: skip


def project(env: dict[str, str], program: str | None = "docker", **texts: str) -> Composition:
    """Files of the current folder, written and read."""
    for name, text in texts.items():
        Path(f"{name}.yaml").write_text(text)
    return there([f"{name}.yaml" for name in texts], env, program)


def there(names: Sequence[str], env: dict[str, str], program: str | None = "docker") -> Composition:
    """Files of the current folder, read."""
    return composition({name: Path(name).read_bytes() for name in names}, env=env, program=program)


def images(made: Composition) -> list[tuple[str, str]]:
    """What is found with its files; nothing may be refused."""
    assert [finding for finding in made.findings if finding.refused] == []
    return sorted((use.image, use.spot.file) for use in made.uses)


def told_by_docker(env: dict[str, str], *arguments: str) -> str:
    """What docker makes of a project."""
    ran = subprocess.run(
        ["docker", *arguments], env=env, capture_output=True, check=True, text=True, timeout=60
    )
    return ran.stdout
