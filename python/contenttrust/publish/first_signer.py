"""The signer that a new repository begins with, as docker chooses it: by the keys that are here."""

from __future__ import annotations

from contenttrust import _core
from contenttrust.errors import NoKeyError, shown
from contenttrust.publish.commands import command
from contenttrust.publish.known_roots import known_roots
from contenttrust.publish.metadata import BASE_ROLES
from contenttrust.publish.signers import check_name, is_name, role_of
from contenttrust.publish.unusable_keys import unusable_keys
from contenttrust.transport import remark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contenttrust._core import PublicKey
    from contenttrust.keys import KeyEntry
    from contenttrust.publish.collection import Collection


_NO_SIGNERS = frozenset({*BASE_ROLES, "delegation", "releases"})
"""Roles of key files that name no signer: `check_name` refuses to make one of the last, too."""


def chosen(collection: Collection, name: str | None) -> tuple[str, str]:
    """The signer of a new repository: the one that is named, else the only one here.

    A key that a collection which is published here names in its root is no signer's, whatever its
    file says, unless its signer is named. Another is no more the only one for that.

    Args:
        collection: The repository.
        name: Of the signer, or None.

    Returns:
        Its name, empty where there is none; and the id of its key, empty where that is to be made.

    Raises:
        NoKeyError: Several keys are kept under its name; or a file that cannot be used may hold
            its key, or that of another signer beside the only one.
    """
    entries = collection.keys.entries()
    found = _candidates(entries)
    unusable = unusable_keys(entries, lambda role: role not in _NO_SIGNERS)
    if unusable and (name not in found if name is not None else len(found) <= 1):
        raise _unusable(collection.gun, name, unusable, list(found))
    if name is None:
        left = _without_roots_keys(collection, found)
        if len(found) != 1 or not left:
            return "", ""
        [name] = found
    check_name(name)
    here = found.get(name, [])
    if len(here) > 1:
        raise _several_keys(collection.gun, name, [one.key_id for one in here])
    return name, here[0].key_id if here else ""


def public_key(collection: Collection, name: str, key_id: str) -> PublicKey:
    """The public key of a first signer; it is made where none is here.

    Args:
        collection: The repository.
        name: Of the signer.
        key_id: What `chosen` gave.
    """
    key = collection.keys.open(key_id or collection.keys.generate("ecdsa", role=name).key_id)
    return _core.PublicKey.of(key.key_type, key.public)


def _candidates(entries: Iterable[KeyEntry]) -> dict[str, list[KeyEntry]]:
    """The signers' keys that are here, by signer; one in a file and at an address is one."""
    found: dict[str, dict[str, KeyEntry]] = {}
    for entry in entries:
        is_signers = entry.role not in _NO_SIGNERS and is_name(entry.role)
        if is_signers and not entry.gun and not entry.problem:
            found.setdefault(entry.role, {}).setdefault(entry.key_id, entry)
    return {name: list(by_id.values()) for name, by_id in found.items()}


def _without_roots_keys(
    collection: Collection, found: dict[str, list[KeyEntry]]
) -> dict[str, list[KeyEntry]]:
    if not found:
        return {}
    here = collection.keys.entries()
    named = {
        key_id: (role, root.gun)
        for root in known_roots(collection.trust_dir)
        if root.is_published_by(here)
        for role, keys in root.roles.items()
        for key_id in keys
    }
    left: dict[str, list[KeyEntry]] = {}
    for name, entries in found.items():
        for entry in entries:
            if entry.key_id not in named:
                left.setdefault(name, []).append(entry)
                continue
            role, gun = named[entry.key_id]
            remark.warn(
                __name__,
                f"the key {entry.key_id} is kept as that of a signer {name}, and is the {role} key "
                f"of {shown(gun)}: no signer of {shown(collection.gun)} is made of it (if it is "
                f"meant: contenttrust sign --signer {name})",
            )
    return left


def _several_keys(gun: str, name: str, key_ids: Sequence[str]) -> NoKeyError:
    told = ", ".join(sorted(key_ids))
    add = command("signer", "add", "--key", "FILE", name, gun)
    return NoKeyError(
        f"{len(key_ids)} keys of the signer {name} are here, and which of them {gun} is to begin "
        f"with is not clear: {told}. Say it by the public key, then sign: {add}; or take the key "
        "that is not meant out of the key store (contenttrust key backup --key ID FILE, then "
        "contenttrust key remove ID). Nothing was made or published",
        gun=gun,
        role=role_of(name),
        expected="one key",
        found=told,
    )


def _unusable(gun: str, name: str | None, unusable: str, signers: Sequence[str]) -> NoKeyError:
    named = "".join(f", or name the signer: contenttrust sign --signer {one}" for one in signers)
    whose = f"the key of {name}" if name is not None else "the key of a signer"
    return NoKeyError(
        f"whose key {gun} is to begin with is not clear: {whose} may be in a file that cannot be "
        f"used: {unusable}. Bring it back (contenttrust key restore FILE), or move it away"
        f"{named if name is None else ''}. Nothing was made or published",
        gun=gun,
        expected="key files that can be used",
        found=unusable,
    )
