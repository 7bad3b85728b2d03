"""Delegations of a draft: who may speak for a role, of which paths, and how that is changed.

Source: notary `tuf/tuf.go` (``delegationUpdateVisitor``, ``DeleteDelegation``,
``PurgeDelegationKeys``), `tuf/data/roles.go`.
"""

from __future__ import annotations

from dataclasses import dataclass

from contenttrust.errors import PublishError, shown
from contenttrust.publish import staged_data
from contenttrust.publish.metadata import TARGETS, canonical_id, key_value, public_key, signed_part
from contenttrust.publish.strict_json import members
from contenttrust.publish.tags import digests, enumerated, with_digest
from contenttrust.transport.source import is_metadata_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from contenttrust._core import PublicKey
    from contenttrust.publish.changelist import Change
    from contenttrust.publish.draft import Draft
    from contenttrust.publish.metadata import Document

_OF_A_CHANGE = frozenset(
    {
        "new_name",
        "threshold",
        "add_keys",
        "remove_keys",
        "add_paths",
        "remove_paths",
        "clear_paths",
    }
)


@dataclass(frozen=True, slots=True)
class Authority:
    """Who signs a role.

    Attributes:
        role: Its name.
        keys: Key objects by metadata key id.
        threshold: How many of them must sign.
    """

    role: str
    keys: Mapping[str, Document]
    threshold: int


def is_delegation(role: str) -> bool:
    """Whether a delegation may have this name."""
    return role.startswith(f"{TARGETS}/") and is_metadata_name(role)


def authority_of(draft: Draft, role: str) -> Authority:
    """Who signs a role, by what the draft says.

    Raises:
        PublishError: There is no such role.
    """
    if is_delegation(role):
        entry = _entry(draft, role)
        if entry is None:
            raise PublishError(f"there is no delegation {role}", gun=draft.gun, role=role)
        return _authority(role, entry, draft.roles[_parent(role)]["delegations"]["keys"])
    return authority_in(draft.root, role)


def authority_in(root: Document, role: str) -> Authority:
    """Who signs a top-level role, by a root document.

    Raises:
        PublishError: There is no such role.
    """
    if role not in root["roles"]:
        raise PublishError(f"{shown(role)} is no role of this collection", role=role)
    return _authority(role, root["roles"][role], root["keys"])


def distinct_keys(authority: Authority) -> set[str]:
    """Canonical ids of a role's keys: one that is named bare and in a certificate is one."""
    return {canonical_id(key) for key in authority.keys.values()} - {""}


def is_signable(authority: Authority) -> bool:
    """Whether a role has as many keys as must sign it, wherever they are."""
    return len(distinct_keys(authority)) >= authority.threshold


def paths_of(draft: Draft, role: str) -> list[str]:
    """The prefixes of what a role may list, within what those above it may.

    Raises:
        PublishError: There is no such role.
    """
    if not is_delegation(role):
        if role != TARGETS:
            raise PublishError(f"{shown(role)} lists no targets", role=role)
        return [""]
    above = paths_of(draft, _parent(role))
    entry = _entry(draft, role)
    if entry is None:
        raise PublishError(f"there is no delegation {role}", gun=draft.gun, role=role)
    return _within(above, entry.get("paths") or [])


def paths_before(draft: Draft, role: str) -> list[str]:
    """The prefixes that the file of a delegator has for a role, whatever those above it may."""
    listed = signed_part(draft.files[_parent(role)])["delegations"]["roles"] or []
    return [path for one in listed if one["name"] == role for path in one.get("paths") or []]


def apply(draft: Draft, change: Change) -> None:
    """Apply a staged change of delegations.

    Raises:
        PublishError: It cannot be applied.
        ValueError: It says something that no such change says.
    """
    role = change.role
    if change.action == "delete":
        if is_delegation(role) and _entry(draft, role) is None:
            draft.notes.append(f"there is no delegation {shown(role)}: there was nothing to remove")
        delete(draft, role)
        return
    given = members(change.data or b"")
    if set(given) - _OF_A_CHANGE or given.get("new_name") not in (None, ""):
        raise ValueError("it says of the delegation what cannot be applied")
    remove_keys = staged_data.texts(given, "remove_keys")
    if role.endswith("/*"):
        purge(draft, role.removesuffix("/*"), remove_keys)
        return
    threshold = staged_data.number(given, "threshold")
    clear_paths = staged_data.flag(given, "clear_paths")
    keys = staged_data.keys(given, "add_keys")
    add_paths, remove_paths = (
        staged_data.texts(given, f"{one}_paths") for one in ("add", "remove")
    )
    if change.action == "create":
        create(draft, role, keys, add_paths, threshold)
    else:
        authority_of(draft, role)
        _note_absent(draft, role, remove_keys, remove_paths)
        update(
            draft,
            role,
            add_keys=keys,
            remove_keys=remove_keys,
            add_paths=add_paths,
            remove_paths=remove_paths,
            clear_paths=clear_paths,
            threshold=threshold,
        )


