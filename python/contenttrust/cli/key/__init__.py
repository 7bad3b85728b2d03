"""The verbs of keys: each opens the key store of the trust directory, and asks no server."""

from __future__ import annotations
