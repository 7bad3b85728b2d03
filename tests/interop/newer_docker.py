"""A docker client of version 29, which has no `docker trust`: built once from its Go module."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

from interop.built_parts import build, kept

VERSION = "29.7.2"
_MODULE = f"github.com/docker/cli@v{VERSION}+incompatible"


@cache
def newer_docker() -> Path:
    """Path of the client; the test is skipped where it cannot be built."""
    return kept(f"docker-{VERSION}", _build)


def _build(made: Path) -> None:
    told = f"-X github.com/docker/cli/cli/version.Version={VERSION}"
    build(_MODULE, "./cmd/docker", made, prepare=_as_module, flags=("-ldflags", told))


def _as_module(source: Path) -> None:
    """Give the source the go.mod that it keeps under another name."""
    shutil.copy(source / "vendor.mod", source / "go.mod")
    shutil.copy(source / "vendor.sum", source / "go.sum")
