"""Docker clients newer than Debian's, built once from their Go modules.

28 is the last that checks content trust, 29 has lost it, and `docker trust` with it.
"""

from __future__ import annotations

import shutil
from functools import cache, partial
from pathlib import Path

from interop.built_parts import build, kept

VERSION = "29.7.2"
LAST_WITH_TRUST = "28.2.2"


@cache
def newer_docker(version: str = VERSION) -> Path:
    """Path of the client; the test is skipped where it cannot be built."""
    return kept(f"docker-{version}", partial(_build, version))


def _build(version: str, made: Path) -> None:
    module = f"github.com/docker/cli@v{version}+incompatible"
    told = f"-X github.com/docker/cli/cli/version.Version={version}"
    build(module, "./cmd/docker", made, prepare=_as_module, flags=("-ldflags", told))


def _as_module(source: Path) -> None:
    """Give the source the go.mod that it keeps under another name."""
    shutil.copy(source / "vendor.mod", source / "go.mod")
    shutil.copy(source / "vendor.sum", source / "go.sum")
