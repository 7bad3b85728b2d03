"""The judge of the attack tests."""

from __future__ import annotations

from pathlib import Path

import pytest

import untimed  # noqa: F401 -- loads its profile
from attacks.judge import Judge
from interrupts import interruptible
from servers.fixtures import authority, server

__all__ = ["authority", "interruptible", "judge", "server"]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """A judge with an empty trust directory."""
    return Judge(tmp_path / "trust")
