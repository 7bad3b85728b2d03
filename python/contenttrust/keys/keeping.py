"""When a key file may be written: what a key needs, what it may replace, how it is proved."""

from __future__ import annotations

from contenttrust._core import KeyFile, PrivateKey
from contenttrust.errors import KeyFileError, KeyStoreError, NoKeyError, PassphraseError, shown
from contenttrust.keys.addresses import SignerAddresses
from contenttrust.keys.entry import (
    EXTENSION,
    ROLES_OF_ONE_COLLECTION,
    TOP_LEVEL_ROLES,
    gun_for,
)
from contenttrust.keys.passphrase import TRIES, PassphraseRequest
from contenttrust.keys.pem import is_text
from contenttrust.transport import remark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from contenttrust._core import Secret
    from contenttrust.keys.entry import KeyEntry
    from contenttrust.keys.passphrase import Passphrases
    from contenttrust.keys.store import KeyStore

FEWEST_ROUNDS = 2048
"""Rounds that docker's own files have; ours never have less."""

_NOBODYS = ("", "delegation")
"""Roles in the files of keys that nobody named an owner for."""


class KeptOtherwiseError(KeyStoreError):
    """What is here of a key is not what would be put in its place, and stays."""


def checked_gun(role: str, gun: str, address: str = "") -> str:
    """The collection that a key's file names, or its address.

    Raises:
        KeyStoreError: The role has keys for one collection only, and none is named; or one of the
            texts is no plain one.
    """
    for name in (role, gun, address):
        if not is_text(name):
            raise KeyStoreError(
                "a key is named by plain text, which has no control characters, and not by "
                f"{shown(name)}"
            )
    if not role:
        raise KeyStoreError("a key needs a role: root, targets, snapshot, or a signer's name")
    if role in ROLES_OF_ONE_COLLECTION and not gun:
        raise KeyStoreError(f"a {role} key belongs to one collection: name it", role=role)
    return gun_for(role, gun)


def checked_rounds(rounds: int) -> int:
    """The rounds of key derivation that were named, unless they are too few.

    Raises:
        ValueError: They are.
    """
    if rounds < FEWEST_ROUNDS:
        raise ValueError(
            f"{rounds} rounds of key derivation are fewer than docker's {FEWEST_ROUNDS}"
        )
    return rounds


def check_role(entry: KeyEntry | None, role: str, gun: str) -> str:
    """Whether a key that is here may be kept for another role from now on.

    A root key that becomes a signer's is missed where it is needed, and another is made; a signer's
    that becomes a root key could sign all that root may.

    Args:
        entry: Of the key, where it is here.
        role: What it is to be kept for.
        gun: Collection of that, where it has one.

    Returns:
        What is to be told once it is, see `tell`; empty where nothing changes.

    Raises:
        KeyStoreError: One of the two is a role of root's.
    """
    if entry is None or entry.problem or (entry.role, entry.gun) == (role, gun):
        return ""
    key_id, before, after = entry.key_id, _owner(entry.role, entry.gun), _owner(role, gun)
    if entry.role in TOP_LEVEL_ROLES or (role in TOP_LEVEL_ROLES and entry.role not in _NOBODYS):
        # Of a key that is kept elsewhere only the address goes, and no backup could have it.
        is_file = entry.path.endswith(EXTENSION)
        backup = f"contenttrust key backup --key {key_id} FILE, then " if is_file else ""
        raise KeyStoreError(
            f"the key {key_id} is here already, kept for {before}: it is not kept for {after} in "
            "place of that, and stays as it is. If it is meant, take it away first "
            f"({backup}contenttrust key remove {key_id})",
            role=entry.role,
            expected=after,
            found=before,
        )
    return f"the key {key_id} is here already, kept for {before}: now it is for {after}"


def tell(told: str) -> None:
    """Warn of what has changed, as `check_role` has put it."""
    if told:
        remark.warn(__name__, told)


def check_file(store: KeyStore, key_id: str, role: str, gun: str) -> str:
    """Whether a key may come into a store as a file, which is used before an address is.

    Args:
        store: Where to.
        key_id: Canonical key id.
        role: As for `check_role`.
        gun: As for `check_role`.

    Returns:
        As `check_role`.

    Raises:
        KeyStoreError: As for `check_role`; or the addresses cannot be read.
        KeptOtherwiseError: The key is kept elsewhere, and the store has its address.
    """
    here = store.find(key_id)
    told = check_role(here, role, gun)
    if store.place_of(key_id) is not None:
        return told
    if here is not None:
        raise KeptOtherwiseError(
            f"the key {key_id} is kept by {shown(here.path)}: a file would be used in place of "
            f"that. If it is meant, contenttrust key remove {key_id} takes the address away first",
            role=role,
        )
    SignerAddresses(store.folder).check()
    return told


