"""Where a trust server has metadata files: the parts of its URLs that others' names become."""

from __future__ import annotations

from contenttrust.errors import MalformedError
from contenttrust.transport.source import is_metadata_name

# RFC 3986 §3.3; a colon is plain in a path, and Notary's clients send it so.
_PLAIN = frozenset(b":ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def encoded_gun(gun: str) -> str:
    """The name of a collection, percent-encoded.

    Raises:
        MalformedError: It can be no part of a URL.
    """
    segments = gun.split("/")
    if any(segment in {"", ".", ".."} for segment in segments):
        raise MalformedError(f"{gun!a} is no name of a collection", gun=gun)
    return "/".join(map(_encoded, segments))


def encoded_role(name: str) -> str:
    """The name of a metadata file without its ending, percent-encoded.

    Raises:
        ValueError: No metadata file has that name.
    """
    if not is_metadata_name(name):
        msg = f"{name!r} is no name of a metadata file"
        raise ValueError(msg)
    return "/".join(map(_encoded, name.split("/")))


def _encoded(segment: str) -> str:
    """One segment of a path, percent-encoded; urllib.parse would cost as much as libcurl."""
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in segment.encode())


def by_content(url: str, sha256: str | None) -> str:
    """The URL of the file with this very content, where that is known."""
    if sha256 is None:
        return url
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):  # noqa: PLR2004 - SHA-256
        msg = f"{sha256!r} is no sha256 digest"
        raise ValueError(msg)
    return f"{url.removesuffix('.json')}.{sha256}.json"
