"""BuildKit and buildx, started for a test run: builds without dockerd."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from interop import built_parts, parts
from interop.processes import Ran

_START_S = 60
_BUILD_S = 120


class Builder:
    """A running buildkitd, and buildx as its client."""

    def __init__(self, folder: Path, buildx: Path) -> None:
        """Describe a builder that was started there."""
        self._folder = folder
        self._buildx = buildx
        self._env = {
            "PATH": os.defpath,
            "HOME": str(folder),
            "DOCKER_CONFIG": str(folder / "docker"),
            "BUILDX_BUILDER": "interop",
        }

    @property
    def config(self) -> str:
        """Where buildx has its builders."""
        return str(self._folder / "docker" / "buildx")

    def create(self) -> None:
        """Make buildx use the daemon."""
        socket = f"unix://{self._folder}/b.sock"
        self._run("create", "--name", "interop", "--driver", "remote", socket).succeeded()

    def build(self, dockerfile: bytes, *options: str) -> tuple[Ran, dict[str, str]]:
        """Build from a Dockerfile on standard input, with an empty context.

        Returns:
            What buildx said, and the files of what was built, each with its first line.
        """
        with tempfile.TemporaryDirectory(dir=self._folder) as context:
            return self._built("-f", "-", *options, context, stdin=dockerfile)

    def build_here(self, folder: Path, *options: str) -> tuple[Ran, dict[str, str]]:
        """Build what stands in a folder, as somebody does who is there; else as `build`."""
        return self._built(*options, ".", cwd=folder)

    def _built(
        self, *words: str, stdin: bytes = b"", cwd: Path | None = None
    ) -> tuple[Ran, dict[str, str]]:
        with tempfile.TemporaryDirectory(dir=self._folder) as place:
            out = Path(place, "out")
            ran = self._run(
                *("build", "--no-cache", "--pull", "--progress", "plain", "--provenance=false"),
                *("--output", f"type=local,dest={out}", *words),
                stdin=stdin,
                cwd=cwd,
            )
            files = sorted(out.rglob("*")) if out.exists() else []
            return ran, {
                str(file.relative_to(out)): file.read_text().partition("\n")[0]
                for file in files
                if file.is_file()
            }

    def _run(self, *arguments: str, stdin: bytes = b"", cwd: Path | None = None) -> Ran:
        command = [str(self._buildx), *arguments]
        process = subprocess.run(
            command, check=False, capture_output=True, env=self._env, input=stdin, timeout=_BUILD_S,
            cwd=cwd,
        )  # fmt: skip
        return Ran(command, process.returncode, process.stdout.decode(), process.stderr.decode())


@contextlib.contextmanager
def running() -> Iterator[Builder]:
    """A builder; ended and removed afterwards. The test is skipped where there can be none."""
    if os.geteuid() != 0:
        parts.skip("buildkitd needs root")
    if lacking := parts.missing("runc"):
        parts.skip(f"not on PATH: {', '.join(lacking)}")
    daemon, client = built_parts.buildkitd(), built_parts.buildx()
    folder = Path(tempfile.mkdtemp(prefix="ct-b-"))  # paths of UNIX sockets are short
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(daemon, "--root", folder / "root", "--addr", f"unix://{folder}/b.sock"),
                *("--oci-worker-snapshotter=native", "--containerd-worker=false"),
            ],
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + _START_S
        while not (folder / "b.sock").exists():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, "waited in vain for buildkitd"
            time.sleep(0.05)
        builder = Builder(folder, client)
        builder.create()
        yield builder
    finally:
        process.terminate()
        process.wait(_START_S)
        shutil.rmtree(folder, ignore_errors=True)