def check_address(store: KeyStore, key_id: str, role: str, gun: str) -> str:
    """Whether an address may be remembered; of a key that stands in a file, that would be used.

    Args:
        store: Where to.
        key_id: Canonical key id.
        role: As for `check_role`.
        gun: As for `check_role`.

    Returns:
        As `check_role`.

    Raises:
        KeyStoreError: The key stands in a file here; or as for `check_role`.
    """
    place = store.place_of(key_id)
    if place is None:
        return check_role(store.find(key_id), role, gun)
    path = store.folder.where(place)
    raise KeyStoreError(
        f"the key {key_id} stands in a file, {shown(path)}, which would be used and not the "
        "address: nothing was changed. If the address is meant, take the file away first "
        f"(contenttrust key backup --key {key_id} FILE, then contenttrust key remove {key_id}), "
        "then name the address again",
        expected="a key that is in no file here",
        found=path,
    )


def _owner(role: str, gun: str) -> str:
    return f"{shown(role)} of {shown(gun)}" if gun else shown(role) or "nobody"


def warn_of_ed25519(key: PrivateKey) -> None:
    """Say of an Ed25519 key that docker and notary do not take it everywhere."""
    if key.key_type == "ed25519":
        remark.warn(
            __name__,
            f"key {key.key_id}: docker and notary take no Ed25519 key for root, nor as a signer's, "
            "and import none that is not encrypted",
        )


def no_key(key_id: str, elsewhere: KeyEntry | None = None) -> NoKeyError:
    """The refusal of a key whose file is not here.

    Args:
        key_id: Canonical key id.
        elsewhere: Who keeps it, where somebody does.
    """
    if elsewhere is not None:
        cause = f"the key {key_id} is kept by {shown(elsewhere.path)}, and not in a file"
        return NoKeyError(cause, expected=key_id)
    return NoKeyError(f"No key with ID {key_id} found", expected=key_id)


def opened(contents: bytes, entry: KeyEntry, passphrases: Passphrases) -> PrivateKey:
    """Open the contents of a key file, asking for its passphrase where it has one.

    Args:
        contents: Of the file.
        entry: What is known of it.
        passphrases: Who is asked, three times at most.

    Raises:
        KeyFileError: The file is damaged.
        InputNeededError: Its passphrase is needed, and nobody can be asked.
        PassphraseError: The passphrase was wrong too often, or the file is damaged.
    """
    if not entry.is_encrypted:
        return PrivateKey.decode(contents)
    for attempt in range(TRIES):
        request = PassphraseRequest(
            role=entry.role, gun=entry.gun, key_id=entry.key_id, attempt=attempt
        )
        secret = passphrases.give(request)
        try:
            return PrivateKey.decode(contents, secret)
        except PassphraseError as error:
            wrong = error
    raise PassphraseError(
        f"password invalid, operation has failed. No passphrase out of {TRIES} opened {request}, "
        "or its file is damaged",
        gun=entry.gun,
        role=entry.role,
    ) from wrong


def opens(key_id: str, secret: Secret | None, data: bytes = b"") -> Callable[[bytes], None]:
    """The proof that what was written can be opened again, and is the key.

    Args:
        key_id: Canonical key id.
        secret: Its passphrase; None: nobody knows it, and the bytes must be those of `data`.
        data: What was to be written.
    """

    def proof(written: bytes) -> None:
        if secret is None:
            is_it = written == data
        else:
            is_it = PrivateKey.decode(written, secret).key_id == key_id
        if not is_it:
            raise KeyStoreError(f"what was written of key {key_id} is not what was read back")

    return proof


def may_replace(key_id: str, before: bytes, data: bytes, secret: Secret | None, path: str) -> bool:
    """Whether a key file is to be written over; it is not where it says the same already.

    Args:
        key_id: Canonical key id.
        before: What the file holds.
        data: What it is to hold.
        secret: Passphrase of that; None: nobody knows it.
        path: Of the file.

    Raises:
        KeyFileError: The file holds a different key, or nothing that could be read.
        PassphraseError: The file has another passphrase, so that nobody can tell.
        KeyStoreError: Nobody knows a passphrase, and the two differ.
    """
    if before == data:
        return False
    try:
        old, new = KeyFile.parse(before), KeyFile.parse(data)
    except KeyFileError as error:
        error.message = f"{shown(path)}, which is here already: {error.message}"
        raise
    if secret is None:
        raise KeyStoreError(
            f"{shown(path)} is here already and differs: whether it is the same key only its "
            "passphrase can tell; remove it first, or keep it"
        )
    try:
        known = PrivateKey.decode(before, secret if old.is_encrypted else None)
    except PassphraseError as error:
        raise PassphraseError(
            f"{shown(path)} is here already, under another passphrase: change that passphrase, or "
            "remove the file first",
            role=old.role,
        ) from error
    if known.key_id != key_id:
        raise KeyFileError(
            f"{shown(path)} holds another key than its name says: {known.key_id}",
            expected=key_id,
            found=known.key_id,
        )
    same = old.is_encrypted and (old.role, old.gun) == (new.role, new.gun)
    return not same
