"""What all Python tests share: the vectors, and no network."""

from __future__ import annotations

import ipaddress
import socket
import sys
from pathlib import Path

import pytest

import untimed  # noqa: F401 -- loads its profile
from interrupts import interruptible
from servers.fixtures import authority, server

__all__ = ["authority", "interruptible", "server", "vectors"]

_refusing = False


def _is_local(host: object) -> bool:
    """Whether a host, as a socket call got it, is on the loopback interface."""
    if isinstance(host, bytes):
        host = host.decode()
    if not host or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    if not _refusing or event not in {"socket.connect", "socket.sendto", "socket.getaddrinfo"}:
        return
    if event == "socket.getaddrinfo":
        host: object = arguments[0]
    else:
        peer, address = arguments[0], arguments[1]
        if isinstance(peer, socket.socket) and peer.family == socket.AF_UNIX:
            return
        host = address[0] if isinstance(address, tuple) else address
    if not _is_local(host):
        # Not an OSError: code under test would take that for a server that does not answer.
        pytest.fail(f"a test reached for the network: {event} {host!r}")


# An audit hook also sees what the standard library does in C. It cannot be removed: a switch.
sys.addaudithook(_refuse_network)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "_refusing", True)


@pytest.fixture(scope="session")
def vectors() -> Path:
    """Directory of the test vectors, one folder per case."""
    return Path(__file__).parents[1] / "vectors"
