"""What tests of gates share: a collection in memory, and a place where things are remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.repository import Repository


@pytest.fixture
def repository() -> Repository:
    """A collection with signed tags."""
    return Repository("registry.example.com/team/web")


@pytest.fixture
def trust_dir(tmp_path: Path) -> Path:
    """A trust directory that is there and empty."""
    place = tmp_path / "trust"
    place.mkdir(mode=0o700)
    return place
