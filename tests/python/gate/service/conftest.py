"""A gate that says what it was told."""

from __future__ import annotations

import pytest

from told_gate import DIGEST, GUN, FakeGate


@pytest.fixture
def gate() -> FakeGate:
    """A gate at which web:1 is signed."""
    return FakeGate(f"{GUN}:1", f"{GUN}:2", f"{GUN}@{DIGEST}")
