"""The first root of a collection: which key signs it, and whether our own pins would believe it.

Both are settled before any key is made. A name with a typo, or a server that says it has nothing,
looks like a collection that nobody has begun: what was pinned must hold for what is begun as well.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from contenttrust import _core
from contenttrust.errors import ContentTrustError, NoKeyError, VerificationError, shown
from contenttrust.keys.backup_note import backed_up
from contenttrust.keys.entry import ROLES_OF_ONE_COLLECTION
from contenttrust.publish.commands import command
from contenttrust.publish.delegations import authority_in
from contenttrust.publish.known_roots import known_roots
from contenttrust.publish.metadata import (
    BASE_ROLES,
    DAY_S,
    ROOT,
    envelope,
    key_value,
    message_of,
    renewed,
)
from contenttrust.publish.sign import Keyring
from contenttrust.publish.unusable_keys import unusable_keys
from contenttrust.transport import remark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from contenttrust._core import PublicKey
    from contenttrust.keys import KeyEntry
    from contenttrust.publish.collection import Collection
    from contenttrust.publish.metadata import Document
    from contenttrust.transport.cache import TrustDirectory

_MOST_NAMED = 3


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
    exchanged for another; else the only one that none has exchanged. Collections count whose root
    a root key of this key store has signed: what strangers name in theirs says nothing of ours.

    Raises:
        NoKeyError: There are several, and it is not clear which is meant; or the collections of
            this key store have another than is here, which is gone; or none is here that can be
            used, and a file that cannot may be one, or other keys are here of a collection whose
            root is not.
    """
    entries = collection.keys.entries()
    here = {one.key_id: None for one in entries if one.role == ROOT and not one.problem}
    unusable = unusable_keys(entries, lambda role: role in {"", ROOT})
    known = list(_known(collection.trust_dir, entries))
    signed = [root for root in known if root.signers & here.keys()]
    present = {key_id for root in signed for key_id in root.now}
    former = {key_id for root in signed for key_id in root.former}
    used = [key_id for key_id in here if key_id in present]
    left = [key_id for key_id in used or here if key_id not in former]
    gone = [root for root in known if root.is_ours and not root.now & here.keys()]
    if not here:
        unseen = sorted(_published(entries) - {root.gun for root in known})
        if gone or unseen or unusable:
            raise _absent(collection.gun, gone, unseen, unusable)
        return ""
    if len(left) == 1 and (used or not gone):
        return left[0]
    if len(here) > 1:
        raise _unclear(collection.gun, here)
    [key_id] = here
    raise _unknown(
        collection.gun,
        key_id,
        [
            root
            for root in known
            if not root.now & here.keys() and (root in gone or key_id in root.former)
        ],
        unusable,
    )


class _CameMeanwhileError(Exception):
    """A root key is here that was not when a new one was begun."""

    def __init__(self, key_id: str) -> None:
        super().__init__(key_id)
        self.key_id = key_id