def create(
    draft: Draft, role: str, keys: Sequence[PublicKey], paths: Sequence[str], threshold: int
) -> None:
    """Make a delegation, or give one that is there more keys and paths.

    Raises:
        PublishError: It can have no such name, its delegator does not exist or may not give such
            paths, or it would be made without keys.
    """
    if not is_delegation(role):
        raise PublishError(f"{shown(role)} is no name that a delegation can have", role=role)
    authority_of(draft, _parent(role))
    _check_paths(role, paths_of(draft, _parent(role)), paths)
    if _entry(draft, role) is None:
        if threshold < 1:
            raise PublishError(
                f"there is no delegation {role}: it is made by giving it keys", role=role
            )
        entry: Document = {"keyids": [], "name": role, "threshold": threshold}
        draft.content(_parent(role))["delegations"]["roles"].append(entry)
        draft.made.add(role)
        draft.changed.add(_parent(role))
    update(draft, role, add_keys=keys, add_paths=paths)


def update(  # noqa: PLR0913 - one keyword a fact
    draft: Draft,
    role: str,
    *,
    add_keys: Sequence[PublicKey] = (),
    remove_keys: Collection[str] = (),
    add_paths: Sequence[str] = (),
    remove_paths: Collection[str] = (),
    clear_paths: bool = False,
    threshold: int = 0,
) -> None:
    """Change a delegation that is there; what is taken away goes first.

    Args:
        draft: The collection.
        role: Name of the delegation.
        add_keys: Keys that sign it from now on.
        remove_keys: Key ids, canonical or of the metadata.
        add_paths: Prefixes.
        remove_paths: Prefixes.
        clear_paths: Whether all paths are taken away.
        threshold: A new one, or 0.

    Raises:
        PublishError: Its delegator may not give such paths.
    """
    parent = _parent(role)
    _check_paths(role, paths_of(draft, parent), add_paths)
    delegations = draft.roles[parent]["delegations"]
    index = next(i for i, one in enumerate(delegations["roles"]) if one["name"] == role)
    before = delegations["roles"][index]
    gone = _ids(delegations["keys"], before["keyids"] or [], remove_keys)
    key_ids = [one for one in before["keyids"] or [] if one not in gone]
    paths = (
        [] if clear_paths else [one for one in before.get("paths") or [] if one not in remove_paths]
    )
    entry: Document = {
        "keyids": list(dict.fromkeys([*key_ids, *(key.key_id for key in add_keys)])),
        "name": role,
        "threshold": threshold or before["threshold"],
    }
    paths = list(dict.fromkeys([*paths, *add_paths]))
    if paths:
        entry["paths"] = paths
    if {**entry, "paths": paths} == {
        **before,
        "keyids": before["keyids"] or [],
        "paths": before.get("paths") or [],
    }:
        return
    _note_widened(draft, role, paths)
    delegations["roles"][index] = entry
    delegations["keys"].update({key.key_id: key_value(key) for key in add_keys})
    _drop_unused_keys(delegations)
    draft.changed.add(parent)
    few = f"{role} has fewer keys than its threshold of "
    draft.notes = [one for one in draft.notes if not one.startswith(few)]  # of a change before
    if not is_signable(_authority(role, entry, delegations["keys"])):
        draft.notes.append(
            f"{few}{entry['threshold']}; it will not be usable until keys are added to it"
        )


def _note_widened(draft: Draft, role: str, paths: Sequence[str]) -> None:
    """Tell what a role lists already, and counts only with the paths that it gets."""
    if role not in draft.roles or _parent(role) not in draft.files:
        return
    before = paths_before(draft, role)
    listed = digests(draft.roles[role]["targets"])
    new = [
        with_digest(tag, digest)
        for tag, digest in listed.items()
        if tag.startswith(tuple(paths)) and not tag.startswith(tuple(before))
    ]
    if new:
        note = f"with its new paths, what {role} lists already counts too: {enumerated(new)}"
        draft.notes += [] if note in draft.notes else [note]


def delete(draft: Draft, role: str) -> None:
    """Take a delegation away, with the document it has; one that is not there is as good as gone.

    Raises:
        PublishError: It can have no such name, or its delegator does not exist.
    """
    if not is_delegation(role):
        raise PublishError(f"{shown(role)} is no name that a delegation can have", role=role)
    parent = _parent(role)
    authority_of(draft, parent)
    if parent in draft.roles:
        delegations = draft.roles[parent]["delegations"]
        left = [one for one in delegations["roles"] if one["name"] != role]
        if len(left) != len(delegations["roles"]):
            delegations["roles"] = left
            _drop_unused_keys(delegations)
            draft.changed.add(parent)
    draft.forget(role)


