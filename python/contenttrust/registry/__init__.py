"""OCI registries: which image a name stands for, by the digest of the bytes that were received."""

from __future__ import annotations

from contenttrust.registry.client import NoImageError, Registry
from contenttrust.registry.configuration import triggers
from contenttrust.registry.content_store import ContentStore
from contenttrust.registry.manifest import Descriptor, DocumentError, Manifest
from contenttrust.registry.registries import registry_of

__all__ = [
    "ContentStore",
    "Descriptor",
    "DocumentError",
    "Manifest",
    "NoImageError",
    "Registry",
    "registry_of",
    "triggers",
]
