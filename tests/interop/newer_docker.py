"""A docker client of version 29, which has no `docker trust`: built once from its Go module."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from interop.parts import skip

VERSION = "29.7.2"
_MODULE = f"github.com/docker/cli@v{VERSION}+incompatible"
_PATIENCE_S = 900


@cache
def newer_docker() -> Path:
    """Path of the client; the test is skipped where it cannot be built."""
    kept = _cache() / f"docker-{VERSION}"
    if not kept.is_file():
        if shutil.which("go") is None:
            skip(f"no Go toolchain to build docker {VERSION} with")
        try:
            _build(kept)
        except subprocess.CalledProcessError as error:
            skip(f"docker {VERSION} cannot be built: {error.stderr.strip()[-300:]}")
    return kept


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "contenttrust", "parts")


def _build(kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="docker-cli-", dir=kept.parent) as place:
        module = json.loads(_go(["mod", "download", "-json", _MODULE], cwd=place))
        source = Path(place, "cli")
        shutil.copytree(module["Dir"], source)
        for path in (source, *source.rglob("*")):  # what Go keeps of modules is read-only
            path.chmod(path.stat().st_mode | 0o200)
        shutil.copy(source / "vendor.mod", source / "go.mod")
        shutil.copy(source / "vendor.sum", source / "go.sum")
        shutil.rmtree(source / "vendor")
        made = Path(place, "docker")
        told = f"-X github.com/docker/cli/cli/version.Version={VERSION}"
        _go(["build", "-ldflags", told, "-o", str(made), "./cmd/docker"], cwd=source)
        made.rename(kept)


def _go(arguments: list[str], *, cwd: str | Path) -> str:
    env = {**os.environ, "GOFLAGS": "-mod=mod", "CGO_ENABLED": "0"}
    return subprocess.run(
        ["go", *arguments],
        check=True, cwd=cwd, env=env, capture_output=True, text=True, timeout=_PATIENCE_S,
    ).stdout  # fmt: skip
