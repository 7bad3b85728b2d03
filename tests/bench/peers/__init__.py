"""What others take for the same work, where they are installed."""

from __future__ import annotations

from bench.peers.notary_builder import notary_builder
from bench.peers.tuf_metadata import python_tuf

__all__ = ["notary_builder", "python_tuf"]
