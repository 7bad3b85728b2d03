"""Dockerfiles: every image that a build uses is found, checked, and replaced by its digest."""

from __future__ import annotations

from contenttrust.gate.dockerfile.file_name import as_built
from contenttrust.gate.dockerfile.located import DockerfileError
from contenttrust.gate.dockerfile.model import Dockerfile, ImageUse, Notice, Stage
from contenttrust.gate.dockerfile.parse import parse
from contenttrust.gate.dockerfile.rewrite import rewritten, settle

__all__ = [
    "Dockerfile",
    "DockerfileError",
    "ImageUse",
    "Notice",
    "Stage",
    "as_built",
    "parse",
    "rewritten",
    "settle",
]
