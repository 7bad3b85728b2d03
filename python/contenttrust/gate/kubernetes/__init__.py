"""Where images stand in Kubernetes objects, for files and for admission."""

from __future__ import annotations

from contenttrust.gate.kubernetes.places import ManifestError, NotCoveredError, Place, images, known

__all__ = ["ManifestError", "NotCoveredError", "Place", "images", "known"]
