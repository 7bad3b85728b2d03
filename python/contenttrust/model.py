"""The engine's values under their public names.

What the engine has verified has no constructor: a `TrustedRepository` exists only if every check
passed.
"""

from __future__ import annotations

from contenttrust._core import (
    Anchor,
    Batch,
    Instant,
    Notice,
    Requirements,
    RoleInfo,
    SignedTag,
    Signer,
    State,
    Step,
    Tags,
    TrustedRepository,
)

__all__ = [
    "Anchor",
    "Batch",
    "Instant",
    "Notice",
    "Requirements",
    "RoleInfo",
    "SignedTag",
    "Signer",
    "State",
    "Step",
    "Tags",
    "TrustedRepository",
]
