"""`contenttrust docker --` on a real docker client, a registry and a trust server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from interop.built_parts import buildx
from interop.environment import client_env, docker_config
from interop.images import Image, Registry
from interop.newer_docker import LAST_WITH_TRUST, newer_docker
from interop.parts import docker_28, skip
from interop.processes import Ran, run
from interop.publisher import PASSPHRASES
from interop.runnable import runnable
from interop.trust_stack import TrustStack

CLIENTS = ("28", "29")
"""With content trust of its own, and without."""
DEBIAN = "debian"
"""Debian's own, which may be an older one."""
_OF_DEBIAN = "/usr/bin/docker"
_PROGRAM = str(Path(sys.executable).parent / "contenttrust")


def client(name: str) -> str:
    """Path of a docker client; the test is skipped where there is none."""
    if name == "29":
        return str(newer_docker())
    if name == "28":
        return docker_28() or str(newer_docker(LAST_WITH_TRUST))
    if not os.access(_OF_DEBIAN, os.X_OK):
        skip(f"no docker client of Debian at {_OF_DEBIAN}")
    return _OF_DEBIAN


class Shimmed:
    """One machine where docker is the shim."""

    def __init__(
        self, folder: Path, stack: TrustStack, name: str, *, with_buildx: bool = False
    ) -> None:
        """A machine that has pulled nothing, and chooses no builder.

        Args:
            folder: For its configuration.
            stack: With registry, dockerd and trust server.
            name: Of the client, one of `CLIENTS` or `DEBIAN`.
            with_buildx: Whether buildx is installed; without it docker has its classic builder.
        """
        folder.mkdir(parents=True)
        self.folder = folder
        self.stack = stack
        self.real = client(name)
        self.config = docker_config(folder / "docker", stack, stack)
        self.env = {
            **client_env(self.config, stack, stack.url),
            "CONTENTTRUST_DOCKER": self.real,
        }
        if with_buildx:
            plugins = self.config / "cli-plugins"
            plugins.mkdir()
            plugins.joinpath("docker-buildx").symlink_to(buildx())

    def __call__(self, *arguments: str, stdin: str = "", **env: str) -> Ran:
        """Run one docker command by way of the shim."""
        command = [_PROGRAM, "docker", "--", *arguments]
        return run(command, {**self.env, **env}, stdin=stdin, cwd=self.folder)

    def plain(self, *arguments: str) -> Ran:
        """Run the client itself, without content trust; it must succeed."""
        env = {**self.env, "DOCKER_CONTENT_TRUST": "0"}
        return run([self.real, *arguments], env, cwd=self.folder).succeeded()

    def upload(self, repository: str, label: str, *, tag: str) -> Image:
        """Have the registry serve an image, unsigned."""
        image = runnable(label)
        Registry(self.stack.registry).push(repository, image, tag=tag)
        return image

    def sign(self, name: str, *, digest: str | None = None) -> None:
        """Sign what the registry has under a tag, by a publisher with other keys and caches."""
        publisher = self.folder / "publisher"
        env = {**self.env, **PASSPHRASES}
        chosen = [] if digest is None else ["--digest", digest]
        arguments = ["sign", "--trust-dir", str(publisher), *chosen, name]
        done = subprocess.run(
            [_PROGRAM, *arguments], check=False, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    def has(self, name: str) -> bool:
        """Whether the daemon has an image under a name."""
        done = run([self.real, "image", "inspect", name], {**self.env, "DOCKER_CONTENT_TRUST": "0"})
        return done.code == 0

    def digests(self, name: str) -> str:
        """The digests that the daemon knows of an image."""
        return self.plain("image", "inspect", "--format", "{{json .RepoDigests}}", name).out
