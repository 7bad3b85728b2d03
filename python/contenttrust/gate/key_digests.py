"""The keys of a collection by the SHA-256 of their SubjectPublicKeyInfo, for who names them so."""

from __future__ import annotations

import base64
import hashlib
import json

from contenttrust._core import PublicKey
from contenttrust.errors import ContentTrustError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BARE = frozenset({"ecdsa", "rsa"})


def by_canonical_id(documents: Mapping[str, bytes]) -> dict[str, str]:
    """Digests of the keys that verified metadata name.

    Args:
        documents: Verified files by role.

    Returns:
        The SHA-256 in hexadecimal digits by canonical key id. A key that stands only in a
        certificate, or has Ed25519's raw form, is not among them: its canonical id says it all.
    """
    found = {}
    for kind, public in _keys(documents):
        if kind in _BARE:
            try:
                key = PublicKey.of(kind, public)
            except ContentTrustError:  # one that verifies nothing
                continue
            found[key.canonical_key_id] = hashlib.sha256(key.public).hexdigest()
    return found


def _keys(documents: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for file in documents.values():
        signed = json.loads(file)["signed"]
        named = {**signed.get("keys", {}), **signed.get("delegations", {}).get("keys", {})}
        for key in named.values():
            yield key["keytype"], base64.b64decode(key["keyval"]["public"])
