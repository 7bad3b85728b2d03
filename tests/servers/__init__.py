"""Servers of the tests: on loopback, with certificates of their own, obedient or hostile."""

from __future__ import annotations

from servers.certificates import Authority
from servers.https import HttpsServer, Seen

__all__ = ["Authority", "HttpsServer", "Seen"]
