"""Which released tags some signer still vouches for, beside the signature of `targets/releases`."""

from __future__ import annotations

from contenttrust.publish import delegations
from contenttrust.publish.delegations import paths_of
from contenttrust.publish.metadata import TARGETS
from contenttrust.publish.tags import digest_of, hashes_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from contenttrust.publish.draft import Draft
    from contenttrust.publish.metadata import Document

RELEASES = f"{TARGETS}/releases"


def unvouched(
    draft: Draft, doubtful: Collection[str], seen: Document | None = None
) -> dict[str, Document]:
    """What `targets/releases` lists, and neither `targets` nor a signer lists with that digest.

    Whoever may release can make a delegation below `targets/releases`: these vouch for nothing.

    Args:
        draft: The collection.
        doubtful: Roles that do not count, nor do those below them.
        seen: What `targets/releases` is to list. Default: what it lists.
    """
    document = draft.roles.get(RELEASES) if seen is None else seen
    if document is None or RELEASES not in set(delegations.below(draft)):
        return {}
    left: dict[str, Document] = dict(document["targets"])
    for role in _vouching(draft, {RELEASES, *doubtful}):
        paths = tuple(paths_of(draft, role))
        for name, meta in draft.roles[role]["targets"].items():
            if name in left and name.startswith(paths) and _is_same(left[name], meta):
                del left[name]
    return left


def _vouching(draft: Draft, doubtful: Collection[str]) -> Iterator[str]:
    below = tuple(f"{one}/" for one in doubtful if one != TARGETS)
    for role in (TARGETS, *delegations.below(draft)):
        if role in draft.roles and role not in doubtful and not role.startswith(below):
            yield role


def _is_same(one: Document, other: Document) -> bool:
    """Whether both are the same image, by what a pull goes by."""
    if one.get("length") != other.get("length"):
        return False
    digest = digest_of(one)
    if not digest:  # nobody can pull it: the same is only what is the same throughout
        return bool(hashes_of(one) == hashes_of(other))
    return digest == digest_of(other)
