"""Servers that tests of registries share."""

from __future__ import annotations

import pytest

from servers import HttpsServer


@pytest.fixture
def plain():
    """A server without TLS."""
    with HttpsServer(None) as server:
        yield server
