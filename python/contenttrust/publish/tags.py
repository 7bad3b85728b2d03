"""How messages name tags: printable, unmistakable, and by the digest that Docker would pull."""

from __future__ import annotations

import base64
import json
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contenttrust.publish.metadata import Document

# Source: distribution `reference/regexp.go` (``TagRegexp``).
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
# OCI keeps what refers to an image under the tag `sha256-HEX`, and cosign its signatures under
# `sha256-HEX.sig`: neither is this name. The form with a colon is no tag, and only read.
_CHILD = re.compile(r"sha256(?:-([0-9a-f]{64})\.child|:([0-9a-f]{64}))")
_SHA256_SIZE = 32
# Notary's files cannot hold control characters, nor any file half a surrogate pair.
_UNWRITABLE = re.compile("[\x00-\x1f\ud800-\udfff]")
NO_DIGEST = "no usable digest"
MOST = 20
"""Names in a message."""


def is_tag(name: str) -> bool:
    """Whether an image can have this tag; targets may be called anything."""
    return _TAG.fullmatch(name) is not None


def check_name(name: str) -> None:
    """Refuse what no target can be called.

    Raises:
        ValueError: It is empty, or has what no file can hold.
    """
    if not name or _UNWRITABLE.search(name):
        raise ValueError(f"{named(name)} is no name of a target")


def child_name(digest: str) -> str:
    """What an image of an index is signed as: a tag, for docker pulls all names as tags."""
    return f"{digest.replace(':', '-')}.child"


def child_digest(name: str) -> str:
    """The digest by which an image of an index was signed under a name; empty for other names."""
    found = _CHILD.fullmatch(name)
    return f"sha256:{found[1] or found[2]}" if found else ""


def named(name: str) -> str:
    """A tag as it is; another name as a JSON string, so that its end and all in it are seen."""
    return name if is_tag(name) or child_digest(name) else json.dumps(name)


def hashes_of(meta: Document) -> Document:
    """The hashes of a target; none where a signer has written ``null`` or left them out."""
    found = meta.get("hashes")
    return found if isinstance(found, dict) else {}


def digest_of(meta: Document) -> str:
    """The digest that Docker pulls by, whatever other hashes there are; empty where there is none.

    Source: docker CLI 28, `cli/command/image/trust.go` (``convertTarget``).
    """
    try:
        digest = base64.b64decode(hashes_of(meta).get("sha256") or "", validate=True)
    except (ValueError, TypeError):
        return ""
    return f"sha256:{digest.hex()}" if len(digest) == _SHA256_SIZE else ""


def digests(targets: Mapping[str, Document]) -> dict[str, str]:
    """The digests of targets, by name."""
    return {name: digest_of(meta) for name, meta in sorted(targets.items())}


def enumerated(names: Sequence[str], *, most: int = MOST, separator: str = ", ") -> str:
    """The first of some names, and how many more there are; empty where there is none."""
    more = len(names) - most
    return separator.join(names[:most]) + (f" and {more} more" if more > 0 else "")


def shortened(lines: Sequence[str], *, most: int = 100) -> list[str]:
    """The first of some lines, and one that says how many more there are, if there are."""
    more = len(lines) - most
    return [*lines[:most], *([f"  and {more} more: -o json names all"] if more > 0 else [])]


def with_digest(name: str, digest: str) -> str:
    """A tag with its digest, as messages have it."""
    return f"{named(name)} ({digest or NO_DIGEST})"
