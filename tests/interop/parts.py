"""The original servers and clients as this machine has them; what is missing is told by name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

NOTARY = ("notary", "notary-server", "notary-signer")
DOCKER_WITH_TRUST = range(20, 29)
"""Major versions of the docker client that check content trust; 29 ignores the variable."""
_LAST_WITH_TRUST = range(28, 29)


def missing(*programs: str) -> list[str]:
    """Those of the programs that are not on PATH."""
    return [program for program in programs if shutil.which(program) is None]


@cache
def docker() -> str | None:
    """Path of a docker client with content trust, if there is one on PATH."""
    return _on_path(DOCKER_WITH_TRUST)


@cache
def docker_28() -> str | None:
    """Path of the last docker client with content trust, if it is on PATH."""
    return _on_path(_LAST_WITH_TRUST)


def _on_path(majors: range) -> str | None:
    for folder in os.get_exec_path():
        client = Path(folder, "docker")
        if os.access(client, os.X_OK) and _major_version(str(client)) in majors:
            return str(client)
    return None


def _major_version(client: str) -> int | None:
    told = subprocess.run(
        [client, "--version"], check=False, capture_output=True, text=True, timeout=30
    )
    version = re.search(r"version (\d+)\.", told.stdout)
    return int(version[1]) if version else None


def want_servers() -> None:
    """Skip the test unless registry and trust server can be started."""
    lacking = missing(*NOTARY, "docker-registry", "openssl")
    if lacking:
        skip(f"not on PATH: {', '.join(lacking)}")


def want_docker() -> None:
    """Skip the test unless there are a docker client with content trust and a daemon for it."""
    want_servers()
    if docker() is None:
        skip("no docker client of version 20 to 28: later ones have no content trust")
    lacking = missing("dockerd", "containerd")
    if lacking:
        skip(f"not on PATH: {', '.join(lacking)}")
    if os.geteuid() != 0:
        skip("dockerd needs root")


def is_complete() -> bool:
    """Whether everything is promised to be there, so that nothing may be skipped."""
    return bool(os.environ.get("CONTENTTRUST_INTEROP_COMPLETE"))


def skip(reason: str) -> NoReturn:
    """Skip by name; where everything is promised to be there, fail instead."""
    if is_complete():
        pytest.fail(f"interop: {reason}", pytrace=False)
    pytest.skip(f"interop: {reason}")
