"""Where metadata files come from and where they are kept."""

from __future__ import annotations
