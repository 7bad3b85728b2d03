"""Publishing: making a collection, changing it, signing it, and bringing it to a trust server."""

from __future__ import annotations

from contenttrust.publish import images
from contenttrust.publish.changelist import Change
from contenttrust.publish.collection import EVERY_PATH, Collection
from contenttrust.publish.delegations import Authority
from contenttrust.publish.images import Removed, Signed
from contenttrust.publish.initialisation import certified
from contenttrust.publish.listing import Delegation, delegations_in
from contenttrust.publish.metadata import target_meta
from contenttrust.publish.part import Missing, Part
from contenttrust.publish.publication import Published
from contenttrust.publish.request import SigningRequest, read_request
from contenttrust.publish.sign import Keyring
from contenttrust.publish.witnessed import Witnessed

__all__ = [
    "EVERY_PATH",
    "Authority",
    "Change",
    "Collection",
    "Delegation",
    "Keyring",
    "Missing",
    "Part",
    "Published",
    "Removed",
    "Signed",
    "SigningRequest",
    "Witnessed",
    "certified",
    "delegations_in",
    "images",
    "read_request",
    "target_meta",
]
