"""Tags whose digests follow from their names, and what a verified repository lists."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from contenttrust.publish import target_meta

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust import TrustedRepository


def digest(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def tags(*names: str) -> dict[str, Mapping[str, object]]:
    """Targets by these names, each with the digest of its name."""
    return {name: target_meta(7, sha256=digest(name)) for name in names}


def listed(repository: TrustedRepository) -> dict[str, list[str]]:
    """The names that each delegation lists."""
    return {
        role: sorted(tag.name for tag in repository.role_tags(role))
        for role in repository.roles
        if role.startswith("targets/")
    }
