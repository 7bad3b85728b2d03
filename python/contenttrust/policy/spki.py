"""Keys of verified metadata by the SHA-256 of their SubjectPublicKeyInfo, as other tools do."""

from __future__ import annotations

import base64
import json
from hashlib import sha256

from contenttrust._core import PublicKey
from contenttrust.errors import MalformedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def spki_of(documents: Mapping[str, bytes]) -> dict[str, str]:
    """What `Facts.spki` holds, for a policy that names keys so.

    Args:
        documents: Files that were verified and accepted, by role, as `Verification.documents` has
            them.

    Returns:
        SHA-256 of the DER SubjectPublicKeyInfo, by canonical key id. Keys that could verify nothing
        are left out.
    """
    return {key.canonical_key_id: sha256(key.spki).hexdigest() for key in _keys(documents.values())}


def _keys(documents: Iterable[bytes]) -> Iterator[PublicKey]:
    for document in documents:
        signed = json.loads(document)["signed"]
        listed = (signed.get("keys"), (signed.get("delegations") or {}).get("keys"))
        for keys in filter(None, listed):
            for key in keys.values():
                try:
                    public = base64.b64decode(key["keyval"]["public"], validate=True)
                    yield PublicKey.of(key["keytype"], public)
                except (MalformedError, ValueError):  # noqa: PERF203 - each key stands for itself
                    continue
