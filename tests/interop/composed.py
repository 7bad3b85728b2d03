"""A compose project that `contenttrust gate compose` is asked about before it is started."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from interop import built_parts
from interop.processes import Ran, run
from interop.shimmed import Shimmed
from interop.trust_stack import START_TIMEOUT_S, TrustStack

_PROGRAM = str(Path(sys.executable).parent / "contenttrust")
WAYS = ("--override-out", "--write")
"""How the gate gives the digests to docker compose."""


class Composed:
    """One folder with a compose project, and docker with compose and buildx."""

    def __init__(
        self,
        folder: Path,
        stack: TrustStack,
        compose: Callable[[], Path] = built_parts.compose,
    ) -> None:
        """A machine that has pulled nothing, and a folder without a project."""
        self.docker = Shimmed(folder, stack, "28")
        plugins = self.docker.config / "cli-plugins"
        plugins.mkdir()
        for name, part in (("compose", compose()), ("buildx", built_parts.buildx())):
            plugins.joinpath(f"docker-{name}").symlink_to(part)
        self.folder = folder
        self.env = {**self.docker.env, "DOCKER_CONTENT_TRUST": "0", "DOCKER_BUILDKIT": "1"}
        self.files: list[str] = []

    def write(self, image: str, *lines: str) -> None:
        """Write a project of one service, which needs no network."""
        text = ["services:", "  web:", f"    image: {image}", "    network_mode: none"]
        self.folder.joinpath("compose.yaml").write_text("\n".join([*text, *lines, ""]))
        self.files = ["--file=compose.yaml"]

    def gate(self, *arguments: str) -> Ran:
        """Run a gate of files, here."""
        env = {**self.env, "DOCKER_CONTENT_TRUST": "1"}
        return run([_PROGRAM, "gate", *arguments], env, cwd=self.folder)

    def pin(self, way: str) -> Ran:
        """Have the gate check the project, and start from now on what it wrote."""
        written = ["trust.yaml"] if way == "--override-out" else []
        ran = self.gate("compose", way, *written, "compose.yaml")
        self.files = ["--file=compose.yaml", *(f"--file={name}" for name in written)]
        return ran

    def __call__(self, *arguments: str) -> Ran:
        """Run `docker compose`, which asks nobody about trust."""
        return run(self._command(*arguments), self.env, cwd=self.folder)

    def watched(self) -> str:
        """What `docker compose watch` builds and starts, by what that prints."""
        process = subprocess.Popen(
            self._command("watch"), env=self.env, cwd=self.folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        deadline = time.monotonic() + START_TIMEOUT_S
        try:
            while not (said := self("logs", "--no-color", "--no-log-prefix").out):
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline
                time.sleep(0.1)
        finally:
            process.terminate()
            process.communicate()
        return said

    def containers(self) -> list[str]:
        """The image of each container of the project, as it was created with it."""
        ids = self("ps", "--all", "--quiet").succeeded().out.split()
        return [
            self.docker.plain("inspect", "--format={{.Config.Image}}", one).out.strip()
            for one in ids
        ]

    def down(self) -> None:
        """Remove what was made."""
        self("down", "--timeout=0", "--remove-orphans")

    def _command(self, *arguments: str) -> list[str]:
        return [self.docker.real, "compose", *self.files, *arguments]
