"""What tests of servers begin with. A conftest imports what its tests ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from servers.certificates import Authority
from servers.https import HttpsServer


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority of its own."""
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server(authority: Authority) -> Iterator[HttpsServer]:
    """A server that answers as it is told, with a certificate of that authority."""
    with HttpsServer(authority.issue()) as server:
        yield server
