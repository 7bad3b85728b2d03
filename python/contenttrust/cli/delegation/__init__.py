"""The verbs of delegations: which keys may sign what."""

from __future__ import annotations
