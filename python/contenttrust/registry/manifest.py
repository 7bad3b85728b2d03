"""What a registry's document says: one image, or an index of images; never both.

Docker's programs pass over the case of members' names, and of a member that comes twice they take
the last. So whatever two readers could take for two things is refused, and not interpreted
(CVE-2021-41190): a member twice or in another case, members of an image in an index, a media type
within the document that is not the one it came with.

Source: OCI image-spec 1.1 `manifest.md`, `image-index.md` and `descriptor.md`; distribution 2.8
`docs/spec/manifest-v2-2.md`; moby `distribution/pull_v2.go`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from contenttrust._core import sha256
from contenttrust.transport.docker_config import json_object
from contenttrust.transport.excerpt import excerpt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGE_TYPES = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
)
INDEX_TYPES = (
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.index.v1+json",
)
_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+"
_OF_IMAGES = ("config", "layers")
_OF_INDEXES = ("manifests",)
_OF_SCHEMA_1 = ("fsLayers", "history", "signatures")
_REFERENCE_TYPE = "vnd.docker.reference.type"
_UNKNOWN = "unknown/unknown"
_SIZE_END = 1 << 63
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+")


class DocumentError(ValueError):
    """A document that is no manifest, or could be taken for two things."""


@dataclass(frozen=True)
class Descriptor:
    """What an index says of one of its children, or a manifest of its configuration.

    Attributes:
        digest: ``sha256:`` and 64 hexadecimal digits.
        size: Bytes of the document with that digest.
        media_type: Of that document.
        platform: Such as ``linux/amd64`` or ``linux/arm64/v8``; empty where none is named.
        is_attestation: Whether it is a statement about another child and no image, by its platform
            ``unknown/unknown`` or by BuildKit's annotation.
    """

    digest: str
    size: int
    media_type: str
    platform: str
    is_attestation: bool


@dataclass(frozen=True)
class Manifest:
    """One document of a registry: the manifest of an image, or an index of such.

    Attributes:
        digest: ``sha256:`` and 64 hexadecimal digits, computed from `body`.
        size: Length of `body` in bytes.
        media_type: One of `IMAGE_TYPES` or `INDEX_TYPES`.
        body: The document as it was received.
        children: Of an index, in its order; trust in its digest covers these, and no others.
        config: Of an image, its configuration, which is covered likewise; None for an index.
    """

    digest: str
    size: int
    media_type: str
    body: bytes = field(repr=False)
    children: tuple[Descriptor, ...] = ()
    config: Descriptor | None = None

    @property
    def is_index(self) -> bool:
        """Whether it is an index of images."""
        return self.media_type in INDEX_TYPES


def read(body: bytes, content_type: str) -> Manifest:
    """Read a document.

    Args:
        body: As it was received.
        content_type: What it was said to be, with or without parameters.

    Raises:
        DocumentError: It is neither one image nor one index, or not without doubt. The text can be
            shown; it begins like ``is no JSON``.

    Source: OCI distribution-spec 1.1, "Pulling manifests": the media type of a document is that of
    ``Content-Type``, and is the same inside.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.startswith(_SCHEMA_1):
        raise DocumentError("has the format schema 1, which Docker has given up: push it anew")
    if media_type not in (*IMAGE_TYPES, *INDEX_TYPES):
        raise DocumentError(f"has the type {_shown(media_type) or 'of nothing'}, not an image's")
    members, reason = json_object(body)
    if reason:
        raise DocumentError(reason)
    is_index = media_type in INDEX_TYPES
    check_names(members, (*_OF_IMAGES, *_OF_INDEXES, *_OF_SCHEMA_1, "schemaVersion", "mediaType"))
    _check_kind(members, media_type, is_index=is_index)
    children = _children(members["manifests"]) if is_index else ()
    config = None if is_index else _descriptor(members["config"], "a configuration")
    digest = f"sha256:{sha256(body)}"
    return Manifest(digest, len(body), media_type, body, children, config)


def type_of(body: bytes) -> str:
    """The media type of a document that was read before, without what it was sent with.

    One that says nothing of itself is OCI's, and what it is shows in its members: those of an image
    and of an index are never in one.
    """
    members, _ = json_object(body)
    inside = members.get("mediaType")
    if isinstance(inside, str):
        return inside
    return (INDEX_TYPES if "manifests" in members else IMAGE_TYPES)[1]


