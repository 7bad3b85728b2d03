"""Publishing: making a collection, changing it, signing it, and bringing it to a trust server."""

from __future__ import annotations

from contenttrust.publish import images
from contenttrust.publish.changelist import Change
from contenttrust.publish.collection import EVERY_PATH, Collection
from contenttrust.publish.images import Removed, Signed
from contenttrust.publish.metadata import target_meta
from contenttrust.publish.publication import Published
from contenttrust.publish.witnessed import Witnessed

__all__ = [
    "EVERY_PATH",
    "Change",
    "Collection",
    "Published",
    "Removed",
    "Signed",
    "Witnessed",
    "images",
    "target_meta",
]
