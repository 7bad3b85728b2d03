"""Metadata files as they lie there, unverified: what to look at, never what to rely on."""

from __future__ import annotations

import json

from contenttrust.model import Instant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Document:
    """What a metadata file says of itself.

    Attributes:
        version: Of the file.
        expires: When it ends; None where it does not say, or says it in no way that counts.
    """

    def __init__(self, version: int, expires: datetime | None) -> None:
        self.version = version
        self.expires = expires


def read(data: bytes) -> Document | None:
    """Look into a metadata file; None where it is damaged."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    signed = document.get("signed") if isinstance(document, dict) else None
    if not isinstance(signed, dict):
        return None
    version = signed.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        return None
    return Document(version, moment(signed.get("expires")))


def moment(text: object) -> datetime | None:
    """The moment that metadata names, read as the engine reads it."""
    instant = Instant.parse(text) if isinstance(text, str) and text.isascii() else None
    return None if instant is None else instant.datetime


def read_all(cached: Mapping[str, bytes]) -> tuple[dict[str, Document], list[str]]:
    """Look into all files of a collection: those that can be read, and the roles of the others."""
    read_one = {role: read(data) for role, data in cached.items()}
    intact = {role: document for role, document in read_one.items() if document is not None}
    return intact, sorted(set(cached) - set(intact))