def made(collection: Collection) -> str:
    """A new root key, unless one came into the key store while its passphrase was asked for.

    Others may begin other collections at the same time, and two root keys would leave it unclear
    which of them begins the next. So it is looked again while nobody else can write a key.

    Returns:
        The id of the key that is to sign.

    Raises:
        NoKeyError: Several came, or one that is not that of the collections here; as for `chosen`.
        KeyStoreError: As for `KeyStore.generate`.
    """
    keys, key = collection.keys, _core.PrivateKey.generate("ecdsa")
    secret = keys.ask_new(role=ROOT, gun="", key_id=key.key_id)
    data = key.encode(secret, role=ROOT, rounds=keys.rounds)

    def check() -> None:
        if came := chosen(collection):
            raise _CameMeanwhileError(came)

    try:
        return keys.keep(key.key_id, data, secret, key, check=check).key_id
    except _CameMeanwhileError as error:
        remark.warn(
            __name__,
            f"the root key {error.key_id} came into the key store meanwhile: it signs "
            f"{shown(collection.gun)} too, and no other was made",
        )
        return error.key_id


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the root of a collection in the trust directory says of root keys.

    Attributes:
        gun: Whose root.
        now: Its root keys.
        former: Other keys that it carries.
        signers: Keys that have signed it.
        is_ours: Whether this key store has, or had, a key that only a publisher has.
    """

    gun: str
    now: frozenset[str]
    former: frozenset[str]
    signers: frozenset[str]
    is_ours: bool


def _known(trust_dir: TrustDirectory, entries: Sequence[KeyEntry]) -> Iterator[_Known]:
    backups = backed_up(trust_dir.path)
    for root in known_roots(trust_dir, _published(entries)):
        now = root.roles[ROOT]
        own = {one.key_id for one in entries if one.gun == root.gun}
        yield _Known(
            gun=root.gun,
            now=now,
            former=root.keys - now,
            signers=root.signers,
            is_ours=bool(own & root.keys or now & root.signers & backups),
        )


def _published(entries: Iterable[KeyEntry]) -> set[str]:
    """The collections of which a key is here that only a publisher has."""
    return {one.gun for one in entries if one.gun and one.role in ROLES_OF_ONE_COLLECTION}


def _unclear(gun: str, here: Iterable[str]) -> NoKeyError:
    told = ", ".join(here)
    return NoKeyError(
        f"several root keys are here, and which of them is to sign {gun} is not clear: "
        f"{told}. Name one: contenttrust init --rootkey ID; a key that was exchanged for another "
        "can leave the key store (contenttrust key backup, then contenttrust key remove ID)",
        gun=gun,
        role=ROOT,
        expected="one root key",
        found=told,
    )


def _unknown(gun: str, key_id: str, others: Sequence[_Known], unusable: str) -> NoKeyError:
    wanted, named = _wanted(others)
    return NoKeyError(
        f"the only root key that is here ({key_id}) is not that of {named}, which this machine "
        f"publishes too: theirs is {wanted}, and it is not here.{_told(unusable)} If that one is "
        "meant to sign, bring it back (contenttrust key restore FILE). If nobody but you can have "
        f"put the one here in its place, and it is meant, say so: {_meant(gun, key_id)}. Nothing "
        "was made or published",
        gun=gun,
        role=ROOT,
        expected=wanted,
        found=key_id,
    )


def _absent(gun: str, gone: Sequence[_Known], unseen: Sequence[str], unusable: str) -> NoKeyError:
    """That no root key is here, where one is somewhere: another is not made for that unasked."""
    wanted, named = _wanted(gone)
    cause = "no root key is here that could be used"
    if gone:
        cause += f", and that of {named}, which this machine publishes too, is {wanted}"
    if unseen == [gun]:
        cause += (
            f"; a targets or snapshot key of {shown(gun)} itself is here already, and no root of "
            "it in the trust directory that could be read. Who begins it anew gets a targets key "
            "that is made for it, whatever is here"
        )
    elif unseen:
        cause += (
            f"; which one {_named(unseen)} has, is not known: other keys are here for that, but no "
            "root in the trust directory that could be read"
        )
    request = command("signing-request", "init", "--root-cert", "FILE", gun, "REQUEST")
    away = " move such files away," if unusable else ""
    return NoKeyError(
        f"{cause}.{_told(unusable)} If the root key is meant to sign that was here, bring it back "
        f"(contenttrust key restore FILE); if it is kept elsewhere, it signs a request: {request}. "
        f"If a new one is meant,{away} make it (contenttrust key generate --role root) and say so: "
        f"{_meant(gun, 'ID')}. Nothing was made or published",
        gun=gun,
        role=ROOT,
        expected=wanted or (f"the root key of {_named(unseen)}" if unseen else ""),
        found=unusable,
    )


def _wanted(others: Sequence[_Known]) -> tuple[str, str]:
    """The root keys of some collections, and these by name."""
    wanted = ", ".join(sorted({one for root in others for one in root.now}))
    return wanted, _named([root.gun for root in others])


def _named(guns: Sequence[str]) -> str:
    named = ", ".join(shown(one) for one in guns[:_MOST_NAMED])
    return f"{named} and {len(guns) - _MOST_NAMED} more" if len(guns) > _MOST_NAMED else named


def _told(unusable: str) -> str:
    return f" It may be in a file that cannot be used: {unusable}." if unusable else ""


def _meant(gun: str, key_id: str) -> str:
    return command("init", "--server-managed", "--rootkey", key_id, "-p", gun)
