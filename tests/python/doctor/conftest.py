"""What the tests of the doctor share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.repository import Repository
from simulator.roles import image
from trust_place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "trust")


@pytest.fixture
def repository() -> Repository:
    made = Repository()
    made.targets["1.0"] = image("one")
    made.delegate("targets/releases")
    return made


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Path]:
    """Makes a program by that name on a PATH of its own."""

    def make(script: str, *, name: str = "docker") -> Path:
        file = tmp_path / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        return file

    return make
