"""Keys that somebody has named by their ids, to be those of a top-level role."""

from __future__ import annotations

from contenttrust.errors import NoKeyError, PublishError, shown
from contenttrust.publish.commands import command
from contenttrust.publish.metadata import ROOT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from contenttrust.publish.collection import Collection


def check(collection: Collection, key_ids: Iterable[str], role: str) -> None:
    """Refuse keys that are not here, or are here for something else.

    A signer's key is kept where signing is done every day: as a key of root or targets it could
    sign all that these may. Of targets and snapshots none says whose it is: what a key signs for
    one collection would be valid in every other that names it.

    Args:
        collection: Whose role it is.
        key_ids: Canonical ids.
        role: What they are to sign.

    Raises:
        NoKeyError: One is not here.
        PublishError: One is a key of another role, or of another collection.
    """
    for key_id in key_ids:
        _check(collection, key_id, role)


def _check(collection: Collection, key_id: str, role: str) -> None:
    entry = collection.keys.find(key_id)
    if entry is None:
        raise NoKeyError(f"unable to find key: {key_id}", role=role, expected=key_id)
    way = ""
    if collection.keys.place_of(key_id) is None:  # at an address: no file could be imported anew
        owner = () if role == ROOT else ("--gun", collection.gun)
        again = command("key", "import", "--role", role, *owner, entry.path)
        way = (
            f"; if this key is meant, it is brought in for {role} (contenttrust key remove "
            f"{key_id}, then {again or 'contenttrust key import'})"
        )
    check_given(collection, entry.role, entry.gun, role=role, way=way)


def check_given(collection: Collection, given: str, gun: str, *, role: str, way: str = "") -> None:
    """Refuse a key that is kept, or by its file is to be kept, for something else than a role.

    Args:
        collection: Whose role it is.
        given: Role that the key is for.
        gun: Collection that it is for; empty where it names none.
        role: What it is to sign.
        way: How else it can be done.

    Raises:
        PublishError: The two differ.
    """
    is_others = role != ROOT and gun not in {"", collection.gun}  # those of root serve many
    if given == role and not is_others:
        return
    given = shown(given) or "delegation"
    owner = () if role == ROOT else ("--gun", collection.gun)
    make = command("key", "generate", "--role", role, *owner)
    whose, why, of = "", "", role
    if given == role:
        whose, of = f" of {shown(gun)}", f"{role} of {collection.gun}"
        why = ": what it signs for one of the two collections would be valid in the other"
    raise PublishError(
        f"attempted to load {role} key but given {given} key{whose} instead{why}. Name a key of "
        f"{of}, or make one ({make}){way}",
        gun=collection.gun,
        role=role,
        expected=f"a key of {of}",
        found=f"a key of {given}{whose}",
    )
