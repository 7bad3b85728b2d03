"""The changes that pin an object's images, as RFC 6902 has them.

Every change is guarded by a test of what was checked: on another object the patch fails as a whole.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

ANNOTATION = "contenttrust.internal/original-images"
"""Holds, as a JSON object, what stood at each place before: JSON pointer to image.

`.internal` is reserved for private use and belongs to nobody, so that no one else's name is taken.
"""
_ANNOTATION_LIMIT = 131_072
_quoted = json.encoder.encode_basestring_ascii


def pinning(document: Mapping[str, Any], changes: Sequence[tuple[str, str, str]]) -> str:
    """The patch, as JSON, that replaces images and keeps the originals in an annotation.

    Args:
        document: The object that was checked.
        changes: Of each image its JSON pointer, what stands there, and what shall stand there.

    Returns:
        No text where nothing changes.

    Raises:
        ValueError: What would be kept is longer than annotations may be.
    """
    # As the encoder would write it, which takes as long as the rest of a patch.
    operations: list[str] = []
    originals: dict[str, str] = {}
    for pointer, image, pinned in changes:
        if image == pinned:
            continue
        path = _quoted(pointer)
        operations.append(f'{{"op":"test","path":{path},"value":{_quoted(image)}}}')
        operations.append(f'{{"op":"replace","path":{path},"value":{_quoted(pinned)}}}')
        originals[pointer] = image
    if not operations:
        return ""
    operations.append(_annotated(document, originals))
    return f"[{','.join(operations)}]"


def _annotated(document: Mapping[str, Any], originals: dict[str, str]) -> str:
    metadata = document.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(annotations, dict):
        originals = {**_earlier(annotations.get(ANNOTATION)), **originals}
    members = [
        f"{_quoted(pointer)}: {_quoted(originals[pointer])}" for pointer in sorted(originals)
    ]
    kept = f"{{{', '.join(members)}}}"
    if len(kept) > _ANNOTATION_LIMIT:
        raise ValueError(f"the originals of the images are longer than {_ANNOTATION_LIMIT} bytes")
    path, value = f"/metadata/annotations/{escaped(ANNOTATION)}", _quoted(kept)
    if not isinstance(annotations, dict):
        path, value = "/metadata/annotations", f'{{"{ANNOTATION}":{value}}}'
    if not isinstance(metadata, dict):
        path, value = "/metadata", f'{{"annotations":{value}}}'
    return f'{{"op":"add","path":"{path}","value":{value}}}'


def _earlier(text: object) -> dict[str, str]:
    """What an admission before this one has kept; whatever else stands there goes."""
    if not isinstance(text, str) or len(text) > _ANNOTATION_LIMIT:
        return {}
    try:
        kept = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(kept, dict) or not all(isinstance(image, str) for image in kept.values()):
        return {}
    return kept


def escaped(member: str) -> str:
    """A member's name as part of a JSON pointer (RFC 6901)."""
    return member.replace("~", "~0").replace("/", "~1")


def value_at(document: object, pointer: str) -> object:
    """What stands at a JSON pointer; None where nothing does."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list) and name.isascii() and name.isdigit():
            document = document[int(name)] if int(name) < len(document) else None
        else:
            return None
    return document
