"""The images of an index, and of the indexes in it, as a registry has them by their digests."""

from __future__ import annotations

from contenttrust.errors import LimitExceededError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.reference import Reference
    from contenttrust.registry import Manifest, Registry

MOST = 256
"""Images of one index; those of real ones are a dozen. Each is a request, and a signed name."""
DEPTH = 4
"""Indexes within each other; build tools make one of two."""


def images_of(registry: Registry, reference: Reference, index: Manifest) -> dict[str, int]:
    """Sizes of all images and indexes below an index, by digest, each once; attestations are none.

    Args:
        registry: That has them.
        reference: The index.
        index: Its manifest.

    Raises:
        LimitExceededError: There are too many, or they lie too deep.
        ImageLookupError: The registry lacks one, or it is not what the index says of it.
    """
    found: dict[str, int] = {}
    level = [index]
    for depth in range(DEPTH + 1):
        wanted = {
            (one.digest, one.size, one.media_type): one
            for manifest in level
            for one in manifest.children
            if not one.is_attestation
        }
        if not wanted:
            break
        if depth == DEPTH or len(found) + len(wanted) > MOST:
            what = f"indexes more than {DEPTH} deep" if depth == DEPTH else f"over {MOST} images"
            raise LimitExceededError(
                f"the index {reference} has {what}: they are not signed one by one. Leave out "
                "--recursive: the index covers them all",
                subject=str(reference),
                expected=str(DEPTH if depth == DEPTH else MOST),
            )
        level = []
        for descriptor in wanted.values():
            child = registry.child(reference, descriptor)
            if child.digest not in found:
                found[child.digest] = child.size
                level.append(child)
    return found
