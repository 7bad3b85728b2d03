"""The documents that a publisher writes: their members, their canonical form, their file.

A document is what `json.loads` gives for the signed part of a file that was verified. A Notary
server reads an upload and hashes what it writes again, so that a file must be, to the byte, what
Notary would write: no member that it does not know, and nothing where it leaves something out.

Source: notary `tuf/data/`; docker/go canonical JSON.
"""

from __future__ import annotations

import base64
import json

from contenttrust import _core
from contenttrust.errors import MalformedError, PublicKeyError, PublishError, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TypeAlias

    from contenttrust._core import Instant, PublicKey

    Document: TypeAlias = dict[str, Any]

ROOT, TARGETS, SNAPSHOT, TIMESTAMP = "root", "targets", "snapshot", "timestamp"
BASE_ROLES = (ROOT, TARGETS, SNAPSHOT, TIMESTAMP)

DAY_S = 86_400
LIFE_DAYS = {ROOT: 3_650}
OTHER_LIFE_DAYS = 1_095
"""Three years, of 365 days; the timestamp is the server's."""
SOON_DAYS = 182
"""What ends within six months is signed anew where that is possible."""
LARGEST = 2**53 - 1
"""Notary's canonical form goes through doubles, which round what is larger."""
LAST_VERSION = 2**53
"""The one after it has no canonical form."""

_OF_META = frozenset({"hashes", "length", "custom"})
_OF_ROLE = frozenset({"keyids", "name", "paths", "threshold"})
# Go escapes these in strings when it writes a file, after signing.
_ESCAPES = tuple(
    (character.encode(), f"\\u{ord(character):04x}".encode()) for character in "<>&\u2028\u2029"
)
_CONTROLS = tuple((bytes([code]), f"\\u{code:04x}".encode()) for code in range(0x20))