def check_names(members: Mapping[str, object], known: tuple[str, ...]) -> None:
    """Refuse a member that Docker, who ignores case, would take for one of those that are known.

    Raises:
        DocumentError: There is one.
    """
    folded = {name.casefold(): name for name in known}
    for name in members:
        right = folded.get(name.casefold(), name)
        if right != name:
            raise DocumentError(f"has '{_shown(name)}', which Docker reads as '{right}'")


def _check_kind(members: Mapping[str, object], media_type: str, *, is_index: bool) -> None:
    version = members.get("schemaVersion")
    if isinstance(version, bool) or version != 2:  # noqa: PLR2004 - schema 1 has another document
        raise DocumentError("has not the schemaVersion 2")
    inside = members.get("mediaType")
    # Docker's own types ask for it, OCI's allow that it is absent.
    is_optional = media_type.startswith("application/vnd.oci.")
    if inside != media_type and not (is_optional and "mediaType" not in members):
        found = _shown(inside) if isinstance(inside, str) else "no type"
        raise DocumentError(f"was sent as {media_type}, but says of itself that it is {found}")
    for name in (*(_OF_IMAGES if is_index else _OF_INDEXES), *_OF_SCHEMA_1):
        if name in members:
            raise DocumentError(f"was sent as {media_type}, but has {name!r} like something else")
    if is_index:
        is_whole = isinstance(members.get("manifests"), list)
    else:
        is_whole = isinstance(members.get("config"), dict) and isinstance(
            members.get("layers"), list
        )
    if not is_whole:
        raise DocumentError("lacks what its type asks for")


def _children(entries: object) -> tuple[Descriptor, ...]:
    assert isinstance(entries, list)  # noqa: S101 - see `_check_kind`
    return tuple(_descriptor(entry, "a child") for entry in entries)


def _descriptor(entry: object, what: str) -> Descriptor:
    if not isinstance(entry, dict):
        raise DocumentError(f"has {what} that is no object")
    check_names(entry, ("digest", "size", "mediaType", "platform", "annotations"))
    digest, size, media_type = (entry.get(name) for name in ("digest", "size", "mediaType"))
    if not isinstance(digest, str) or not _is_sha256(digest):
        raise DocumentError(f"has {what} whose digest is none of sha256")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < _SIZE_END:
        raise DocumentError(f"has {what} whose size is no number of bytes")
    if not isinstance(media_type, str) or not _is_plain(media_type.replace("/", "", 1)):
        raise DocumentError(f"has {what} without a media type")
    annotations = _object(entry.get("annotations"), f"{what} whose annotations")
    platform = _platform(_object(entry.get("platform"), f"{what} whose platform"), what)
    is_attestation = platform == _UNKNOWN or _REFERENCE_TYPE in annotations
    return Descriptor(digest, size, media_type, platform, is_attestation)


def _platform(members: Mapping[str, object], what: str) -> str:
    """Of the form os/architecture[/variant]; empty where one of the first two is not named."""
    names = ("os", "architecture", "variant")
    check_names(members, names)
    parts = []
    for name in names:
        value = members.get(name)
        if value is not None and (not isinstance(value, str) or (value and not _is_plain(value))):
            raise DocumentError(f"has {what} whose platform has no proper {name}")
        parts.append(value or "")
    system, architecture, variant = parts
    if not system or not architecture:
        return ""
    return f"{system}/{architecture}/{variant}" if variant else f"{system}/{architecture}"


def _object(value: object, what: str) -> dict[str, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DocumentError(f"has {what} are no object")
    return value


def _is_sha256(digest: str) -> bool:
    algorithm, _, digits = digest.partition(":")
    return (
        algorithm == "sha256" and len(digits) == 64 and set(digits) <= set("0123456789abcdef")  # noqa: PLR2004
    )


def _is_plain(text: str) -> bool:
    return bool(text) and set(text) <= _PLAIN


def _shown(text: str) -> str:
    """ASCII alone: a letter that looks like another one must not look right in the message."""
    return excerpt(text.encode("ascii", "backslashreplace").decode())
