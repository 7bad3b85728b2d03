"""The engine's values under their public names.

What the engine has verified has no constructor: a `TrustedRepository` exists only if every check
passed.
"""

from __future__ import annotations

import functools
import operator

from contenttrust import _core
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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

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


def remade(kind: str, *parts: object) -> object:
    """A value again that was pickled or copied; `__reduce__` of the engine's values names this.

    Args:
        kind: What it was.
        parts: What `__reduce__` gave.
    """
    makers: dict[str, Callable[..., object]] = {
        "anchor": _anchor,
        "instant": Instant,
        "requirements": _requirements,
        "signed_tag": _core.signed_tag,
        "signer": _core.signer,
        "state": State.from_json,
    }
    return makers[kind](*parts)


def _requirements(limits: dict[str, Any]) -> Requirements:
    return Requirements(**limits)


def _anchor(
    roots: Iterable[bytes],
    key_ids: Iterable[Sequence[str]],
    certificates: Iterable[Sequence[str]],
    authorities: Iterable[bytes],
    first_use: bool,  # noqa: FBT001 - the order is the engine's
) -> Anchor:
    if first_use:  # then nothing is pinned: a pin takes first use away
        return Anchor.first_use()
    parts = [
        *map(Anchor.root, roots),
        *map(Anchor.keys, key_ids),
        *map(Anchor.certificates, certificates),
        *map(Anchor.ca, authorities),
    ]
    return functools.reduce(operator.and_, parts, Anchor.remembered())