def _note_absent(draft: Draft, role: str, key_ids: Collection[str], paths: Collection[str]) -> None:
    """Note what is to be taken out of a delegation and is not there."""
    entry = _entry(draft, role) or {}
    held, listed = entry.get("keyids") or [], entry.get("paths") or []
    keys = draft.roles[_parent(role)]["delegations"]["keys"]
    absent = [f"the key {shown(one)}" for one in key_ids if not _ids(keys, held, [one])]
    absent += [f"the path {shown(one)!r}" for one in paths if one not in listed]
    draft.notes += [f"{role} does not have {one}: there was nothing to remove" for one in absent]


def purge(draft: Draft, start: str, key_ids: Collection[str]) -> None:
    """Take keys out of every delegation from a role downwards.

    Whoever signs a delegator that has one must sign it anew, or nothing is published: a key that
    counts still must not pass for purged. Of a role that this leaves too few keys nothing counts:
    that its delegations keep the key is noted; so is a key that no delegation has.
    """
    known: set[str] = set()
    for parent in sorted(name for name in draft.roles if f"{name}/".startswith(f"{start}/")):
        delegations = draft.roles[parent]["delegations"]
        gone = _ids(delegations["keys"], delegations["keys"], key_ids)
        known |= {*gone, *(public_key(delegations["keys"][one]).canonical_key_id for one in gone)}
        if not gone:
            continue
        if not is_signable(authority_of(draft, parent)):
            draft.notes.append(
                f"the keys stay in what {parent} delegates to: nothing of that counts, as it has "
                "too few keys left to be signed; purge again once it gets others"
            )
            continue
        for role in [one["name"] for one in delegations["roles"]]:
            update(draft, role, remove_keys=gone)
        delegations["keys"] = {
            one: value for one, value in delegations["keys"].items() if one not in gone
        }
        draft.changed.add(parent)
        draft.purged.add(parent)
    draft.notes += [
        f"no delegation has the key {shown(one)}: there was nothing to take out"
        for one in dict.fromkeys(key_ids)
        if one not in known
    ]


def authorities_in(document: Document) -> Iterator[Authority]:
    """Who signs the delegations that a document of `targets` or of a delegation lists."""
    found = document.get("delegations") or {}
    for entry in found.get("roles") or []:
        yield _authority(entry["name"], entry, found.get("keys") or {})


def below(draft: Draft, start: str = TARGETS) -> Iterator[str]:
    """Names of every delegation from a role downwards, whether it has a document or not."""
    if start in draft.roles:
        for entry in draft.roles[start]["delegations"]["roles"]:
            yield entry["name"]
            yield from below(draft, entry["name"])


def _authority(role: str, entry: Document, keys: Mapping[str, Document]) -> Authority:
    # What is named and not there can sign nothing.
    held = {one: keys[one] for one in entry["keyids"] or [] if one in keys}
    return Authority(role, held, entry["threshold"])


def _entry(draft: Draft, role: str) -> Document | None:
    """How the delegator lists a role, if all the way down to it exists."""
    parent = _parent(role)
    if parent != TARGETS and _entry(draft, parent) is None:
        return None
    if parent not in draft.roles:
        return None
    roles = draft.roles[parent]["delegations"]["roles"]
    return next((one for one in roles if one["name"] == role), None)


def _parent(role: str) -> str:
    return role.rpartition("/")[0]


def _within(above: Sequence[str], paths: Sequence[str]) -> list[str]:
    return [one for one in paths if one.startswith(tuple(above))]


def _check_paths(role: str, above: Sequence[str], paths: Sequence[object]) -> None:
    wrong = [one for one in paths if not isinstance(one, str) or not one.startswith(tuple(above))]
    if wrong:
        allowed = ", ".join(map(shown, above)) or "none"
        raise PublishError(
            f"{role} cannot speak of {shown(str(wrong[0]))}: {_parent(role)} may speak of "
            f"{allowed}",
            role=role,
        )


def _ids(
    keys: Mapping[str, Document], candidates: Collection[str], wanted: Collection[str]
) -> set[str]:
    """Metadata key ids among the candidates that are meant by canonical or metadata key ids."""
    if not wanted:
        return set()
    return {
        one
        for one in candidates
        if one in wanted or (one in keys and public_key(keys[one]).canonical_key_id in wanted)
    }


def _drop_unused_keys(delegations: Document) -> None:
    used = {one for role in delegations["roles"] for one in role["keyids"] or []}
    delegations["keys"] = {one: key for one, key in delegations["keys"].items() if one in used}