def signed_part(document: bytes) -> Document:
    """The signed part of a file that was verified.

    Raises:
        MalformedError: It is no metadata file.
    """
    try:
        signed = json.loads(document)["signed"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MalformedError("a metadata file is no envelope of a signed part") from error
    if not isinstance(signed, dict):
        raise MalformedError("the signed part of a metadata file is no object")
    return signed


def message_of(signed: Document) -> bytes:
    """What is signed: the canonical form.

    Raises:
        MalformedError: It has none, as with a fraction in it.
    """
    return _core.canonical_json(json.dumps(signed, separators=(",", ":")).encode())


def envelope(message: bytes, signatures: Sequence[Document]) -> bytes:
    """The file, as Notary writes it."""
    return b'{"signed":%b,"signatures":%b}' % (
        _in_a_file(message),
        json.dumps(list(signatures), separators=(",", ":")).encode(),
    )


def file_meta(document: bytes) -> Document:
    """What a snapshot says of a file."""
    import hashlib  # noqa: PLC0415 - loads a second libcrypto, which readers do without

    return {
        "hashes": {
            "sha256": base64.b64encode(bytes.fromhex(_core.sha256(document))).decode(),
            "sha512": base64.b64encode(hashlib.sha512(document).digest()).decode(),
        },
        "length": len(document),
    }


def target_meta(
    size: int, *, sha256: str = "", sha512: str = "", custom: bytes | None = None
) -> Document:
    """What a role says of a target.

    Args:
        size: In bytes.
        sha256: Digest in hexadecimal digits.
        sha512: Digest in hexadecimal digits; one of the two is needed.
        custom: JSON text of the publisher's own; kept in its canonical form.

    Raises:
        ValueError: A size or a digest is none, or neither digest is given.
        MalformedError: `custom` has no canonical form.
    """
    given: object = size
    if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given <= LARGEST:
        raise ValueError(f"a size is a number of bytes up to 2^53, not {size!r}")
    hashes = {
        name: _digest(name, text, length)
        for name, text, length in (("sha256", sha256, 64), ("sha512", sha512, 128))
        if text
    }
    if not hashes:
        raise ValueError("a sha256 or a sha512 digest must be given")
    meta: Document = {"hashes": hashes, "length": size}
    if custom is not None:
        try:
            text = _core.canonical_json(custom)
        except MalformedError as error:
            error.message = (
                f"the custom data of a target cannot be signed: {error.message}. Give JSON with "
                "whole numbers and without a name that stands twice"
            )
            raise
        meta["custom"] = json.loads(text, strict=False)  # which has control characters as they are
    return meta


def new_targets() -> Document:
    """The document of a role that lists nothing yet; its first version is still to be signed."""
    return {
        "_type": "Targets",
        "delegations": {"keys": {}, "roles": []},
        "expires": "",
        "targets": {},
        "version": 0,
    }


def new_snapshot() -> Document:
    """A snapshot of nothing."""
    return {"_type": "Snapshot", "expires": "", "meta": {}, "version": 0}


def key_value(key: PublicKey) -> Document:
    """A key as metadata carries it."""
    public = base64.b64encode(key.public).decode()
    return {"keytype": key.key_type, "keyval": {"private": None, "public": public}}


def public_key(value: Document) -> PublicKey:
    """The key that metadata carries.

    Raises:
        PublicKeyError: It is none that could verify anything.
        MalformedError: It is no key object.
    """
    try:
        public = base64.b64decode(value["keyval"]["public"], validate=True)
        return _core.PublicKey.of(str(value["keytype"]), public)
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedError("a key object lacks its type or its public part") from error


def canonical_id(value: Document) -> str:
    """The canonical id of a key that metadata carries; empty where it could verify nothing."""
    try:
        return public_key(value).canonical_key_id
    except (PublicKeyError, MalformedError):
        return ""


def renewed(signed: Document, role: str, now: Instant) -> Document:
    """The next version of a document, with its whole life before it.

    Raises:
        PublishError: There is none: somebody has published the last.
    """
    if signed["version"] >= LAST_VERSION:
        raise _used_up(role, signed["version"])
    days = LIFE_DAYS.get(role, OTHER_LIFE_DAYS)
    return {**signed, "expires": text_of(now, days=days), "version": signed["version"] + 1}


def _used_up(role: str, version: int) -> PublishError:
    """That a role has had its last version, and how to go on; a server takes no lower one."""
    if role == f"{TARGETS}/releases":
        way = (
            f"Go on without it: contenttrust delegation remove -p GUN {role}, then list each tag "
            f"in {TARGETS}, which docker pulls by where there is no {role}: contenttrust addhash "
            "-p GUN TAG SIZE --sha256 DIGEST. Signers are added by 'contenttrust delegation add' "
            "from then on: 'signer add' would make it again"
        )
    elif role in BASE_ROLES:
        way = (
            "The collection can only be begun anew (contenttrust delete --remote GUN), and whoever "
            "has verified it must be told of its new root"
        )
    else:
        way = f"Go on under another name: contenttrust delegation remove -p GUN {role}"
    return PublishError(
        f"the versions of {shown(role)} are used up: somebody has published version {version}, "
        f"after which there is none, and a trust server takes no lower one. {way}. Nothing was "
        "published",
        role=role,
        expected=f"a version below {LAST_VERSION}",
        found=str(version),
    )


def text_of(now: Instant, *, days: int = 0) -> str:
    """A moment some days after another, as documents write it."""
    later = _core.Instant(now.seconds + days * DAY_S).datetime
    return later.strftime("%Y-%m-%dT%H:%M:%SZ")


def ends(signed: Document) -> Instant:
    """When a document expires.

    Raises:
        MalformedError: It does not say so.
    """
    moment = _core.Instant.parse(str(signed.get("expires", "")))
    if moment is None:
        raise MalformedError("a document does not say when it expires")
    return moment


def is_soon(signed: Document, now: Instant, *, days: int = SOON_DAYS) -> bool:
    """Whether a document has expired, or does so within a number of days."""
    return ends(signed).seconds - now.seconds < days * DAY_S


def as_notary_keeps_it(signed: Document) -> Document:
    """A targets or delegation document with no more than Notary would keep of it."""
    found = signed.get("delegations") or {}
    delegations = {
        "keys": dict(found.get("keys") or {}),
        "roles": [_role(role) for role in found.get("roles") or []],
    }
    targets = signed.get("targets") or {}
    return {
        "_type": signed["_type"],
        "delegations": delegations,
        "expires": signed["expires"],
        "targets": {
            name: meta
            if "hashes" in meta and meta.keys() <= _OF_META and meta.get("custom", 0) is not None
            else _meta(meta)
            for name, meta in targets.items()
        },
        "version": signed["version"],
    }


def _role(role: Document) -> Document:
    found = {
        name: value
        for name, value in role.items()
        if name in _OF_ROLE and (name != "paths" or value)
    }
    return {**found, "keyids": role.get("keyids") or []}  # Go may write null for none


def _meta(meta: Document) -> Document:
    given = {name: value for name, value in meta.items() if name in _OF_META and value is not None}
    return {"hashes": None, **given}  # Go writes null where there are none


def _digest(name: str, text: str, length: int) -> str:
    if len(text) != length or not set(text) <= set("0123456789abcdefABCDEF"):
        raise ValueError(f"a {name} digest has {length} hexadecimal digits, not {text!r}")
    return base64.b64encode(bytes.fromhex(text)).decode()


def _in_a_file(message: bytes) -> bytes:
    """Canonical text with the escapes that a file needs."""
    for raw, escaped in _ESCAPES:
        if raw in message:
            message = message.replace(raw, escaped)
    if min(message) < 0x20:  # noqa: PLR2004 - what JSON text must escape
        for raw, escaped in _CONTROLS:
            message = message.replace(raw, escaped)
    return message
