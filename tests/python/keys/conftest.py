"""A key store that is quick, and the originals' files."""

from __future__ import annotations

from pathlib import Path

import pytest

from keyholder import store_in


@pytest.fixture
def trust_dir(tmp_path: Path) -> Path:
    """A trust directory that does not exist yet."""
    return tmp_path / "trust"


@pytest.fixture
def store(trust_dir: Path):
    """A key store; every key in it has the same passphrase."""
    return store_in(trust_dir)


@pytest.fixture(scope="session")
def originals(vectors: Path) -> Path:
    """Key files of many programs, and what docker and notary did with them."""
    return vectors / "keys" / "import"
