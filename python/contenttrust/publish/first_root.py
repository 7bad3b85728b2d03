"""The first root of a collection: which key signs it, and whether our own pins would believe it.

Both are settled before any key is made. A name with a typo, or a server that says it has nothing,
looks like a collection that nobody has begun: what was pinned must hold for what is begun as well.
"""

from __future__ import annotations

import base64
import contextlib

from contenttrust import _core
from contenttrust.errors import ContentTrustError, NoKeyError, VerificationError, shown
from contenttrust.publish.delegations import authority_in
from contenttrust.publish.metadata import (
    BASE_ROLES,
    DAY_S,
    ROOT,
    envelope,
    key_value,
    message_of,
    public_key,
    renewed,
    signed_part,
)
from contenttrust.publish.sign import Keyring
from contenttrust.transport.docker_cache import cached_collections

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from contenttrust._core import PublicKey
    from contenttrust.publish.collection import Collection
    from contenttrust.publish.metadata import Document
    from contenttrust.transport.cache import TrustDirectory


def document(keys: Mapping[str, Sequence[PublicKey]]) -> Document:
    """A root of version 0 that names some keys by role, each role with a threshold of 1."""
    return {
        "_type": "Root",
        "consistent_snapshot": False,
        "expires": "",
        "keys": {key.key_id: key_value(key) for held in keys.values() for key in held},
        "roles": {
            role: {"keyids": [key.key_id for key in held], "threshold": 1}
            for role, held in keys.items()
        },
        "version": 0,
    }


def believes_any(collection: Collection) -> ContentTrustError | None:
    """Why a root of a key that is still to be made would not be believed; None where it would.

    A key that nobody keeps signs a root of its own, which never leaves this process.
    """
    key, now = _core.PrivateKey.generate("ecdsa"), collection.moment
    certificate = key.certificate(collection.gun, now, _core.Instant(now.seconds + DAY_S))
    public = _core.PublicKey.read(certificate)
    root = _of([public], collection)
    message = message_of(root)
    signature = base64.b64encode(key.sign(message)).decode()
    entry = {"keyid": public.key_id, "method": key.method, "sig": signature}
    return _judged(collection, envelope(message, [entry]))


def check(collection: Collection, keys: Sequence[PublicKey]) -> None:
    """Refuse keys, which are here, as those of a first root that our own pins would not believe.

    They sign a root that names nobody but them, and that never leaves this process.

    Raises:
        VerificationError: They are not what was pinned.
        KeyStoreError: One cannot be opened.
    """
    root = _of(keys, collection)
    file = Keyring(collection.keys).signed(root, [authority_in(root, ROOT)])
    error = _judged(collection, file)
    if error is not None:
        raise error


def chosen(collection: Collection) -> str:
    """The root key that is here for a new collection; empty where none is.

    Of several it is the one that the collections of the trust directory have now, and have not
    exchanged for another; else the only one that none has exchanged.

    Raises:
        NoKeyError: There are several, and it is not clear which is meant.
    """
    entries = collection.keys.entries()
    here = {one.key_id: None for one in entries if one.role == ROOT and not one.problem}
    if len(here) < 2:  # noqa: PLR2004 - nothing to choose from
        return next(iter(here), "")
    present, former = set[str](), set[str]()
    for now, all_of_it in _root_keys(collection.trust_dir):
        present |= now
        former |= all_of_it - now
    used = [key_id for key_id in here if key_id in present]
    left = [key_id for key_id in used or here if key_id not in former]
    if len(left) == 1:
        return left[0]
    told = ", ".join(here)
    raise NoKeyError(
        f"several root keys are here, and which of them is to sign {collection.gun} is not clear: "
        f"{told}. Name one: contenttrust init --rootkey ID; a key that was exchanged for another "
        "can leave the key store (contenttrust key backup, then contenttrust key remove ID)",
        gun=collection.gun,
        role=ROOT,
        expected="one root key",
        found=told,
    )


def _of(keys: Sequence[PublicKey], collection: Collection) -> Document:
    return renewed(document(dict.fromkeys(BASE_ROLES, keys)), ROOT, collection.moment)


def _judged(collection: Collection, root: bytes) -> ContentTrustError | None:
    try:
        collection.judge().check_first(root)
    except VerificationError as error:
        error.message = (
            f"{shown(collection.gun)} does not exist at the trust server, and what would begin it "
            f"here is not what was pinned: {error.message}. No key was made and nothing published. "
            "Compare the name with the one you mean; to begin a new collection, pin its own root "
            "key, or nothing"
        )
        return error
    return None


def _root_keys(trust_dir: TrustDirectory) -> Iterator[tuple[set[str], set[str]]]:
    """Of each collection that is known the present root keys, and all that its root carries."""
    for gun in cached_collections(trust_dir.path):
        # What cannot be read says nothing of keys.
        with contextlib.suppress(ContentTrustError, KeyError, TypeError, AttributeError):
            state = trust_dir.state(gun)
            file = trust_dir.cached(gun).get(ROOT) if state is None else state.root_document
            signed = signed_part(file or b"")
            ids = {one: public_key(key).canonical_key_id for one, key in signed["keys"].items()}
            yield {ids[one] for one in signed["roles"][ROOT]["keyids"]}, set(ids.values())
